// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/precision.h>
#include <pimvp/runner/workload.h>

#include <pimvp/nn/layer_study.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::runner {

/// A float network, the integers made of it and what they were made on.
struct quantised_work {
    workload work;
    quantising_data data;
    std::optional<precision_study> precision;
};

/// Calibrates and quantises the float network that `source` names and writes its integers to `path`
/// as ONNX that other engines run too (onnx/export.h), whole or not at all. Inputs are read if
/// `source` names some; a shipped network's own are not.
///
/// With a `goal`, a precision plan for the integers is calibrated on the same inputs and written
/// with them; then the network may also have integers already, which stay as they are.
///
/// The same source gives the same bytes on every host and for any number of threads. Throws
/// core::user_error if `path` does not end in .onnx or is the file that is read, and without a goal
/// if the network has integers already.
quantised_work quantise_to(const std::string& path, const workload_options& source,
                           const std::optional<nn::precision_goal>& goal = {});

/// How near integers are to their float network on some inputs.
struct closeness {
    std::size_t inputs = 0;
    double kl = 0.0;                         ///< mean, nats
    std::optional<double> sqnr_db;           ///< none if nothing differs
    double agreement = 0.0;                  ///< share of inputs with the same top-1 class
    std::optional<double> top1, float_top1;  ///< where there are labels
};

/// Where a quantised network lost accuracy.
struct quantise_report {
    std::vector<nn::layer_study::figures> inputs;  ///< per network input, on the calibration inputs
    std::vector<nn::layer_study::figures> layers;  ///< per node, on the calibration inputs
    closeness on_calibration;
    std::optional<closeness> on_inputs;  ///< on the workload's own inputs, if there are any
};
/// Precondition: made.work.floating.
quantise_report study(const quantised_work& made);

/// How the integers were made, for run.json and for the report.
nlohmann::ordered_json flow_record(const quantising& made);
/// The report with stable keys (docs/guide/program.md). `report`: none of integers that were there.
nlohmann::ordered_json report_record(const quantised_work& made,
                                     const std::optional<quantise_report>& report);

}  // namespace pimvp::runner
