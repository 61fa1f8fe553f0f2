// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/resource.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <string>

namespace pimvp::bus {

using sc_core::sc_time;

namespace {
constexpr std::size_t most_slots = 64;  // of one server; then the oldest gap counts as busy
}

resource::resource(core::context& context, unsigned servers, arbitration policy)
    : m_scheduler(context.service<at_scheduler>()),
      m_servers(servers),
      m_registration(m_scheduler.enlist()),
      m_policy(policy) {
    if (servers == 0) throw core::internal_error("a resource needs at least one server");
}

resource::~resource() = default;

sc_time resource::earliest_start(const server& s, const sc_time& earliest,
                                 const sc_time& occupancy) {
    const auto& busy = s.busy;
    if (busy.empty() || busy.back().end <= earliest) return earliest;
    std::size_t next = busy.size() - 1;  // the first slot that ends after `earliest`
    while (next > 0 && busy[next - 1].end > earliest) --next;
    sc_time start = earliest;
    for (; next < busy.size(); ++next) {
        if (start < busy[next].begin && start + occupancy <= busy[next].begin) break;
        start = std::max(start, busy[next].end);
    }
    return start;
}

void resource::take(server& s, const sc_time& start, const sc_time& occupancy) {
    m_busy += occupancy;
    if (occupancy == sc_core::SC_ZERO_TIME) return;
    auto& busy = s.busy;
    const sc_time end = start + occupancy;
    auto at = busy.end();
    while (at != busy.begin() && std::prev(at)->begin > start) --at;
    const bool joins_previous = at != busy.begin() && std::prev(at)->end == start;
    const bool joins_next = at != busy.end() && at->begin == end;
    if (joins_previous && joins_next) {
        std::prev(at)->end = at->end;
        busy.erase(at);
    } else if (joins_previous) {
        std::prev(at)->end = end;
    } else if (joins_next) {
        at->begin = start;
    } else {
        busy.insert(at, {start, end});
        if (busy.size() > 4) {  // requests never start in the past
            const sc_time now = sc_core::sc_time_stamp();
            const auto past = [&now](const slot& old) { return old.end > now; };
            busy.erase(busy.begin(), std::find_if(busy.begin(), std::prev(busy.end()), past));
        }
        if (busy.size() > most_slots) {
            busy[1].begin = busy[0].begin;
            busy.erase(busy.begin());
        }
    }
}

resource::server& resource::best(const sc_time& earliest, const sc_time& occupancy,
                                 sc_time& start) {
    server* chosen = &m_servers.front();
    start = earliest_start(*chosen, earliest, occupancy);
    for (std::size_t i = 1; i < m_servers.size() && start > earliest; ++i) {
        const sc_time other = earliest_start(m_servers[i], earliest, occupancy);
        if (other < start) {
            start = other;
            chosen = &m_servers[i];
        }
    }
    return *chosen;
}

sc_time resource::reserve(const sc_time& earliest, const sc_time& occupancy) {
    sc_time start;
    server& chosen = best(earliest, occupancy, start);
    take(chosen, start, occupancy);
    return start;
}

void resource::request(client& who, std::uint32_t registration, const sc_time& occupancy) {
    m_waiting.push_back({&who, registration, occupancy});
    grant_waiting();
}

void resource::cancel(client& who) {
    const auto is_it = [&who](const waiting& w) { return w.who == &who; };
    m_waiting.erase(std::remove_if(m_waiting.begin(), m_waiting.end(), is_it), m_waiting.end());
}

void resource::clear() {
    for (server& s : m_servers) s.busy.clear();
    grant_waiting();
}

sc_time resource::free_at() const {
    sc_time first;
    for (std::size_t i = 0; i < m_servers.size(); ++i) {
        const auto& busy = m_servers[i].busy;
        const sc_time end = busy.empty() ? sc_core::SC_ZERO_TIME : busy.back().end;
        if (i == 0 || end < first) first = end;
    }
    return first;
}

std::size_t resource::next_waiting() const {
    if (m_policy == arbitration::fifo) return 0;
    std::size_t chosen = 0;
    // Distance from where the search begins; wraps around below it (round robin).
    const std::uint32_t from = m_policy == arbitration::round_robin ? m_last_served + 1 : 0;
    for (std::size_t i = 1; i < m_waiting.size(); ++i) {
        if (m_waiting[i].registration - from < m_waiting[chosen].registration - from) chosen = i;
    }
    return chosen;
}

void resource::grant_waiting() {
    if (m_granting) return;  // granted() asked again: the loop below goes on with it
    m_granting = true;
    const sc_time now = sc_core::sc_time_stamp();
    while (!m_waiting.empty()) {
        const std::size_t next = next_waiting();
        const waiting chosen = m_waiting[next];
        sc_time start;
        server& free = best(now, chosen.occupancy, start);
        if (start > now) {
            m_scheduler.schedule(*this, m_registration, start, ++m_wake_tag);
            break;
        }
        take(free, start, chosen.occupancy);
        m_waiting.erase(m_waiting.begin() + static_cast<std::ptrdiff_t>(next));
        m_last_served = chosen.registration;
        chosen.who->granted();
    }
    m_granting = false;
}

void resource::wake(std::uint64_t tag) {
    if (tag == m_wake_tag) grant_waiting();
}

}  // namespace pimvp::bus
