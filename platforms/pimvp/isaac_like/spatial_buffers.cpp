// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/buffering.h>
#include <pimvp/isaac_like/spatial_program.h>

#include <pimvp/core/bytes.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

/// What the buffers of a program must hold, from its stages alone.
namespace pimvp::isaac_like {
namespace {

constexpr std::size_t most_actors = 1U << 14U;
constexpr std::uint64_t most_windows = 1U << 24U;

[[noreturn]] void refuse(const std::string& what) {
    throw core::format_error(0, what);
}

/// All that says which pixels a window reads.
auto geometry_of(const reram::stage_window& w) {
    return std::tie(w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w,
                    w.pad_top, w.pad_left, w.output_h, w.output_w);
}

/// The stages of a layer that read the same tensor, on whatever tiles, are one actor: it makes its
/// pixels in raster order.
class actor_graph {
public:
    explicit actor_graph(const spatial_program& program) {
        for (const io_tensor& in : program.inputs) {
            m_actors.push_back({{in.height * in.width, {}}, {}, {}});
            for (const reram::route& r : in.routes) {
                m_makers[r.tensor].insert(m_actors.size() - 1);
                std::uint32_t& run = m_runs[r.tensor];
                run = std::max(run, in.run);
            }
        }
        for (const reram::tile_program& tile : program.tiles) {
            for (const reram::stage_record& s : tile.stages) add(tile, s);
        }
        std::uint64_t windows = 0;
        for (const actor& a : m_actors) windows += a.stream.windows;
        if (m_actors.size() > most_actors || windows > most_windows) {
            refuse("too many windows to find out what buffers must hold");
        }
    }

    /// Pixels that actors must hold: (layer, tensor) -> pixels.
    held_by_reader held() {
        for (actor& a : m_actors) {
            for (std::size_t r = 0; r < a.reads.size(); ++r) {
                const std::set<std::size_t>& makers = m_makers[a.reads[r]];
                a.stream.reads[r].makers.assign(makers.begin(), makers.end());
            }
        }
        const std::vector<std::size_t> order = makers_first();
        std::vector<std::size_t> place(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
        std::vector<stream_actor> streams;
        for (const std::size_t a : order) {
            streams.push_back(m_actors[a].stream);
            for (stream_reader& r : streams.back().reads) {
                for (std::size_t& maker : r.makers) maker = place[maker];
                std::sort(r.makers.begin(), r.makers.end());
            }
        }
        count_held_pixels(streams);
        held_by_reader held;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const actor& a = m_actors[order[i]];
            for (std::size_t r = 0; r < a.reads.size(); ++r) {
                std::uint32_t& most = held[{a.layer, a.reads[r]}];
                most = std::max(most, streams[i].reads[r].held + ahead_of(a.reads[r]));
            }
        }
        return held;
    }

private:
    struct actor {
        stream_actor stream;
        std::vector<std::uint32_t> reads;  ///< tensors
        std::uint32_t layer = 0;
    };

    void add(const reram::tile_program& tile, const reram::stage_record& s) {
        const reram::tensor_buffer& in = tile.buffers[s.input];
        const auto [known, is_new] = m_groups.try_emplace({s.layer, in.tensor}, m_actors.size());
        const reram::window_walker walker(s, in);
        std::vector<std::uint32_t> reads{in.tensor};
        if (reram::has_two_inputs(static_cast<reram::stage_kind>(s.kind))) {
            reads.push_back(tile.buffers[s.second_input].tensor);
        }
        if (is_new) {
            actor fresh{{walker.windows(), {}}, reads, s.layer};
            fresh.stream.reads.push_back({{}, walker, false, 1});
            if (reads.size() == 2) {
                const bool reads_all = reram::reads_one_pixel(s, tile.buffers);
                fresh.stream.reads.push_back({{}, {s, tile.buffers[s.second_input]}, reads_all, 1});
            }
            m_actors.push_back(std::move(fresh));
            m_stages.push_back({&s, &tile});
        } else if (!is_alike(m_stages[known->second - first_group()], {&s, &tile}) ||
                   m_actors[known->second].reads != reads) {
            refuse("layer " + std::to_string(s.layer) + ": its stages differ in their windows");
        }
        for (const reram::route& r : s.routes) m_makers[r.tensor].insert(known->second);
    }

