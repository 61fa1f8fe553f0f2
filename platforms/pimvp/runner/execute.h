// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::runner {

struct execute_options {
    core::context_options context;
    bool check_layers = true;       ///< false: outputs only
    std::uint64_t limit_fs = 0;     ///< simulated time, 0 = none
    std::ostream* trace = nullptr;  ///< Chrome trace-event JSON
    std::function<void(std::size_t done, std::size_t all)> progress;
};

/// One layer as it ran, over all inferences.
struct layer_result {
    std::uint32_t node = 0;
    std::uint64_t mismatches = 0;
    double energy_j = 0.0;  ///< events, per inference
    std::map<std::string, std::uint64_t> counts;
};

/// What a run gave. Energies are per inference, counts over all inferences.
struct run_outcome {
    std::size_t images = 0;
    std::uint64_t mismatches = 0;  ///< layers (if checked) and outputs
    std::uint64_t output_mismatches = 0;
    std::uint64_t load_fs = 0, load_bytes = 0;
    double load_j = 0.0;
    std::vector<std::uint64_t> latencies_fs;  ///< doorbell to interrupt
    core::energy_report energy;
    std::vector<layer_result> layers;  ///< those placed on the accelerator
    std::vector<float> outputs;        ///< first output, images x elements
    nn::shape output_dims;             ///< of one image
    std::optional<double> top1, top5, kl, sqnr_db, agreement;
};

/// Builds the board, loads the program and runs every input on an idle machine. Once per process.
/// Throws core::user_error, and board::accelerator_error if the accelerator refuses or stands.
run_outcome execute(const workload& work, const mapped& program, const execute_options& options);

}  // namespace pimvp::runner
