// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/crossbar_encoder.h>

#include <pimvp/reram/crossbar_kernel.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>

namespace pimvp::reram {
namespace {

constexpr unsigned lowest_weight_bits = 2;
constexpr unsigned highest_weight_bits = 16;

std::string text(unsigned value) {
    return std::to_string(value);
}

template <class T>
void check_weights(const weight_view<T>& weights, unsigned weight_bits,
                   const crossbar_shape& shape) {
    if (weight_bits < lowest_weight_bits || weight_bits > highest_weight_bits) {
        throw core::user_error("weights of " + text(weight_bits) +
                               " bits: an array holds 2 to 16 bits per weight");
    }
    const unsigned outputs = outputs_per_crossbar(shape, weight_bits);
    if (weights.rows == 0 || weights.rows > shape.rows || weights.outputs == 0 ||
        weights.outputs > outputs) {
        throw core::user_error(text(weights.rows) + " x " + text(weights.outputs) +
                               " weights do not fit an array of " + text(shape.rows) + " x " +
                               text(outputs) + " weights of " + text(weight_bits) +
                               " bits: split them into blocks");
    }
    if (weight_bits == 8 * sizeof(T)) return;  // any will fit
    const int highest = (1 << (weight_bits - 1)) - 1;
    for (unsigned row = 0; row < weights.rows; ++row) {
        for (unsigned output = 0; output < weights.outputs; ++output) {
            const int weight = weights.at(row, output);
            if (weight > highest || weight < -highest - 1) {
                throw core::user_error("weight " + std::to_string(weight) + " in row " + text(row) +
                                       " of output " + text(output) + " does not fit " +
                                       text(weight_bits) + " bits");
            }
        }
    }
}

template <class T>
using biased_weight = std::make_unsigned_t<T>;

/// The weights of one output, each >= 0.
template <class T>
void bias_weights(const weight_view<T>& weights, unsigned output, unsigned weight_bits,
                  biased_weight<T>* to) {
    const int bias = 1 << (weight_bits - 1);
    const T* from = weights.data + output * weights.output_stride;
    if (weights.row_stride == 1) {
        for (unsigned row = 0; row < weights.rows; ++row) {
            to[row] = static_cast<biased_weight<T>>(from[row] + bias);
        }
        return;
    }
    for (unsigned row = 0; row < weights.rows; ++row, from += weights.row_stride) {
        to[row] = static_cast<biased_weight<T>>(*from + bias);
    }
}

/// Sum of the cells of a column, whose bit planes these are.
unsigned sum_of_cells(const std::uint64_t* planes, unsigned cell_bits, unsigned row_words) {
    unsigned sum = 0;
    for (unsigned p = 0; p < cell_bits; ++p) {
        for (unsigned w = 0; w < row_words; ++w) sum += population_count(*planes++) << p;
    }
    return sum;
}

template <class T>
crossbar_image encode(const weight_view<T>& weights, unsigned weight_bits,
                      const crossbar_shape& shape) {
    check_weights(weights, weight_bits, shape);
    crossbar_image image;
    crossbar_layout& layout = image.layout;
    layout.rows = weights.rows;
    layout.weight_bits = weight_bits;
    layout.cells_per_weight = cells_per_weight(weight_bits, shape.cell_bits);
    layout.columns = weights.outputs * layout.cells_per_weight;
    image.bytes.assign(image_bytes(layout.rows, layout.columns, shape.cell_bits), 0);

    const std::size_t plane_bytes = (layout.rows + 7) / 8;
    std::uint8_t* plane = image.bytes.data();
    std::uint8_t* flips = plane + layout.columns * shape.cell_bits * plane_bytes;
    // Bit b of the digits of an output is bit b of its biased weights: bits cut out of many rows at
    // a time, as inputs are.
    const unsigned row_words = shape.row_words();
    const unsigned digit_words = shape.cell_bits * row_words;
    const unsigned top_bit = 1U << (shape.full_resolution_bits() - 1);
    std::vector<std::uint64_t> bits(std::size_t{layout.cells_per_weight} * digit_words, 0);
    std::vector<std::uint64_t> ones(row_words);
    std::vector<biased_weight<T>> biased(layout.rows, 1);
    const input_vector all_ones{biased.data(), layout.rows, sizeof(T), 1, false};
    slice_inputs(all_ones, row_words, ones.data());
    for (unsigned output = 0; output < weights.outputs; ++output) {
        bias_weights(weights, output, weight_bits, biased.data());
        slice_inputs({biased.data(), layout.rows, sizeof(T), weight_bits, false}, row_words,
                     bits.data());
        for (unsigned digit = 0; digit < layout.cells_per_weight; ++digit) {
            const std::uint64_t* words = bits.data() + digit * digit_words;
            const unsigned column = output * layout.cells_per_weight + digit;
            const bool flipped =
                shape.column_flip && sum_of_cells(words, shape.cell_bits, row_words) >= top_bit;
            if (flipped) flips[column / 8] |= static_cast<std::uint8_t>(1U << column % 8);
            for (unsigned p = 0; p < shape.cell_bits; ++p, plane += plane_bytes) {
                for (unsigned w = 0; w < row_words; ++w) {
                    const std::uint64_t stored = flipped ? ~*words & ones[w] : *words;
                    ++words;
                    const std::size_t from = std::size_t{w} * 8;
                    if (from >= plane_bytes) continue;
                    if (plane_bytes - from >= 8) {
                        std::memcpy(plane + from, &stored, 8);
                    } else {
                        std::memcpy(plane + from, &stored, plane_bytes - from);
                    }
                }
            }
        }
    }
    return image;
}

}  // namespace

unsigned cells_per_weight(unsigned weight_bits, unsigned cell_bits) {
    return (weight_bits + cell_bits - 1) / cell_bits;
}

unsigned outputs_per_crossbar(const crossbar_shape& shape, unsigned weight_bits) {
    return shape.columns / cells_per_weight(weight_bits, shape.cell_bits);
}

std::size_t image_bytes(unsigned rows, unsigned columns, unsigned cell_bits) {
    const std::size_t plane_bytes = (rows + 7) / 8;
    return columns * cell_bits * plane_bytes + (columns + 7) / 8;
}

std::string layout_error(const crossbar_shape& shape, const crossbar_layout& layout,
                         std::size_t bytes) {
    if (layout.rows == 0 || layout.rows > shape.rows) {
        return text(layout.rows) + " rows, the array has " + text(shape.rows);
    }
    if (layout.columns == 0 || layout.columns > shape.columns) {
        return text(layout.columns) + " columns, the array has " + text(shape.columns);
    }
    if (layout.weight_bits < lowest_weight_bits || layout.weight_bits > highest_weight_bits) {
        return "weights of " + text(layout.weight_bits) + " bits, 2 to 16 are possible";
    }
    if (layout.cells_per_weight != cells_per_weight(layout.weight_bits, shape.cell_bits) ||
        layout.columns % layout.cells_per_weight != 0) {
        return text(layout.columns) + " columns in weights of " + text(layout.cells_per_weight) +
               " cells do not hold whole weights of " + text(layout.weight_bits) + " bits";
    }
    const std::size_t expected = image_bytes(layout.rows, layout.columns, shape.cell_bits);
    if (bytes != expected) {
        return "an image of " + std::to_string(bytes) + " bytes, " + std::to_string(expected) +
               " are needed";
    }
    return {};
}

crossbar_image encode_crossbar(const weight_view<std::int8_t>& weights, unsigned weight_bits,
                               const crossbar_shape& shape) {
    return encode(weights, weight_bits, shape);
}

crossbar_image encode_crossbar(const weight_view<std::int16_t>& weights, unsigned weight_bits,
                               const crossbar_shape& shape) {
    return encode(weights, weight_bits, shape);
}

std::vector<std::int32_t> decode_crossbar(const crossbar_layout& layout, const std::uint8_t* image,
                                          const crossbar_shape& shape) {
    const std::size_t plane_bytes = (layout.rows + 7) / 8;
    const std::uint8_t* flips = image + layout.columns * shape.cell_bits * plane_bytes;
    const unsigned outputs = layout.outputs();
    const int bias = 1 << (layout.weight_bits - 1);
    std::vector<std::int32_t> weights(std::size_t{layout.rows} * outputs);
    for (unsigned row = 0; row < layout.rows; ++row) {
        for (unsigned output = 0; output < outputs; ++output) {
            unsigned biased = 0;
            for (unsigned digit = 0; digit < layout.cells_per_weight; ++digit) {
                const unsigned c = output * layout.cells_per_weight + digit;
                const std::uint8_t* planes = image + c * shape.cell_bits * plane_bytes;
                unsigned cell = 0;
                for (unsigned plane = 0; plane < shape.cell_bits; ++plane) {
                    cell |= ((planes[plane * plane_bytes + row / 8] >> row % 8) & 1U) << plane;
                }
                if (((flips[c / 8] >> c % 8) & 1U) != 0) cell = shape.highest_cell() - cell;
                biased |= cell << digit * shape.cell_bits;
            }
            weights[std::size_t{row} * outputs + output] = static_cast<std::int32_t>(biased) - bias;
        }
    }
    return weights;
}

}  // namespace pimvp::reram
