// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/quantity.h>

#include <cstdint>
#include <functional>
#include <systemc>
#include <utility>
#include <vector>

namespace pimvp::core {

/// Exact at the library's resolution of 1 fs (see setup.h).
inline sc_core::sc_time from_fs(std::uint64_t fs) {
    return sc_core::sc_time::from_value(fs);
}
inline std::uint64_t to_fs(const sc_core::sc_time& time) {
    return time.value();
}
inline sc_core::sc_time to_time(duration d) {
    return from_fs(d.fs);
}
/// For people and records: the double nearest to the decimal number of seconds.
inline double to_seconds(std::uint64_t fs) {
    return static_cast<double>(fs) / 1e15;
}
/// Simulated time as fs, for the ledger and traces.
inline std::uint64_t now_fs() {
    return sc_core::sc_time_stamp().value();
}

/// Converts between cycles of one frequency and time, from integers: a billion cycles of 3 GHz are
/// off by less than 1 fs, not by a billion rounding errors.
class clock {
public:
    /// Throws user_error for 0 Hz and for more than 10^15 Hz (a period below the resolution).
    explicit clock(frequency rate);
    explicit clock(std::uint64_t hz)
        : clock(frequency{hz}) {}

    [[nodiscard]] frequency rate() const { return m_rate; }
    [[nodiscard]] std::uint64_t hz() const { return m_rate.hz; }
    /// n * 10^15 / hz, rounded to the nearest fs. Throws internal_error beyond 2^64 - 1 fs.
    [[nodiscard]] sc_core::sc_time cycles(std::uint64_t n) const;
    [[nodiscard]] sc_core::sc_time period() const { return cycles(1); }
    /// The number of cycles that cover `time`: the smallest n with cycles(n) >= time.
    [[nodiscard]] std::uint64_t cycles_in(const sc_core::sc_time& time) const;
    /// The first edge (cycles(n) counted from time 0) at or after `time`.
    [[nodiscard]] sc_core::sc_time edge_at_or_after(const sc_core::sc_time& time) const;

private:
    frequency m_rate;
};

/// Frequency and voltage that several blocks share and that may change during a run. Blocks cache
/// durations and refresh them in their callback.
///
/// **Limits** Callbacks run in the order of registration, in the process that changes the point.
/// The domain outlives the subscriptions' owners or they unsubscribe.
class clock_domain {
public:
    using callback = std::function<void(const clock_domain&)>;
    using subscription = std::uint64_t;

    explicit clock_domain(frequency rate, voltage supply = {});
    clock_domain(const clock_domain&) = delete;
    clock_domain& operator=(const clock_domain&) = delete;

    [[nodiscard]] const core::clock& clock() const { return m_clock; }
    [[nodiscard]] voltage supply() const { return m_supply; }
    [[nodiscard]] sc_core::sc_time cycles(std::uint64_t n) const { return m_clock.cycles(n); }

    /// Moves to another operating point and tells everybody, unless nothing changes.
    void set(frequency rate, voltage supply);
    void set(frequency rate) { set(rate, m_supply); }

    /// Calls `changed` now and after every change.
    subscription on_change(callback changed);
    void unsubscribe(subscription which);

private:
    core::clock m_clock;
    voltage m_supply;
    std::vector<std::pair<subscription, callback>> m_callbacks;
    subscription m_next = 1;
};

}  // namespace pimvp::core
