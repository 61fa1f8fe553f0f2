// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/accelerator_types.h>
#include <pimvp/bus/clocked_stream.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/quantity.h>
#include <pimvp/core/statistics.h>
#include <pimvp/reram/ima_params.h>
#include <pimvp/reram/parts.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

/// The ADC bank of an IMA whose digital half is Verilog (adc_back_end.sv): sequencer, saturation
/// and output register run as RTL, this class is the analog half and the way to the sockets.
///
/// **Timing** The clock of the RTL is `sample_rate`: the converters take a column each in every
/// period. Codes leave at the end of the crossbar cycle in which the last one was collected, and
/// the next message starts no earlier; both as in reram::adc_bank, but counted, not computed. When
/// `most_unanswered` code messages have had no response, the RTL is stalled.
///
/// **Energy** `adc.conversion.<bits>b` for each conversion the RTL reports, also of a burst that
/// abort() drops half way.
///
/// **Limits** Resolution, lanes and counters are what the RTL was verilated for; anything else is a
/// core::user_error that names the parameter. A message is answered when it is taken in, not when
/// its codes leave.
class rtl_adc_bank : public pimvp::reram::adc_bank_base, private pimvp::bus::clocked_design {
public:
    static constexpr std::size_t most_unanswered = 2;

    pimvp::bus::clocked_stream stream;

    rtl_adc_bank(const sc_core::sc_module_name& name, pimvp::core::context& context,
                 const pimvp::reram::ima_params& params);
    ~rtl_adc_bank() override;

    const char* kind() const override { return "rtl_adc_bank"; }
    target_socket& samples_in() override { return stream.in; }
    initiator_socket& codes_out() override { return stream.out; }
    void abort() override;

    [[nodiscard]] std::uint64_t clipped() const { return m_stats.clipped.get(); }
    [[nodiscard]] std::uint64_t conversions() const { return m_stats.conversions.get(); }

private:
    struct statistics : pimvp::core::stat_group {
        using stat_group::stat_group;
        pimvp::core::counter conversions{*this, "conversions", "columns converted",
                                         pimvp::core::quantity::count};
        pimvp::core::counter clipped{*this, "clipped", "samples above the highest code",
                                     pimvp::core::quantity::count};
    };
    struct pins;  ///< the signals and the verilated module
    /// One converter: the held columns in front of it. Its codes replace them.
    struct lane {
        std::uint16_t* values = nullptr;
        unsigned used = 0;     ///< columns that hold something; the others hold 0
        unsigned columns = 0;  ///< columns it converts
    };

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    void collect() override;
    bool drive() override;
    void begin();
    void finish();
    void charge();

    const pimvp::reram::crossbar_shape m_shape;
    const unsigned m_crossbars;
    const pimvp::core::duration m_cycle;
    const pimvp::core::frequency m_sample_rate;
    std::unique_ptr<pins> m_pins;
    pimvp::core::energy_ledger& m_ledger;
    const pimvp::core::event_id m_conversion;
    statistics m_stats;

    pimvp::bus::message m_message;  ///< being converted
    std::vector<lane> m_lanes;
    sc_core::sc_time m_begin;
    std::uint64_t m_clocks = 0, m_converted = 0;  ///< of m_message
    bool m_starts = false;                        ///< `start` has not met `ready`
    bool m_takes = true;                          ///< what the RTL sees as code_ready
};

/// What `type:` may say in a board document: isaac_like, with `adc: {type: rtl}` to choose from.
pimvp::board::accelerator_types types_with_rtl();
