// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/adc_bank.h>

#include <pimvp/reram/adc_message.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace pimvp::reram {
namespace {

/// Conversions a second.
double capacity_of(const ima_params& params) {
    return static_cast<double>(params.crossbars) *
           static_cast<double>(params.adc.sample_rate.value.hz);
}

/// One meter for all banks of a tile; a bank that stands alone has its own.
std::string meter_name_beside(const sc_core::sc_module& bank) {
    const sc_core::sc_object* const parent = bank.get_parent_object();
    return std::string(parent == nullptr ? bank.name() : parent->name()) + ".adc";
}

}  // namespace

adc_bank::adc_bank(const sc_core::sc_module_name& name, core::context& context,
                   const ima_params& params)
    : adc_bank_base(name),
      in("in", context, *this),
      out("out", context),
      m_shape(params.crossbar),
      m_crossbars(params.crossbars),
      m_converters(make_converters(params, context, this->name())),
      m_cycle(params.crossbar.cycle.value),
      m_sample_rate(params.adc.sample_rate.value),
      m_full_conversion(conversion_time(params.crossbar.columns)),
      m_ledger(context.ledger()),
      m_conversion(context.ledger().event("adc", "conversion",
                                          std::to_string(params.adc.bits) + "b",
                                          params.adc.conversion_energy(), core::in_array)),
      m_meter(context.trace().meter(this->name(), "conversions of an IMA", capacity_of(params))),
      m_tiles_meter(context.trace().meter(meter_name_beside(*this), "conversions",
                                          capacity_of(params), core::trace_level::overview)),
      m_stats(context.statistics(), this->name()) {}

std::vector<converter> adc_bank::make_converters(const ima_params& params, core::context& context,
                                                 const std::string& name) {
    if (params.adc.is_ideal()) return {converter{params}};
    const core::random_field errors(context.seed(), name);
    const unsigned count = params.crossbars * (params.crossbar.unit_is_converted() ? 2 : 1);
    std::vector<converter> made;
    made.reserve(count);
    for (unsigned i = 0; i < count; ++i) made.emplace_back(params, errors, i);
    return made;
}

void adc_bank::abort() {
    in.abort();
    out.clear();
}

sc_core::sc_time adc_bank::conversion_time(std::uint64_t conversions) const {
    const std::uint64_t cycles = adc_params::conversion_cycles(conversions, m_sample_rate, m_cycle);
    return core::from_fs(cycles * m_cycle.fs);
}

tlm::tlm_response_status adc_bank::check(const tlm::tlm_generic_payload& payload) const {
    const tlm::tlm_response_status status = check_adc_message(payload);
    if (status != tlm::TLM_OK_RESPONSE) return status;
    const auto header = bus::header_of<adc_sample_header>(payload);
    const bool possible = (std::uint64_t{header.crossbar_mask} >> m_crossbars) == 0 &&
                          header.fraction_bits <= m_shape.sum_fraction_bits();
    return possible ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
}

sc_core::sc_time adc_bank::occupancy(const tlm::tlm_generic_payload& payload) const {
    if (m_shape.convert_unused_columns) return m_full_conversion;
    const auto header = bus::header_of<adc_sample_header>(payload);
    unsigned most = 0;
    for (unsigned i = 0; i < header.crossbars; ++i) {
        most = std::max<unsigned>(most, adc_sample_count(payload, i));
    }
    if (m_shape.unit_is_converted() && most != 0) --most;  // its converter works at the same time
    return conversion_time(most);
}

void adc_bank::execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    const auto header = bus::header_of<adc_sample_header>(payload);
    bus::message codes = out.pool().allocate(payload.get_data_length());
    std::memcpy(codes.data(), payload.get_data_ptr(),
                sizeof(header) + 2 * std::size_t{header.crossbars});
    m_stats.clipped += convert_each(payload, adc_values(codes.payload()));
    m_stats.conversions += header.conversions;
    m_ledger.add(m_conversion, header.conversions, header.scope);
    if (m_tiles_meter != nullptr) meter(header.conversions, occupancy(payload), at);
    out.send(std::move(codes), at);
}

/// Each sample by its converter; returns how many were above the highest code.
std::size_t adc_bank::convert_each(const tlm::tlm_generic_payload& payload,
                                   std::uint16_t* codes) const {
    const auto header = bus::header_of<adc_sample_header>(payload);
    const std::uint16_t* samples = adc_values(payload);
    if (m_converters.size() == 1) {
        return m_converters.front().convert(samples, header.fraction_bits, codes, header.samples);
    }
    std::size_t clipped = 0;
    const auto convert = [&](unsigned by, std::size_t count) {
        clipped += m_converters[by].convert(samples, header.fraction_bits, codes, count);
        samples += count;
        codes += count;
    };
    for (unsigned crossbar = 0, active = 0; active < header.crossbars; ++crossbar) {
        if ((header.crossbar_mask >> crossbar & 1U) == 0) continue;
        const std::size_t count = adc_sample_count(payload, active++);
        const std::size_t units = m_shape.unit_is_converted() && count != 0 ? 1 : 0;
        convert(crossbar, count - units);
        if (units != 0) convert(m_crossbars + crossbar, units);
    }
    return clipped;
}

/// The trace shows work where it was done: up to `at` from now on.
void adc_bank::meter(std::uint64_t conversions, const sc_core::sc_time& took,
                     const sc_core::sc_time& at) {
    const std::uint64_t end = core::now_fs() + core::to_fs(at);
    const std::uint64_t start = end - std::min(end, core::to_fs(took));
    m_tiles_meter->add(start, end, conversions);
    if (m_meter != nullptr) m_meter->add(start, end, conversions);
}

}  // namespace pimvp::reram
