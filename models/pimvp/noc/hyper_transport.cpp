// SPDX-License-Identifier: Apache-2.0
#include <pimvp/noc/hyper_transport.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <string>

namespace pimvp::noc {

// Nothing is due earlier than one latency after its arrival: decide then, in units of 1 fs.
hyper_transport::hyper_transport(const sc_core::sc_module_name& name, core::context& context,
                                 const hyper_transport_params& params, const node_map& map)
    : message_network(name, context, map, map.chips + 1, params.latency.value.fs),
      m_params(params),
      m_free(in.size() * params.links.value),
      m_latest(in.size() * in.size()),
      m_byte(context.ledger().event("hyper_transport", "byte", "", params.byte, core::off_chip)),
      m_ledger(context.ledger()) {
    for (std::uint32_t c = 0; c < map.chips; ++c) {
        m_domains.push_back(m_ledger.domain(
            std::string(this->name()) + ".chip_" + std::to_string(c), params.power, false));
    }
}

void hyper_transport::set_power(core::power_state state) {
    for (const core::domain_id domain : m_domains) {
        m_ledger.set_state(domain, state, core::now_fs());
    }
}

std::uint64_t hyper_transport::unit_at(const sc_core::sc_time& time) const {
    return core::to_fs(time);
}

sc_core::sc_time hyper_transport::time_of(std::uint64_t unit) const {
    return core::from_fs(unit);
}

message_network::delivery hyper_transport::carry(std::uint64_t ready, std::uint32_t source_port,
                                                 const bus::node_message_header& header,
                                                 std::size_t bytes) {
    const std::uint32_t to = map().chip_of(header.destination);
    const std::size_t links = m_params.links.value;
    std::uint64_t* const first = m_free.data() + source_port * links;
    std::uint64_t& link = *std::min_element(first, first + links);
    const std::uint64_t sent =
        m_params.head.value.bytes + bytes - sizeof(header) - header.head_bytes;
    link = std::max(ready, link) + core::transfer_time(m_params.link_bandwidth.value, sent).fs;
    std::uint64_t& latest = m_latest[source_port * in.size() + to];
    latest = std::max(latest, link + m_params.latency.value.fs);
    context().ledger().add(m_byte, sent, header.scope);
    return {to, latest};
}

void hyper_transport::forget() {
    std::fill(m_free.begin(), m_free.end(), 0);
    std::fill(m_latest.begin(), m_latest.end(), 0);
}

core::budget_item hyper_transport::budget() const {
    return {"HyperTransport", map().chips, m_params.area, m_params.power};
}

}  // namespace pimvp::noc
