// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/noc/c_mesh_params.h>
#include <pimvp/noc/mesh_kernel.h>
#include <pimvp/noc/message_network.h>

#include <pimvp/core/area.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/trace.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace pimvp::noc {

/// The concentrated mesh of one chip: carries messages between its tiles and its I/O port.
///
/// **Interface**
/// | name     | kind                 | meaning                                                |
/// |----------|----------------------|--------------------------------------------------------|
/// | `in[i]`  | target, LT and AT    | messages from tile i; i = tiles(): from the I/O port   |
/// | `out[i]` | initiator, LT and AT | messages to tile i; i = tiles(): to the I/O port       |
///
/// A message (see message_network) leaves unchanged by the `out` of its destination. What is
/// addressed to another chip or to the host leaves by the I/O port (see node_map).
///
/// **Timing** A message is ready at the first edge of the mesh clock at or after its arrival, and
/// leaves by `out` when its last flit is there: without contention
///
///     1 (network interface) + links + routers * router_cycles + flits - 1    cycles later
///     links = hops + 2, routers = hops + 1;   to itself: 1 + flits, no links
///     flits = head_flits + ceil(bytes behind header and head / flit_size), at least 1
///
/// Links serve messages in the order (ready, source port, order of sending).
///
/// **Limits** Dimension-order routing, buffers that never fill, no virtual channels, no multicast.
/// The header and the head that describes a message take `head_flits`, not their bytes.
///
/// **Example**
/// \code
///     noc::c_mesh mesh{"mesh", context, params};
///     for (unsigned i = 0; i < mesh.tiles(); ++i) {
///         tile[i].to_mesh.bind(mesh.in[i]);
///         mesh.out[i].bind(tile[i].from_mesh);
///     }
///     io.out.bind(mesh.in[mesh.tiles()]);
///     mesh.out[mesh.tiles()].bind(io.in);
/// \endcode
///
/// **Source** ISAAC, ISCA 2016, Table I and text (`cards/isaac_32nm.yaml`). Latency and activity of
/// a router are `assumed`.
class c_mesh : public message_network {
public:
    /// Number `chip` of `chips` equal ones. Throws core::user_error if the parameters contradict
    /// each other.
    c_mesh(const sc_core::sc_module_name& name, core::context& context,
           const c_mesh_params& params = {}, std::uint32_t chip = 0, std::uint32_t chips = 1);

    const char* kind() const override { return "pimvp::noc::c_mesh"; }
    [[nodiscard]] const c_mesh_params& params() const { return m_params; }
    [[nodiscard]] std::uint32_t tiles() const { return map().tiles; }
    [[nodiscard]] std::uint32_t chip() const { return m_chip; }
    /// The routers of this chip.
    [[nodiscard]] core::budget_item budget() const;

private:
    struct statistics {
        explicit statistics(core::stat_group& group);
        core::counter flits, router_flits, link_flits, stalled;
    };

    [[nodiscard]] std::uint64_t unit_at(const sc_core::sc_time& time) const override;
    [[nodiscard]] sc_core::sc_time time_of(std::uint64_t unit) const override;
    delivery carry(std::uint64_t ready, std::uint32_t source_port,
                   const bus::node_message_header& header, std::size_t bytes) override;
    void forget() override { m_kernel.clear(); }
    [[nodiscard]] std::uint64_t flits_of(std::uint64_t data) const;
    void meter_ways();
    void meter(std::uint64_t flits);

    const c_mesh_params m_params;
    const std::uint32_t m_chip;
    const core::clock m_clock;
    mesh_kernel m_kernel;
    core::event_id m_router_flit;
    core::event_id m_link_flit;
    statistics m_stats;
    // If a trace is on: the last links, routers, links the trace keeps (else null), a way.
    std::vector<core::trace_track> m_tracks;
    std::vector<core::trace_meter*> m_router_meters, m_link_meters;
    std::vector<mesh_kernel::link_use> m_way;
};

}  // namespace pimvp::noc
