// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/placer.h>

#include <pimvp/isaac_like/precision.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/reram/pixel_set.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace pimvp::isaac_like {
namespace {

std::uint32_t unsigned_of(int number) {
    return static_cast<std::uint32_t>(number);
}

/// Where a list of readers stands among others; appends it if it does not.
std::uint32_t place_of(const std::vector<reram::window_reader>& readers,
                       std::vector<reram::window_reader>& among) {
    const auto found = std::search(among.begin(), among.end(), readers.begin(), readers.end());
    const auto place = static_cast<std::uint32_t>(found - among.begin());
    if (found == among.end()) among.insert(among.end(), readers.begin(), readers.end());
    return place;
}

}  // namespace

post::number_format format_of(const nn::tensor_type& type) {
    std::uint32_t scale = 0;
    std::memcpy(&scale, &type.scale, sizeof(scale));
    return {scale, type.zero_point, type.lowest(), type.highest(),
            static_cast<std::uint32_t>(type.bytes())};
}

placement_plan placer::run() {
    if (m_machine.precision) check_plan(m_network, *m_machine.precision, m_machine.crossbar.rows);
    for (std::uint32_t i = 0; i < m_network.inputs.size(); ++i) {
        const nn::value_id id = m_network.inputs[i];
        m_made[id].push_back({outside, i, 0, {0, m_views[id].dims.channels}, {}});
    }
    lower_matrices();
    for (std::uint32_t i = 0; i < m_network.nodes.size(); ++i) place_node(i);
    count_chips();
    add_inputs_and_outputs();
    connect();
    return finish();
}

placer::tile_state& placer::tile(std::uint32_t index) {
    while (m_tiles.size() <= index) {
        tile_state fresh;
        fresh.free_imas = m_machine.imas_per_tile;
        const std::uint32_t number = number_of(static_cast<std::uint32_t>(m_tiles.size()));
        fresh.program.node = m_machine.nodes(1).tile(number / m_machine.tiles_per_chip,
                                                     number % m_machine.tiles_per_chip);
        m_tiles.push_back(std::move(fresh));
    }
    return m_tiles[index];
}

std::uint32_t placer::number_of(std::uint32_t index) const {
    const std::uint32_t tiles = m_machine.tiles_per_chip;
    return m_machine.path.empty() ? index : index / tiles * tiles + m_machine.path[index % tiles];
}

std::uint32_t placer::arrays_free(std::uint32_t index) {
    return tile(index).free_imas * m_machine.crossbars_per_ima;
}

std::uint32_t placer::buffer(std::uint32_t tile_index, nn::value_id value, range channels) {
    tile_state& t = tile(tile_index);
    const auto [found, is_new] =
        t.buffer_of.try_emplace(value, static_cast<std::uint32_t>(t.program.buffers.size()));
    if (is_new) {
        const mapping::map_dims& dims = m_views[value].dims;
        const nn::tensor_type& type = m_network.values[value].type;
        t.program.buffers.push_back({value, dims.height, dims.width, channels.first, channels.count,
                                     static_cast<std::uint32_t>(type.bytes()),
                                     type.is_signed ? 1U : 0U});
    } else {
        reram::tensor_buffer& b = t.program.buffers[found->second];
        const std::uint32_t end = std::max(b.first_channel + b.channels, channels.end());
        b.first_channel = std::min(b.first_channel, channels.first);
        b.channels = end - b.first_channel;
    }
    return found->second;
}

