// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/spatial_program.h>

#include <pimvp/core/bytes.h>

#include <map>
#include <set>
#include <string>
#include <tuple>

namespace pimvp::isaac_like {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw core::format_error(0, what);
}

void put(core::byte_writer& to, const std::vector<io_tensor>& tensors) {
    to.put(static_cast<std::uint32_t>(tensors.size()));
    for (const io_tensor& t : tensors) {
        to.put(t.tensor);
        to.put(t.channels);
        to.put(t.height);
        to.put(t.width);
        to.put(t.element_bytes);
        to.put_list(t.routes);
    }
}

std::vector<io_tensor> get_tensors(core::byte_reader& from, const reram::tile_limits& limits) {
    std::vector<io_tensor> tensors;
    const std::uint32_t count = from.get_count(24, "I/O tensors");
    for (std::uint32_t i = 0; i < count; ++i) {
        io_tensor t;
        t.tensor = from.get<std::uint32_t>("I/O tensor");
        t.channels = from.get<std::uint32_t>("channels");
        t.height = from.get<std::uint32_t>("height");
        t.width = from.get<std::uint32_t>("width");
        t.element_bytes = from.get<std::uint32_t>("element bytes");
        t.routes = from.get_list<reram::route>("routes");
        if (t.channels < 1 || t.height < 1 || t.width < 1 || t.channels > (1U << 20) ||
            t.height > (1U << 14) || t.width > (1U << 14) || t.elements() > (1ULL << 30) ||
            (t.element_bytes != 1 && t.element_bytes != 2)) {
            from.fail("I/O tensor: shape out of range");
        }
        for (const reram::route& r : t.routes) {
            if (r.node >= limits.nodes || r.channels < 1 || r.from_channel >= t.channels ||
                r.channels > t.channels - r.from_channel || r.to_channel > (1U << 20)) {
                from.fail("I/O tensor: route out of range");
            }
        }
        tensors.push_back(std::move(t));
    }
    return tensors;
}

/// Channels that reach one tensor at one node, to be covered without gap or overlap.
class coverage {
public:
    void add(std::uint32_t node, std::uint32_t tensor, std::uint32_t first, std::uint32_t count,
             std::uint32_t height, std::uint32_t width, std::uint32_t element_bytes) {
        auto& feeds = m_feeds[{node, tensor}];
        const shape s{height, width, element_bytes};
        if (!feeds.ranges.empty() && feeds.extent != s) {
            refuse("tensor " + std::to_string(tensor) + " arrives in two shapes");
        }
        feeds.extent = s;
        if (!feeds.ranges.emplace(first, count).second) {
            refuse("tensor " + std::to_string(tensor) + ": a channel arrives twice");
        }
    }
    void expect(std::uint32_t node, std::uint32_t tensor, std::uint32_t first, std::uint32_t count,
                std::uint32_t height, std::uint32_t width, std::uint32_t element_bytes) {
        const auto found = m_feeds.find({node, tensor});
        const std::string name =
            "tensor " + std::to_string(tensor) + " at node " + std::to_string(node);
        if (found == m_feeds.end()) refuse(name + ": nobody feeds it");
        if (found->second.extent != shape{height, width, element_bytes}) {
            refuse(name + ": fed in another shape");
        }
        std::uint64_t at = first;
        for (const auto& [begin, channels] : found->second.ranges) {
            if (begin != at) refuse(name + ": channels missing, doubled or out of range");
            at += channels;
        }
        if (at != std::uint64_t{first} + count) refuse(name + ": channels missing or in excess");
        m_feeds.erase(found);
    }
    void expect_empty() const {
        if (!m_feeds.empty()) {
            refuse("tensor " + std::to_string(m_feeds.begin()->first.second) +
                   " is sent to a node that does not expect it");
        }
    }

private:
    using shape = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;
    struct feed {
        shape extent;
        std::map<std::uint32_t, std::uint32_t> ranges;
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, feed> m_feeds;
};

/// Output channels of a stage: [first, end) pairs that it delivers, gap-free as a whole.
bool delivers(const reram::stage_record& s, const reram::route& r) {
    if (s.kind != static_cast<std::uint32_t>(reram::stage_kind::matrix)) {
        return r.from_channel >= s.first_channel &&
               r.from_channel + r.channels <= s.first_channel + s.channels;
    }
    std::uint64_t covered = 0;
    for (const reram::output_segment& g : s.segments) {
        if (g.role == static_cast<std::uint32_t>(reram::segment_role::partial)) continue;
        const std::uint64_t begin = std::max(g.first_channel, r.from_channel);
        const std::uint64_t end =
            std::min<std::uint64_t>(g.first_channel + g.count, r.from_channel + r.channels);
        if (end > begin) covered += end - begin;
    }
    return covered == r.channels;
}

void check_partials(const spatial_program& program) {
    // (layer, node of the home, first channel, count) -> messages per pixel
    using key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
    std::map<key, std::uint32_t> sent;
    for (const auto& tile : program.tiles) {
        for (const auto& s : tile.stages) {
            for (const auto& g : s.segments) {
                if (g.role == static_cast<std::uint32_t>(reram::segment_role::partial)) {
                    ++sent[{s.layer, g.home_node, g.first_channel, g.count}];
                }
            }
        }
    }
    for (const auto& tile : program.tiles) {
        for (const auto& s : tile.stages) {
            for (const auto& g : s.segments) {
                if (g.role != static_cast<std::uint32_t>(reram::segment_role::home)) continue;
                const auto found = sent.find({s.layer, tile.node, g.first_channel, g.count});
                if (found == sent.end() || found->second != g.partials) {
                    refuse("layer " + std::to_string(s.layer) +
                           ": partial sums expected and sent differ");
                }
                sent.erase(found);
            }
        }
    }
    if (!sent.empty()) refuse("partial sums are sent to a tile that is not their home");
}

}  // namespace

