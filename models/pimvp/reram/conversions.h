// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/crossbar_shape.h>

#include <cstdint>

namespace pimvp::reram {

/// A layer as crossbars see it: `groups` independent matrices of rows x outputs weights, each
/// multiplied with `windows` input vectors. A fully connected layer has one window; a depthwise
/// convolution as many groups as channels.
struct matrix_layer {
    std::uint64_t rows = 0;     ///< weights per output: input channels per group * kernel area
    std::uint64_t outputs = 0;  ///< of one group
    std::uint64_t windows = 1;  ///< output pixels
    std::uint64_t groups = 1;
};

/// How a layer is cut into arrays: into row blocks x column blocks, or, where several groups fit
/// one array, with as many groups as fit side by side on its diagonal.
struct array_blocks {
    std::uint64_t row_blocks = 1;        ///< of one group
    std::uint64_t column_blocks = 1;     ///< of one group
    std::uint64_t groups_per_array = 1;  ///< more than one only if a group is one block
};
[[nodiscard]] array_blocks blocks_of(const matrix_layer& layer, unsigned weight_bits,
                                     const crossbar_shape& shape);

struct conversion_counts {
    std::uint64_t macs = 0;
    std::uint64_t arrays = 0;
    std::uint64_t activations = 0;  ///< one array working on one input vector
    std::uint64_t conversions = 0;

    conversion_counts& operator+=(const conversion_counts& other);
    [[nodiscard]] double conversions_per_mac() const;
};

/// What one inference of the layer costs with one copy of its weights: conversions = sum over
/// activations of the array's conversions per cycle, times the streamed bits. Exact.
[[nodiscard]] conversion_counts count_conversions(const matrix_layer& layer, unsigned weight_bits,
                                                  unsigned input_bits, const crossbar_shape& shape);

}  // namespace pimvp::reram
