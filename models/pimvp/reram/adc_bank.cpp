// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/adc_bank.h>

#include <pimvp/reram/adc_message.h>
#include <pimvp/reram/crossbar_simd.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace pimvp::reram {
namespace {

const std::uint8_t* counts_of(const tlm::tlm_generic_payload& payload) {
    return bus::tail_of<adc_sample_header>(payload);
}

std::uint16_t count_at(const std::uint8_t* counts, unsigned crossbar) {
    std::uint16_t count = 0;
    std::memcpy(&count, counts + crossbar * sizeof(count), sizeof(count));
    return count;
}

}  // namespace

adc_bank::adc_bank(const sc_core::sc_module_name& name, core::context& context,
                   const ima_params& params)
    : adc_bank_base(name),
      in("in", context, *this),
      out("out", context),
      m_shape(params.crossbar),
      m_highest_code(static_cast<std::uint16_t>((1U << params.adc.bits) - 1U)),
      m_cycle(params.crossbar.cycle.value),
      m_sample_rate(params.adc.sample_rate.value),
      m_full_conversion(conversion_time(params.crossbar.columns)),
      m_ledger(context.ledger()),
      m_conversion(context.ledger().event("adc", "conversion",
                                          std::to_string(params.adc.bits) + "b",
                                          params.adc.conversion_energy(), core::in_array)),
      m_stats(context.statistics(), this->name()) {}

void adc_bank::abort() {
    in.abort();
    out.clear();
}

sc_core::sc_time adc_bank::conversion_time(std::uint64_t conversions) const {
    const std::uint64_t cycles = adc_params::conversion_cycles(conversions, m_sample_rate, m_cycle);
    return core::from_fs(cycles * m_cycle.fs);
}

tlm::tlm_response_status adc_bank::check(const tlm::tlm_generic_payload& payload) const {
    return check_adc_message(payload);
}

sc_core::sc_time adc_bank::occupancy(const tlm::tlm_generic_payload& payload) const {
    if (m_shape.convert_unused_columns) return m_full_conversion;
    const auto header = bus::header_of<adc_sample_header>(payload);
    const std::uint8_t* counts = counts_of(payload);
    unsigned most = 0;
    for (unsigned i = 0; i < header.crossbars; ++i) {
        most = std::max<unsigned>(most, count_at(counts, i));
    }
    if (m_shape.unit_is_converted() && most != 0) --most;  // its converter works at the same time
    return conversion_time(most);
}

void adc_bank::execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    const auto header = bus::header_of<adc_sample_header>(payload);
    bus::message codes = out.pool().allocate(payload.get_data_length());
    std::memcpy(codes.data(), payload.get_data_ptr(),
                sizeof(header) + 2 * std::size_t{header.crossbars});
    m_stats.clipped += best_kernels().saturate(adc_values(payload), adc_values(codes.payload()),
                                               header.samples, m_highest_code);
    m_stats.conversions += header.conversions;
    m_ledger.add(m_conversion, header.conversions, header.scope);
    out.send(std::move(codes), at);
}

}  // namespace pimvp::reram
