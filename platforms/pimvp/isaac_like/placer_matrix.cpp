// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/placer.h>

#include <pimvp/isaac_like/precision.h>
#include <pimvp/post/post_units.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/reram/crossbar_encoder.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

/// Layers with weights: dealt out to crossbars, IMAs and tiles.
namespace pimvp::isaac_like {
namespace {

std::uint32_t bits_of(float number) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &number, sizeof(bits));
    return bits;
}

/// Bits that integers of a layer take on a machine with operands of `operand_bits` (0: any).
std::uint32_t width_of(const nn::node& n, const char* what, int bits, std::uint32_t operand_bits) {
    const auto own = static_cast<std::uint32_t>(bits);
    if (operand_bits == 0) return own;
    if (own > operand_bits) {
        throw core::user_error("node '" + n.name + "' has " + what + " of " + std::to_string(own) +
                               " bits, the machine's operands have " +
                               std::to_string(operand_bits) +
                               ": use a platform with wider operands, or narrower integers");
    }
    return operand_bits;
}

}  // namespace

mapping::array_shape array_shape_of(const nn::node& n, std::uint32_t weight_bits,
                                    const machine& target) {
    const std::uint32_t columns = target.crossbar.columns;
    const std::uint32_t cells = reram::cells_per_weight(weight_bits, target.crossbar.cell_bits);
    if (cells > columns) {
        throw core::user_error("node '" + n.name + "': a weight of " + std::to_string(weight_bits) +
                               " bits takes " + std::to_string(cells) +
                               " cells but a crossbar has only " + std::to_string(columns) +
                               " columns: use fewer weight bits or wider crossbars");
    }
    mapping::array_shape shape{target.crossbar.rows, columns / cells, target.pack_groups};
    if (target.cuts(n)) {
        shape.rows = target.precision->group_size;
        shape.order = target.precision->order;
    }
    return shape;
}

void placer::lower_matrices() {
    for (std::uint32_t i = 0; i < m_network.nodes.size(); ++i) {
        if (!m_network.nodes[i].is_matrix()) continue;
        m_matrix_of_node[i] = static_cast<std::uint32_t>(m_plan.matrices.size());
        m_plan.matrices.push_back(lowered(i));
    }
    count_copies();
}

planned_matrix placer::lowered(std::uint32_t index) const {
    const nn::node& n = m_network.nodes[index];
    const std::uint32_t weight_bits =
        width_of(n, "weights", n.weights.type().bits, m_machine.operands.weight_bits);
    planned_matrix m;
    m.node = index;
    m.weight_bits = weight_bits;
    m.input_bits = width_of(n, "inputs", m_network.values[n.inputs[0]].type.bits,
                            m_machine.operands.input_bits);
    m.lowered = mapping::lower(n, m_views[m_views[n.inputs[0]].root].dims, m_views[n.output].dims,
                               array_shape_of(n, weight_bits, m_machine));
    return m;
}

void placer::count_copies() {
    std::vector<layer_load> loads;
    for (const planned_matrix& m : m_plan.matrices) {
        const mapping::map_dims& out = m_views[m_network.nodes[m.node].output].dims;
        loads.push_back({out.height, out.width, m.input_bits,
                         std::uint64_t{imas_of(m.lowered)} * m_machine.crossbars_per_ima});
    }
    std::vector<window_deal> deals(loads.size());
    if (m_machine.replication.crossbars != 0) {
        deals = balanced_copies(loads, m_machine.replication.crossbars);
    }
    for (std::size_t i = 0; i < deals.size(); ++i) {
        m_plan.matrices[i].shares = deals[i].shares(loads[i]);
    }
    m_plan.placed.interval_cycles = interval_cycles(loads, deals);
}

std::uint32_t placer::imas_of(const mapping::lowered_matrix& m) const {
    const std::uint64_t per_tile =
        std::uint64_t{m_machine.imas_per_tile} * m_machine.crossbars_per_ima;
    std::uint64_t imas = 0, here = 0;
    const auto close = [&] {
        imas += (here + m_machine.crossbars_per_ima - 1) / m_machine.crossbars_per_ima;
        here = 0;
    };
    for (const mapping::column_block& block : m.column_blocks) {
        std::uint64_t rows = block.row_blocks.size();
        if (rows <= per_tile && here + rows > per_tile) close();
        while (here + rows > per_tile) {
            rows -= per_tile - here;
            here = per_tile;
            close();
        }
        here += rows;
    }
    close();
    return static_cast<std::uint32_t>(imas);
}

