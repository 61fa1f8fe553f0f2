// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/clock.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>

namespace pimvp::core {

namespace {

__extension__ using u128 = unsigned __int128;
constexpr std::uint64_t fs_per_s = 1'000'000'000'000'000;

}  // namespace

clock::clock(frequency rate)
    : m_rate(rate) {
    if (rate.hz == 0 || rate.hz > fs_per_s) {
        throw user_error("a clock of " + to_string(rate) +
                         " is not possible: use 1 Hz .. 1000 THz (periods down to 1 fs)");
    }
}

sc_core::sc_time clock::cycles(std::uint64_t n) const {
    return to_time(core::cycles(m_rate, n));
}

std::uint64_t clock::cycles_in(const sc_core::sc_time& time) const {
    const std::uint64_t fs = to_fs(time);
    auto n = static_cast<std::uint64_t>(u128{fs} * m_rate.hz / fs_per_s);
    // cycles() rounds to the nearest fs: the estimate may be one short or one too many.
    while (n > 0 && core::cycles(m_rate, n - 1).fs >= fs) --n;
    while (core::cycles(m_rate, n).fs < fs) ++n;
    return n;
}

sc_core::sc_time clock::edge_at_or_after(const sc_core::sc_time& time) const {
    return cycles(cycles_in(time));
}

clock_domain::clock_domain(frequency rate, voltage supply)
    : m_clock(rate),
      m_supply(supply) {}

void clock_domain::set(frequency rate, voltage supply) {
    if (rate == m_clock.rate() && supply == m_supply) return;
    m_clock = core::clock(rate);
    m_supply = supply;
    const auto callbacks = m_callbacks;  // a callback may unsubscribe
    for (const auto& entry : callbacks) entry.second(*this);
}

clock_domain::subscription clock_domain::on_change(callback changed) {
    changed(*this);
    m_callbacks.emplace_back(m_next, std::move(changed));
    return m_next++;
}

void clock_domain::unsubscribe(subscription which) {
    m_callbacks.erase(std::remove_if(m_callbacks.begin(), m_callbacks.end(),
                                     [which](const auto& entry) { return entry.first == which; }),
                      m_callbacks.end());
}

}  // namespace pimvp::core
