// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mapping/lowering.h>

#include <algorithm>

namespace pimvp::mapping {
namespace {

/// Row blocks of `elements` from `first` on, and the column blocks of `outputs` that they feed.
void cut(lowered_matrix& m, range elements, range outputs, const array_shape& shape) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t at = 0; at < elements.count; at += shape.rows) {
        rows.push_back(static_cast<std::uint32_t>(m.row_blocks.size()));
        m.row_blocks.push_back({elements.first + at, std::min(shape.rows, elements.count - at)});
    }
    for (std::uint32_t at = 0; at < outputs.count; at += shape.outputs) {
        m.column_blocks.push_back(
            {{outputs.first + at, std::min(shape.outputs, outputs.count - at)}, rows});
    }
}

}  // namespace

std::uint64_t lowered_matrix::arrays() const {
    std::uint64_t sum = 0;
    for (const column_block& block : column_blocks) sum += block.row_blocks.size();
    return sum;
}

std::uint32_t lowered_matrix::weight_of(std::uint32_t e) const {
    if (order == nn::element_order::channel_first) return e;
    const auto area = static_cast<std::uint32_t>(geometry.kernel_h * geometry.kernel_w);
    return e % input.channels * area + e / input.channels;
}

lowered_matrix lower(const nn::node& n, const map_dims& input, const map_dims& output,
                     const array_shape& shape) {
    lowered_matrix m;
    m.input = input;
    m.outputs = output.channels;
    m.output_h = output.height;
    m.output_w = output.width;
    m.geometry = n.geometry;
    std::uint32_t groups = static_cast<std::uint32_t>(n.groups);
    if (n.kind == nn::op_kind::fully_connected) {
        m.geometry = nn::window{};
        m.geometry.kernel_h = static_cast<int>(input.height);
        m.geometry.kernel_w = static_cast<int>(input.width);
        groups = 1;
    }
    const std::uint32_t area =
        static_cast<std::uint32_t>(m.geometry.kernel_h * m.geometry.kernel_w);
    if (n.kind == nn::op_kind::convolution && groups == 1) m.order = shape.order;
    m.elements_per_group = input.channels / groups * area;
    m.outputs_per_group = m.outputs / groups;

    std::uint32_t together = 1;  // groups that share an array
    if (shape.pack_groups && m.elements_per_group <= shape.rows &&
        m.outputs_per_group <= shape.outputs) {
        together = std::min(shape.rows / m.elements_per_group, shape.outputs / m.outputs_per_group);
    }
    for (std::uint32_t group = 0; group < groups; group += together) {
        const std::uint32_t count = std::min(together, groups - group);
        cut(m, {group * m.elements_per_group, count * m.elements_per_group},
            {group * m.outputs_per_group, count * m.outputs_per_group}, shape);
    }
    return m;
}

nn::window_groups groups_of(const lowered_matrix& m) {
    nn::window_groups all;
    all.order = m.order;
    all.arrays.assign(m.row_blocks.size(), 0);
    for (const range& block : m.row_blocks) all.groups.push_back({block.first, block.count});
    for (const column_block& block : m.column_blocks) {
        for (const std::uint32_t row : block.row_blocks) ++all.arrays[row];
    }
    return all;
}

std::vector<std::int16_t> block_weights(const nn::node& n, const lowered_matrix& m,
                                        const range& rows, const range& outputs) {
    std::vector<std::int16_t> block(std::size_t{rows.count} * outputs.count, 0);
    std::visit(
        [&](const auto& weights) {
            for (std::uint32_t o = 0; o < outputs.count; ++o) {
                const std::uint32_t output = outputs.first + o;
                const std::uint32_t group = output / m.outputs_per_group;
                const std::uint32_t first = group * m.elements_per_group;  // of its window elements
                const std::uint32_t begin = std::max(rows.first, first);
                const std::uint32_t end = std::min(rows.end(), first + m.elements_per_group);
                const auto* row = weights.data() + std::size_t{output} * m.elements_per_group;
                for (std::uint32_t e = begin; e < end; ++e) {
                    block[std::size_t{e - rows.first} * outputs.count + o] =
                        static_cast<std::int16_t>(row[m.weight_of(e - first)]);
                }
            }
        },
        n.weights.data());
    return block;
}

}  // namespace pimvp::mapping
