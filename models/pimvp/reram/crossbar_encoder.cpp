// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/crossbar_encoder.h>

#include <pimvp/core/diagnostics.h>

#include <string>

namespace pimvp::reram {
namespace {

constexpr unsigned lowest_weight_bits = 2;
constexpr unsigned highest_weight_bits = 16;

std::string text(unsigned value) {
    return std::to_string(value);
}

/// Cells of one column, before and after the flip decision.
struct encoded_column {
    std::vector<std::uint8_t> cells;
    bool flipped = false;
};

template <class T>
void fill_column(const weight_view<T>& weights, unsigned output, unsigned digit,
                 unsigned weight_bits, const crossbar_shape& shape, encoded_column& column) {
    const int bias = 1 << (weight_bits - 1);
    const unsigned shift = digit * shape.cell_bits;
    unsigned sum = 0;
    for (unsigned row = 0; row < weights.rows; ++row) {
        const auto biased = static_cast<unsigned>(weights.at(row, output) + bias);
        const unsigned cell = (biased >> shift) & shape.highest_cell();
        column.cells[row] = static_cast<std::uint8_t>(cell);
        sum += cell;
    }
    const unsigned most_significant_bit = 1U << (shape.full_resolution_bits() - 1);
    column.flipped = shape.column_flip && sum >= most_significant_bit;
    if (column.flipped) {
        for (std::uint8_t& cell : column.cells) {
            cell = static_cast<std::uint8_t>(shape.highest_cell() - cell);
        }
    }
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
    std::uint8_t* flips = image.bytes.data() + layout.columns * shape.cell_bits * plane_bytes;
    encoded_column column;
    column.cells.resize(layout.rows);
    for (unsigned c = 0; c < layout.columns; ++c) {
        fill_column(weights, c / layout.cells_per_weight, c % layout.cells_per_weight, weight_bits,
                    shape, column);
        std::uint8_t* planes = image.bytes.data() + c * shape.cell_bits * plane_bytes;
        for (unsigned row = 0; row < layout.rows; ++row) {
            for (unsigned plane = 0; plane < shape.cell_bits; ++plane) {
                const unsigned bit = (column.cells[row] >> plane) & 1U;
                planes[plane * plane_bytes + row / 8] |= static_cast<std::uint8_t>(bit << row % 8);
            }
        }
        if (column.flipped) flips[c / 8] |= static_cast<std::uint8_t>(1U << c % 8);
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
