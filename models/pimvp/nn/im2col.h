// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>
#include <pimvp/nn/tensor.h>

#include <algorithm>
#include <cstddef>
#include <vector>

/// Where the elements of a convolution's windows lie. Private to the room.
namespace pimvp::nn::detail {

/// Columns are output pixels, row by row; the depth runs over channel of the group, kernel row,
/// kernel column. Element (depth k, column j) of group g is at
/// `g * group_channels * padded plane + taps[k] + origins[j]` of the padded input.
struct im2col {
    im2col(const window& geometry, const shape& input, const shape& output, int groups);

    std::size_t channels, height, width;  ///< of the input
    std::size_t pad_top, pad_left;
    std::size_t padded_height, padded_width;
    std::size_t group_channels;
    std::size_t depth, columns;
    std::vector<std::ptrdiff_t> taps;     ///< [depth]
    std::vector<std::ptrdiff_t> origins;  ///< [columns], strictly increasing

    [[nodiscard]] std::size_t padded_plane() const { return padded_height * padded_width; }
    [[nodiscard]] std::size_t padded_size() const { return channels * padded_plane(); }
    /// Of the first element of an input row in the padded map.
    [[nodiscard]] std::size_t row_at(std::size_t channel, std::size_t y) const {
        return (channel * padded_height + y + pad_top) * padded_width + pad_left;
    }
    /// The origins of `Width` columns from `first`; columns behind the end repeat the last one.
    /// True if they are neighbours.
    template <std::size_t Width>
    bool origins_of(std::size_t first, std::ptrdiff_t (&to)[Width]) const {
        for (std::size_t j = 0; j < Width; ++j) to[j] = origins[std::min(first + j, columns - 1)];
        return first + Width <= columns &&
               to[Width - 1] - to[0] == static_cast<std::ptrdiff_t>(Width - 1);
    }
};

}  // namespace pimvp::nn::detail
