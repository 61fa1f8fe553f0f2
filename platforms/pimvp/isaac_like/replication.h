// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/parameters.h>
#include <pimvp/reram/tile_program.h>

#include <cstdint>
#include <vector>

/// How many copies of each layer keep the pipeline between layers balanced. Plain arithmetic.
namespace pimvp::isaac_like {

struct replication_params {
    std::uint64_t crossbars = 0;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("crossbars", p.crossbars, {0, std::uint64_t{1} << 40U},
                 "Budget for copies of layers, in crossbars of the IMAs they take (a copy takes "
                 "whole IMAs): they are dealt out so that the slowest layer is as fast as "
                 "possible; 0 = every layer once.");
    }
};

/// What one layer asks for.
struct layer_load {
    std::uint32_t rows = 1, columns = 1;  ///< of windows of an image, which copies share
    std::uint64_t cycles = 8;             ///< of a window
    std::uint64_t crossbars = 8;          ///< of a copy
};

/// How copies share the windows of a layer: its columns are cut into stripes, and `turns` copies of
/// each stripe take its rows in turn. So a copy reads only a part of the input.
struct window_deal {
    std::uint32_t stripes = 1;
    std::uint32_t turns = 1;

    [[nodiscard]] std::uint32_t copies() const { return stripes * turns; }
    /// Columns of a stripe; the last one may have fewer.
    [[nodiscard]] std::uint32_t width(const layer_load& layer) const {
        return (layer.columns + stripes - 1) / stripes;
    }
    /// That the copy with the most of them computes.
    [[nodiscard]] std::uint64_t windows(const layer_load& layer) const {
        return (std::uint64_t{layer.rows} + turns - 1) / turns * width(layer);
    }
    /// Of all copies, those of a stripe after each other.
    [[nodiscard]] std::vector<reram::window_share> shares(const layer_load& layer) const;
};

/// The fewest copies that compute at most so many windows each, and of these the fewest turns: a
/// copy must hold as many rows of the input. Precondition: at least 1 window.
[[nodiscard]] window_deal fewest_copies(const layer_load& layer, std::uint64_t most_windows);
/// At most so many copies, with the fewest windows each, then the fewest copies and turns.
[[nodiscard]] window_deal fewest_windows(const layer_load& layer, std::uint32_t most_copies);

/// Cycles between images: those of the layer that takes longest. Precondition: a deal for each
/// layer.
[[nodiscard]] std::uint64_t interval_cycles(const std::vector<layer_load>& layers,
                                            const std::vector<window_deal>& deals);

/// The fewest copies of each layer with the shortest interval that the budget allows.
/// Throws core::user_error with both numbers if the budget is below one copy of each layer.
[[nodiscard]] std::vector<window_deal> balanced_copies(const std::vector<layer_load>& layers,
                                                       std::uint64_t budget);

}  // namespace pimvp::isaac_like
