// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::report {

/// One configuration that a study tried. Values that were not measured are absent.
struct study_point {
    std::string label;
    std::optional<double> average_bits;
    std::optional<double> kl;               ///< nats
    std::optional<double> top1, agreement;  ///< shares of 1
    std::optional<double> images;
    std::map<std::string, double> energy_j;  ///< by envelope: array, tile_dynamic, chip
};

/// Configurations that differ in one respect: a policy at several budgets.
struct study_series {
    std::string name;
    bool is_static = false;  ///< decided before the run: a baseline
    std::vector<study_point> points;
};

/// What precision costs and gives: curves for a report.
struct study {
    std::string network;
    std::vector<study_series> series;
};

/// Reads {"schema": 1, "network", "series": [{"name", "static", "points": [{"label",
/// "average_bits", "kl", "top1", "agreement", "images", "energy_j": {}}]}]}; in a point everything
/// may be missing or null. Throws core::user_error with file, key, cause and way out.
study read_study(const std::string& file);

}  // namespace pimvp::report
