// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/noc/hyper_transport_params.h>
#include <pimvp/noc/message_network.h>

#include <pimvp/core/area.h>
#include <pimvp/core/energy.h>

#include <cstdint>
#include <systemc>
#include <vector>

namespace pimvp::noc {

/// The links between the chips of a system, and between chips and the host.
///
/// **Interface**
/// | name     | kind                 | meaning                                                |
/// |----------|----------------------|--------------------------------------------------------|
/// | `in[i]`  | target, LT and AT    | messages from the I/O port of chip i; i = chips: host  |
/// | `out[i]` | initiator, LT and AT | messages to the I/O port of chip i; i = chips: host    |
///
/// A message (see message_network) for a node of chip c leaves by `out[c]`, one for the host by
/// `out[chips]`.
///
/// **Timing** A message takes one of its sender's `links` for bytes / link_bandwidth, where `head`
/// stands for its header and what describes it, and is there `latency` later: without contention
/// bytes / link_bandwidth + latency after its arrival. Senders serve messages in the order
/// (arrival, order of sending). Messages of one pair stay in order: one that would overtake on a
/// parallel link arrives together with the one before it.
///
/// **Energy** A constant power per chip, in the domains `<name>.chip_<i>`, outside the headline: it
/// would swamp any mapping that leaves crossbars idle. Bytes are counted.
///
/// **Limits** Every pair is connected; a message does not hop through a third chip. A receiver
/// takes messages of several senders at the same time.
///
/// **Example**
/// \code
///     noc::hyper_transport links{"links", context, {}, noc::node_map{2, mesh0.tiles()}};
///     mesh0.out[mesh0.tiles()].bind(links.in[0]);
///     links.out[0].bind(mesh0.in[mesh0.tiles()]);  // likewise mesh1; the host at port 2
/// \endcode
///
/// **Source** ISAAC, ISCA 2016, Table I (`cards/isaac_32nm.yaml`); the latency is `assumed`.
class hyper_transport : public message_network {
public:
    hyper_transport(const sc_core::sc_module_name& name, core::context& context,
                    const hyper_transport_params& params, const node_map& map);

    const char* kind() const override { return "pimvp::noc::hyper_transport"; }
    [[nodiscard]] const hyper_transport_params& params() const { return m_params; }
    /// Of the links of all chips.
    void set_power(core::power_state state);
    /// The links of all chips.
    [[nodiscard]] core::budget_item budget() const;

private:
    [[nodiscard]] std::uint64_t unit_at(const sc_core::sc_time& time) const override;
    [[nodiscard]] sc_core::sc_time time_of(std::uint64_t unit) const override;
    delivery carry(std::uint64_t ready, std::uint32_t source_port,
                   const bus::node_message_header& header, std::size_t bytes) override;
    void forget() override;

    const hyper_transport_params m_params;
    std::vector<std::uint64_t> m_free;    // [port][link], fs
    std::vector<std::uint64_t> m_latest;  // [source][destination]: latest delivery, fs
    core::event_id m_byte;
    core::energy_ledger& m_ledger;
    std::vector<core::domain_id> m_domains;  // by chip
};

}  // namespace pimvp::noc
