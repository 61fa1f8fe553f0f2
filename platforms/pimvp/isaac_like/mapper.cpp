// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/mapper.h>

#include <pimvp/isaac_like/placer.h>

#include <pimvp/mapping/program_image.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/reram/crossbar_encoder.h>

#include <cstring>

namespace pimvp::isaac_like {
namespace {

/// Encodes an array that lies within one group straight from the node's weights.
template <class T>
reram::crossbar_image encode_in_place(const std::vector<T>& weights,
                                      const mapping::lowered_matrix& m, const mapping::range& rows,
                                      const mapping::range& outputs, unsigned bits,
                                      const reram::crossbar_shape& shape) {
    const std::uint32_t group = outputs.first / m.outputs_per_group;
    reram::weight_view<T> view;
    view.data = weights.data() + std::size_t{outputs.first} * m.elements_per_group +
                (rows.first - group * m.elements_per_group);
    view.rows = rows.count;
    view.outputs = outputs.count;
    view.row_stride = 1;
    view.output_stride = static_cast<std::ptrdiff_t>(m.elements_per_group);
    return reram::encode_crossbar(view, bits, shape);
}

reram::crossbar_image encode_array(const nn::node& n, const mapping::lowered_matrix& m,
                                   const planned_array& array, unsigned bits,
                                   const reram::crossbar_shape& shape) {
    const mapping::range& rows = m.row_blocks[array.row_block];
    const mapping::range& outputs = m.column_blocks[array.column_block].outputs;
    const bool one_group =
        outputs.first / m.outputs_per_group == (outputs.end() - 1) / m.outputs_per_group;
    if (one_group && m.order == nn::element_order::channel_first) {
        const auto* w8 = std::get_if<std::vector<std::int8_t>>(&n.weights.data());
        if (w8 != nullptr && bits <= 8) {
            return encode_in_place(*w8, m, rows, outputs, bits, shape);
        }
        if (const auto* w16 = std::get_if<std::vector<std::int16_t>>(&n.weights.data())) {
            return encode_in_place(*w16, m, rows, outputs, bits, shape);
        }
    }
    const std::vector<std::int16_t> block = mapping::block_weights(n, m, rows, outputs);
    reram::weight_view<std::int16_t> view;
    view.data = block.data();
    view.rows = rows.count;
    view.outputs = outputs.count;
    view.row_stride = static_cast<std::ptrdiff_t>(outputs.count);
    view.output_stride = 1;
    return reram::encode_crossbar(view, bits, shape);
}

/// The crossbars one after the other, straight into the image.
void write_cells(const nn::network& network, const placement_plan& planned,
                 const reram::crossbar_shape& shape, std::uint8_t* to) {
    for (const planned_array& array : planned.arrays) {
        const planned_matrix& matrix = planned.matrices[array.matrix];
        const reram::crossbar_image image = encode_array(network.nodes[matrix.node], matrix.lowered,
                                                         array, matrix.weight_bits, shape);
        std::memcpy(to, image.bytes.data(), image.bytes.size());
        to += image.bytes.size();
    }
}

}  // namespace

nn::network_precision placement::precision() const {
    nn::network_precision by_node;
    for (const layer_placement& layer : layers) {
        if (layer.precision) by_node.emplace(layer.node, *layer.precision);
    }
    return by_node;
}

placement place(const nn::network& network, const machine& target) {
    return plan(network, target).placed;
}

std::vector<std::uint8_t> map_network(const nn::network& network, const machine& target,
                                      const accel::hash256& config_hash, placement* placed,
                                      const std::vector<mapping::section>& more) {
    placement_plan planned = plan(network, target);
    std::vector<accel::tensor_descriptor> tensors;
    const auto add_tensors = [&](const std::vector<io_tensor>& list, accel::tensor_role role) {
        for (const io_tensor& t : list) {
            tensors.push_back({static_cast<std::uint32_t>(role), t.element_bytes,
                               t.elements() * t.element_bytes});
        }
    };
    add_tensors(planned.placed.program.inputs, accel::tensor_role::input);
    add_tensors(planned.placed.program.outputs, accel::tensor_role::output);
    std::vector<std::uint8_t> tensor_bytes(tensors.size() * sizeof(accel::tensor_descriptor));
    std::memcpy(tensor_bytes.data(), tensors.data(), tensor_bytes.size());

    std::vector<mapping::section> sections;
    sections.push_back(
        {static_cast<std::uint32_t>(accel::section_kind::tensors), std::move(tensor_bytes)});
    sections.push_back(
        {static_cast<std::uint32_t>(section_kind::io), encode_io(planned.placed.program)});
    sections.push_back(
        {static_cast<std::uint32_t>(section_kind::tiles), encode_tiles(planned.placed.program)});
    const std::size_t cells = sections.size();
    sections.push_back({static_cast<std::uint32_t>(section_kind::cells), {}, planned.cell_bytes});
    sections.insert(sections.end(), more.begin(), more.end());
    std::vector<std::uint8_t> image = mapping::build_program_image(
        family_id, config_hash, mapping::parse_hash(nn::fingerprint(network)), sections);
    write_cells(network, planned, target.crossbar, mapping::section_data(image, cells));
    if (placed != nullptr) *placed = std::move(planned.placed);
    return image;
}

}  // namespace pimvp::isaac_like
