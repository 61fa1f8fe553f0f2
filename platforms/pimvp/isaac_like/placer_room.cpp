// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/placer.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/reram/pixel_set.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Room in the tiles' eDRAM: what fits, and who gets how much.
namespace pimvp::isaac_like {
namespace {

std::uint64_t pixel_bytes(const reram::tensor_buffer& b) {
    return std::uint64_t{b.channels} * b.element_bytes;
}

/// Of a tile: what readers must hold, and all maps of all inferences in flight.
struct demand {
    std::uint64_t held = 0, whole = 0, pixels = 0;  ///< bytes; `pixels`: one of each buffer
    std::uint32_t largest = 0;                      ///< buffer that must hold most
};

demand demand_of(const reram::tile_program& tile, const held_by_reader& held,
                 std::uint32_t in_flight) {
    demand d;
    std::uint64_t most = 0;
    for (std::uint32_t b = 0; b < tile.buffers.size(); ++b) {
        const reram::tensor_buffer& buffer = tile.buffers[b];
        const std::uint64_t bytes = pixel_bytes(buffer) * held_in(tile, b, held);
        d.held += bytes;
        d.pixels += pixel_bytes(buffer);
        const reram::pixel_set wanted(reram::readers_of(tile, b), buffer.height, buffer.width);
        d.whole += pixel_bytes(buffer) * wanted.count(0, buffer.height * buffer.width) * in_flight;
        if (bytes > most) d.largest = b;
        most = std::max(most, bytes);
    }
    return d;
}

[[noreturn]] void refuse(const nn::network& network, const machine& target,
                         const reram::tile_program& tile, const demand& d,
                         const held_by_reader& held) {
    const reram::tensor_buffer& b = tile.buffers[d.largest];
    std::string reader;
    for (const reram::stage_record& s : tile.stages) {
        if (reram::reads(s, d.largest)) {
            reader = network.nodes[s.layer].name;
            break;
        }
    }
    throw core::user_error(
        "node '" + reader + "': windows on a tile must hold " + std::to_string(d.held) +
        " bytes, " + std::to_string(held_in(tile, d.largest, held)) + " pixels of " +
        std::to_string(b.channels) + " channels of " + std::to_string(b.element_bytes) +
        " bytes among them, and its eDRAM has " + std::to_string(target.edram_bytes) +
        ": raise tile.edram.size, or use narrower integers");
}

/// What lets all copies that read a buffer work at the same time: beside what one must hold, the
/// rows between two of its windows.
std::uint64_t wanted_in(const reram::tile_program& tile, std::uint32_t buffer,
                        const held_by_reader& held) {
    const reram::tensor_buffer& b = tile.buffers[buffer];
    std::uint32_t rows = 1;
    for (const reram::window_reader& reader : reram::readers_of(tile, buffer)) {
        rows = std::max(rows, reader.share.row_step * reader.window.stride_h);
    }
    return held_in(tile, buffer, held, std::min(rows, b.height) * b.width);
}

/// Shares a tile's eDRAM among its buffers: first towards what lets copies work side by side, then
/// makers may be the same number of pixels ahead. They are told of room when half of what is beyond
/// the least has become free.
void share_room(reram::tile_program& tile, const demand& d, const held_by_reader& held,
                std::uint64_t edram_bytes) {
    struct need {
        std::uint64_t least, wanted;  ///< pixels; wanted: beyond the least
    };
    std::vector<need> needs;
    std::uint64_t needed = 0;
    for (std::uint32_t b = 0; b < tile.buffers.size(); ++b) {
        const std::uint64_t least = held_in(tile, b, held);
        needs.push_back({least, wanted_in(tile, b, held) - least});
        needed += pixel_bytes(tile.buffers[b]) * needs.back().wanted;
    }
    const std::uint64_t spare = edram_bytes - d.held;
    for (std::uint32_t b = 0; b < tile.buffers.size(); ++b) {
        const std::uint64_t wanted = needs[b].wanted;
        const std::uint64_t more =
            needed <= spare ? wanted + (spare - needed) / d.pixels : wanted * spare / needed;
        tile.buffers[b].capacity = static_cast<std::uint32_t>(needs[b].least + more);
        tile.buffers[b].grain = static_cast<std::uint32_t>(more / 2 + 1);
    }
}

/// Routes learn the capacity of the buffers they fill, and buffers who fills them.
void introduce(spatial_program& program, std::uint32_t host) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> capacities;
    const auto nodes = feeding_nodes(program, host);
    for (reram::tile_program& tile : program.tiles) {
        for (std::uint32_t b = 0; b < tile.buffers.size(); ++b) {
            const reram::tensor_buffer& buffer = tile.buffers[b];
            if (buffer.capacity == 0) continue;
            capacities[{tile.node, buffer.tensor}] = buffer.capacity;
            for (const std::uint32_t node : nodes.at({tile.node, buffer.tensor})) {
                tile.feeders.push_back({b, node});
            }
        }
    }
    const auto tell = [&capacities](std::vector<reram::route>& routes) {
        for (reram::route& r : routes) {
            const auto found = capacities.find({r.node, r.tensor});
            if (found != capacities.end()) r.capacity = found->second;
        }
    };
    for (io_tensor& in : program.inputs) tell(in.routes);
    for (reram::tile_program& tile : program.tiles) {
        for (reram::stage_record& s : tile.stages) tell(s.routes);
    }
}

}  // namespace

