// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/parts.h>
#include <pimvp/reram/quantiser_params.h>

#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/statistics.h>

#include <array>
#include <cstdint>
#include <systemc>
#include <tlm>

namespace pimvp::reram {

/// The activation quantiser of a tile: groups of inputs on their way from eDRAM to the input
/// registers leave with the bit planes the crossbars have to stream.
///
/// **Interface**
/// | name  | kind                 | meaning                                                       |
/// |-------|----------------------|---------------------------------------------------------------|
/// | `in`  | target, LT and AT    | quantise_header: the groups of one window and the layer's rule
/// | | `out` | initiator, LT and AT | quantised_header: the same, cut to the planes it names |
///
/// **Timing** Statistics accumulate as elements stream in, `lanes` bytes a clock, group after
/// group; the decision of a group hides behind the next one. A window is busy, and leaves after,
/// sum over its groups of ceil(bytes / lanes), plus `decision_clocks`, clocks: 34 clocks or 28.3 ns
/// for 1 KiB at 1.2 GHz, within the 100 ns of the fetch.
///
/// **Energy** One quantiser.element per element, one quantiser.group.<n>b per group that streams n
/// planes: the counts of a layer are its histogram of precisions.
///
/// **Limits** Messages come from a tile, which checked its program: a malformed one is answered
/// with BURST_ERROR, an impossible rule with GENERIC_ERROR.
///
/// **Example**
/// \code
///     reram::quantiser cut{"quantiser", context, params};
///     cut.out.bind(taker.in);
/// \endcode
///
/// **Source** the idea ReDy (arXiv 2306.16298, abstract); policies and cost are ours
/// (`cards/activation_quantiser.yaml`).
class quantiser : public quantiser_base, private bus::service {
public:
    bus::service_port in;
    bus::push_port out;

    quantiser(const sc_core::sc_module_name& name, core::context& context,
              const quantiser_params& params = {});

    const char* kind() const override { return "pimvp::reram::quantiser"; }
    target_socket& groups_in() override { return in; }
    initiator_socket& groups_out() override { return out; }
    void abort() override;
    [[nodiscard]] bool is_at_rest() const override;

private:
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter groups{*this, "groups", "groups decided", core::quantity::count};
        core::counter elements{*this, "elements", "elements seen", core::quantity::count};
        core::counter planes{*this, "planes", "bit planes left to stream", core::quantity::count};
    };

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time occupancy(
        const tlm::tlm_generic_payload& payload) const override;
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;

    const quantiser_params m_params;
    const core::clock m_clock;
    core::energy_ledger& m_ledger;
    core::event_id m_element;
    std::array<core::event_id, 17> m_group;  ///< by planes streamed
    statistics m_stats;
};

}  // namespace pimvp::reram
