// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/replication.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <string>

namespace pimvp::isaac_like {
namespace {

constexpr std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) {
    return (a + b - 1) / b;
}

/// The fewest copies that work off a layer's windows in so many cycles, at least those of a window.
std::uint64_t copies_for(const layer_load& layer, std::uint64_t interval) {
    return divided_up(layer.windows, std::max<std::uint64_t>(1, interval / layer.cycles));
}

std::uint64_t crossbars_for(const std::vector<layer_load>& layers, std::uint64_t interval) {
    std::uint64_t sum = 0;
    for (const layer_load& layer : layers) sum += copies_for(layer, interval) * layer.crossbars;
    return sum;
}

}  // namespace

std::uint64_t interval_cycles(const std::vector<layer_load>& layers,
                              const std::vector<std::uint32_t>& copies) {
    std::uint64_t longest = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        longest = std::max(longest, divided_up(layers[i].windows, copies[i]) * layers[i].cycles);
    }
    return longest;
}

std::vector<std::uint32_t> balanced_copies(const std::vector<layer_load>& layers,
                                           std::uint64_t budget) {
    // Copies fall as the interval grows: halve the range of intervals until one is left.
    std::uint64_t low = 1, high = 1;
    for (const layer_load& layer : layers) {
        low = std::max(low, layer.cycles);
        high = std::max(high, layer.windows * layer.cycles);
    }
    const std::uint64_t once = crossbars_for(layers, high);
    if (once > budget) {
        throw core::user_error(
            "replication.crossbars",
            "a budget of " + std::to_string(budget) +
                " crossbars is below one copy of each layer, which takes " + std::to_string(once) +
                " in whole IMAs: raise it to that or more, or use 0 for every layer once");
    }
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (crossbars_for(layers, middle) <= budget) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    std::vector<std::uint32_t> copies;
    for (const layer_load& layer : layers) {
        copies.push_back(static_cast<std::uint32_t>(copies_for(layer, high)));
    }
    return copies;
}

}  // namespace pimvp::isaac_like
