// SPDX-License-Identifier: Apache-2.0
#include <pimvp/post/post_kernel.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace pimvp::post {
namespace {

using soft_float::parts;

/// How many bits the magnitude of an unsaturated result (before the zero point) needs, plus one.
unsigned result_bits(const number_format& to) {
    const std::int64_t below = std::int64_t{to.lowest} - to.zero_point;
    const std::int64_t above = std::int64_t{to.highest} - to.zero_point;
    const std::int64_t largest = std::max(below < 0 ? -below : below, above < 0 ? -above : above);
    unsigned bits = 1;
    while ((std::int64_t{1} << bits) <= largest) ++bits;
    return bits + 1;
}

/// Rounding a scaled integer without following each binary32 rounding on the way.
///
/// Let v = p / 2^shift be the exact result of at most two binary32 operations on exact inputs, or
/// be off by 2^-38 of itself. Each binary32 rounding moves the value by at most 2^-24 of itself
/// (p >= 1, shift <= 62 keep it out of the subnormal range), so what the operations give lies
/// within v * 2^-22 of v. Below 2^range_bits this is at most `window` = 2^(range_bits - 22), in
/// units of the result. If v is farther than that from the nearest tie (integer + 1/2), rounding
/// v and rounding the binary32 value give the same integer. At 2^range_bits and above both
/// integers are at least 2^range_bits - 1: both saturate.
struct quick_rounding {
    std::uint64_t magnitude;
    bool exact;  ///< false: too close to a tie, or out of the domain; take the long way
};

constexpr int window_bits = 22;
constexpr int largest_shift = 62;

/// Precondition: p < 2^63, 1 <= range_bits <= window_bits.
inline quick_rounding round_scaled(std::uint64_t p, int shift, unsigned range_bits) {
    const int smallest_shift = window_bits - static_cast<int>(range_bits);
    const bool in_domain = shift > smallest_shift && shift <= largest_shift;
    const int s = in_domain ? shift : largest_shift;
    const std::uint64_t window = std::uint64_t{1} << (s - smallest_shift);
    const std::uint64_t rounded = p + (std::uint64_t{1} << (s - 1));
    const std::uint64_t above_tie = (rounded + window) & ((std::uint64_t{1} << s) - 1);
    return {rounded >> s, in_domain && above_tie > 2 * window};
}

/// Calls visit(T{}) with T as wide as one element of the format in memory.
template <class Visitor>
decltype(auto) with_width(const number_format& format, Visitor&& visit) {
    if (format.element_bytes == 1) return visit(std::uint8_t{});
    return visit(std::uint16_t{});
}

/// Calls visit(T{}) with T the type of one element of the format.
template <class Visitor>
decltype(auto) with_element(const number_format& format, Visitor&& visit) {
    if (format.element_bytes == 1) {
        return format.is_signed() ? visit(std::int8_t{}) : visit(std::uint8_t{});
    }
    return format.is_signed() ? visit(std::int16_t{}) : visit(std::uint16_t{});
}

template <class T>
T get(const std::uint8_t* data, std::size_t index) {
    T value;
    std::memcpy(&value, data + index * sizeof(T), sizeof(T));
    return value;
}

template <class T>
void put(std::uint8_t* data, std::size_t index, std::int32_t value) {
    const T element = static_cast<T>(value);
    std::memcpy(data + index * sizeof(T), &element, sizeof(T));
}

template <class Output>
void requantise_as(const std::int64_t* accumulators, const float_bits* multipliers,
                   std::size_t multiplier_step, std::size_t count, const number_format& to,
                   std::uint8_t* out) {
    constexpr std::uint64_t largest_magnitude = std::uint64_t{1} << 39;  // times 2^24 is below 2^63
    const unsigned range_bits = result_bits(to);
    for (std::size_t i = 0; i < count; ++i) {
        const float_bits multiplier = multipliers[i * multiplier_step];
        const std::int64_t accumulator = accumulators[i];
        const std::uint64_t bits = static_cast<std::uint64_t>(accumulator);
        const std::uint64_t magnitude = accumulator < 0 ? ~bits + 1U : bits;
        const bool small = magnitude < largest_magnitude;
        // A sign, subnormal, infinite or NaN multiplier leaves the shift's domain.
        const auto field = static_cast<int>(multiplier >> soft_float::fraction_bits);
        const std::uint64_t p =
            (small ? magnitude : 0U) * ((multiplier & 0x007FFFFFU) | 0x00800000U);
        const quick_rounding r = round_scaled(p, 150 - field, range_bits);
        if (small && r.exact) {
            const auto rounded = static_cast<std::int64_t>(r.magnitude);
            put<Output>(out, i, saturate(accumulator < 0 ? -rounded : rounded, to));
        } else {
            put<Output>(out, i, requantise_one(accumulator, multiplier, to));
        }
    }
}

/// (x - zero point) * scale
float_bits real_of(std::int32_t x, const number_format& format) {
    return soft_float::multiply(soft_float::from_int64(std::int64_t{x} - format.zero_point),
                                format.scale);
}

/// A function of an element, tabulated by raw byte; empty for two-byte formats.
template <class Value, class Function>
std::vector<Value> tabulate(const number_format& format, Function&& function) {
    std::vector<Value> table;
    if (format.element_bytes != 1) return table;
    table.reserve(256);
    for (unsigned raw = 0; raw < 256; ++raw) {
        const std::uint8_t element[2] = {static_cast<std::uint8_t>(raw), 0};
        table.push_back(function(load(element, 0, format)));
    }
    return table;
}

}  // namespace

