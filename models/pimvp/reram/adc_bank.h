// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/converter.h>
#include <pimvp/reram/ima_params.h>
#include <pimvp/reram/parts.h>

#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/statistics.h>
#include <pimvp/core/trace.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::reram {

/// The ADCs of one IMA, one per crossbar: turns held sums into codes.
///
/// **Interface**
/// | name  | kind                 | meaning                                                     |
/// |-------|----------------------|-------------------------------------------------------------|
/// | `in`  | target, LT and AT    | adc_sample_header: the columns of one IMA in one bit cycle  |
/// | `out` | initiator, LT and AT | adc_code_header: the code of each sample (converter.h)      |
///
/// **Timing** The converters work side by side, each on the columns of its crossbar in sequence:
/// n = crossbar columns (the used ones if `convert_unused_columns` is false). Codes leave
/// ceil(n / sample_rate / cycle) cycles after the start, and the bank is busy for as long: one
/// cycle for 128 columns at 1.28 GS/s. The converter of a unit column works at the same time.
///
/// **Energy** One `adc.conversion.<bits>b` per converted column (the header's `conversions`).
///
/// **Analog** With `offset_sigma` or `gain_sigma`, each converter of the bank is drawn from the
/// context's seed, the name of the bank and its place in it: that of crossbar i is number i, of its
/// unit column number crossbars + i.
///
/// **Limits** Converters have no noise of their own and no missing codes. Samples above the highest
/// code are counted (`clipped`), never an error.
///
/// **Example**
/// \code
///     reram::ima ima{"ima", context, params};
///     reram::adc_bank bank{"adc", context, params};
///     ima.adc.bind(bank.in);
///     bank.out.bind(ima.codes);
/// \endcode
///
/// **Source** ISAAC, ISCA 2016, Table I (`cards/isaac_32nm.yaml`).
class adc_bank : public adc_bank_base, private bus::service {
public:
    bus::service_port in;
    bus::push_port out;

    adc_bank(const sc_core::sc_module_name& name, core::context& context,
             const ima_params& params = {});

    const char* kind() const override { return "pimvp::reram::adc_bank"; }
    target_socket& samples_in() override { return in; }
    initiator_socket& codes_out() override { return out; }
    void abort() override;

    /// Samples above the highest code so far: 0 means that nothing saturated.
    [[nodiscard]] std::uint64_t clipped() const { return m_stats.clipped.get(); }
    [[nodiscard]] std::uint64_t conversions() const { return m_stats.conversions.get(); }

private:
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter conversions{*this, "conversions", "columns converted", core::quantity::count};
        core::counter clipped{*this, "clipped", "samples above the highest code",
                              core::quantity::count};
    };

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time occupancy(
        const tlm::tlm_generic_payload& payload) const override;
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;

    void meter(std::uint64_t conversions, const sc_core::sc_time& took, const sc_core::sc_time& at);
    /// Of one converter, in whole crossbar cycles.
    [[nodiscard]] sc_core::sc_time conversion_time(std::uint64_t conversions) const;
    static std::vector<converter> make_converters(const ima_params& params, core::context& context,
                                                  const std::string& name);
    [[nodiscard]] std::size_t convert_each(const tlm::tlm_generic_payload& payload,
                                           std::uint16_t* codes) const;

    const crossbar_shape m_shape;
    const unsigned m_crossbars;
    const std::vector<converter> m_converters;  ///< a single one: all are the same
    const core::duration m_cycle;
    const core::frequency m_sample_rate;
    const sc_core::sc_time m_full_conversion;  ///< all columns of a crossbar
    core::energy_ledger& m_ledger;
    const core::event_id m_conversion;
    core::trace_meter* const m_meter;        ///< its own, if the trace keeps it
    core::trace_meter* const m_tiles_meter;  ///< of all banks beside it, if a trace is on
    statistics m_stats;
};

}  // namespace pimvp::reram
