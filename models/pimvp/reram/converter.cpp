// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/converter.h>

#include <algorithm>
#include <cmath>

namespace pimvp::reram {
namespace {

/// x >= 0, rounded, as far as 16 bits go.
std::uint16_t held(double x) {
    return static_cast<std::uint16_t>(std::min(x + 0.5, 65535.0));
}

}  // namespace

converter::converter(const ima_params& params)
    : m_fraction_bits(params.crossbar.sum_fraction_bits()) {
    const unsigned step_bits = params.adc.step_bits(params.crossbar.required_adc_bits());
    m_rule.highest = static_cast<std::uint16_t>((1U << params.adc.bits) - 1U);
    m_rule.step_bits = step_bits;
    m_rule.codes = static_cast<std::uint16_t>(1U << (16U - m_fraction_bits - step_bits));
    m_is_plain = step_bits == 0;
}

converter::converter(const ima_params& params, const core::random_field& field, unsigned index)
    : converter(params) {
    std::uint32_t drawn = 0;
    field.fill(index, &drawn, 1);
    const auto normal = [](std::uint32_t bytes) {
        return core::normal_halves()[bytes & 0xFFU] + core::normal_halves()[bytes >> 8U & 0xFFU];
    };
    const double gain = std::ldexp(params.adc.gain_sigma * normal(drawn), 16);
    const double offset = std::ldexp(params.adc.offset_sigma * normal(drawn >> 16U),
                                     static_cast<int>(m_fraction_bits));
    (gain < 0.0 ? m_rule.gain_less : m_rule.gain_more) = held(std::abs(gain));
    (offset < 0.0 ? m_rule.offset_less : m_rule.offset_more) = held(std::abs(offset));
    m_is_plain = false;
}

std::size_t converter::convert(const std::uint16_t* samples, unsigned fraction_bits,
                               std::uint16_t* codes, std::size_t count,
                               const simd_kernels& simd) const {
    if (m_is_plain && fraction_bits == 0) {
        return simd.saturate(samples, codes, count, m_rule.highest);
    }
    return simd.convert(m_rule, m_fraction_bits - fraction_bits, samples, codes, count);
}

double converter::gain() const {
    return std::ldexp(m_rule.gain_more - m_rule.gain_less, -16);
}

double converter::offset() const {
    return std::ldexp(m_rule.offset_more - m_rule.offset_less, -static_cast<int>(m_fraction_bits));
}

}  // namespace pimvp::reram