std::int32_t load(const std::uint8_t* data, std::size_t index, const number_format& format) {
    return with_element(format, [&](auto element) {
        return static_cast<std::int32_t>(get<decltype(element)>(data, index));
    });
}

void store(std::uint8_t* data, std::size_t index, const number_format& format, std::int32_t value) {
    with_width(format, [&](auto element) { put<decltype(element)>(data, index, value); });
}

operation_counts requantise(const std::int64_t* accumulators, const float_bits* multipliers,
                            std::size_t multiplier_step, std::size_t count, const number_format& to,
                            std::uint8_t* out) {
    with_width(to, [&](auto element) {
        requantise_as<decltype(element)>(accumulators, multipliers, multiplier_step, count, to,
                                         out);
    });
    operation_counts counts;
    counts.requantised = count;
    return counts;
}

rounding_divider::rounding_divider(float_bits divisor, unsigned range_bits)
    : m_divisor(divisor),
      m_range_bits(range_bits) {
    constexpr std::uint32_t implicit_bit = 0x00800000U;
    if (!soft_float::is_finite(divisor) || soft_float::is_negative(divisor)) return;
    const parts d = soft_float::split(divisor);
    if (d.significand < implicit_bit) return;                 // zero or subnormal
    m_reciprocal = (std::uint64_t{1} << 62) / d.significand;  // 2^38 < it <= 2^39
    m_exponent = d.exponent;
}

std::int64_t rounding_divider::operator()(float_bits x) const {
    if (soft_float::is_zero(x)) x = 0;
    if (m_reciprocal != 0 && soft_float::is_finite(x)) {
        if (x == 0) return 0;
        const parts n = soft_float::split(x);
        // x / divisor = n * reciprocal / 2^(62 - exponents), short by less than 2^-38 of itself.
        const quick_rounding r = round_scaled(n.significand * m_reciprocal,
                                              62 - (n.exponent - m_exponent), m_range_bits);
        if (r.exact) {
            const auto magnitude = static_cast<std::int64_t>(r.magnitude);
            return soft_float::is_negative(x) ? -magnitude : magnitude;
        }
    }
    return soft_float::to_int64(soft_float::divide(x, m_divisor));
}

real_pairs::real_pairs(const number_format& a, const number_format& b)
    : m_a(a),
      m_b(b),
      m_real_a(tabulate<float_bits>(a, [&](std::int32_t x) { return real_of(x, a); })),
      m_real_b(tabulate<float_bits>(b, [&](std::int32_t x) { return real_of(x, b); })) {}

float_bits real_pairs::real(const std::uint8_t* data, std::size_t index,
                            const number_format& format) {
    return real_of(load(data, index, format), format);
}

residual_adder::residual_adder(const number_format& a, const number_format& b,
                               const number_format& y)
    : m_reals(a, b),
      m_y(y),
      m_divide(y.scale, result_bits(y)) {}

operation_counts residual_adder::operator()(const std::uint8_t* a, const std::uint8_t* b,
                                            std::size_t count, std::uint8_t* out) const {
    with_width(m_y, [&](auto element) {
        m_reals.visit(a, b, count, [&](std::size_t i, float_bits x, float_bits z) {
            put<decltype(element)>(out, i, saturate(m_divide(soft_float::add(x, z)), m_y));
        });
    });
    operation_counts counts;
    counts.added = count;
    return counts;
}

