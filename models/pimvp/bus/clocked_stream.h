// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>
#include <pimvp/core/statistics.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>

namespace pimvp::bus {

/// What moves messages to and from the pins of a design behind a clocked_stream.
class clocked_design {
public:
    /// As service::check: whether the design can take the message at all.
    [[nodiscard]] virtual tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const = 0;
    /// At the falling edge after each rising edge: the outputs show what that edge has made.
    virtual void collect() = 0;
    /// Sets the inputs for the next rising edge, at the falling edge before it: after collect(), or
    /// when the clock starts. True: the design needs that edge. The clock stops when it does not
    /// and no message is due.
    virtual bool drive() = 0;

protected:
    ~clocked_design() = default;
};

/// Puts a design with pins and a clock (RTL through Verilator, or any such module) between
/// operation sockets.
///
/// **Interface**
/// | name  | kind                 | meaning                                                     |
/// |-------|----------------------|-------------------------------------------------------------|
/// | `in`  | target, LT and AT    | messages; each waits here until the design take()s it       |
/// | `out` | initiator, LT and AT | for the design's results                                    |
/// | `clk` | signal               | low while there is no work, else starts with a low half     |
/// | `rst` | signal               | active high: from abort() to the next work, and before the
/// first |
///
/// **Timing** A message is answered when it is taken in, and due at that time; the rest is up to
/// the design. The clock starts at once when a message is due: falling edges n periods after the
/// start, rising edges in between, from integers. Outputs of rising edge n are collected half a
/// period after it. Reset takes delta cycles only. Nobody waits in `b_transport`, and an idle
/// design costs no events.
///
/// **Limits** A design that samples on rising edges, with an asynchronous reset. Messages wait
/// without limit: a sender sees the design's pace in its results. An LT message that is due in the
/// future is held until then, so LT gives the times of AT. The inputs of a design are written by
/// collect() and drive() only.
///
/// **Example** docs/guide/own_rtl.md
class clocked_stream : public sc_core::sc_module, private service {
public:
    /// abort() may come from any process.
    using pin = sc_core::sc_signal<bool, sc_core::SC_UNCHECKED_WRITERS>;

    service_port in;
    push_port out;
    pin clk{"clk"};
    pin rst{"rst"};

    clocked_stream(const sc_core::sc_module_name& name, core::context& context,
                   const core::clock& clock, clocked_design& design);

    const char* kind() const override { return "pimvp::bus::clocked_stream"; }

    // for the design
    /// Whether a message waits whose time has come.
    [[nodiscard]] bool is_due() const;
    /// The oldest message, as a copy to work in and send on. Precondition: is_due().
    [[nodiscard]] message take();
    /// No message is due before `when` (absolute).
    void rest_until(const sc_core::sc_time& when) { m_rest_until = when; }
    /// Messages sent that have had no response so far: what a design looks at to stall.
    [[nodiscard]] std::size_t unanswered();

    /// Drops all messages, resets the design and stops the clock, now. The design forgets the
    /// message it works on.
    void abort();

    /// Rising edges so far.
    [[nodiscard]] std::uint64_t cycles() const { return m_stats.cycles.get(); }

private:
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter cycles{*this, "cycles", "clock cycles, only while there is work",
                             core::quantity::cycles};
    };
    struct waiting {
        message what;
        sc_core::sc_time due;
    };
    /// What tick() finds; those between `stopped` and `low` last a delta cycle each.
    enum class state { stopped, asserting, releasing, settling, low, high };

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;

    void tick();
    void drive();
    void wait_for_work();
    [[nodiscard]] sc_core::sc_time falling(std::uint64_t n) const;

    const core::clock m_clock;
    clocked_design& m_design;
    std::deque<waiting> m_waiting;
    std::deque<sc_core::sc_time> m_responses;  ///< LT: known before they happen
    sc_core::sc_event m_tick{"tick"};
    sc_core::sc_time m_start, m_rest_until;
    std::uint64_t m_period = 0;  ///< since m_start
    std::uint32_t m_aborts = 0;
    state m_state = state::stopped;
    bool m_is_reset = false;
    statistics m_stats;
};

}  // namespace pimvp::bus
