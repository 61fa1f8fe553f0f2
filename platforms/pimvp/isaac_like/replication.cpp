// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/replication.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace pimvp::isaac_like {
namespace {

constexpr std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) {
    return (a + b - 1) / b;
}

/// Copies that work off a layer's windows in so many cycles, or in those of one window.
window_deal deal_for(const layer_load& layer, std::uint64_t interval) {
    return fewest_copies(layer, std::max<std::uint64_t>(1, interval / layer.cycles));
}

std::uint64_t crossbars_for(const std::vector<layer_load>& layers, std::uint64_t interval) {
    std::uint64_t sum = 0;
    for (const layer_load& layer : layers) {
        sum += deal_for(layer, interval).copies() * layer.crossbars;
    }
    return sum;
}

/// The deal with so many columns in a stripe at most, none of which is empty.
window_deal deal_of(const layer_load& layer, std::uint32_t width, std::uint32_t turns) {
    return {static_cast<std::uint32_t>(divided_up(layer.columns, width)), turns};
}

}  // namespace

std::vector<reram::window_share> window_deal::shares(const layer_load& layer) const {
    if (copies() == 1) return {{}};
    std::vector<reram::window_share> shares;
    for (std::uint32_t first = 0; first < layer.columns; first += width(layer)) {
        for (std::uint32_t turn = 0; turn < turns; ++turn) {
            shares.push_back({turn, turns, first, std::min(width(layer), layer.columns - first)});
        }
    }
    return shares;
}

window_deal fewest_copies(const layer_load& layer, std::uint64_t most_windows) {
    window_deal best{layer.columns, layer.rows};
    for (std::uint32_t turns = layer.rows; turns != 0; --turns) {
        const std::uint64_t width = most_windows / divided_up(layer.rows, turns);
        if (width == 0) break;  // not even one column
        const window_deal deal = deal_of(
            layer, static_cast<std::uint32_t>(std::min<std::uint64_t>(width, layer.columns)),
            turns);
        if (deal.copies() <= best.copies()) best = deal;
    }
    return best;
}

window_deal fewest_windows(const layer_load& layer, std::uint32_t most_copies) {
    window_deal best;
    for (std::uint32_t turns = 1; turns <= std::min(layer.rows, most_copies); ++turns) {
        const std::uint64_t width = divided_up(layer.columns, most_copies / turns);
        const window_deal deal = deal_of(layer, static_cast<std::uint32_t>(width), turns);
        const auto key = [&layer](const window_deal& d) {
            return std::tuple(d.windows(layer), d.copies(), d.turns);
        };
        if (key(deal) < key(best)) best = deal;
    }
    return best;
}

std::uint64_t interval_cycles(const std::vector<layer_load>& layers,
                              const std::vector<window_deal>& deals) {
    std::uint64_t longest = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        longest = std::max(longest, deals[i].windows(layers[i]) * layers[i].cycles);
    }
    return longest;
}

std::vector<window_deal> balanced_copies(const std::vector<layer_load>& layers,
                                         std::uint64_t budget) {
    // Copies fall as the interval grows: halve the range of intervals until one is left.
    std::uint64_t low = 1, high = 1;
    for (const layer_load& layer : layers) {
        low = std::max(low, layer.cycles);
        high = std::max(high, std::uint64_t{layer.rows} * layer.columns * layer.cycles);
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
    std::vector<window_deal> deals;
    for (const layer_load& layer : layers) deals.push_back(deal_for(layer, high));
    return deals;
}

}  // namespace pimvp::isaac_like
