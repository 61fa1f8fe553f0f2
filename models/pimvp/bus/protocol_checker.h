// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/at_scheduler.h>
#include <pimvp/bus/probe.h>

#include <pimvp/core/context.h>
#include <pimvp/core/quantity.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::bus {

/// The rules a protocol_checker watches, from IEEE Std 1666-2011, clauses 11, 14 and 15.
enum class rule {
    command,             ///< a command is READ, WRITE or IGNORE
    data_pointer,        ///< not null (READ, WRITE)
    data_length,         ///< not 0
    byte_enable_length,  ///< not 0 if there are byte enables
    streaming_width,     ///< not 0
    initial_response,    ///< a request carries TLM_INCOMPLETE_RESPONSE
    initial_dmi_hint,    ///< a request carries a DMI hint of false
    response_set,        ///< a response does not carry TLM_INCOMPLETE_RESPONSE
    attributes_kept,     ///< targets leave command, pointers, lengths, streaming width alone
    write_data_kept,     ///< targets do not change the data of a write
    time_forwards,       ///< b_transport does not return before the time it was called for
    memory_manager,      ///< a non-blocking payload has one, and is referenced
    phase_sequence,      ///< BEGIN_REQ, END_REQ, BEGIN_RESP, END_RESP, each by the right side
    request_exclusion,   ///< no BEGIN_REQ before the END_REQ of the request before
    response_exclusion,  ///< no BEGIN_RESP before the END_RESP of the response before
    return_value,        ///< ACCEPTED changes nothing, UPDATED names a legal phase, COMPLETED ends
    time_order,          ///< annotated times of one path do not decrease
    in_use,              ///< a payload is in one transaction at a time
    debug_count,         ///< transport_dbg moves no more bytes than asked for
    dmi_region,          ///< granted DMI has a pointer and holds the address asked for
    hang                 ///< a transaction ends within the limit
};
[[nodiscard]] std::string_view to_string(rule r);

/// One violation.
struct breach {
    rule broken = rule::command;
    std::string text;  ///< the transaction, what was seen, what is allowed
};

/// Watches a connection for violations of the LT and AT base protocol, without changing it.
///
/// **Interface** `in` (target) and `out` (initiator): bind between any two sockets, or let
/// connect() do it.
///
/// **Timing** none. With a hang limit a transaction that has not ended after that much simulated
/// time is a breach.
///
/// **Limits** Only phases of the base protocol are followed; ignorable phases pass unseen.
/// Attributes of debug and DMI requests are not checked.
///
/// A breach is an SC_ERROR of type `/pimvp/bus/protocol_checker`; on_breach() replaces that.
class protocol_checker : public socket_tap, private at_scheduler::client {
public:
    explicit protocol_checker(const sc_core::sc_module_name& name, core::context& context,
                              core::duration hang_limit = {});
    ~protocol_checker() override;

    const char* kind() const override { return "pimvp::bus::protocol_checker"; }

    void on_breach(std::function<void(const breach&)> handler) { m_handler = std::move(handler); }

    [[nodiscard]] std::uint64_t transactions() const { return m_transactions; }
    [[nodiscard]] std::uint64_t breaches() const { return m_breaches; }
    /// Transactions that have begun and not ended.
    [[nodiscard]] std::size_t in_flight() const { return m_open.size(); }

    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;

private:
    struct transaction;
    struct call_arguments {
        tlm::tlm_phase phase;
        sc_core::sc_time delay;
    };

    void report(rule broken, const tlm::tlm_generic_payload& payload, const std::string& text);
    void check_request(const tlm::tlm_generic_payload& payload);
    void check_response(const transaction& of);
    transaction* find(const tlm::tlm_generic_payload& payload);
    transaction* find(std::uint64_t serial);
    std::uint64_t open(const tlm::tlm_generic_payload& payload, bool blocking);
    void close(std::uint64_t serial);
    void advance(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
    void check_return(const tlm::tlm_generic_payload& payload, std::uint64_t serial,
                      const call_arguments& before, const call_arguments& after,
                      tlm::tlm_sync_enum returned, bool forward);
    void check_order(const tlm::tlm_generic_payload& payload, bool forward,
                     const sc_core::sc_time& delay);
    void watch();
    void wake(std::uint64_t tag) override;

    at_scheduler& m_scheduler;
    const sc_core::sc_time m_hang_limit;
    std::function<void(const breach&)> m_handler;
    std::vector<std::unique_ptr<transaction>> m_open;  ///< oldest first
    std::uint64_t m_transactions = 0;
    std::uint64_t m_breaches = 0;
    sc_core::sc_time m_last_forward, m_last_backward;
    std::uint32_t m_registration;
    bool m_watching = false;
};

/// The checkers of a context, and whether connect() inserts them.
///
/// \code
///     context.service<bus::protocol_checkers>().enable(core::parse<core::duration>("1 ms"));
///     bus::connect(context, cpu, ram.in);  // with a checker in between
/// \endcode
class protocol_checkers {
public:
    /// connect() inserts checkers from now on; `hang_limit` 0: none.
    void enable(core::duration hang_limit = {}) {
        m_enabled = true;
        m_hang_limit = hang_limit;
    }
    [[nodiscard]] bool enabled() const { return m_enabled; }
    protocol_checker& add(core::context& context, const std::string& name);
    [[nodiscard]] const std::vector<std::unique_ptr<protocol_checker>>& all() const {
        return m_all;
    }
    /// Sums over all().
    [[nodiscard]] std::uint64_t transactions() const;
    [[nodiscard]] std::uint64_t breaches() const;

private:
    bool m_enabled = false;
    core::duration m_hang_limit;
    std::vector<std::unique_ptr<protocol_checker>> m_all;
};

/// Binds an initiator socket to a target socket, with a protocol_checker in between where the
/// context asks for them.
template <class InitiatorSocket, class TargetSocket>
void connect(core::context& context, InitiatorSocket& from, TargetSocket& to) {
    auto& checkers = context.service<protocol_checkers>();
    if (!checkers.enabled()) {
        from.bind(to);
        return;
    }
    protocol_checker& checker = checkers.add(context, std::string(from.basename()) + "_checker");
    from.bind(checker.in);
    checker.out.bind(to);
}

}  // namespace pimvp::bus
