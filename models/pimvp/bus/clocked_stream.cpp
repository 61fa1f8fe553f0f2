// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/clocked_stream.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;

clocked_stream::clocked_stream(const sc_core::sc_module_name& name, core::context& context,
                               const core::clock& clock, clocked_design& design)
    : sc_module(name),
      in("in", context, *this),
      out("out", context),
      m_clock(clock),
      m_design(design),
      m_stats(context.statistics(), this->name()) {
    out.on_response([this](const sc_time& at) {
        if (at != sc_core::SC_ZERO_TIME) m_responses.push_back(sc_core::sc_time_stamp() + at);
    });
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&m_tick);
    sc_core::sc_spawn([this] { tick(); }, "tick_method", &options);
}

tlm::tlm_response_status clocked_stream::check(const tlm::tlm_generic_payload& payload) const {
    return m_design.check(payload);
}

void clocked_stream::execute(tlm::tlm_generic_payload& payload, const sc_time& at) {
    message copy = out.pool().allocate(payload.get_data_length());
    std::memcpy(copy.data(), payload.get_data_ptr(), copy.size());
    m_waiting.push_back({std::move(copy), sc_core::sc_time_stamp() + at});
    if (m_state == state::stopped) wait_for_work();
}

bool clocked_stream::is_due() const {
    return !m_waiting.empty() &&
           std::max(m_waiting.front().due, m_rest_until) <= sc_core::sc_time_stamp();
}

message clocked_stream::take() {
    message taken = std::move(m_waiting.front().what);
    m_waiting.pop_front();
    return taken;
}

std::size_t clocked_stream::unanswered() {
    while (!m_responses.empty() && m_responses.front() <= sc_core::sc_time_stamp()) {
        m_responses.pop_front();
    }
    return out.pending() + m_responses.size();
}

void clocked_stream::abort() {
    ++m_aborts;
    in.abort();
    out.clear();
    m_waiting.clear();
    m_responses.clear();
    m_rest_until = sc_core::SC_ZERO_TIME;
    m_tick.cancel();
    m_state = state::stopped;
    m_is_reset = false;
    clk.write(false);
    rst.write(true);
}

sc_time clocked_stream::falling(std::uint64_t n) const {
    return m_start + m_clock.cycles(n);
}

void clocked_stream::wait_for_work() {
    m_state = state::stopped;
    if (m_waiting.empty()) return;
    const sc_time now = sc_core::sc_time_stamp();
    m_tick.notify(std::max({m_waiting.front().due, m_rest_until, now}) - now);
}

void clocked_stream::tick() {
    switch (m_state) {
    case state::stopped:
        if (!is_due()) {  // an abort came between the event and its process
            wait_for_work();
            return;
        }
        m_start = sc_core::sc_time_stamp();
        m_period = 0;
        if (m_is_reset) {
            drive();
            return;
        }
        // An edge of `rst` even if nothing has happened yet, then time to settle.
        rst.write(true);
        m_state = state::asserting;
        break;
    case state::asserting:
        rst.write(false);
        m_state = state::releasing;
        break;
    case state::releasing:
        m_state = state::settling;
        break;
    case state::settling:
        m_is_reset = true;
        drive();
        return;
    case state::low:
        clk.write(true);
        ++m_stats.cycles;
        m_state = state::high;
        m_tick.notify(falling(++m_period) - sc_core::sc_time_stamp());
        return;
    case state::high: {
        clk.write(false);
        const std::uint32_t aborts = m_aborts;
        m_design.collect();
        if (aborts == m_aborts) drive();  // else: aborted by whoever took the results
        return;
    }
    }
    m_tick.notify(sc_core::SC_ZERO_TIME);
}

void clocked_stream::drive() {
    if (!m_design.drive() && !is_due()) {
        wait_for_work();
        return;
    }
    m_state = state::low;
    const std::uint64_t period_fs = core::to_fs(falling(m_period + 1)) - core::now_fs();
    m_tick.notify(core::from_fs(period_fs / 2));
}

}  // namespace pimvp::bus