void placer::place_matrix(std::uint32_t index) {
    const nn::node& n = m_network.nodes[index];
    const planned_matrix& planned = m_plan.matrices[m_matrix_of_node.at(index)];
    const mapping::lowered_matrix& m = planned.lowered;

    layer_placement layer;
    layer.node = index;
    layer.weight_bits = planned.weight_bits;
    layer.cells_per_weight =
        reram::cells_per_weight(planned.weight_bits, m_machine.crossbar.cell_bits);
    layer.row_blocks = static_cast<std::uint32_t>(m.row_blocks.size());
    layer.column_blocks = static_cast<std::uint32_t>(m.column_blocks.size());
    layer.arrays = m.arrays();
    layer.copies = static_cast<std::uint32_t>(planned.shares.size());
    layer.windows = m.windows();
    layer.macs = m_network.macs(n);
    for (const mapping::column_block& block : m.column_blocks) {
        layer.used_columns +=
            std::uint64_t{block.outputs.count} * layer.cells_per_weight * block.row_blocks.size();
    }
    const std::uint64_t unit = m_machine.crossbar.unit_is_converted() ? layer.arrays : 0;
    const std::uint64_t converted = m_machine.crossbar.convert_unused_columns
                                        ? layer.arrays * m_machine.crossbar.columns
                                        : layer.used_columns;
    layer.input_bits = planned.input_bits;
    layer.activations = layer.windows * layer.arrays;
    if (m_machine.cuts(n)) layer.precision = precision_of(n, m);
    layer.conversions = layer.windows * (converted + unit) * layer.input_bits;

    m_images.clear();
    m_copies_on.clear();
    m_most_on_tile = copies_per_tile(index, layer.copies);
    for (const reram::window_share& share : planned.shares) {
        m_share = share;
        place_copy(m, layer);
    }
    m_layers.push_back(std::move(layer));
}

void placer::place_copy(const mapping::lowered_matrix& m, layer_placement& layer) {
    const std::uint32_t per_tile = m_machine.imas_per_tile * m_machine.crossbars_per_ima;
    seek(m, layer);
    m_homes.clear();
    std::vector<array_use> part;
    for (std::uint32_t c = 0; c < m.column_blocks.size(); ++c) {
        const auto& rows = m.column_blocks[c].row_blocks;
        if (rows.size() <= per_tile && part.size() + rows.size() > arrays_free(m_cursor)) {
            close_part(m, part, layer);
        }
        for (const std::uint32_t r : rows) {
            if (part.size() == arrays_free(m_cursor)) close_part(m, part, layer);
            part.push_back({c, r});
        }
    }
    close_part(m, part, layer, false);
    count_partials();
}

/// Without copies, layers follow each other, and one that fits a tile is not split. Copies fill
/// what gaps there are; those larger than a tile begin on an empty one.
void placer::seek(const mapping::lowered_matrix& m, const layer_placement& layer) {
    const std::uint64_t per_tile =
        std::uint64_t{m_machine.imas_per_tile} * m_machine.crossbars_per_ima;
    const nn::node& n = m_network.nodes[layer.node];
    const bool follows = m_machine.replication.crossbars == 0;
    const std::uint64_t wanted = layer.arrays <= per_tile ? layer.arrays : follows ? 0 : per_tile;
    if (!follows) {
        while (tile(m_first_free).free_imas == 0) ++m_first_free;
        m_cursor = m_first_free;
    }
    while (arrays_free(m_cursor) < wanted || m_copies_on[m_cursor] == m_most_on_tile ||
           !has_room(m_cursor, layer.node, {n.inputs[0]}, {0, m.input.channels})) {
        ++m_cursor;
    }
    ++m_copies_on[m_cursor];
}

std::uint32_t placer::copies_per_tile(std::uint32_t index, std::uint32_t copies) const {
    std::uint64_t cycles = 0;
    for (std::uint32_t i = 0; i < m_network.nodes.size(); ++i) {
        const nn::node& n = m_network.nodes[i];
        const bool pools = n.kind == nn::op_kind::max_pool || n.kind == nn::op_kind::average_pool;
        if (!pools || !is_part_of(m_network.nodes[index].output, n.inputs[0])) continue;
        const mapping::map_dims& out = m_views[n.output].dims;
        cycles += std::uint64_t{out.height} * out.width * pool_cycles(i);
    }
    const std::uint64_t pace = std::max<std::uint64_t>(1, m_plan.placed.interval_cycles);
    const std::uint64_t tiles = std::max<std::uint64_t>(1, (cycles + pace - 1) / pace);
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, copies / tiles));
}

bool placer::is_part_of(nn::value_id part, nn::value_id whole) const {
    const nn::value_id root = m_views[whole].root;
    if (root == part) return true;
    return std::any_of(m_network.nodes.begin(), m_network.nodes.end(), [&](const nn::node& n) {
        return n.output == root && n.kind == nn::op_kind::concat &&
               std::any_of(n.inputs.begin(), n.inputs.end(),
                           [&](nn::value_id input) { return is_part_of(part, input); });
    });
}

