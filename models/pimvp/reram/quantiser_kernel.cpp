// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/quantiser_kernel.h>

#include <pimvp/reram/crossbar_kernel.h>

#include <algorithm>
#include <type_traits>

namespace pimvp::reram {
namespace {

unsigned bits_of(std::uint32_t x) {
    unsigned bits = 0;
    while (x >> bits != 0) ++bits;
    return bits;
}

template <class Element>
group_statistics study(const Element* elements, unsigned count) {
    group_statistics seen;
    seen.elements = count;
    for (unsigned i = 0; i < count; ++i) {
        const int x = elements[i];
        const auto magnitude = static_cast<std::uint32_t>(x < 0 ? -x : x);
        seen.largest = std::max(seen.largest, magnitude);
        seen.magnitudes += magnitude;
        seen.sum += x;
        seen.squares += std::uint64_t{magnitude} * magnitude;
    }
    return seen;
}

/// Multiples of 2^drop, saturated.
template <class Element>
void round_all(const Element* from, unsigned count, unsigned drop, drop_rounding rounding,
               int lowest, int highest, Element* to) {
    const int half = drop == 0 ? 0 : 1 << (drop - 1U);
    const int offset = rounding == drop_rounding::half_even ? half - (drop == 0 ? 0 : 1)
                       : rounding == drop_rounding::half_up ? half
                                                            : 0;
    const int odd = rounding == drop_rounding::half_even && drop != 0 ? 1 : 0;
    for (unsigned i = 0; i < count; ++i) {
        const int x = from[i];
        const int q = (x + offset + ((x >> drop) & odd)) >> drop;
        to[i] = static_cast<Element>(std::clamp(q, lowest, highest) * (1 << drop));
    }
}

/// Bits that hold every multiple, from bit `drop` on: of signed ones with a sign.
template <class Element>
unsigned planes_of(const Element* elements, unsigned count, unsigned drop) {
    unsigned used = 0;  // bits that differ from the sign somewhere
    unsigned any = 0;
    for (unsigned i = 0; i < count; ++i) {
        const int x = elements[i];
        used |= static_cast<unsigned>(x < 0 ? ~x : x) >> drop;
        any |= static_cast<unsigned>(x);
    }
    if (any == 0) return 0;
    return bits_of(used) + (std::is_signed_v<Element> ? 1U : 0U);
}

template <class Element>
unsigned ones_of(const Element* elements, unsigned count) {
    unsigned ones = 0;
    for (unsigned i = 0; i < count; ++i)
        ones |= static_cast<std::make_unsigned_t<Element>>(elements[i]);
    return ones;
}

unsigned planes_from(unsigned drop, unsigned count) {
    return ((1U << count) - 1U) << drop;
}

}  // namespace

std::int64_t group_statistics::value_of(group_statistic which) const {
    const auto e = static_cast<std::int64_t>(elements);
    switch (which) {
    case group_statistic::maximum:
        return largest;
    case group_statistic::mean:
        return static_cast<std::int64_t>(16 * magnitudes) / e;
    case group_statistic::variance:
        return (e * static_cast<std::int64_t>(squares) - sum * sum) / (e * e);
    case group_statistic::peak_to_mean:
        return magnitudes == 0
                   ? 0
                   : 16 * e * std::int64_t{largest} / static_cast<std::int64_t>(magnitudes);
    }
    return 0;
}

group_quantiser::group_quantiser(const group_rule& rule, unsigned bits, bool is_signed)
    : m_rule(rule),
      m_policy(static_cast<group_policy>(rule.policy)),
      m_bits(bits),
      m_is_signed(is_signed) {}

unsigned group_quantiser::next_width(unsigned planes, unsigned most) const {
    while (planes < most && (m_rule.widths >> planes & 1U) == 0) ++planes;
    return planes;
}

/// (1) the statistics decide how many LSBs go (2) elements are rounded (3) what is left says which
/// planes carry something.
template <class Element>
group_decision group_quantiser::cut(const Element* from, unsigned count, Element* to) const {
    group_decision d;
    const bool judges = m_rule.is_asymmetric == 0;
    d.drop = m_policy == group_policy::msb_skip ? 0 : m_rule.drop;
    unsigned kept = m_bits - (m_is_signed ? 1U : 0U);  // magnitude bits below the sign
    if (judges && m_policy == group_policy::threshold) {
        const std::int64_t seen =
            study(from, count).value_of(static_cast<group_statistic>(m_rule.statistic));
        for (const std::int64_t limit : m_rule.thresholds) d.drop += seen >= limit ? 1U : 0U;
    } else if (judges && m_policy == group_policy::rescale && m_rule.keep != 0) {
        const unsigned bits = bits_of(study(from, count).largest);
        if (bits > m_rule.keep) d.drop = std::max(d.drop, bits - m_rule.keep);
        kept = std::min(kept, m_rule.keep + d.drop);
    }
    d.drop = std::min(d.drop, m_bits - 1U);

    const int highest = (1 << (kept - std::min(kept, d.drop))) - 1;
    round_all(from, count, d.drop, static_cast<drop_rounding>(m_rule.rounding),
              m_is_signed ? -highest - 1 : 0, highest, to);

    const unsigned most = m_bits - d.drop;
    if (!judges || m_policy == group_policy::fixed) {
        d.planes = planes_from(d.drop, most);
    } else if (m_policy == group_policy::plane_skip && !m_is_signed) {
        d.planes = ones_of(to, count);
    } else {
        d.planes = planes_from(d.drop, next_width(planes_of(to, count, d.drop), most));
    }
    d.streamed = population_count(d.planes);
    return d;
}

group_decision group_quantiser::operator()(const std::uint8_t* from, unsigned count,
                                           std::uint8_t* to) const {
    return m_is_signed ? cut(reinterpret_cast<const std::int8_t*>(from), count,
                             reinterpret_cast<std::int8_t*>(to))
                       : cut(from, count, to);
}

group_decision group_quantiser::operator()(const std::uint16_t* from, unsigned count,
                                           std::uint16_t* to) const {
    return m_is_signed ? cut(reinterpret_cast<const std::int16_t*>(from), count,
                             reinterpret_cast<std::int16_t*>(to))
                       : cut(from, count, to);
}

}  // namespace pimvp::reram
