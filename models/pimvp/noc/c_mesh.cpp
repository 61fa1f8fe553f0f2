// SPDX-License-Identifier: Apache-2.0
#include <pimvp/noc/c_mesh.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>

namespace pimvp::noc {
namespace {

const c_mesh_params& checked(const c_mesh_params& params) {
    core::diagnostics found;
    params.validate(found);
    found.throw_if_errors();
    return params;
}

}  // namespace

c_mesh::statistics::statistics(core::stat_group& group)
    : flits(group, "flits", "flits of all messages", core::quantity::count),
      router_flits(group, "router_flits", "flits through routers", core::quantity::count),
      link_flits(group, "link_flits", "flits over links", core::quantity::count),
      stalled(group, "stalled", "cycles messages waited for links", core::quantity::cycles) {}

c_mesh::c_mesh(const sc_core::sc_module_name& name, core::context& context,
               const c_mesh_params& params, std::uint32_t chip, std::uint32_t chips)
    : message_network(name, context, node_map{chips, checked(params).tiles()},
                      params.shape().nodes(), 1),
      m_params(params),
      m_chip(chip),
      m_clock(params.clock.value),
      m_kernel(params.shape(), params.router_cycles.value),
      m_router_flit(
          context.ledger().event("c_mesh", "flit", "router", params.router_flit, core::in_tile)),
      m_link_flit(
          context.ledger().event("c_mesh", "flit", "link", params.link_flit, core::in_tile)),
      m_stats(own_stats()) {
    if (!context.trace().enabled()) return;
    for (const auto& port : out) m_tracks.push_back(context.trace().track(port.name()));
    meter_ways();
}

/// A meter each for the routers and, in detail, for the links that leave nodes and routers.
void c_mesh::meter_ways() {
    core::trace& trace = context().trace();
    const std::string prefix = std::string(name()) + ".";
    const mesh_shape& shape = m_kernel.shape();
    const auto flits_per_s = static_cast<double>(m_params.clock.value.hz);
    const auto link = [&](const std::string& what) {
        m_link_meters.push_back(trace.meter(prefix + what, "flits of a link", flits_per_s));
    };
    for (const char* const way : {".to_router", ".from_router", ".turn"}) {
        for (std::uint32_t node = 0; node < shape.nodes(); ++node) {
            link((node == shape.io_node() ? "io" : "node" + std::to_string(node)) + way);
        }
    }
    for (std::uint32_t router = 0; router < shape.routers(); ++router) {
        const std::string its = "router" + std::to_string(router);
        for (const char* const way : {".east", ".west", ".south", ".north"}) link(its + way);
        m_router_meters.push_back(
            trace.meter(prefix + its, "flits", 0.0, core::trace_level::overview));
    }
}

/// The flits of the message that went m_way, in routers and on links.
void c_mesh::meter(std::uint64_t flits) {
    for (const mesh_kernel::link_use& use : m_way) {
        const std::uint64_t start = core::to_fs(time_of(use.start));
        const std::uint64_t end = core::to_fs(time_of(use.start + flits));
        if (core::trace_meter* const link = m_link_meters[use.link]) link->add(start, end, flits);
        const auto router = m_kernel.router_before(use.link);
        if (router) m_router_meters[*router]->add(start, end, flits);
    }
}

std::uint64_t c_mesh::unit_at(const sc_core::sc_time& time) const {
    return m_clock.cycles_in(time);
}

sc_core::sc_time c_mesh::time_of(std::uint64_t unit) const {
    return m_clock.cycles(unit);
}

std::uint64_t c_mesh::flits_of(std::uint64_t data) const {
    const std::uint64_t flit = m_params.flit_size.value.bytes;
    return std::max<std::uint64_t>(m_params.head_flits.value + (data + flit - 1) / flit, 1);
}

message_network::delivery c_mesh::carry(std::uint64_t ready, std::uint32_t source_port,
                                        const bus::node_message_header& header, std::size_t bytes) {
    const bool here = map().chip_of(header.destination) == m_chip;
    const std::uint32_t to = here ? map().local_of(header.destination) : map().tiles;
    const std::uint64_t flits = flits_of(bytes - sizeof(header) - header.head_bytes);
    const bool is_traced = !m_tracks.empty();
    m_way.clear();
    const auto way = m_kernel.send(ready, source_port, to, flits, is_traced ? &m_way : nullptr);
    if (is_traced) meter(flits);
    context().ledger().add(m_router_flit, flits * way.routers, header.scope);
    context().ledger().add(m_link_flit, flits * way.links, header.scope);
    m_stats.flits += flits;
    m_stats.router_flits += flits * way.routers;
    m_stats.link_flits += flits * way.links;
    m_stats.stalled += way.stalled;
    if (is_traced && way.links != 0) {
        context().trace().slice(m_tracks[to], "message", core::to_fs(time_of(way.ejected)),
                                core::to_fs(time_of(way.done)),
                                {{"source", header.source}, {"flits", flits}});
    }
    return {to, way.done};
}

core::budget_item c_mesh::budget() const {
    return {"router", m_params.shape().routers(), m_params.router_area, m_params.router_power};
}

}  // namespace pimvp::noc
