// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/payload_pool.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pimvp::noc {

/// Messages ordered by (time, port, sequence), whatever the order in which they are filed: what
/// makes an interconnect independent of the order in which the kernel runs its processes.
///
/// `time` is any count the owner chooses (cycles, fs). Messages of one port and time keep the order
/// of filing.
class message_queue {
public:
    struct entry {
        std::uint64_t time = 0;
        std::uint32_t port = 0;
        std::uint64_t sequence = 0;
        bus::message what;
    };

    void file(std::uint64_t time, std::uint32_t port, bus::message what) {
        m_heap.push_back({time, port, m_sequence++, std::move(what)});
        std::push_heap(m_heap.begin(), m_heap.end(), later);
    }
    /// Precondition of both: !empty().
    [[nodiscard]] const entry& next() const { return m_heap.front(); }
    entry take() {
        std::pop_heap(m_heap.begin(), m_heap.end(), later);
        entry taken = std::move(m_heap.back());
        m_heap.pop_back();
        return taken;
    }
    [[nodiscard]] bool empty() const { return m_heap.empty(); }
    [[nodiscard]] std::size_t size() const { return m_heap.size(); }
    void clear() { m_heap.clear(); }

private:
    static bool later(const entry& a, const entry& b) {
        if (a.time != b.time) return a.time > b.time;
        if (a.port != b.port) return a.port > b.port;
        return a.sequence > b.sequence;
    }

    std::vector<entry> m_heap;
    std::uint64_t m_sequence = 0;
};

}  // namespace pimvp::noc