std::vector<std::uint8_t> encode_io(const spatial_program& program) {
    core::byte_writer to;
    to.put(program.chips);
    put(to, program.inputs);
    put(to, program.outputs);
    return std::move(to.bytes());
}

std::vector<std::uint8_t> encode_tiles(const spatial_program& program) {
    core::byte_writer to;
    to.put(static_cast<std::uint32_t>(program.tiles.size()));
    for (const reram::tile_program& tile : program.tiles) {
        const std::vector<std::uint8_t> bytes = encode(tile);
        to.put(static_cast<std::uint32_t>(bytes.size()));
        to.put_bytes(bytes.data(), bytes.size());
    }
    return std::move(to.bytes());
}

void decode_io(const std::vector<std::uint8_t>& bytes, const reram::tile_limits& limits,
               spatial_program& program) {
    core::byte_reader from(bytes.data(), bytes.size());
    program.chips = from.get<std::uint32_t>("chips");
    program.inputs = get_tensors(from, limits);
    program.outputs = get_tensors(from, limits);
    if (!from.at_end()) from.fail("I/O section: bytes left over");
}

void decode_tiles(const std::vector<std::uint8_t>& bytes, const reram::tile_limits& limits,
                  spatial_program& program) {
    core::byte_reader from(bytes.data(), bytes.size());
    const std::uint32_t tiles = from.get_count(4, "tiles");
    for (std::uint32_t i = 0; i < tiles; ++i) {
        const std::vector<std::uint8_t> tile = from.get_list<std::uint8_t>("tile program");
        program.tiles.push_back(reram::decode_tile_program(tile.data(), tile.size(), limits));
    }
    if (!from.at_end()) from.fail("tile section: bytes left over");
}

void validate(const spatial_program& program, const noc::node_map& map, std::uint64_t cells_bytes) {
    if (program.inputs.empty() || program.outputs.empty()) {
        refuse("a program needs at least one input and one output");
    }
    coverage feeds;
    for (const io_tensor& in : program.inputs) {
        for (const reram::route& r : in.routes) {
            feeds.add(r.node, r.tensor, r.to_channel, r.channels, in.height, in.width,
                      in.element_bytes);
        }
    }
    std::set<std::uint32_t> nodes;
    for (const reram::tile_program& tile : program.tiles) {
        if (tile.node >= map.host() || map.local_of(tile.node) >= map.tiles) {
            refuse("node " + std::to_string(tile.node) + " is no tile");
        }
        if (!nodes.insert(tile.node).second) {
            refuse("node " + std::to_string(tile.node) + " is used twice");
        }
        for (const reram::stage_record& s : tile.stages) {
            for (const reram::route& r : s.routes) {
                if (!delivers(s, r)) refuse("a route carries channels its stage does not make");
                feeds.add(r.node, r.tensor, r.to_channel, r.channels, s.window.output_h,
                          s.window.output_w, s.output_type.element_bytes);
            }
        }
        for (const reram::crossbar_record& c : tile.crossbars) {
            if (c.image_bytes > cells_bytes || c.image_offset > cells_bytes - c.image_bytes) {
                refuse("a crossbar image lies outside the cell section");
            }
        }
    }
    for (const reram::tile_program& tile : program.tiles) {
        std::set<std::uint32_t> tensors;
        for (const reram::tensor_buffer& b : tile.buffers) {
            if (!tensors.insert(b.tensor).second) refuse("a tile buffers one tensor twice");
            feeds.expect(tile.node, b.tensor, b.first_channel, b.channels, b.height, b.width,
                         b.element_bytes);
        }
    }
    for (const io_tensor& out : program.outputs) {
        feeds.expect(map.host(), out.tensor, 0, out.channels, out.height, out.width,
                     out.element_bytes);
    }
    feeds.expect_empty();
    check_partials(program);
}

}  // namespace pimvp::isaac_like
