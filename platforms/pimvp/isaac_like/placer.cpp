// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/placer.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/reram/crossbar_encoder.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

namespace pimvp::isaac_like {
namespace {

using mapping::range;
using reram::stage_kind;

constexpr std::uint32_t outside = std::numeric_limits<std::uint32_t>::max();

/// Channels of a value, and the stage that makes them (tile == outside: network input `stage`).
struct slice {
    std::uint32_t tile = outside, stage = 0;
    std::uint32_t from_channel = 0;  ///< counted in the stage's output
    range channels;                  ///< counted in the value
};

/// A crossbar of a layer: which weights it holds.
struct array_use {
    std::uint32_t column_block = 0, row_block = 0;
};

std::uint32_t unsigned_of(int number) {
    return static_cast<std::uint32_t>(number);
}

std::uint32_t scale_bits(float scale) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &scale, sizeof(bits));
    return bits;
}

post::number_format format_of(const nn::tensor_type& t) {
    return {scale_bits(t.scale), t.zero_point, t.lowest(), t.highest(),
            static_cast<std::uint32_t>(t.bytes())};
}

class placer {
public:
    placer(const nn::network& network, const machine& target)
        : m_network(network),
          m_machine(target),
          m_views(mapping::view_values(network)),
          m_made(network.values.size()),
          m_cursor(target.first_tile) {}

    placement_plan run() {
        for (std::uint32_t i = 0; i < m_network.inputs.size(); ++i) {
            const nn::value_id id = m_network.inputs[i];
            m_made[id].push_back({outside, i, 0, {0, m_views[id].dims.channels}});
        }
        for (std::uint32_t i = 0; i < m_network.nodes.size(); ++i) place_node(i);
        count_chips();
        add_inputs_and_outputs();
        connect();
        return finish();
    }

private:
    struct tile_state {
        std::uint32_t free_imas = 0;
        reram::tile_program program;
        std::map<nn::value_id, std::uint32_t> buffer_of;  ///< root value -> index
    };

    // Tiles -------------------------------------------------------------------------------------

    tile_state& tile(std::uint32_t index) {
        while (m_tiles.size() <= index) {
            tile_state fresh;
            fresh.free_imas = m_machine.imas_per_tile;
            const auto number = static_cast<std::uint32_t>(m_tiles.size());
            fresh.program.node = m_machine.nodes(1).tile(number / m_machine.tiles_per_chip,
                                                         number % m_machine.tiles_per_chip);
            m_tiles.push_back(std::move(fresh));
        }
        return m_tiles[index];
    }

    std::uint32_t arrays_free(std::uint32_t index) {
        return tile(index).free_imas * m_machine.crossbars_per_ima;
    }

    /// The buffer that holds at least `channels` of `value` on a tile; grows to the hull of all.
    std::uint32_t buffer(std::uint32_t tile_index, nn::value_id value, range channels) {
        tile_state& t = tile(tile_index);
        const auto [found, is_new] =
            t.buffer_of.try_emplace(value, static_cast<std::uint32_t>(t.program.buffers.size()));
        if (is_new) {
            const mapping::map_dims& dims = m_views[value].dims;
            const nn::tensor_type& type = m_network.values[value].type;
            t.program.buffers.push_back({value, dims.height, dims.width, channels.first,
                                         channels.count, static_cast<std::uint32_t>(type.bytes()),
                                         type.is_signed ? 1U : 0U});
        } else {
            reram::tensor_buffer& b = t.program.buffers[found->second];
            const std::uint32_t end = std::max(b.first_channel + b.channels, channels.end());
            b.first_channel = std::min(b.first_channel, channels.first);
            b.channels = end - b.first_channel;
        }
        return found->second;
    }

    // Nodes -------------------------------------------------------------------------------------

    void place_node(std::uint32_t index) {
        const nn::node& n = m_network.nodes[index];
        switch (n.kind) {
        case nn::op_kind::convolution:
        case nn::op_kind::fully_connected:
            place_matrix(index);
            break;
        case nn::op_kind::reshape:
            break;  // the view says it all
        case nn::op_kind::concat:
            place_concat(index);
            break;
        case nn::op_kind::add:
            place_vector(index, stage_kind::add);
            break;
        case nn::op_kind::max_pool:
            place_vector(index, stage_kind::max_pool);
            break;
        case nn::op_kind::average_pool:
            place_vector(index, stage_kind::average_pool);
            break;
        case nn::op_kind::requantise:
            place_vector(index, stage_kind::requantise);
            break;
        case nn::op_kind::lookup:
            place_vector(index, stage_kind::lookup);
            break;
        case nn::op_kind::multiply:
            place_vector(index, stage_kind::multiply);
            break;
        case nn::op_kind::select:
            place_select(index);
            break;
        }
    }

