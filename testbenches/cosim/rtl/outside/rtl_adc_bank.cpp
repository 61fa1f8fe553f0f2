// SPDX-License-Identifier: Apache-2.0
#include "rtl_adc_bank.h"

#include <Vadc_back_end.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/reram/adc_message.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using namespace pimvp;

// The parameters of the RTL, from the widths of its ports.
template <class Port>
using value_of = typename std::remove_reference_t<Port>::data_type;
template <class Value>
constexpr unsigned width = 0;
template <int W>
constexpr unsigned width<sc_dt::sc_bv<W>> = W;

constexpr unsigned lanes = width<value_of<decltype(Vadc_back_end::code_lanes)>>;
constexpr unsigned code_bits = width<value_of<decltype(Vadc_back_end::code)>> / lanes;
constexpr unsigned sample_bits = width<value_of<decltype(Vadc_back_end::sample)>> / lanes;
constexpr unsigned column_bits = width<value_of<decltype(Vadc_back_end::select)>>;

/// Sets element `index`, so far 0, of a packed array whose elements have `bits` bits.
void set_element(sc_dt::sc_bv_base& packed, unsigned index, unsigned bits, std::uint64_t value) {
    const unsigned first = index * bits, word = first / 32, shift = first % 32;
    const std::uint64_t moved = value << shift;
    packed.set_word(static_cast<int>(word),
                    packed.get_word(static_cast<int>(word)) | static_cast<sc_dt::sc_digit>(moved));
    if (moved >> 32U != 0) {
        packed.set_word(static_cast<int>(word + 1), static_cast<sc_dt::sc_digit>(moved >> 32U));
    }
}

std::uint16_t element(const sc_dt::sc_bv_base& packed, unsigned index, unsigned bits) {
    const unsigned first = index * bits, word = first / 32, shift = first % 32;
    std::uint64_t words = packed.get_word(static_cast<int>(word));
    if (shift + bits > 32) {
        words |= std::uint64_t{packed.get_word(static_cast<int>(word + 1))} << 32U;
    }
    return static_cast<std::uint16_t>(words >> shift & ((1U << bits) - 1U));
}

[[noreturn]] void refuse(const char* parameter, unsigned wanted, const char* verilated_with,
                         unsigned has) {
    throw core::user_error(parameter, "needs " + std::to_string(wanted) +
                                          ", but the RTL was made with " + verilated_with + "=" +
                                          std::to_string(has));
}

/// Refuses a bank the RTL was not made for.
const reram::ima_params& checked(const reram::ima_params& params) {
    const unsigned converters = params.crossbars * (params.crossbar.unit_is_converted() ? 2 : 1);
    const unsigned columns = params.crossbar.columns;
    if (!params.crossbar.is_ideal() || !params.adc.is_ideal()) {
        throw core::user_error("crossbar",
                               "is analog or its converters have errors, but the RTL "
                               "converts whole cell steps without: leave them at 0");
    }
    if (params.adc.bits != code_bits) refuse("adc.bits", params.adc.bits, "-GBITS", code_bits);
    if (converters > lanes) refuse("crossbars", converters, "-GLANES", lanes);
    if (columns >> column_bits != 0) {
        refuse("crossbar.columns", columns, "-GCOLUMN_BITS", column_bits);
    }
    return params;
}

}  // namespace

struct rtl_adc_bank::pins {
    template <class Port>
    using signal = sc_core::sc_signal<value_of<Port>>;

    signal<decltype(Vadc_back_end::start)> start{"start"};
    signal<decltype(Vadc_back_end::ready)> ready{"ready"};
    signal<decltype(Vadc_back_end::columns)> columns{"columns"};
    signal<decltype(Vadc_back_end::select)> select{"select"};
    signal<decltype(Vadc_back_end::sample)> sample{"sample"};
    signal<decltype(Vadc_back_end::code_valid)> code_valid{"code_valid"};
    signal<decltype(Vadc_back_end::code_ready)> code_ready{"code_ready"};
    signal<decltype(Vadc_back_end::code_last)> code_last{"code_last"};
    signal<decltype(Vadc_back_end::code_column)> code_column{"code_column"};
    signal<decltype(Vadc_back_end::code_lanes)> code_lanes{"code_lanes"};
    signal<decltype(Vadc_back_end::over_range)> over_range{"over_range"};
    signal<decltype(Vadc_back_end::code)> code{"code"};
    Vadc_back_end rtl{"rtl"};

    explicit pins(bus::clocked_stream& stream) {
        rtl.clk(stream.clk);
        rtl.rst(stream.rst);
        rtl.start(start);
        rtl.ready(ready);
        rtl.columns(columns);
        rtl.select(select);
        rtl.sample(sample);
        rtl.code_valid(code_valid);
        rtl.code_ready(code_ready);
        rtl.code_last(code_last);
        rtl.code_column(code_column);
        rtl.code_lanes(code_lanes);
        rtl.over_range(over_range);
        rtl.code(code);
    }
};

