// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/router_params.h>

#include <pimvp/core/context.h>
#include <pimvp/core/statistics.h>

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::bus {

/// Memory-mapped interconnect: any number of initiators to any number of targets by address.
///
/// **Interface**
/// | name   | kind                     | meaning                                               |
/// |--------|--------------------------|-------------------------------------------------------|
/// | `in`   | multi target, LT and AT  | bind initiators here, one after the other             |
/// | `out`  | multi initiator          | bound by map(), one target per window                 |
///
/// A target sees addresses from 0; the router restores the initiator's address on the way back.
/// Debug access and DMI go the same way; DMI regions are clipped to the window and translated, as
/// are invalidations, which reach every initiator.
///
/// **Timing** Each target has a channel. A transaction of n bytes leaves the router
/// latency + n / bandwidth after its channel is free, and keeps the channel for n / bandwidth;
/// responses pass without delay. AT: END_REQ when the channel is granted.
///
/// **Limits** One window per target; a transaction that crosses the end of its window is an
/// ADDRESS_ERROR, as is an address nobody is mapped to. Channels are granted in order of arrival.
///
/// **Example**
/// \code
///     pimvp::bus::router bus{"bus", context, {}};
///     cpu.bind(bus.in);
///     bus.map(ram.in, 0x8000'0000, ram.size());
/// \endcode
///
/// **Source** the defaults of router_params (`cards/system_bus.yaml`), all `assumed`.
class router : public sc_core::sc_module {
public:
    tlm_utils::multi_passthrough_target_socket<router> in;
    tlm_utils::multi_passthrough_initiator_socket<router> out;

    router(const sc_core::sc_module_name& name, core::context& context, router_params params = {});
    ~router() override;

    const char* kind() const override { return "pimvp::bus::router"; }
    [[nodiscard]] const router_params& params() const { return m_params; }

    /// Binds a target to base .. base + size - 1. Throws core::user_error that names both targets
    /// if windows overlap, and if the window is empty or passes the end of the address space.
    template <class TargetSocket>
    void map(TargetSocket& target, std::uint64_t base, std::uint64_t size) {
        add_window(target.name(), base, size);
        connect(m_context, out, target);
    }

    struct window {
        std::string target;  ///< hierarchical name
        std::uint64_t base = 0;
        std::uint64_t size = 0;

        [[nodiscard]] bool holds(std::uint64_t address) const { return address - base < size; }
    };
    /// In the order of map().
    [[nodiscard]] const std::vector<window>& windows() const { return m_windows; }

private:
    class at_path;  ///< the phases of the base protocol, both sides

    void add_window(const char* target, std::uint64_t base, std::uint64_t size);
    /// Index of the window that holds the transaction, or -1; counts it.
    [[nodiscard]] int decode(const tlm::tlm_generic_payload& payload);
    [[nodiscard]] sc_core::sc_time transfer_time(const tlm::tlm_generic_payload& payload) const;

    void b_transport(int from, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
    tlm::tlm_sync_enum nb_transport_fw(int from, tlm::tlm_generic_payload& payload,
                                       tlm::tlm_phase& phase, sc_core::sc_time& delay);
    tlm::tlm_sync_enum nb_transport_bw(int to, tlm::tlm_generic_payload& payload,
                                       tlm::tlm_phase& phase, sc_core::sc_time& delay);
    unsigned transport_dbg(int from, tlm::tlm_generic_payload& payload);
    bool get_direct_mem_ptr(int from, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
    void invalidate_direct_mem_ptr(int to, sc_dt::uint64 start, sc_dt::uint64 end);

    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter transactions{*this, "transactions", "accesses that found a target",
                                   core::quantity::count};
        core::counter bytes{*this, "bytes", "bytes of them", core::quantity::bytes};
        core::counter unmapped{*this, "unmapped", "accesses nobody is mapped to",
                               core::quantity::count};
    };

    core::context& m_context;
    const router_params m_params;
    const sc_core::sc_time m_latency;
    std::vector<window> m_windows;
    std::vector<std::unique_ptr<class resource>> m_channels;  ///< one per window
    std::unique_ptr<at_path> m_at;
    statistics m_stats;
};

}  // namespace pimvp::bus