    void place_matrix(std::uint32_t index) {
        const nn::node& n = m_network.nodes[index];
        const nn::value_id input = m_views[n.inputs[0]].root;
        const std::uint32_t weight_bits = static_cast<std::uint32_t>(n.weights.type().bits);
        const std::uint32_t cells =
            (weight_bits + m_machine.crossbar.cell_bits - 1) / m_machine.crossbar.cell_bits;
        if (cells > m_machine.crossbar.columns) {
            throw core::user_error("node '" + n.name + "': a weight of " +
                                   std::to_string(weight_bits) + " bits takes " +
                                   std::to_string(cells) + " cells but a crossbar has only " +
                                   std::to_string(m_machine.crossbar.columns) +
                                   " columns: use fewer weight bits or wider crossbars");
        }
        m_plan.matrices.push_back(
            {index, mapping::lower(n, m_views[input].dims, m_views[n.output].dims,
                                   {m_machine.crossbar.rows, m_machine.crossbar.columns / cells,
                                    m_machine.pack_groups})});
        const mapping::lowered_matrix& m = m_plan.matrices.back().lowered;

        layer_placement layer;
        layer.node = index;
        layer.cells_per_weight = cells;
        layer.row_blocks = static_cast<std::uint32_t>(m.row_blocks.size());
        layer.column_blocks = static_cast<std::uint32_t>(m.column_blocks.size());
        layer.arrays = m.arrays();
        layer.windows = m.windows();
        layer.macs = m_network.macs(n);
        for (const mapping::column_block& block : m.column_blocks) {
            layer.used_columns +=
                std::uint64_t{block.outputs.count} * cells * block.row_blocks.size();
        }
        const std::uint64_t unit = m_machine.crossbar.unit_is_converted() ? layer.arrays : 0;
        const std::uint64_t converted = m_machine.crossbar.convert_unused_columns
                                            ? layer.arrays * m_machine.crossbar.columns
                                            : layer.used_columns;
        layer.conversions = layer.windows * (converted + unit) *
                            static_cast<std::uint64_t>(m_network.values[n.inputs[0]].type.bits);

        // Deal the arrays out to tiles, column block by column block.
        const std::uint32_t per_tile = m_machine.imas_per_tile * m_machine.crossbars_per_ima;
        if (layer.arrays <= per_tile && layer.arrays > arrays_free(m_cursor)) ++m_cursor;
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
        m_layers.push_back(std::move(layer));
    }

    /// Turns the arrays gathered for the tile at the cursor into a stage there.
    void close_part(const mapping::lowered_matrix& m, std::vector<array_use>& part,
                    layer_placement& layer, bool advance = true) {
        if (!part.empty()) {
            make_matrix_stage(m, part, layer);
            part.clear();
        }
        if (advance) ++m_cursor;
    }

    void make_matrix_stage(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
                           layer_placement& layer) {
        const nn::node& n = m_network.nodes[layer.node];
        const nn::value_id input = m_views[n.inputs[0]].root;
        const nn::value& in = m_network.values[input];
        tile_state& t = tile(m_cursor);
        const auto stage_index = static_cast<std::uint32_t>(t.program.stages.size());
        reram::stage_record s = start_stage(stage_kind::matrix, layer.node, m.geometry);
        s.input_type = format_of(in.type);
        s.input_bits = static_cast<std::uint32_t>(in.type.bits);
        s.input_signed = in.type.is_signed ? 1 : 0;

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
        s.input = buffer(m_cursor, input, needed);

        add_accumulators(m, part, n, in.type, s);
        share_imas(m, part, local_rows, layer, s);

        slice made{m_cursor, stage_index, 0, {}};
        for (const reram::output_segment& g : s.segments) {
            if (g.role == static_cast<std::uint32_t>(reram::segment_role::partial)) continue;
            made.from_channel = g.first_channel;
            made.channels = {g.first_channel, g.count};
            m_made[n.output].push_back(made);
        }
        t.program.stages.push_back(std::move(s));
        note_tile(layer, m_cursor);
    }