void placer::place_node(std::uint32_t index) {
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

void placer::place_vector(std::uint32_t index, stage_kind kind) {
    const nn::node& n = m_network.nodes[index];
    layer_placement layer;
    layer.node = index;
    const reram::stage_record like = start_stage(kind, index, n.geometry);
    layer.windows = std::uint64_t{like.window.output_h} * like.window.output_w;
    const bool pools = kind == stage_kind::max_pool || kind == stage_kind::average_pool;
    for (const site& s :
         sites(m_views[n.inputs[0]].root, like.window, pools ? pool_cycles(index) : 0)) {
        for (const range& channels : fitting_pieces(index, n.inputs, s.channels)) {
            for (std::size_t copy = 0; copy < s.tiles.size(); ++copy) {
                const std::uint32_t where = with_room(s.tiles[copy], index, n.inputs, channels);
                const std::uint32_t stage = add_vector_stage(
                    kind, index, n.inputs, n.geometry, n.output, where, channels, s.shares[copy]);
                m_made[n.output].push_back(
                    {where, stage, channels.first, channels, s.shares[copy]});
                note_tile(layer, where);
            }
        }
        layer.copies = std::max(layer.copies, static_cast<std::uint32_t>(s.tiles.size()));
    }
    m_layers.push_back(std::move(layer));
}

void placer::place_concat(std::uint32_t index) {
    const nn::node& n = m_network.nodes[index];
    layer_placement layer;
    layer.node = index;
    std::uint32_t offset = 0;
    const auto arrives = [&offset](slice made) {
        made.channels.first += offset;
        return made;
    };
    for (const nn::value_id id : n.inputs) {
        const nn::value_id root = m_views[id].root;
        if (m_network.values[id].type == m_network.values[n.output].type) {
            for (const slice& s : m_made[root]) m_made[n.output].push_back(arrives(s));
        } else {
            reram::stage_window each_pixel;
            each_pixel.output_h = m_views[root].dims.height;
            each_pixel.output_w = m_views[root].dims.width;
            for (const site& s : sites(root, each_pixel, 0)) {
                for (std::size_t copy = 0; copy < s.tiles.size(); ++copy) {
                    const std::uint32_t where = with_room(s.tiles[copy], index, {root}, s.channels);
                    const std::uint32_t stage =
                        add_vector_stage(stage_kind::requantise, index, {root}, {}, n.output, where,
                                         s.channels, s.shares[copy]);
                    m_made[n.output].push_back(
                        arrives({where, stage, s.channels.first, s.channels, s.shares[copy]}));
                    note_tile(layer, where);
                }
                layer.copies = std::max(layer.copies, static_cast<std::uint32_t>(s.tiles.size()));
            }
        }
        offset += m_views[root].dims.channels;
    }
    if (!layer.tiles.empty()) m_layers.push_back(std::move(layer));
}

void placer::place_select(std::uint32_t index) {
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
                                        {first + (from - run.first), end - from},
                                        source.share});
        }
        first += run.count;
    }
}

std::uint32_t placer::add_vector_stage(stage_kind kind, std::uint32_t index,
                                       const std::vector<nn::value_id>& inputs,
                                       const nn::window& geometry, nn::value_id output,
                                       std::uint32_t where, range channels,
                                       const reram::window_share& share) {
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
    s.share = share;
    tile(where).program.stages.push_back(std::move(s));
    return stage_index;
}

reram::stage_record placer::start_stage(stage_kind kind, std::uint32_t index, const nn::window& g) {
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

std::vector<placer::site> placer::sites(nn::value_id value, const reram::stage_window& window,
                                        std::uint64_t cycles_of_pool) const {
    const bool pools = cycles_of_pool != 0;
    const std::uint64_t pixels =
        std::uint64_t{m_views[value].dims.height} * m_views[value].dims.width;
    std::vector<site> result;
    std::uint64_t made = 0;  // pixels, at the last site
    const auto close = [&] {
        if (result.empty() || (!pools && made == pixels)) return;
        thin_out(result.back(), window, std::max<std::uint64_t>(1, cycles_of_pool));
    };
    for (const slice& s : joined(m_made[value])) {
        if (result.empty() || s.channels.first >= result.back().channels.end()) {
            close();
            result.push_back({s.channels, {}, {}});
            made = 0;
        }
        site& last = result.back();
        const bool is_copy =
            s.channels.first == last.channels.first && s.channels.count == last.channels.count;
        if (!is_copy) continue;
        last.tiles.push_back(s.tile == outside ? m_cursor : s.tile);
        last.shares.push_back(s.share);
        made += s.share.count(m_views[value].dims.height, m_views[value].dims.width);
    }
    close();
    return result;
}

void placer::thin_out(site& s, const reram::stage_window& window, std::uint64_t cycles) const {
    const std::uint64_t in_pace = m_plan.placed.interval_cycles / cycles;
    std::vector<std::uint32_t> tiles;
    for (const std::uint32_t t : s.tiles) {
        if (std::find(tiles.begin(), tiles.end(), t) == tiles.end()) tiles.push_back(t);
    }
    const layer_load load{window.output_h, window.output_w, cycles, 0};
    window_deal deal = fewest_copies(load, std::max<std::uint64_t>(1, in_pace));
    if (deal.copies() > tiles.size()) {
        deal = fewest_windows(load, static_cast<std::uint32_t>(tiles.size()));
    }
    s.shares = deal.shares(load);
    tiles.resize(s.shares.size());
    s.tiles = std::move(tiles);
}

std::vector<placer::slice> placer::joined(std::vector<slice> slices) {
    std::sort(slices.begin(), slices.end(), [](const slice& a, const slice& b) {
        return std::tie(a.share, a.channels.first) < std::tie(b.share, b.channels.first);
    });
    std::vector<slice> result;
    for (const slice& s : slices) {
        if (!result.empty() && result.back().tile == s.tile && result.back().share == s.share &&
            result.back().channels.end() == s.channels.first) {
            result.back().channels.count += s.channels.count;
        } else {
            result.push_back(s);
        }
    }
    std::stable_sort(result.begin(), result.end(), [](const slice& a, const slice& b) {
        return a.channels.first < b.channels.first;
    });
    return result;
}

void placer::note_tile(layer_placement& layer, std::uint32_t index) {
    const auto at = std::lower_bound(layer.tiles.begin(), layer.tiles.end(), index);
    if (at == layer.tiles.end() || *at != index) layer.tiles.insert(at, index);
}

void placer::add_inputs_and_outputs() {
    const auto describe = [&](nn::value_id id) {
        const mapping::value_view& v = m_views[id];
        io_tensor t;
        t.tensor = v.root;
        t.channels = v.dims.channels;
        t.height = v.dims.height;
        t.width = v.dims.width;
        t.element_bytes = static_cast<std::uint32_t>(m_network.values[id].type.bytes());
        return t;
    };
    for (const nn::value_id id : m_network.inputs) {
        io_tensor in = describe(id);
        const std::uint64_t pixels =
            m_machine.input_packet_bytes / (std::uint64_t{in.channels} * in.element_bytes);
        in.run = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(pixels, 1, in.width));
        m_plan.placed.program.inputs.push_back(std::move(in));
    }
    for (const nn::value_id id : m_network.outputs) {
        m_plan.placed.program.outputs.push_back(describe(id));
    }
}

