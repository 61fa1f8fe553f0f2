// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_network.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/quantise_flow.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::runner {

/// Which network, on which data; as the command line says it. Empty texts: the network's own.
struct workload_options {
    std::string network;  ///< shipped name, name of the zoo or FILE.onnx
    std::string input, labels, calibrate, preprocess;
    /// Which of the inputs, and of those to calibrate on: "N", "A-B" (both included) or empty: all
    /// of them; of synthetic ones, one.
    std::string images, calibrate_images;
    std::uint64_t seed = 1;  ///< of synthetic networks and images
    nn::quantise_flow flow;  ///< how a float network becomes integers
    std::string bits;        ///< file of bits for the flow
};

/// How the integers of a workload were made.
struct quantising {
    nn::quantise_flow flow;
    std::size_t calibration_inputs = 0;
};

/// A network ready to run: its integers, its float original where known, its inputs.
struct workload {
    nn::network network;
    std::optional<nn::float_network> floating;
    std::optional<quantising> made;                     ///< from the float network, if it was
    std::vector<std::vector<nn::float_tensor>> inputs;  ///< per image, per network input
    std::vector<std::int64_t> labels;                   ///< per image; empty = unknown
};

/// What load_workload() looked at while it made integers.
struct quantising_data {
    nn::input_set calibration;  ///< also of a network that has integers, if some are given
    std::optional<nn::float_network> equalised;
};

struct shipped_network {
    std::string name;
    std::string folder;  ///< model.onnx and what belongs to it
};
/// By name; of two with the same name, the one beside the installed program.
std::vector<shipped_network> shipped_networks();

/// What runs by name.
struct known_network {
    std::string name;
    std::uint64_t macs = 0, weights = 0;
    std::string origin;  ///< folder, or the variant of the zoo
};
/// Shipped networks, then the zoo.
std::vector<known_network> known_networks();
/// Imports, calibrates and quantises, or builds a network of the zoo, whose inputs are synthetic
/// images unless `input` names others. With `with_inputs`, also reads the images; without, only the
/// network. `kept` receives what the integers were made on. Throws core::user_error with file,
/// cause and way out.
workload load_workload(const workload_options& options, bool with_inputs,
                       quantising_data* kept = nullptr);
/// The same for an integer network that is there already; `network` and `calibrate` are not read.
workload load_inputs(nn::network network, const workload_options& options);

}  // namespace pimvp::runner
