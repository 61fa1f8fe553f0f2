// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/report/recorded_run.h>

#include <pimvp/core/text_table.h>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace pimvp::report {

/// A figure by which runs are compared.
struct measure {
    const char* title;       ///< of its column
    const char* long_title;  ///< of its row in a report
    const char* key;         ///< in compare.json, with its unit
    std::optional<double> (*of)(const recorded_run&);
    std::string (*text)(double value);
    bool has_ratio;  ///< whether a quotient of two says something: the smaller, the better
    bool headline;   ///< whether it belongs to the few that tell most
};

/// Latency, interval, energy and its envelopes, area, conversions, bits, differences from the
/// reference and from the float network, accuracy.
const std::vector<measure>& measures();

/// `value` over `base`; null where either is missing or the base is 0.
std::optional<double> ratio(const std::optional<double>& value, const std::optional<double>& base);

/// A row a run, then for every run but the first a row of ratios to the first.
core::text_table comparison_table(const std::vector<recorded_run>& runs);

/// compare.json: the same with all digits and SI units in the keys.
nlohmann::ordered_json comparison_record(const std::vector<recorded_run>& runs);

}  // namespace pimvp::report
