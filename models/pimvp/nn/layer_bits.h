// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>

#include <map>
#include <optional>
#include <string>

namespace pimvp::nn {

/// Bits of one layer's integers; what is absent is as everywhere.
struct layer_bits {
    std::optional<int> weights;
    std::optional<int> activations;  ///< of its output

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("weights", p.weights, {2, 16}, "Bits of the weights: 2 .. 8 or 16.");
        v.member("activations", p.activations, {2, 16}, "Bits of the output: 2 .. 8 or 16.");
    }
    void validate(core::diagnostics& found) const;
};

/// Bits of a network's integers, as `--bits FILE.yaml` says them:
///
///     weights: 8              # of all layers that are not named
///     activations: 8
///     layers:
///       conv1: {weights: 4}
///       image: {activations: 16}      # a network's input has activations only
///       classify: {weights: 8, activations: 16}
///
/// Layers are called as in the integer network: an activation that vanishes into the layer before
/// it has no bits of its own.
struct network_bits {
    int weights = 8;
    int activations = 8;
    std::map<std::string, layer_bits> layers;

    [[nodiscard]] int weights_of(const std::string& layer) const;
    [[nodiscard]] int activations_of(const std::string& layer) const;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("weights", p.weights, {2, 16}, "Bits of the weights: 2 .. 8 or 16.");
        v.member("activations", p.activations, {2, 16}, "Bits of the values: 2 .. 8 or 16.");
        v.map("layers", p.layers, "Layers that differ, by name.");
    }
    void validate(core::diagnostics& found) const;
};

/// Reads a file; throws core::user_error with everything wrong in it.
network_bits load_bits(const std::string& path);

}  // namespace pimvp::nn