rtl_adc_bank::rtl_adc_bank(const sc_core::sc_module_name& name, core::context& context,
                           const reram::ima_params& params)
    : adc_bank_base(name),
      stream("stream", context, core::clock(checked(params).adc.sample_rate.value), *this),
      m_shape(params.crossbar),
      m_crossbars(params.crossbars),
      m_cycle(params.crossbar.cycle.value),
      m_sample_rate(params.adc.sample_rate.value),
      m_pins(std::make_unique<pins>(stream)),
      m_ledger(context.ledger()),
      m_conversion(context.ledger().event("adc", "conversion",
                                          std::to_string(params.adc.bits) + "b",
                                          params.adc.conversion_energy(), core::in_array)),
      m_stats(context.statistics(), this->name()),
      m_lanes(lanes) {}

rtl_adc_bank::~rtl_adc_bank() = default;

void rtl_adc_bank::abort() {
    stream.abort();
    if (m_message) charge();
    m_message.clear();
    m_takes = true;
}

tlm::tlm_response_status rtl_adc_bank::check(const tlm::tlm_generic_payload& payload) const {
    const tlm::tlm_response_status status = reram::check_adc_message(payload);
    if (status != tlm::TLM_OK_RESPONSE) return status;
    const auto header = bus::header_of<reram::adc_sample_header>(payload);
    if (std::uint64_t{header.crossbar_mask} >> m_crossbars != 0 || header.fraction_bits != 0) {
        return tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
    const unsigned units = m_shape.unit_is_converted() ? 1 : 0;
    for (unsigned i = 0; i < header.crossbars; ++i) {
        const unsigned count = reram::adc_sample_count(payload, i);
        if (count <= units || count > m_shape.columns + units) {
            return tlm::TLM_GENERIC_ERROR_RESPONSE;
        }
    }
    return tlm::TLM_OK_RESPONSE;
}

// page begins
void rtl_adc_bank::begin() {
    m_message = stream.take();
    m_begin = sc_core::sc_time_stamp();
    m_clocks = m_converted = 0;

    const auto header = bus::header_of<reram::adc_sample_header>(m_message.payload());
    m_starts = header.crossbars != 0;
    if (!m_starts) {  // an idle cycle: nothing to convert, but its time passes
        m_clocks = m_shape.columns;
        finish();
        return;
    }
    std::uint16_t* values = reram::adc_values(m_message.payload());
    const std::uint16_t* count = values - header.crossbars;
    const unsigned units = m_shape.unit_is_converted() ? 1 : 0;
    std::fill(m_lanes.begin(), m_lanes.end(), lane{});
    for (unsigned i = 0; i < header.crossbars; ++i) {
        const unsigned used = count[i] - units;
        m_lanes[i] = {values, used, m_shape.convert_unused_columns ? m_shape.columns : used};
        if (units != 0) m_lanes[m_crossbars + i] = {values + used, 1, 1};
        values += count[i];
    }
    value_of<decltype(Vadc_back_end::columns)> columns;
    for (unsigned i = 0; i < lanes; ++i) set_element(columns, i, column_bits, m_lanes[i].columns);
    m_pins->columns.write(columns);
}

bool rtl_adc_bank::drive() {
    if (!m_message && stream.is_due()) begin();
    m_pins->start.write(m_starts);
    m_pins->code_ready.write(m_takes);
    if (!m_message) return false;
    if (m_pins->ready.read()) m_starts = false;

    const unsigned selected = m_pins->select.read().to_uint();
    value_of<decltype(Vadc_back_end::sample)> sample;
    for (unsigned i = 0; i < lanes; ++i) {
        if (selected < m_lanes[i].used) {
            set_element(sample, i, sample_bits, m_lanes[i].values[selected]);
        }
    }
    m_pins->sample.write(sample);
    return true;
}

void rtl_adc_bank::collect() {
    ++m_clocks;
    m_takes = stream.unanswered() < most_unanswered;
    if (!m_takes || !m_pins->code_valid.read()) return;

    const unsigned column = m_pins->code_column.read().to_uint();
    for (unsigned i = 0; i < lanes; ++i) {
        if (element(m_pins->code_lanes.read(), i, 1) == 0) continue;
        ++m_converted;
        m_stats.clipped += element(m_pins->over_range.read(), i, 1);
        if (column < m_lanes[i].used) {
            m_lanes[i].values[column] = element(m_pins->code.read(), i, code_bits);
        }
    }
    if (m_pins->code_last.read()) finish();
}

void rtl_adc_bank::finish() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    const std::uint64_t cycles =
        reram::adc_params::conversion_cycles(m_clocks, m_sample_rate, m_cycle);
    const sc_core::sc_time end = std::max(now, m_begin + core::from_fs(cycles * m_cycle.fs));
    charge();
    stream.rest_until(end);
    stream.out.send(std::exchange(m_message, {}), end - now);
}

// page ends
void rtl_adc_bank::charge() {
    const auto header = bus::header_of<reram::adc_sample_header>(m_message.payload());
    m_stats.conversions += m_converted;
    m_ledger.add(m_conversion, m_converted, header.scope);
}

board::accelerator_types types_with_rtl() {
    reram::parts parts = reram::parts::defaults();
    parts.adc_banks["rtl"] = [](const char* name, core::context& context,
                                const reram::ima_params& params) {
        return std::make_unique<rtl_adc_bank>(name, context, params);
    };
    board::accelerator_types types;
    types.add<isaac_like::accelerator, isaac_like::isaac_like_params>(
        "isaac_like", "ISAAC-like, ADC banks in Verilog to choose from", parts);
    return types;
}