placement_plan plan(const nn::network& network, const machine& target) {
    placement_plan planned = placer(network, target).run();
    const auto is_full = [&target](const demand& d) { return d.whole > target.edram_bytes; };
    const auto is_over = [&target](const demand& d) { return d.held > target.edram_bytes; };
    const auto any = [&](const placement_plan& of, const held_by_reader& held, const auto& is) {
        const std::vector<reram::tile_program>& tiles = of.placed.program.tiles;
        return std::any_of(tiles.begin(), tiles.end(), [&](const reram::tile_program& tile) {
            return is(demand_of(tile, held, target.runs_in_flight));
        });
    };
    const held_by_reader held = held_pixels(planned.placed.program);
    if (!any(planned, held, is_full)) return planned;
    if (any(planned, held, is_over)) planned = placer(network, target, &held).run();
    spatial_program& program = planned.placed.program;
    for (reram::tile_program& tile : program.tiles) {
        const demand d = demand_of(tile, held, target.runs_in_flight);
        if (is_over(d)) refuse(network, target, tile, d, held);
        if (is_full(d)) share_room(tile, d, held, target.edram_bytes);
    }
    introduce(program, target.nodes(planned.placed.chips).host());
    return planned;
}

bool placer::has_room(std::uint32_t tile_index, std::uint32_t node,
                      const std::vector<nn::value_id>& inputs, range channels) {
    if (m_held == nullptr) return true;
    const reram::tile_program& program = tile(tile_index).program;
    if (program.buffers.empty()) return true;
    struct hull {
        std::uint64_t first, end, bytes, pixels;
    };
    std::map<std::uint32_t, hull> tensors;
    for (std::uint32_t b = 0; b < program.buffers.size(); ++b) {
        const reram::tensor_buffer& buffer = program.buffers[b];
        tensors[buffer.tensor] = {buffer.first_channel,
                                  std::uint64_t{buffer.first_channel} + buffer.channels,
                                  buffer.element_bytes, held_in(program, b, *m_held)};
    }
    for (const nn::value_id input : inputs) {
        const nn::value_id root = m_views[input].root;
        const std::uint64_t bytes = m_network.values[root].type.bytes();
        const std::uint64_t pixels = m_held->at({node, root});
        hull& h = tensors.try_emplace(root, hull{channels.first, channels.end(), bytes, pixels})
                      .first->second;
        h.first = std::min<std::uint64_t>(h.first, channels.first);
        h.end = std::max<std::uint64_t>(h.end, channels.end());
        h.pixels = std::max(h.pixels, pixels);
    }
    std::uint64_t sum = 0;
    for (const auto& [tensor, h] : tensors) sum += (h.end - h.first) * h.bytes * h.pixels;
    return sum <= m_machine.edram_bytes;
}

std::vector<placer::range> placer::fitting_pieces(std::uint32_t node,
                                                  const std::vector<nn::value_id>& inputs,
                                                  range channels) const {
    if (m_held == nullptr) return {channels};
    std::uint64_t channel_bytes = 0;
    for (const nn::value_id input : inputs) {
        const nn::value_id root = m_views[input].root;
        channel_bytes += m_network.values[root].type.bytes() * m_held->at({node, root});
    }
    const auto most = static_cast<std::uint32_t>(
        std::max<std::uint64_t>(1, m_machine.edram_bytes / channel_bytes));
    std::vector<range> pieces;
    for (std::uint32_t first = channels.first; first < channels.end(); first += most) {
        pieces.push_back({first, std::min(most, channels.end() - first)});
    }
    return pieces;
}

std::uint32_t placer::with_room(std::uint32_t wanted, std::uint32_t node,
                                const std::vector<nn::value_id>& inputs, range channels) {
    if (has_room(wanted, node, inputs, channels)) return wanted;
    std::uint32_t found = m_machine.first_tile;
    while (!has_room(found, node, inputs, channels)) ++found;
    return found;
}

}  // namespace pimvp::isaac_like