void placer::connect() {
    const std::uint32_t host = m_machine.nodes(m_plan.placed.chips).host();
    for (const tile_state& t : m_tiles) {
        for (std::uint32_t b = 0; b < t.program.buffers.size(); ++b) {
            const reram::tensor_buffer& buffer = t.program.buffers[b];
            route(buffer.tensor, t.program.node, {buffer.first_channel, buffer.channels},
                  reram::readers_of(t.program, b));
        }
    }
    for (const io_tensor& out : m_plan.placed.program.outputs) {
        route(out.tensor, host, {0, out.channels}, {});
    }
}

void placer::route(nn::value_id value, std::uint32_t node, range wanted,
                   const std::vector<reram::window_reader>& readers) {
    const mapping::map_dims& dims = m_views[value].dims;
    const reram::pixel_set pixels(readers, dims.height, dims.width);
    const auto makes_some = [&](const reram::window_share& share) {
        if (share.is_all()) return true;
        for (auto p = share.first(dims.width); p < dims.height * dims.width;
             p = share.next(p, dims.width)) {
            if (pixels.contains(p)) return true;
        }
        return false;
    };
    for (const slice& s : m_made[value]) {
        const std::uint32_t first = std::max(s.channels.first, wanted.first);
        const std::uint32_t end = std::min(s.channels.end(), wanted.end());
        if (first >= end || !makes_some(s.share)) continue;
        reram::route r{node, value, s.from_channel + (first - s.channels.first), end - first,
                       first};
        r.readers = static_cast<std::uint32_t>(readers.size());
        if (s.tile == outside) {
            io_tensor& in = m_plan.placed.program.inputs[s.stage];
            r.first_reader = place_of(readers, in.readers);
            in.routes.push_back(r);
        } else {
            reram::tile_program& maker = m_tiles[s.tile].program;
            r.first_reader = place_of(readers, maker.readers);
            maker.stages[s.stage].routes.push_back(r);
        }
    }
}

void placer::count_chips() {
    const auto tiles = static_cast<std::uint32_t>(m_tiles.size());
    const std::uint32_t needed =
        std::max(1U, (tiles + m_machine.tiles_per_chip - 1) / m_machine.tiles_per_chip);
    if (m_machine.chips != 0 && needed > m_machine.chips) {
        throw core::user_error("network '" + m_network.name + "' needs " + std::to_string(needed) +
                               " chips of " + std::to_string(m_machine.tiles_per_chip) +
                               " tiles, the platform has " + std::to_string(m_machine.chips) +
                               ": raise `chips`, or set it to 0 for as many as needed");
    }
    m_plan.placed.chips = m_machine.chips != 0 ? m_machine.chips : needed;
    m_plan.placed.program.chips = m_plan.placed.chips;
}

placement_plan placer::finish() {
    for (tile_state& t : m_tiles) {
        if (!t.program.stages.empty()) {
            m_plan.placed.program.tiles.push_back(std::move(t.program));
        }
    }
    std::vector<reram::tile_program>& tiles = m_plan.placed.program.tiles;
    std::sort(tiles.begin(), tiles.end(),
              [](const auto& a, const auto& b) { return a.node < b.node; });
    for (layer_placement& layer : m_layers) {
        for (std::uint32_t& t : layer.tiles) t = number_of(t);
        std::sort(layer.tiles.begin(), layer.tiles.end());
    }
    m_plan.placed.tiles = static_cast<std::uint32_t>(m_plan.placed.program.tiles.size());
    m_plan.placed.layers = std::move(m_layers);
    for (const layer_placement& layer : m_plan.placed.layers) {
        m_plan.placed.arrays += layer.arrays * layer.copies;
    }
    return std::move(m_plan);
}

}  // namespace pimvp::isaac_like
