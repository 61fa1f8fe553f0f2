// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/at_scheduler.h>
#include <pimvp/bus/payload_pool.h>

#include <pimvp/core/context.h>

#include <functional>
#include <memory>
#include <systemc>
#include <tlm>

namespace pimvp::bus {

/// The initiator of an operation socket: posts messages, in order, one at a time.
///
/// **Interface** initiator, 32 bit wide; LT or AT as core::context::style says. Binds to a
/// service_port or to any base-protocol target (a plain simple_target_socket included).
///
/// **Timing** A message leaves at max(the time it was sent for, the response of the message before
/// it). LT calls `b_transport` within `send` with that time as annotated delay; AT queues the
/// message and issues it by event. `send` never waits and may be called from any process.
///
/// **Limits** A target that calls `wait` in `b_transport` needs a sender that runs in a thread. A
/// message sent while a call of the same port is under way (a loop of blocks, or a second process
/// while the target waits) leaves when that call has ended, by the same rule of time.
///
/// An error response is an SC_ERROR that names both ends: operation sockets carry no guest input.
class push_port : public tlm::tlm_base_initiator_socket<32, tlm::tlm_fw_transport_if<>,
                                                        tlm::tlm_bw_transport_if<>>,
                  public tlm::tlm_bw_transport_if<>,
                  private at_scheduler::client {
public:
    push_port(const char* name, core::context& context);
    ~push_port() override;

    const char* kind() const override { return "pimvp::bus::push_port"; }

    /// Posts a message `at` after sc_time_stamp().
    void send(message what, const sc_core::sc_time& at = sc_core::SC_ZERO_TIME);

    /// Called with each response, `at` after sc_time_stamp() (LT: ahead of time; AT: 0). At most
    /// one callback; it may send.
    void on_response(std::function<void(const sc_core::sc_time& at)> callback);

    /// When the message sent last gets its response, absolute, as far as known: LT always knows,
    /// AT knows the responses that have happened.
    [[nodiscard]] const sc_core::sc_time& free_at() const { return m_free_at; }
    /// Messages that wait to leave or for their response.
    [[nodiscard]] std::size_t pending() const;

    /// Drops what has not left; the response of a message under way is awaited and ignored (reset).
    void clear();

    /// Where messages come from.
    [[nodiscard]] payload_pool& pool() const { return m_pool; }

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;

private:
    struct queue_state;

    queue_state& queue();
    void transport(tlm::tlm_generic_payload& payload, const sc_core::sc_time& requested);
    void issue(message what);
    void finish(const sc_core::sc_time& at);
    void responded(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& at);
    void wake(std::uint64_t tag) override;

    at_scheduler& m_scheduler;
    payload_pool& m_pool;
    sc_core::sc_time m_free_at;
    std::unique_ptr<queue_state> m_queue;  ///< made when first needed; never in plain LT
    std::unique_ptr<std::function<void(const sc_core::sc_time&)>> m_on_response;
    std::uint32_t m_registration;
    const bool m_blocking;
    bool m_busy = false;     ///< LT: a b_transport is under way
    bool m_dropped = false;  ///< LT: clear() was called meanwhile
};

}  // namespace pimvp::bus