    /// Pixels that the maker of a tensor must be able to make before it sends the first of them.
    [[nodiscard]] std::uint32_t ahead_of(std::uint32_t tensor) const {
        const auto found = m_runs.find(tensor);
        return found == m_runs.end() ? 0 : found->second - 1;
    }

    [[nodiscard]] std::size_t first_group() const { return m_actors.size() - m_stages.size(); }

    using stage_on_tile = std::pair<const reram::stage_record*, const reram::tile_program*>;

    /// Whether two stages slide the same windows over maps of the same extents.
    static bool is_alike(const stage_on_tile& a, const stage_on_tile& b) {
        const auto extents = [](const stage_on_tile& at, std::uint32_t buffer) {
            const reram::tensor_buffer& map = at.second->buffers[buffer];
            return std::pair(map.height, map.width);
        };
        return a.first->kind == b.first->kind &&
               geometry_of(a.first->window) == geometry_of(b.first->window) &&
               extents(a, a.first->input) == extents(b, b.first->input) &&
               (!reram::has_two_inputs(static_cast<reram::stage_kind>(a.first->kind)) ||
                extents(a, a.first->second_input) == extents(b, b.first->second_input));
    }

    /// Makers before readers, else by layer: whichever tiles they are on.
    [[nodiscard]] std::vector<std::size_t> makers_first() const {
        std::vector<std::size_t> waits_for(m_actors.size(), 0), order;
        std::vector<std::vector<std::size_t>> readers(m_actors.size());
        std::set<std::tuple<std::uint32_t, std::vector<std::uint32_t>, std::size_t>> ready;
        const auto add = [&](std::size_t a) {
            ready.emplace(m_actors[a].layer, m_actors[a].reads, a);
        };
        for (std::size_t a = 0; a < m_actors.size(); ++a) {
            for (const stream_reader& r : m_actors[a].stream.reads) {
                for (const std::size_t maker : r.makers) readers[maker].push_back(a);
                waits_for[a] += r.makers.size();
            }
            if (waits_for[a] == 0) add(a);
        }
        while (!ready.empty()) {
            order.push_back(std::get<std::size_t>(*ready.begin()));
            ready.erase(ready.begin());
            for (const std::size_t reader : readers[order.back()]) {
                if (--waits_for[reader] == 0) add(reader);
            }
        }
        if (order.size() != m_actors.size()) refuse("layers wait for each other in a circle");
        return order;
    }

    std::vector<actor> m_actors;          ///< inputs of the network first
    std::vector<stage_on_tile> m_stages;  ///< the first one of each of the others
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> m_groups;
    std::map<std::uint32_t, std::set<std::size_t>> m_makers;  ///< by tensor
    std::map<std::uint32_t, std::uint32_t> m_runs;            ///< of inputs, by tensor
};

}  // namespace

held_by_reader held_pixels(const spatial_program& program) {
    return actor_graph(program).held();
}

std::uint32_t held_in(const reram::tile_program& tile, std::uint32_t buffer,
                      const held_by_reader& held, std::uint32_t more) {
    std::uint32_t most = 1;
    for (const reram::stage_record& s : tile.stages) {
        if (!reram::reads(s, buffer)) continue;
        most = std::max(most, held.at({s.layer, tile.buffers[buffer].tensor}));
    }
    const reram::tensor_buffer& b = tile.buffers[buffer];
    const reram::pixel_set wanted(reram::readers_of(tile, buffer), b.height, b.width);
    return wanted.most_within(most + more, b.height * b.width);
}

std::map<std::pair<std::uint32_t, std::uint32_t>, std::set<std::uint32_t>> feeding_nodes(
    const spatial_program& program, std::uint32_t host) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::set<std::uint32_t>> nodes;
    for (const io_tensor& in : program.inputs) {
        for (const reram::route& r : in.routes) nodes[{r.node, r.tensor}].insert(host);
    }
    for (const reram::tile_program& tile : program.tiles) {
        for (const reram::stage_record& s : tile.stages) {
            for (const reram::route& r : s.routes) nodes[{r.node, r.tensor}].insert(tile.node);
        }
    }
    return nodes;
}

}  // namespace pimvp::isaac_like
