// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_network.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::runner {

/// Which network, on which data; as the command line says it. Empty texts: the network's own.
struct workload_options {
    std::string network;  ///< shipped name or FILE.onnx
    std::string input, labels, calibrate, preprocess;
    std::string images;  ///< "N", "A-B" (both included) or empty: all of them
};

/// A network ready to run: its integers, its float original where known, its inputs.
struct workload {
    nn::network network;
    std::optional<nn::float_network> floating;
    std::vector<std::vector<nn::float_tensor>> inputs;  ///< per image, per network input
    std::vector<std::int64_t> labels;                   ///< per image; empty = unknown
};

struct shipped_network {
    std::string name;
    std::string folder;  ///< model.onnx and what belongs to it
};
/// By name; of two with the same name, the one beside the installed program.
std::vector<shipped_network> shipped_networks();
/// Imports, calibrates and quantises. With `with_inputs`, also reads the images; without, only the
/// network. Throws core::user_error with file, cause and way out.
workload load_workload(const workload_options& options, bool with_inputs);
/// The same for an integer network that is there already; `network` and `calibrate` are not read.
workload load_inputs(nn::network network, const workload_options& options);

}  // namespace pimvp::runner
