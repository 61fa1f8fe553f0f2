// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/mapping/views.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/precision.h>

#include <cstdint>
#include <vector>

namespace pimvp::mapping {

/// `count` consecutive things from `first` on.
struct range {
    std::uint32_t first = 0, count = 0;
    [[nodiscard]] std::uint32_t end() const { return first + count; }
};

/// How large a block of a weight matrix one array takes.
struct array_shape {
    std::uint32_t rows = 128;
    std::uint32_t outputs = 32;  ///< logical columns: weights side by side in one row
    bool pack_groups = true;     ///< grouped convolution: several groups block-diagonally
    /// Of the window's elements; kernel_first for ungrouped convolutions only.
    nn::element_order order = nn::element_order::channel_first;
};

/// Arrays that sum into the same outputs.
struct column_block {
    range outputs;
    std::vector<std::uint32_t> row_blocks;  ///< indices into lowered_matrix::row_blocks
};

/// A convolution or fully connected layer as a matrix cut into arrays.
///
/// The im2col window is a vector over all input channels in `order`; a fully connected layer is a
/// convolution whose kernel is its whole input map. A *row block* is a
/// run of that vector, an array is one (row block, column block) pair.
struct lowered_matrix {
    map_dims input;
    std::uint32_t output_h = 1, output_w = 1;
    std::uint32_t outputs = 0;             ///< output channels
    std::uint32_t elements_per_group = 0;  ///< window elements one output sees
    std::uint32_t outputs_per_group = 0;
    nn::window geometry;  ///< fully connected: kernel = map, no pad
    nn::element_order order = nn::element_order::channel_first;
    std::vector<range> row_blocks;
    std::vector<column_block> column_blocks;

    [[nodiscard]] std::uint64_t windows() const { return std::uint64_t{output_h} * output_w; }
    [[nodiscard]] std::uint64_t arrays() const;
    /// Where element `e` of the window stands in the node's weights: (channel, kernel y, kernel x).
    [[nodiscard]] std::uint32_t weight_of(std::uint32_t e) const;
};

/// Cuts a matrix node. `input` and `output` are the maps as they are kept (view_values()).
lowered_matrix lower(const nn::node& n, const map_dims& input, const map_dims& output,
                     const array_shape& shape);

/// The groups of inputs that drive the rows of its arrays together.
nn::window_groups groups_of(const lowered_matrix& m);

/// The weights of one array, row-major rows.count x outputs.count; 0 where an output does not see
/// an element (packed groups). Arrays in channel_first order without packed groups need no copy:
/// their weight (row, output) is element output * elements_per_group + row - first row of the group
/// of the node's weights.
std::vector<std::int16_t> block_weights(const nn::node& n, const lowered_matrix& m,
                                        const range& rows, const range& outputs);

}  // namespace pimvp::mapping