std::uint64_t placer::pool_cycles(std::uint32_t index) const {
    const nn::node& n = m_network.nodes[index];
    const mapping::map_dims& in = m_views[n.inputs[0]].dims;
    const std::uint64_t elements = std::uint64_t{in.channels} *
                                   static_cast<std::uint64_t>(n.geometry.kernel_h) *
                                   static_cast<std::uint64_t>(n.geometry.kernel_w);
    post::operation_counts work;
    (n.kind == nn::op_kind::max_pool ? work.compared : work.accumulated) = elements;
    const std::uint64_t fs = post::time_of(m_machine.post, work).fs;
    return std::max<std::uint64_t>(1, (fs + m_machine.cycle.fs - 1) / m_machine.cycle.fs);
}

nn::input_precision placer::precision_of(const nn::node& n,
                                         const mapping::lowered_matrix& m) const {
    nn::input_precision precision;
    precision.rule = *m_machine.precision;
    precision.layer = layer_precision_of(m_network, n, precision.rule, m_machine.uniform);
    precision.groups = mapping::groups_of(m);
    return precision;
}

void placer::close_part(const mapping::lowered_matrix& m, std::vector<array_use>& part,
                        layer_placement& layer, bool advance) {
    if (!part.empty()) {
        make_matrix_stage(m, part, layer);
        part.clear();
    }
    if (advance) ++m_cursor;
}

void placer::make_matrix_stage(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
                               layer_placement& layer) {
    const nn::node& n = m_network.nodes[layer.node];
    const nn::value_id input = m_views[n.inputs[0]].root;
    const nn::value& in = m_network.values[input];
    tile_state& t = tile(m_cursor);
    const auto stage_index = static_cast<std::uint32_t>(t.program.stages.size());
    reram::stage_record s = start_stage(stage_kind::matrix, layer.node, m.geometry);
    s.share = m_share;
    s.input_type = format_of(in.type);
    s.input_bits = layer.input_bits;
    s.input_signed = in.type.is_signed ? 1 : 0;
    s.order = static_cast<std::uint32_t>(m.order);
    if (layer.precision) s.rule = rule_of(*layer.precision, in.type);

    // Row blocks of this tile, and the channels they need.
    std::map<std::uint32_t, std::uint32_t> local_rows;
    const auto area = static_cast<std::uint32_t>(m.geometry.kernel_h * m.geometry.kernel_w);
    range needed{outside, 0};
    std::uint32_t needed_end = 0;
    for (const array_use& a : part) local_rows.emplace(a.row_block, 0);
    for (auto& [global, local] : local_rows) {
        local = static_cast<std::uint32_t>(s.row_blocks.size());
        const range& elements = m.row_blocks[global];
        s.row_blocks.push_back({elements.first, elements.count});
        needed.first = std::min(needed.first, elements.first / area);
        needed_end = std::max(needed_end, (elements.end() - 1) / area + 1);
    }
    needed.count = needed_end - needed.first;
    if (m.order == nn::element_order::kernel_first) needed = {0, m.input.channels};
    s.input = buffer(m_cursor, input, needed);

    add_accumulators(m, part, n, in.type, s);
    share_imas(m, part, local_rows, layer, s);

    slice made{m_cursor, stage_index, 0, {}, m_share};
    for (const reram::output_segment& g : s.segments) {
        if (g.role == static_cast<std::uint32_t>(reram::segment_role::partial)) continue;
        made.from_channel = g.first_channel;
        made.channels = {g.first_channel, g.count};
        m_made[n.output].push_back(made);
    }
    t.program.stages.push_back(std::move(s));
    note_tile(layer, m_cursor);
}

void placer::add_accumulators(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
                              const nn::node& n, const nn::tensor_type& input_type,
                              reram::stage_record& s) {
    for (std::size_t i = 0; i < part.size();) {
        const std::uint32_t c = part[i].column_block;
        const mapping::column_block& block = m.column_blocks[c];
        std::size_t here = 0;
        while (i + here < part.size() && part[i + here].column_block == c) ++here;
        i += here;
        const std::uint32_t tile_node = tile(m_cursor).program.node;
        reram::output_segment segment{
            s.accumulators, block.outputs.count, block.outputs.first, 0, 0, 0};
        if (here != block.row_blocks.size()) {
            const auto [home, is_home] = m_homes.try_emplace(
                c, home_of_block{m_cursor,
                                 static_cast<std::uint32_t>(tile(m_cursor).program.stages.size()),
                                 static_cast<std::uint32_t>(s.segments.size()), 0});
            segment.role = static_cast<std::uint32_t>(is_home ? reram::segment_role::home
                                                              : reram::segment_role::partial);
            segment.home_node = is_home ? tile_node : tile(home->second.tile).program.node;
            if (!is_home) ++home->second.partials;
        }
        reram::output_segment* last = s.segments.empty() ? nullptr : &s.segments.back();
        const bool joins = last != nullptr && last->role == 0 && segment.role == 0 &&
                           last->first_channel + last->count == segment.first_channel;
        if (joins) {
            last->count += segment.count;
        } else {
            s.segments.push_back(segment);
        }
        for (std::uint32_t o = block.outputs.first; o < block.outputs.end(); ++o) {
            s.bias.push_back(folded_bias(n, m, input_type, o));
            s.multipliers.push_back(bits_of(n.multipliers[n.multipliers.size() == 1 ? 0 : o]));
        }
        s.accumulators += block.outputs.count;
    }
}