    /// One accumulator per output of every column block in the part, and who finishes them.
    void add_accumulators(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
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
                    c,
                    home_of_block{m_cursor,
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
                s.multipliers.push_back(
                    scale_bits(n.multipliers[n.multipliers.size() == 1 ? 0 : o]));
            }
            s.accumulators += block.outputs.count;
        }
    }

    /// bias - zero point * sum of the weights: the crossbars multiply the stored integers.
    static std::int64_t folded_bias(const nn::node& n, const mapping::lowered_matrix& m,
                                    const nn::tensor_type& input_type, std::uint32_t output) {
        std::int64_t bias = n.bias.empty() ? 0 : n.bias[output];
        if (input_type.zero_point == 0) return bias;
        std::int64_t sum = 0;
        const std::size_t first = std::size_t{output} * m.elements_per_group;
        for (std::size_t e = 0; e < m.elements_per_group; ++e) sum += n.weights.at(first + e);
        return bias - input_type.zero_point * sum;
    }

    /// Fills IMAs with the part's arrays in order, eight by eight.
    void share_imas(const mapping::lowered_matrix& m, const std::vector<array_use>& part,
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
                             output.first->second);
                m_plan.arrays.push_back({static_cast<std::uint32_t>(m_plan.matrices.size() - 1),
                                         a.row_block, a.column_block});
            }
            s.imas.push_back(std::move(share));
        }
    }

    void add_crossbar(tile_state& t, const layer_placement& layer, const reram::ima_share& share,
                      std::uint32_t crossbar, std::uint32_t rows, std::uint32_t outputs,
                      std::uint32_t slot, std::uint32_t first_output) {
        const auto weight_bits =
            static_cast<std::uint32_t>(m_network.nodes[layer.node].weights.type().bits);
        reram::crossbar_record c;
        c.ima = share.ima;
        c.crossbar = crossbar;
        c.rows = rows;
        c.columns = outputs * layer.cells_per_weight;
        c.weight_bits = weight_bits;
        c.cells_per_weight = layer.cells_per_weight;
        c.row_block = slot;
        c.first_output = first_output;
        c.outputs = outputs;
        c.image_offset = m_plan.cell_bytes;
        c.image_bytes = reram::image_bytes(rows, c.columns, m_machine.crossbar.cell_bits);
        m_plan.cell_bytes += c.image_bytes;
        t.program.crossbars.push_back(c);
    }

    void count_partials() {
        for (const auto& [block, home] : m_homes) {
            m_tiles[home.tile].program.stages[home.stage].segments[home.segment].partials =
                home.partials;
        }
    }

    /// Pools, sums and requantisations: on every tile that makes channels of the first input.
    void place_vector(std::uint32_t index, stage_kind kind) {
        const nn::node& n = m_network.nodes[index];
        layer_placement layer;
        layer.node = index;
        const nn::value_id root = m_views[n.inputs[0]].root;
        for (const slice& source : joined(m_made[root])) {
            const std::uint32_t where = source.tile == outside ? m_cursor : source.tile;
            const std::uint32_t stage = add_vector_stage(kind, index, n.inputs, n.geometry,
                                                         n.output, where, source.channels);
            m_made[n.output].push_back({where, stage, source.channels.first, source.channels});
            note_tile(layer, where);
        }
        const mapping::map_dims& out = m_views[n.output].dims;
        layer.windows = std::uint64_t{out.height} * out.width;
        m_layers.push_back(std::move(layer));
    }

    /// A concatenation is a matter of routes; only inputs of another type need a stage.
    void place_concat(std::uint32_t index) {
        const nn::node& n = m_network.nodes[index];
        layer_placement layer;
        layer.node = index;
        std::uint32_t offset = 0;
        for (const nn::value_id id : n.inputs) {
            const nn::value_id root = m_views[id].root;
            const bool same = m_network.values[id].type == m_network.values[n.output].type;
            for (slice source : same ? m_made[root] : joined(m_made[root])) {
                const range arrives{source.channels.first + offset, source.channels.count};
                if (!same) {
                    const std::uint32_t where = source.tile == outside ? m_cursor : source.tile;
                    source.stage = add_vector_stage(stage_kind::requantise, index, {root}, {},
                                                    n.output, where, source.channels);
                    source.tile = where;
                    source.from_channel = source.channels.first;
                    note_tile(layer, where);
                }
                m_made[n.output].push_back(
                    {source.tile, source.stage, source.from_channel, arrives});
            }
            offset += m_views[root].dims.channels;
        }
        if (!layer.tiles.empty()) m_layers.push_back(std::move(layer));
    }

    /// A selection of channels is a matter of routes, too.
    void place_select(std::uint32_t index) {
        const nn::node& n = m_network.nodes[index];
        const nn::value_id root = m_views[n.inputs[0]].root;
        const std::vector<std::uint32_t>& chosen = n.channels;
        for (std::uint32_t first = 0; first < chosen.size();) {
            range run{chosen[first], 1};  // neighbours that stay neighbours
            while (first + run.count < chosen.size() && chosen[first + run.count] == run.end()) {
                ++run.count;
            }
            for (const slice& source : m_made[root]) {
                const std::uint32_t from = std::max(source.channels.first, run.first);
                const std::uint32_t end = std::min(source.channels.end(), run.end());
                if (from >= end) continue;
                m_made[n.output].push_back({source.tile,
                                            source.stage,
                                            source.from_channel + (from - source.channels.first),
                                            {first + (from - run.first), end - from}});
            }
            first += run.count;
        }
    }

    std::uint32_t add_vector_stage(stage_kind kind, std::uint32_t index,
                                   const std::vector<nn::value_id>& inputs,
                                   const nn::window& geometry, nn::value_id output,
                                   std::uint32_t where, range channels) {
        const nn::node& n = m_network.nodes[index];
        tile_state& t = tile(where);
        const auto stage_index = static_cast<std::uint32_t>(t.program.stages.size());
        reram::stage_record s = start_stage(kind, index, geometry);
        const nn::value_id first = m_views[inputs[0]].root;
        s.input = buffer(where, first, channels);
        s.input_type = format_of(m_network.values[inputs[0]].type);
        if (reram::has_two_inputs(kind)) {
            s.second_input = buffer(where, m_views[inputs[1]].root, channels);
            s.second_type = format_of(m_network.values[inputs[1]].type);
        }
        s.output_type = format_of(m_network.values[output].type);
        s.count_include_pad = n.count_include_pad ? 1 : 0;
        s.table = n.table;
        s.first_channel = channels.first;
        s.channels = channels.count;
        const bool slides = kind == stage_kind::max_pool || kind == stage_kind::average_pool;
        const mapping::map_dims& extent = m_views[slides ? output : first].dims;
        s.window.output_h = extent.height;
        s.window.output_w = extent.width;
        tile(where).program.stages.push_back(std::move(s));
        return stage_index;
    }

    reram::stage_record start_stage(stage_kind kind, std::uint32_t index, const nn::window& g) {
        const nn::node& n = m_network.nodes[index];
        reram::stage_record s;
        s.kind = static_cast<std::uint32_t>(kind);
        s.layer = index;
        s.scope = index + 1;
        s.window.kernel_h = unsigned_of(g.kernel_h);
        s.window.kernel_w = unsigned_of(g.kernel_w);
        s.window.stride_h = unsigned_of(g.stride_h);
        s.window.stride_w = unsigned_of(g.stride_w);
        s.window.dilation_h = unsigned_of(g.dilation_h);
        s.window.dilation_w = unsigned_of(g.dilation_w);
        s.window.pad_top = g.pad_top;
        s.window.pad_left = g.pad_left;
        const mapping::map_dims& in = m_views[n.inputs[0]].dims;
        s.window.counted_h = in.height + unsigned_of(g.pad_bottom - g.overhang_bottom);
        s.window.counted_w = in.width + unsigned_of(g.pad_right - g.overhang_right);
        const mapping::map_dims& out = m_views[n.output].dims;
        s.window.output_h = out.height;
        s.window.output_w = out.width;
        s.output_type = format_of(m_network.values[n.output].type);
        return s;
    }

    /// Adjacent channels made on one tile as one slice; what made them no longer matters.
    static std::vector<slice> joined(std::vector<slice> slices) {
        std::sort(slices.begin(), slices.end(), [](const slice& a, const slice& b) {
            return a.channels.first < b.channels.first;
        });
        std::vector<slice> result;
        for (const slice& s : slices) {
            if (!result.empty() && result.back().tile == s.tile &&
                result.back().channels.end() == s.channels.first) {
                result.back().channels.count += s.channels.count;
            } else {
                result.push_back(s);
            }
        }
        return result;
    }

    static void note_tile(layer_placement& layer, std::uint32_t index) {
        const auto at = std::lower_bound(layer.tiles.begin(), layer.tiles.end(), index);
        if (at == layer.tiles.end() || *at != index) layer.tiles.insert(at, index);
    }

    // Routes ------------------------------------------------------------------------------------

    void add_inputs_and_outputs() {
        const auto describe = [&](nn::value_id id) {
            const mapping::value_view& v = m_views[id];
            return io_tensor{v.root,
                             v.dims.channels,
                             v.dims.height,
                             v.dims.width,
                             static_cast<std::uint32_t>(m_network.values[id].type.bytes()),
                             {}};
        };
        for (const nn::value_id id : m_network.inputs) {
            m_plan.placed.program.inputs.push_back(describe(id));
        }
        for (const nn::value_id id : m_network.outputs) {
            m_plan.placed.program.outputs.push_back(describe(id));
        }
    }

    void connect() {
        const std::uint32_t host = m_machine.nodes(m_plan.placed.chips).host();
        for (tile_state& t : m_tiles) {
            for (const reram::tensor_buffer& b : t.program.buffers) {
                route(b.tensor, t.program.node, {b.first_channel, b.channels});
            }
        }
        for (const io_tensor& out : m_plan.placed.program.outputs) {
            route(out.tensor, host, {0, out.channels});
        }
    }

    void route(nn::value_id value, std::uint32_t node, range wanted) {
        for (const slice& s : m_made[value]) {
            const std::uint32_t first = std::max(s.channels.first, wanted.first);
            const std::uint32_t end = std::min(s.channels.end(), wanted.end());
            if (first >= end) continue;
            const reram::route r{node, value, s.from_channel + (first - s.channels.first),
                                 end - first, first};
            if (s.tile == outside) {
                m_plan.placed.program.inputs[s.stage].routes.push_back(r);
            } else {
                m_tiles[s.tile].program.stages[s.stage].routes.push_back(r);
            }
        }
    }

    /// How many chips; refuses a network that the machine cannot hold.
    void count_chips() {
        const auto tiles = static_cast<std::uint32_t>(m_tiles.size());
        const std::uint32_t needed =
            std::max(1U, (tiles + m_machine.tiles_per_chip - 1) / m_machine.tiles_per_chip);
        if (m_machine.chips != 0 && needed > m_machine.chips) {
            throw core::user_error("network '" + m_network.name + "' needs " +
                                   std::to_string(needed) + " chips of " +
                                   std::to_string(m_machine.tiles_per_chip) +
                                   " tiles, the platform has " + std::to_string(m_machine.chips) +
                                   ": raise `chips`, or set it to 0 for as many as needed");
        }
        m_plan.placed.chips = m_machine.chips != 0 ? m_machine.chips : needed;
        m_plan.placed.program.chips = m_plan.placed.chips;
    }

    placement_plan finish() {
        for (tile_state& t : m_tiles) {
            if (!t.program.stages.empty()) {
                m_plan.placed.program.tiles.push_back(std::move(t.program));
            }
        }
        m_plan.placed.tiles = static_cast<std::uint32_t>(m_plan.placed.program.tiles.size());
        m_plan.placed.layers = std::move(m_layers);
        for (const layer_placement& layer : m_plan.placed.layers) {
            m_plan.placed.arrays += layer.arrays;
        }
        return std::move(m_plan);
    }

    struct home_of_block {
        std::uint32_t tile, stage, segment, partials;
    };

    const nn::network& m_network;
    const machine& m_machine;
    std::vector<mapping::value_view> m_views;
    std::vector<std::vector<slice>> m_made;  ///< per root value
    std::vector<tile_state> m_tiles;
    std::uint32_t m_cursor;  ///< tile that layers go to
    std::map<std::uint32_t, home_of_block> m_homes;
    std::vector<layer_placement> m_layers;
    placement_plan m_plan;
};

}  // namespace

placement_plan plan(const nn::network& network, const machine& target) {
    return placer(network, target).run();
}

}  // namespace pimvp::isaac_like
