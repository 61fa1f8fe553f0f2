// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/at_scheduler.h>

#include <algorithm>

namespace pimvp::bus {

at_scheduler::at_scheduler() {
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&m_event);
    sc_core::sc_spawn([this] { dispatch(); }, sc_core::sc_gen_unique_name("at_scheduler"),
                      &options);
}

bool at_scheduler::later(const entry& a, const entry& b) {
    if (a.at != b.at) return a.at > b.at;
    if (a.registration != b.registration) return a.registration > b.registration;
    return a.sequence > b.sequence;
}

void at_scheduler::schedule(client& who, std::uint32_t registration, const sc_core::sc_time& at,
                            std::uint64_t tag) {
    m_heap.push_back({at, registration, m_sequence++, &who, tag});
    std::push_heap(m_heap.begin(), m_heap.end(), later);
    // An earlier notification that is pending survives a later one, so only a new head matters.
    if (!m_dispatching && m_heap.front().sequence == m_sequence - 1) {
        m_event.notify(at - sc_core::sc_time_stamp());
    }
}

void at_scheduler::dispatch() {
    struct dispatching {
        explicit dispatching(bool& flag)
            : m_flag(flag) {
            m_flag = true;
        }
        ~dispatching() { m_flag = false; }
        bool& m_flag;
    };
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    {
        const dispatching scope(m_dispatching);
        while (!m_heap.empty() && m_heap.front().at <= now) {
            std::pop_heap(m_heap.begin(), m_heap.end(), later);
            const entry due = m_heap.back();
            m_heap.pop_back();
            due.who->wake(due.tag);
        }
    }
    if (!m_heap.empty()) m_event.notify(m_heap.front().at - now);
}

}  // namespace pimvp::bus
