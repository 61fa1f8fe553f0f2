// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/isaac_like/figures.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::runner {

struct execute_options {
    core::context_options context;
    bool check_layers = true;       ///< false: outputs only
    std::uint64_t limit_fs = 0;     ///< simulated time, 0 = none
    std::uint32_t in_flight = 0;    ///< inferences that stream together; 0 = what the machine takes
    unsigned threads = 1;           ///< of this computer; results do not depend on it
    std::ostream* trace = nullptr;  ///< Chrome trace-event JSON
    std::vector<std::string> trace_also;  ///< globs of names: tracks beside those of the overview
    std::string save;     ///< file for a checkpoint of the board behind LOAD; empty: none
    std::string restore;  ///< checkpoint to begin with instead of LOAD; empty: none
    std::function<void(std::size_t done, std::size_t all)> progress;
};

/// How many bits of its inputs a layer's crossbars were driven with.
struct layer_precision {
    unsigned input_bits = 0;
    double average_bits = 0.0;      ///< of a crossbar activation
    std::vector<double> histogram;  ///< share of the groups that streamed 0 .. input_bits planes
};

/// One layer as it ran.
struct layer_result {
    std::string name, kind;
    bool on_host = false;
    std::uint64_t macs = 0;
    std::uint64_t mismatches = 0;  ///< over all inferences
    /// Inference 0: first window to last delivered pixel; of a host step, to its last byte written.
    std::uint64_t latency_fs = 0;
    double energy_j = 0.0;  ///< events, per inference: the sum of by_component_j
    std::map<std::string, double> by_component_j;
    /// Share of latency_fs in which its crossbars are read; null for layers without crossbars.
    std::optional<double> utilisation;
    std::optional<layer_precision> precision;     ///< null for layers without crossbars
    std::map<std::string, std::uint64_t> counts;  ///< over all inferences
};

/// Inferences in a stream, several in flight, once the machine is full.
struct stream_result {
    std::size_t in_flight = 0;
    double interval_s = 0.0;                ///< between completions
    double static_j = 0.0;                  ///< of the headline's power domains in one interval
    std::map<std::string, double> apart_j;  ///< of the others
};

/// The envelope of the chip at the pace of a stream: events, and what the links and IMAs take at
/// any activity.
struct chip_envelope {
    double interval_s = 0.0;
    double static_j = 0.0;
    double total_j = 0.0;
};

/// What a run gave. Energies are per inference, counts over all inferences.
struct run_outcome {
    std::size_t images = 0;
    bool exact = true;  ///< every integer must be the reference's; false: of analog reality
    std::uint64_t mismatches = 0;  ///< layers (if checked) and outputs; deviations if not exact
    std::uint64_t output_mismatches = 0;
    std::uint64_t load_fs = 0, load_bytes = 0;  ///< 0 if the board was restored
    double load_j = 0.0;
    std::uint64_t latency_fs = 0;         ///< inference 0, alone: doorbell to interrupt
    std::optional<stream_result> stream;  ///< from 4 inferences on
    core::energy_report energy;           ///< static energy over latency_fs
    std::optional<chip_envelope> chip;    ///< of streams through balanced copies of the layers
    std::vector<layer_result> layers;     ///< placed on the accelerator, then steps of the host
    std::vector<float> outputs;           ///< first output as its user sees it, images x elements
    nn::shape output_dims;                ///< of one image
    std::optional<double> top1, top5, kl, sqnr_db, agreement;
    double average_bits = 0.0;            ///< streamed, weighted by conversions
    isaac_like::machine_figures machine;  ///< at the widest weights and inputs of the network
    double utilisation = 0.0;  ///< of the peak rate: over the interval, or else the latency
};

/// Builds the board, loads the program or restores a checkpoint that holds it, runs the first input
/// on the idle machine and streams the others. Gives up program.image once it lies in simulated
/// memory. Once per process. Throws core::user_error, and board::accelerator_error if the
/// accelerator refuses or stands.
run_outcome execute(const workload& work, mapped& program, const execute_options& options);

}  // namespace pimvp::runner
