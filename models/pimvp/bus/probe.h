// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>

namespace pimvp::bus {

/// What a pass-through between two sockets needs; derived classes look at what passes.
class socket_tap : public sc_core::sc_module,
                   public tlm::tlm_fw_transport_if<>,
                   public tlm::tlm_bw_transport_if<> {
public:
    tlm::tlm_target_socket<32> in{"in"};
    tlm::tlm_initiator_socket<32> out{"out"};

    explicit socket_tap(const sc_core::sc_module_name& name);

    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;
};

/// Shows every transaction that passes between two sockets, LT and AT alike, without changing it.
///
/// **Interface** `in` (target) and `out` (initiator): bind between an initiator and its target.
///
/// **Timing** none.
///
/// **Example**
/// \code
///     bus::probe probe{"probe"};
///     probe.on_request([&](const tlm::tlm_generic_payload& p, const sc_core::sc_time& at) {...});
///     cpu.bind(probe.in);
///     probe.out.bind(ram.in);
/// \endcode
class probe : public socket_tap {
public:
    /// `at` is absolute: annotated delays are included.
    using callback =
        std::function<void(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& at)>;

    using socket_tap::socket_tap;

    const char* kind() const override { return "pimvp::bus::probe"; }

    void on_request(callback seen) { m_request = std::move(seen); }
    void on_response(callback seen) { m_response = std::move(seen); }
    [[nodiscard]] std::uint64_t requests() const { return m_requests; }
    [[nodiscard]] std::uint64_t responses() const { return m_responses; }

    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;

private:
    void request(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    void response(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);

    callback m_request;
    callback m_response;
    std::uint64_t m_requests = 0;
    std::uint64_t m_responses = 0;
};

}  // namespace pimvp::bus
