// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/parameters.h>

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
    std::uint64_t windows = 1;    ///< of an image; copies share them
    std::uint64_t cycles = 8;     ///< of a window
    std::uint64_t crossbars = 8;  ///< of a copy
};

/// Cycles between images: those of the layer that takes longest, the largest
/// ceil(windows / copies) * cycles. Precondition: a number of copies, not 0, for each layer.
[[nodiscard]] std::uint64_t interval_cycles(const std::vector<layer_load>& layers,
                                            const std::vector<std::uint32_t>& copies);

/// The fewest copies of each layer with the shortest interval that the budget allows.
/// Throws core::user_error with both numbers if the budget is below one copy of each layer.
[[nodiscard]] std::vector<std::uint32_t> balanced_copies(const std::vector<layer_load>& layers,
                                                         std::uint64_t budget);

}  // namespace pimvp::isaac_like
