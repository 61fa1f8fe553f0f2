// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/workload.h>

#include <pimvp/nn/precision_calibration.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace pimvp::runner {

/// The groups in which an ISAAC-like machine streams the inputs of the convolutions: crossbars of
/// rule.group_size rows, everything else as isaac_like_params says by default.
nn::network_groups groups_of(const nn::network& network, const nn::precision_rule& rule);

/// Integers with cut inputs beside the same integers with all bits.
struct cut_quality {
    std::size_t inputs = 0;
    double average_bits = 0.0;               ///< of an activation of a crossbar
    double kl = 0.0;                         ///< mean, nats
    double agreement = 0.0;                  ///< share of inputs with the same top-1 class
    std::optional<double> top1, whole_top1;  ///< where there are labels
};

/// A plan that was calibrated, and how it does.
struct precision_study {
    nn::calibrated_precision calibrated;
    cut_quality on_calibration;
    std::optional<cut_quality> on_inputs;
};

/// Calibrates a plan for work.network on `calibration`, gives it to the network and judges it there
/// and on the workload's own inputs, if it has any. Throws core::user_error if one of these is a
/// calibration input, or the network has no convolution.
precision_study plan_precision(workload& work, const nn::input_set& calibration,
                               const nn::precision_goal& goal);

/// Rule, layers and totals with stable keys (docs/guide/redy.md).
nlohmann::ordered_json precision_record(const nn::network& network, const precision_study& study);

}  // namespace pimvp::runner
