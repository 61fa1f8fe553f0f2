// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/spatial_program.h>

#include <pimvp/core/bytes.h>
#include <pimvp/reram/pixel_set.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// What must hold across the tiles of a program, so that every run of it ends.
namespace pimvp::isaac_like {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw core::format_error(0, what);
}

/// Channels and pixels of the tensors that reach the nodes, to be covered without gap or overlap.
class coverage {
public:
    /// `readers`: the list that the route refers to.
    void add(const reram::route& to, const std::vector<reram::window_reader>& readers,
             const reram::window_share& share, std::uint32_t height, std::uint32_t width,
             std::uint32_t element_bytes) {
        const reader_list known{readers.data() + to.first_reader, to.readers};
        feed& f = m_feeds[{to.node, to.tensor}];
        const shape s{height, width, element_bytes};
        if (!f.pieces.empty() && f.extent != s) {
            refuse("tensor " + std::to_string(to.tensor) + " arrives in two shapes");
        }
        if (!f.pieces.empty() && !(f.readers == known)) {
            refuse("tensor " + std::to_string(to.tensor) + ": its makers know different readers");
        }
        f.extent = s;
        f.readers = known;
        if (!f.pieces.emplace(std::pair{to.to_channel, share}, to.channels).second) {
            refuse("tensor " + std::to_string(to.tensor) + ": a channel arrives twice");
        }
    }
    void expect(std::uint32_t node, std::uint32_t tensor,
                const std::vector<reram::window_reader>& readers, std::uint32_t first,
                std::uint32_t count, std::uint32_t height, std::uint32_t width,
                std::uint32_t element_bytes) {
        const auto found = m_feeds.find({node, tensor});
        const std::string name =
            "tensor " + std::to_string(tensor) + " at node " + std::to_string(node);
        if (found == m_feeds.end()) refuse(name + ": nobody feeds it");
        if (found->second.extent != shape{height, width, element_bytes}) {
            refuse(name + ": fed in another shape");
        }
        if (!(found->second.readers == reader_list{readers.data(), readers.size()})) {
            refuse(name + ": its makers know other readers");
        }
        const reram::pixel_set pixels(readers, height, width);
        // Between two ends of pieces the same pieces cover every channel.
        std::set<std::uint64_t> ends{first, std::uint64_t{first} + count};
        for (const auto& [begin, channels] : found->second.pieces) {
            ends.insert(begin.first);
            ends.insert(std::uint64_t{begin.first} + channels);
        }
        if (*ends.begin() != first || *ends.rbegin() != std::uint64_t{first} + count) {
            refuse(name + ": channels missing, doubled or out of range");
        }
        ends.erase(std::prev(ends.end()));
        for (const std::uint64_t channel : ends) {
            if (!is_whole(found->second, channel, pixels, height, width)) {
                refuse(name + ": channels missing, doubled or out of range");
            }
        }
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
    /// Part of a program's list.
    struct reader_list {
        const reram::window_reader* first = nullptr;
        std::size_t count = 0;

        friend bool operator==(const reader_list& a, const reader_list& b) {
            return std::equal(a.first, a.first + a.count, b.first, b.first + b.count);
        }
    };
    struct feed {
        shape extent;
        reader_list readers;
        /// (first channel, windows) -> channels
        std::map<std::pair<std::uint32_t, reram::window_share>, std::uint32_t> pieces;
    };
    /// Whether a channel of each pixel arrives once.
    static bool is_whole(const feed& f, std::uint64_t channel, const reram::pixel_set& pixels,
                         std::uint32_t height, std::uint32_t width) {
        const std::uint32_t map_pixels = height * width;
        std::vector<bool> arrived;
        for (const auto& [begin, channels] : f.pieces) {
            if (begin.first > channel) break;
            if (channel - begin.first >= channels) continue;
            const reram::window_share& share = begin.second;
            if (arrived.empty() && share.is_all()) {
                arrived.assign(map_pixels, true);
                continue;
            }
            arrived.resize(map_pixels, false);
            for (auto p = share.first(width); p < map_pixels; p = share.next(p, width)) {
                if (arrived[p]) return false;
                arrived[p] = true;
            }
        }
        for (std::uint32_t p = 0; p < map_pixels; ++p) {
            if (pixels.contains(p) && (arrived.empty() || !arrived[p])) return false;
        }
        return true;
    }
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
    // (layer, node of the home, first channel, count, rows and columns of windows, own ones) ->
    // messages per pixel
    using key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t,
                           std::uint32_t, std::uint32_t, reram::window_share>;
    const auto key_of = [](const reram::stage_record& s, const reram::output_segment& g,
                           std::uint32_t home) {
        return key{s.layer,           home,   g.first_channel, g.count, s.window.output_h,
                   s.window.output_w, s.share};
    };
    std::map<key, std::uint32_t> sent;
    for (const auto& tile : program.tiles) {
        for (const auto& s : tile.stages) {
            for (const auto& g : s.segments) {
                if (g.role == static_cast<std::uint32_t>(reram::segment_role::partial)) {
                    ++sent[key_of(s, g, g.home_node)];
                }
            }
        }
    }
    for (const auto& tile : program.tiles) {
        for (const auto& s : tile.stages) {
            for (const auto& g : s.segments) {
                if (g.role != static_cast<std::uint32_t>(reram::segment_role::home)) continue;
                const auto found = sent.find(key_of(s, g, tile.node));
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

/// Stages in an order in which none waits for a later one; refuses a program that has none.
class stage_order {
public:
    explicit stage_order(const spatial_program& program) {
        for (const reram::tile_program& tile : program.tiles) {
            for (const reram::stage_record& s : tile.stages) {
                m_readers[{tile.node, tile.buffers[s.input].tensor}].push_back(m_waits_for.size());
                if (reram::has_two_inputs(static_cast<reram::stage_kind>(s.kind))) {
                    m_readers[{tile.node, tile.buffers[s.second_input].tensor}].push_back(
                        m_waits_for.size());
                }
                if (s.kind == static_cast<std::uint32_t>(reram::stage_kind::matrix)) {
                    m_matrices[{tile.node, s.layer, s.share}] = m_waits_for.size();
                }
                m_stages.push_back(&s);
                m_waits_for.push_back(0);
            }
        }
    }

    void check() {
        for (const reram::stage_record* s : m_stages) {
            for_followers(*s, [this](std::size_t follower) { ++m_waits_for[follower]; });
        }
        std::vector<std::size_t> ready;
        for (std::size_t i = 0; i < m_stages.size(); ++i) {
            if (m_waits_for[i] == 0) ready.push_back(i);
        }
        std::size_t ended = 0;
        for (; !ready.empty(); ++ended) {
            const reram::stage_record& s = *m_stages[ready.back()];
            ready.pop_back();
            for_followers(s, [&](std::size_t follower) {
                if (--m_waits_for[follower] == 0) ready.push_back(follower);
            });
        }
        if (ended != m_stages.size()) refuse("stages wait for each other in a circle");
    }

private:
    using key = std::pair<std::uint32_t, std::uint32_t>;

    template <class Visitor>
    void for_followers(const reram::stage_record& s, const Visitor& visit) const {
        for (const reram::route& r : s.routes) {
            const auto found = m_readers.find({r.node, r.tensor});
            if (found == m_readers.end()) continue;  // an output
            for (const std::size_t reader : found->second) visit(reader);
        }
        for (const reram::output_segment& g : s.segments) {
            if (g.role != static_cast<std::uint32_t>(reram::segment_role::partial)) continue;
            visit(m_matrices.at({g.home_node, s.layer, s.share}));
        }
    }

    std::vector<const reram::stage_record*> m_stages;
    std::vector<std::uint32_t> m_waits_for;             ///< per stage
    std::map<key, std::vector<std::size_t>> m_readers;  ///< (node, tensor)
    std::map<std::tuple<std::uint32_t, std::uint32_t, reram::window_share>, std::size_t>
        m_matrices;  ///< (node, layer, windows)
};

/// Steps in which loader, tiles and host learn which pixels to send.
void check_work(const spatial_program& program) {
    constexpr std::uint64_t most = 1ULL << 30;
    std::uint64_t steps = 0;
    const auto add = [&steps](const reram::stage_window& w, const reram::window_share& share,
                              std::uint64_t height, std::uint64_t width) {
        steps += share.count(w.output_h, w.output_w) + height * width +
                 w.output_h * std::min<std::uint64_t>(w.kernel_h, height) +
                 w.output_w * std::min<std::uint64_t>(w.kernel_w, width);
        if (steps > most) refuse("the windows of the stages take too long to go through");
    };
    const auto add_routes = [&add](const std::vector<reram::window_reader>& readers,
                                   const std::vector<reram::route>& routes, std::uint32_t height,
                                   std::uint32_t width) {
        for (const reram::route& r : routes) {
            for (std::uint32_t i = 0; i < r.readers; ++i) {
                const reram::window_reader& reader = readers[r.first_reader + i];
                add(reader.window, reader.share, height, width);
            }
        }
    };
    for (const io_tensor& in : program.inputs) {
        add_routes(in.readers, in.routes, in.height, in.width);
    }
    for (const reram::tile_program& tile : program.tiles) {
        for (const reram::stage_record& s : tile.stages) {
            const reram::tensor_buffer& in = tile.buffers[s.input];
            add(s.window, s.share, in.height, in.width);
            add_routes(tile.readers, s.routes, s.window.output_h, s.window.output_w);
        }
    }
}

/// Activations of one inference, if all of them were there at the same time.
void check_size(const spatial_program& program) {
    constexpr std::uint64_t most = 1ULL << 30;
    std::uint64_t bytes = 0;
    const auto add = [&bytes](std::uint64_t pixels, std::uint64_t pixel_bytes) {
        bytes += pixels * (pixel_bytes + sizeof(std::uint32_t));
        if (bytes > most) refuse("the activations take more than 1 GiB");
    };
    for (const auto* tensors : {&program.inputs, &program.outputs}) {
        for (const io_tensor& t : *tensors) {
            add(std::uint64_t{t.height} * t.width, std::uint64_t{t.channels} * t.element_bytes);
        }
    }
    for (const reram::tile_program& tile : program.tiles) {
        for (const reram::tensor_buffer& b : tile.buffers) {
            add(std::uint64_t{b.height} * b.width, std::uint64_t{b.channels} * b.element_bytes);
        }
    }
}

/// Those who fill a buffer know its capacity and are told of room in it, which is enough.
void check_capacities(const spatial_program& program, std::uint32_t host) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> capacities;
    for (const reram::tile_program& tile : program.tiles) {
        for (const reram::tensor_buffer& b : tile.buffers) {
            if (b.capacity != 0) capacities[{tile.node, b.tensor}] = b.capacity;
        }
    }
    const auto check_routes = [&](const std::vector<reram::route>& routes) {
        for (const reram::route& r : routes) {
            const auto found = capacities.find({r.node, r.tensor});
            if (r.capacity != (found == capacities.end() ? 0 : found->second)) {
                refuse("a route does not know the capacity of its buffer");
            }
        }
    };
    for (const io_tensor& in : program.inputs) check_routes(in.routes);
    for (const reram::tile_program& tile : program.tiles) {
        for (const reram::stage_record& s : tile.stages) check_routes(s.routes);
    }
    if (capacities.empty()) return;
    const auto nodes = feeding_nodes(program, host);
    const held_by_reader held = held_pixels(program);
    for (const reram::tile_program& tile : program.tiles) {
        for (std::uint32_t b = 0; b < tile.buffers.size(); ++b) {
            const reram::tensor_buffer& buffer = tile.buffers[b];
            if (buffer.capacity == 0) continue;
            std::set<std::uint32_t> told;
            for (const reram::buffer_feeder& feeder : tile.feeders) {
                if (feeder.buffer == b && !told.insert(feeder.node).second) {
                    refuse("room in a buffer is told twice");
                }
            }
            if (told != nodes.at({tile.node, buffer.tensor})) {
                refuse("room in a buffer is not told to those who fill it");
            }
            if (buffer.capacity < std::uint64_t{held_in(tile, b, held)} + buffer.grain - 1) {
                refuse("tensor " + std::to_string(buffer.tensor) + " at node " +
                       std::to_string(tile.node) + ": a buffer too small for its windows");
            }
        }
    }
}

}  // namespace

void validate(const spatial_program& program, const noc::node_map& map, std::uint64_t cells_bytes) {
    if (program.inputs.empty() || program.outputs.empty()) {
        refuse("a program needs at least one input and one output");
    }
    check_size(program);
    check_work(program);
    coverage feeds;
    for (const io_tensor& in : program.inputs) {
        for (const reram::route& r : in.routes) {
            feeds.add(r, in.readers, {}, in.height, in.width, in.element_bytes);
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
                feeds.add(r, tile.readers, s.share, s.window.output_h, s.window.output_w,
                          s.output_type.element_bytes);
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
        for (std::uint32_t i = 0; i < tile.buffers.size(); ++i) {
            const reram::tensor_buffer& b = tile.buffers[i];
            if (!tensors.insert(b.tensor).second) refuse("a tile buffers one tensor twice");
            feeds.expect(tile.node, b.tensor, reram::readers_of(tile, i), b.first_channel,
                         b.channels, b.height, b.width, b.element_bytes);
        }
    }
    for (const io_tensor& out : program.outputs) {
        feeds.expect(map.host(), out.tensor, {}, 0, out.channels, out.height, out.width,
                     out.element_bytes);
    }
    feeds.expect_empty();
    check_partials(program);
    stage_order(program).check();
    check_capacities(program, map.host());
}

}  // namespace pimvp::isaac_like
