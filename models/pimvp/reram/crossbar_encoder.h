// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/crossbar_shape.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// How signed weights become the conductances of an array (ISAAC, ISCA 2016, section on encoding),
/// and the bytes in which a programmed array travels.
///
/// A weight w of n bits is stored with a bias, w + 2^(n-1) >= 0, as ceil(n / cell_bits) digits in
/// adjacent cells of one row, the least significant digit first. If the worst-case sum of a column
/// (every input 1) sets the most significant bit of the full-resolution code, every cell of that
/// column stores its complement (2^cell_bits - 1) - digit instead, which saves one ADC bit.
///
/// **Image** `rows` and `columns` are the used ones:
/// \code
///     for each cell column c:  for each cell bit p, least significant first:
///         (rows + 7) / 8 bytes: bit r % 8 of byte r / 8 = bit p of the cell in row r
///     (columns + 7) / 8 bytes: bit c % 8 of byte c / 8 = column c is flipped
/// \endcode
namespace pimvp::reram {

/// What is used of an array, and how its columns combine to weights.
struct crossbar_layout {
    unsigned rows = 0;              ///< used rows
    unsigned columns = 0;           ///< used cell columns = outputs * cells_per_weight
    unsigned weight_bits = 0;       ///< 2 .. 16
    unsigned cells_per_weight = 0;  ///< ceil(weight_bits / cell_bits)

    [[nodiscard]] unsigned outputs() const {
        return cells_per_weight == 0 ? 0 : columns / cells_per_weight;
    }
};

struct crossbar_image {
    crossbar_layout layout;
    std::vector<std::uint8_t> bytes;
};

/// A matrix of signed weights in the caller's memory: weight (row, output) is
/// data[row * row_stride + output * output_stride].
template <class T>
struct weight_view {
    const T* data = nullptr;
    unsigned rows = 0;
    unsigned outputs = 0;
    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t output_stride = 0;

    [[nodiscard]] int at(unsigned row, unsigned output) const {
        return data[static_cast<std::ptrdiff_t>(row) * row_stride +
                    static_cast<std::ptrdiff_t>(output) * output_stride];
    }
};

/// ceil(weight_bits / cell_bits)
[[nodiscard]] unsigned cells_per_weight(unsigned weight_bits, unsigned cell_bits);

/// Weights of one row that fit an array.
[[nodiscard]] unsigned outputs_per_crossbar(const crossbar_shape& shape, unsigned weight_bits);

/// Bytes of the image of an array of which `rows` x `columns` cells are used.
[[nodiscard]] std::size_t image_bytes(unsigned rows, unsigned columns, unsigned cell_bits);

/// Why this layout and image size cannot be programmed into such an array; empty if they can.
[[nodiscard]] std::string layout_error(const crossbar_shape& shape, const crossbar_layout& layout,
                                       std::size_t bytes);

/// The image of one array. Throws core::user_error if the weights do not fit its rows and columns,
/// if weight_bits is out of 2 .. 16 or if a weight does not fit weight_bits.
[[nodiscard]] crossbar_image encode_crossbar(const weight_view<std::int8_t>& weights,
                                             unsigned weight_bits, const crossbar_shape& shape);
[[nodiscard]] crossbar_image encode_crossbar(const weight_view<std::int16_t>& weights,
                                             unsigned weight_bits, const crossbar_shape& shape);

/// The weights an image holds, row-major (rows x outputs). Precondition: layout_error() is empty.
[[nodiscard]] std::vector<std::int32_t> decode_crossbar(const crossbar_layout& layout,
                                                        const std::uint8_t* image,
                                                        const crossbar_shape& shape);

}  // namespace pimvp::reram