std::int64_t placer::folded_bias(const nn::node& n, const mapping::lowered_matrix& m,
                                 const nn::tensor_type& input_type, std::uint32_t output) {
    std::int64_t bias = n.bias.empty() ? 0 : n.bias[output];
    if (input_type.zero_point == 0) return bias;
    std::int64_t sum = 0;
    const std::size_t first = std::size_t{output} * m.elements_per_group;
    for (std::size_t e = 0; e < m.elements_per_group; ++e) sum += n.weights.at(first + e);
    return bias - input_type.zero_point * sum;
}

void placer::share_imas(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
                        const std::map<std::uint32_t, std::uint32_t>& local_rows,
                        layer_placement& layer, reram::stage_record& s) {
    tile_state& t = tile(m_cursor);
    std::map<std::uint32_t, std::uint32_t> accumulator_of;  // column block -> first
    std::uint32_t next = 0;
    for (const array_use& a : part) {
        if (accumulator_of.try_emplace(a.column_block, next).second) {
            next += m.column_blocks[a.column_block].outputs.count;
        }
    }
    for (std::size_t first = 0; first < part.size(); first += m_machine.crossbars_per_ima) {
        reram::ima_share share;
        share.ima = m_machine.imas_per_tile - t.free_imas--;
        ++layer.imas;
        std::map<std::uint32_t, std::uint32_t> slot_of;    // tile row block -> slot
        std::map<std::uint32_t, std::uint32_t> output_of;  // column block -> first result
        const std::size_t end = std::min(part.size(), first + m_machine.crossbars_per_ima);
        for (std::size_t i = first; i < end; ++i) {
            const array_use& a = part[i];
            const range& outputs = m.column_blocks[a.column_block].outputs;
            const std::uint32_t row = local_rows.at(a.row_block);
            const auto slot =
                slot_of.try_emplace(row, static_cast<std::uint32_t>(share.row_blocks.size()));
            if (slot.second) share.row_blocks.push_back(row);
            const auto output = output_of.try_emplace(a.column_block, share.outputs);
            if (output.second) {
                share.results.push_back(
                    {share.outputs, outputs.count, accumulator_of.at(a.column_block)});
                share.outputs += outputs.count;
            }
            share.crossbar_mask |= 1U << (i - first);
            add_crossbar(t, layer, share, static_cast<std::uint32_t>(i - first),
                         m.row_blocks[a.row_block].count, outputs.count, slot.first->second,
                         output.first->second, a);
        }
        s.imas.push_back(std::move(share));
    }
}

void placer::add_crossbar(tile_state& t, const layer_placement& layer,
                          const reram::ima_share& share, std::uint32_t crossbar, std::uint32_t rows,
                          std::uint32_t outputs, std::uint32_t slot, std::uint32_t first_output,
                          const array_use& weights) {
    reram::crossbar_record c;
    c.ima = share.ima;
    c.crossbar = crossbar;
    c.rows = rows;
    c.columns = outputs * layer.cells_per_weight;
    c.weight_bits = layer.weight_bits;
    c.cells_per_weight = layer.cells_per_weight;
    c.row_block = slot;
    c.first_output = first_output;
    c.outputs = outputs;
    c.image_bytes = reram::image_bytes(rows, c.columns, m_machine.crossbar.cell_bits);
    const auto [image, is_first] =
        m_images.try_emplace(std::pair{weights.column_block, weights.row_block}, m_plan.cell_bytes);
    c.image_offset = image->second;
    if (is_first) {
        m_plan.arrays.push_back(
            {m_matrix_of_node.at(layer.node), weights.row_block, weights.column_block});
        m_plan.cell_bytes += c.image_bytes;
    }
    t.program.crossbars.push_back(c);
}

void placer::count_partials() {
    for (const auto& [block, home] : m_homes) {
        m_tiles[home.tile].program.stages[home.stage].segments[home.segment].partials =
            home.partials;
    }
}

}  // namespace pimvp::isaac_like
