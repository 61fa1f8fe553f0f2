// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/layer_bits.h>

#include <pimvp/core/document.h>

#include <string_view>

namespace pimvp::nn {
namespace {

void check(core::diagnostics& found, std::string_view name, int bits) {
    constexpr int byte = 8, word = 16;
    if (bits > byte && bits < word) {
        found.error(std::string(name), std::to_string(bits) + " bits are stored as 16: say 16");
    }
}

}  // namespace

void layer_bits::validate(core::diagnostics& found) const {
    if (weights) check(found, "weights", *weights);
    if (activations) check(found, "activations", *activations);
}

void network_bits::validate(core::diagnostics& found) const {
    check(found, "weights", weights);
    check(found, "activations", activations);
}

int network_bits::weights_of(const std::string& layer) const {
    const auto named = layers.find(layer);
    return named == layers.end() ? weights : named->second.weights.value_or(weights);
}

int network_bits::activations_of(const std::string& layer) const {
    const auto named = layers.find(layer);
    return named == layers.end() ? activations : named->second.activations.value_or(activations);
}

network_bits load_bits(const std::string& path) {
    return core::read_yaml<network_bits>(core::read_text_file(path), path);
}

}  // namespace pimvp::nn
