// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/at_scheduler.h>
#include <pimvp/bus/resource.h>

#include <pimvp/core/context.h>

#include <memory>
#include <systemc>
#include <tlm>

namespace pimvp::bus {

/// What a block does with the transactions that arrive at one of its service_ports.
///
/// A block implements this and nothing of the TLM protocols. The payload has passed the rules of
/// the base protocol (length and streaming width not 0, data pointer set) before `check`.
class service {
public:
    /// Whether the transaction can be served: TLM_OK_RESPONSE, or the error it is answered with,
    /// at once and without taking time. Must not change the block.
    [[nodiscard]] virtual tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const;
    /// How long the transaction keeps a server of the resource busy. Default 0.
    [[nodiscard]] virtual sc_core::sc_time occupancy(const tlm::tlm_generic_payload& payload) const;
    /// From the start of the service to the response. Default: the occupancy.
    [[nodiscard]] virtual sc_core::sc_time latency(const tlm::tlm_generic_payload& payload) const;
    /// Does the work, once. `at` is how far after sc_time_stamp() the service completes: 0 in AT.
    /// Results leave with push_port::send(result, at). The response is OK unless this sets
    /// another one.
    virtual void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) = 0;
    /// LT: true makes the port wait until the service completes and only then execute, so that the
    /// block sees the access at its exact time (`at` is 0). Then the caller must be a thread.
    [[nodiscard]] virtual bool synchronises(const tlm::tlm_generic_payload& payload) const;
    /// Debug access: no time, side effects or statistics. Returns the bytes moved; default 0.
    virtual unsigned debug(tlm::tlm_generic_payload& payload);
    /// Direct memory access; default: none.
    virtual bool direct_memory(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

protected:
    ~service() = default;
};

/// TLM_OK_RESPONSE if the payload is a WRITE to address 0 of at least `bytes` bytes without byte
/// enables or streaming: what every operation socket asks for. Otherwise the exact error.
[[nodiscard]] tlm::tlm_response_status check_message(const tlm::tlm_generic_payload& payload,
                                                     std::size_t bytes);

/// A target socket that serves LT and AT alike: the protocols are here, the work is in a `service`.
///
/// **Interface** target, 32 bit wide, LT (`b_transport`) and AT (base protocol), debug, DMI. One
/// initiator; several ports may share one `resource`.
///
/// **Timing** start = when a server of the resource is free, not before the request;
/// response = start + service::latency(); the server is busy for service::occupancy().
/// AT: END_REQ at the start, BEGIN_RESP at the response; an error is answered at once. LT: the same
/// times in the annotated delay.
///
/// **Limits** LT and AT times are equal where nothing contends (see resource). Responses of one
/// port leave in order of time, one at a time as the base protocol rules.
///
/// **Example**
/// \code
///     class doubler : public sc_core::sc_module, private bus::service {
///     public:
///         bus::service_port in;
///         bus::push_port out;
///         doubler(const sc_core::sc_module_name& name, core::context& context)
///             : sc_module(name), in("in", context, *this), out("out", context) {}
///     private:
///         void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
///             bus::message result = out.pool().allocate(1);
///             result.data()[0] = static_cast<std::uint8_t>(2 * payload.get_data_ptr()[0]);
///             out.send(std::move(result), at);
///         }
///     };
/// \endcode
class service_port : public tlm::tlm_base_target_socket<32, tlm::tlm_fw_transport_if<>,
                                                        tlm::tlm_bw_transport_if<>>,
                     public tlm::tlm_fw_transport_if<>,
                     private at_scheduler::client,
                     private resource::client {
public:
    /// With a resource of its own: one server.
    service_port(const char* name, core::context& context, service& served);
    /// `shared` must outlive the port.
    service_port(const char* name, core::context& context, service& served, resource& shared);
    ~service_port() override;

    const char* kind() const override { return "pimvp::bus::service_port"; }

    /// Answers every transaction that is waiting or in service with GENERIC_ERROR, now and without
    /// executing it, and forgets what its own resource has reserved. Reset calls this.
    void abort();

    /// Tells the initiator that pointers into start .. end (both included) are void from now on.
    void invalidate_direct_memory(std::uint64_t start, std::uint64_t end);

    [[nodiscard]] resource& used() const { return *m_resource; }
    /// Transactions between request and response (AT).
    [[nodiscard]] std::size_t in_flight() const;

    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;

private:
    struct at_state;

    at_state& at();
    void ask();
    void respond();
    void granted() override;
    void wake(std::uint64_t tag) override;

    at_scheduler& m_scheduler;
    service& m_service;
    std::unique_ptr<resource> m_own;
    resource* m_resource;
    std::unique_ptr<at_state> m_at;  ///< made by the first nb_transport_fw
    std::uint32_t m_registration;
    std::uint32_t m_aborts = 0;
};

}  // namespace pimvp::bus
