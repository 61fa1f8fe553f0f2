// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/conversions.h>

#include <pimvp/reram/crossbar_encoder.h>
#include <pimvp/reram/crossbar_kernel.h>

#include <algorithm>

namespace pimvp::reram {
namespace {

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
    return (a + b - 1) / b;
}

}  // namespace

conversion_counts& conversion_counts::operator+=(const conversion_counts& other) {
    macs += other.macs;
    arrays += other.arrays;
    activations += other.activations;
    conversions += other.conversions;
    return *this;
}

double conversion_counts::conversions_per_mac() const {
    return macs == 0 ? 0.0 : static_cast<double>(conversions) / static_cast<double>(macs);
}

array_blocks blocks_of(const matrix_layer& layer, unsigned weight_bits,
                       const crossbar_shape& shape) {
    const std::uint64_t outputs = outputs_per_crossbar(shape, weight_bits);
    array_blocks blocks;
    blocks.row_blocks = divide_up(layer.rows, shape.rows);
    blocks.column_blocks = divide_up(layer.outputs, outputs);
    if (blocks.row_blocks == 1 && blocks.column_blocks == 1) {
        const std::uint64_t fit = std::min(shape.rows / layer.rows, outputs / layer.outputs);
        blocks.groups_per_array = std::min(fit, layer.groups);
    }
    return blocks;
}

conversion_counts count_conversions(const matrix_layer& layer, unsigned weight_bits,
                                    unsigned input_bits, const crossbar_shape& shape) {
    const array_blocks blocks = blocks_of(layer, weight_bits, shape);
    conversion_counts counts;
    counts.macs = layer.rows * layer.outputs * layer.groups * layer.windows;
    counts.arrays =
        divide_up(layer.groups, blocks.groups_per_array) * blocks.row_blocks * blocks.column_blocks;
    counts.activations = counts.arrays * layer.windows;

    // Unused columns included, every array converts the same number; else each row block converts
    // exactly the cells of its weights, whatever the column blocks are.
    std::uint64_t columns = counts.arrays * shape.columns;
    if (!shape.convert_unused_columns) {
        columns = layer.groups * blocks.row_blocks * layer.outputs *
                  cells_per_weight(weight_bits, shape.cell_bits);
    }
    const std::uint64_t units = shape.unit_is_converted() ? counts.arrays : 0;
    counts.conversions = (columns + units) * layer.windows * input_bits;
    return counts;
}

}  // namespace pimvp::reram