element_multiplier::element_multiplier(const number_format& a, const number_format& b,
                                       const number_format& y)
    : m_reals(a, b),
      m_y(y),
      m_divide(y.scale, result_bits(y)) {}

operation_counts element_multiplier::operator()(const std::uint8_t* a, const std::uint8_t* b,
                                                std::size_t count, std::uint8_t* out) const {
    with_width(m_y, [&](auto element) {
        m_reals.visit(a, b, count, [&](std::size_t i, float_bits x, float_bits z) {
            put<decltype(element)>(out, i, saturate(m_divide(soft_float::multiply(x, z)), m_y));
        });
    });
    operation_counts counts;
    counts.multiplied = count;
    return counts;
}

rescaler::rescaler(const number_format& x, const number_format& y)
    : m_x(x),
      m_y(y),
      m_divide(y.scale, result_bits(y)) {
    m_table = tabulate<std::int32_t>(x, [this](std::int32_t value) { return one(value); });
}

std::int32_t rescaler::one(std::int32_t x) const {
    return saturate(m_divide(real_of(x, m_x)), m_y);
}

operation_counts rescaler::operator()(const std::uint8_t* x, std::size_t count,
                                      std::uint8_t* out) const {
    with_width(m_y, [&](auto element) {
        for (std::size_t i = 0; i < count; ++i) {
            put<decltype(element)>(out, i, m_table.empty() ? one(load(x, i, m_x)) : m_table[x[i]]);
        }
    });
    operation_counts counts;
    counts.rescaled = count;
    return counts;
}

lookup_activation::lookup_activation(const number_format& x, const number_format& y,
                                     const std::vector<std::int32_t>& entries)
    : m_x(x),
      m_y(y) {
    const std::uint32_t raws = 1U << (8 * x.element_bytes);
    m_by_raw.reserve(raws);
    for (std::uint32_t raw = 0; raw < raws; ++raw) {
        const std::uint8_t bytes[2] = {static_cast<std::uint8_t>(raw & 255U),
                                       static_cast<std::uint8_t>(raw >> 8U)};
        const std::int32_t nearest = std::clamp(load(bytes, 0, x), x.lowest, x.highest);
        m_by_raw.push_back(entries[static_cast<std::size_t>(nearest - x.lowest)]);
    }
}

operation_counts lookup_activation::operator()(const std::uint8_t* x, std::size_t count,
                                               std::uint8_t* out) const {
    with_width(m_y, [&](auto element) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t raw = m_x.element_bytes == 1 ? x[i] : get<std::uint16_t>(x, i);
            put<decltype(element)>(out, i, m_by_raw[raw]);
        }
    });
    operation_counts counts;
    counts.looked_up = count;
    return counts;
}

operation_counts max_pool(const std::uint8_t* const* window, std::size_t pixels,
                          std::size_t channels, const number_format& format, std::uint8_t* out) {
    if (out != window[0]) std::memcpy(out, window[0], channels * format.element_bytes);
    with_element(format, [&](auto element) {
        using T = decltype(element);
        for (std::size_t p = 1; p < pixels; ++p) {
            for (std::size_t c = 0; c < channels; ++c) {
                put<T>(out, c, std::max(get<T>(out, c), get<T>(window[p], c)));
            }
        }
    });
    operation_counts counts;
    counts.compared = pixels * channels;
    return counts;
}

average_pooler::average_pooler(const number_format& x, const number_format& y)
    : m_x(x),
      m_y(y),
      m_divide(soft_float::divide(y.scale, x.scale), result_bits(y)) {}

operation_counts average_pooler::accumulate(const std::uint8_t* x, std::size_t channels,
                                            std::int64_t* sums) const {
    with_element(m_x, [&](auto element) {
        for (std::size_t c = 0; c < channels; ++c) {
            sums[c] += std::int64_t{get<decltype(element)>(x, c)} - m_x.zero_point;
        }
    });
    operation_counts counts;
    counts.accumulated = channels;
    return counts;
}

operation_counts average_pooler::finish(const std::int64_t* sums, std::size_t channels,
                                        std::uint32_t divisor, std::uint8_t* out) const {
    const float_bits elements = soft_float::from_int64(divisor);
    for (std::size_t c = 0; c < channels; ++c) {
        const float_bits mean = soft_float::divide(soft_float::from_int64(sums[c]), elements);
        store(out, c, m_y, saturate(m_divide(mean), m_y));
    }
    operation_counts counts;
    counts.rescaled = channels;
    return counts;
}

}  // namespace pimvp::post
