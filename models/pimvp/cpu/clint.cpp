// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/clint.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <limits>

namespace pimvp::cpu {

clint::clint(const sc_core::sc_module_name& name, core::context& context,
             const clint_params& params, std::size_t harts)
    : sc_module(name),
      regs("regs", context, m_bank),
      timer("timer", harts),
      software("software", harts),
      m_clock(params.timebase.value),
      m_bank(core::to_time(params.register_access.value)),
      m_compare{&m_bank.mtimecmp0, &m_bank.mtimecmp1, &m_bank.mtimecmp2, &m_bank.mtimecmp3} {
    if (harts > most_harts) throw core::user_error("timer and software interrupts serve 4 harts");
    using sc_core::sc_time;
    m_bank.mtime.provide([this] { return ticks(); });
    for (std::size_t h = 0; h < most_harts; ++h) {
        m_compare[h]->on_write(
            [this](std::uint64_t, const sc_time&) { m_changed.notify(sc_core::SC_ZERO_TIME); });
        m_bank.msip[h].on_write(
            [this](std::uint32_t, const sc_time&) { m_changed.notify(sc_core::SC_ZERO_TIME); });
    }
    sc_core::sc_spawn_options outputs;
    outputs.spawn_method();
    outputs.set_sensitivity(&m_changed);
    sc_core::sc_spawn([this] { on_changed(); }, "on_changed", &outputs);
}

void clint::reset() {
    m_bank.reset();
    m_changed.notify(sc_core::SC_ZERO_TIME);
}

std::uint64_t clint::ticks(const sc_core::sc_time& ahead) const {
    const sc_core::sc_time now = sc_core::sc_time_stamp() + ahead;
    const std::uint64_t covering = m_clock.cycles_in(now);
    return m_clock.cycles(covering) == now ? covering : covering - 1;
}

/// Sets the lines and comes again when the next comparison turns true.
void clint::on_changed() {
    const std::uint64_t now = ticks();
    std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t h = 0; h < timer.size(); ++h) {
        const std::uint64_t compare = m_compare[h]->get();
        timer[h].write(now >= compare);
        software[h].write((m_bank.msip[h].get() & 1U) != 0);
        if (compare > now) next = std::min(next, compare);
    }
    // What lies beyond the last whole second of simulated time never comes.
    constexpr std::uint64_t longest = std::numeric_limits<std::uint64_t>::max();  // in fs
    constexpr std::uint64_t second = 1'000'000'000'000'000;
    if (next > longest / second * m_clock.hz()) return;
    m_changed.notify(m_clock.cycles(next) - sc_core::sc_time_stamp());
}

}  // namespace pimvp::cpu
