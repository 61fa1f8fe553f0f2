// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/buffering.h>

#include <algorithm>
#include <utility>

namespace pimvp::isaac_like {
namespace {

class demand_driven {
public:
    explicit demand_driven(std::vector<stream_actor>& actors)
        : m_actors(actors),
          m_made(actors.size(), 0),
          m_listeners(actors.size()) {
        for (std::size_t a = 0; a < actors.size(); ++a) {
            for (std::size_t r = 0; r < actors[a].reads.size(); ++r) {
                for (const std::size_t maker : actors[a].reads[r].makers) {
                    m_listeners[maker].push_back({a, r});
                }
            }
        }
    }

    void run() {
        for (std::size_t a = m_actors.size(); a-- != 0;) make(a, m_actors[a].windows);
    }

private:
    void make(std::size_t actor, std::uint32_t pixels) {
        const stream_actor& a = m_actors[actor];
        pixels = std::min(pixels, a.windows);
        while (m_made[actor] < pixels) {
            for (const stream_reader& r : a.reads) {
                const std::uint32_t needed = r.reads_all ? r.walker.height() * r.walker.width()
                                                         : r.walker.pixels_needed(m_made[actor]);
                for (const std::size_t maker : r.makers) make(maker, needed);
            }
            ++m_made[actor];
            for (const auto& [listener, read] : m_listeners[actor]) note(actor, listener, read);
        }
    }

    void note(std::size_t maker, std::size_t listener, std::size_t read) {
        const stream_actor& a = m_actors[listener];
        if (m_made[listener] == a.windows) return;  // it has what it wants
        stream_reader& r = m_actors[listener].reads[read];
        const std::uint32_t dead = r.reads_all ? 0 : r.walker.first_needed(m_made[listener]);
        r.held = std::max(r.held, m_made[maker] - std::min(m_made[maker], dead));
    }

    std::vector<stream_actor>& m_actors;
    std::vector<std::uint32_t> m_made;
    std::vector<std::vector<std::pair<std::size_t, std::size_t>>> m_listeners;
};

}  // namespace

void count_held_pixels(std::vector<stream_actor>& actors) {
    demand_driven(actors).run();
}

}  // namespace pimvp::isaac_like
