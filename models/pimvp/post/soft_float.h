// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// IEEE 754 binary32 arithmetic in integers: what a post-processing unit computes with its own
/// adders and multipliers, independent of the host's floating-point unit, compiler flags and
/// rounding mode.
///
/// A number is its 32 bits (`float_bits`). All operations round once, half to even, and treat
/// subnormal numbers, infinities and signed zeros as the standard does; every NaN result is
/// `quiet_nan`. Everything is constexpr.
///
/// **Example**
/// \code
///     using namespace pimvp::post;
///     constexpr float_bits third = soft_float::divide(soft_float::from_int64(1),
///                                                     soft_float::from_int64(3));
///     static_assert(third == 0x3EAAAAABU);
/// \endcode
///
/// **Source** IEEE 754-2019, sections 3.4, 4.3.1 and 6.
namespace pimvp::post {

/// The encoding of a binary32 number: sign (1), biased exponent (8), fraction (23).
using float_bits = std::uint32_t;

namespace soft_float {

inline constexpr float_bits sign_bit = 0x80000000U;
inline constexpr float_bits infinity = 0x7F800000U;
inline constexpr float_bits quiet_nan = 0x7FC00000U;
inline constexpr int fraction_bits = 23;
inline constexpr int exponent_bias = 127;

[[nodiscard]] constexpr bool is_nan(float_bits a) {
    return (a & ~sign_bit) > infinity;
}
[[nodiscard]] constexpr bool is_infinite(float_bits a) {
    return (a & ~sign_bit) == infinity;
}
[[nodiscard]] constexpr bool is_finite(float_bits a) {
    return (a & infinity) != infinity;
}
[[nodiscard]] constexpr bool is_zero(float_bits a) {
    return (a & ~sign_bit) == 0;
}
[[nodiscard]] constexpr bool is_negative(float_bits a) {
    return (a & sign_bit) != 0;
}
[[nodiscard]] constexpr float_bits negate(float_bits a) {
    return a ^ sign_bit;
}

/// A finite number taken apart: |value| = significand * 2^exponent, significand < 2^24.
struct parts {
    std::uint32_t significand = 0;
    std::int32_t exponent = 0;
};

/// Precondition: is_finite(a).
[[nodiscard]] constexpr parts split(float_bits a) {
    const std::uint32_t fraction = a & 0x007FFFFFU;
    const auto field = static_cast<std::int32_t>((a >> fraction_bits) & 0xFFU);
    return field == 0 ? parts{fraction, -149} : parts{fraction | 0x00800000U, field - 150};
}

/// a / 2^places with every lost bit collected in the last one ("sticky"), for a later rounding.
[[nodiscard]] constexpr std::uint64_t shift_right_sticky(std::uint64_t a, int places) {
    if (places <= 0) return a;
    if (places > 63) return a != 0 ? 1 : 0;
    return (a >> places) | ((a << (64 - places)) != 0 ? 1U : 0U);
}

/// The binary32 number nearest to (-1)^negative * significand * 2^exponent, ties to even.
/// If bits were lost on the way here, the last bit of `significand` is sticky; then the
/// significand must have at least 26 significant bits.
[[nodiscard]] constexpr float_bits round_and_pack(bool negative, std::int32_t exponent,
                                                  std::uint64_t significand) {
    const float_bits sign = negative ? sign_bit : 0U;
    if (significand == 0) return sign;
    const int leading = __builtin_clzll(significand);
    significand <<= leading;  // now in [2^63, 2^64)
    std::int32_t field = exponent - leading + 63 + exponent_bias;
    if (field >= 255) return sign | infinity;
    if (field <= 0) {  // subnormal: fewer bits are kept
        significand = shift_right_sticky(significand, 1 - field);
        field = 1;  // its implicit bit is absent: the sum below yields exponent field 0
    }
    const auto kept = static_cast<std::uint32_t>(significand >> 40);
    const std::uint64_t rest = significand << 24;
    constexpr std::uint64_t half = std::uint64_t{1} << 63;
    const std::uint32_t up = rest > half || (rest == half && (kept & 1U) != 0) ? 1U : 0U;
    // A carry out of the fraction moves into the exponent, up to infinity: that is the result.
    return sign | ((static_cast<std::uint32_t>(field - 1) << fraction_bits) + kept + up);
}

/// float32(value).
[[nodiscard]] constexpr float_bits from_int64(std::int64_t value) {
    const bool negative = value < 0;
    const std::uint64_t bits = static_cast<std::uint64_t>(value);
    return round_and_pack(negative, 0, negative ? ~bits + 1U : bits);
}

/// a * b.
[[nodiscard]] constexpr float_bits multiply(float_bits a, float_bits b) {
    const bool negative = ((a ^ b) & sign_bit) != 0;
    if (!is_finite(a) || !is_finite(b)) {
        if (is_nan(a) || is_nan(b) || is_zero(a) || is_zero(b)) return quiet_nan;
        return (negative ? sign_bit : 0U) | infinity;
    }
    const parts x = split(a);
    const parts y = split(b);
    return round_and_pack(negative, x.exponent + y.exponent,
                          std::uint64_t{x.significand} * y.significand);
}

/// a + b.
[[nodiscard]] constexpr float_bits add(float_bits a, float_bits b) {
    if (!is_finite(a) || !is_finite(b)) {
        if (is_nan(a) || is_nan(b)) return quiet_nan;
        if (is_infinite(a) && is_infinite(b)) return a == b ? a : quiet_nan;
        return is_infinite(a) ? a : b;
    }
    if ((a & ~sign_bit) < (b & ~sign_bit)) {  // |a| >= |b| from here on
        const float_bits larger = b;
        b = a;
        a = larger;
    }
    const parts x = split(a);
    const parts y = split(b);
    // 38 guard bits: the sum of two 62-bit numbers fits, and sticky bits stay far from the 24 kept.
    constexpr int guard = 38;
    const std::uint64_t large = std::uint64_t{x.significand} << guard;
    const std::uint64_t small =
        shift_right_sticky(std::uint64_t{y.significand} << guard, x.exponent - y.exponent);
    if (((a ^ b) & sign_bit) == 0) {
        return round_and_pack(is_negative(a), x.exponent - guard, large + small);
    }
    if (large == small) return 0;  // exact cancellation is +0
    return round_and_pack(is_negative(a), x.exponent - guard, large - small);
}

/// a - b.
[[nodiscard]] constexpr float_bits subtract(float_bits a, float_bits b) {
    return add(a, is_nan(b) ? b : negate(b));
}

/// a / b.
[[nodiscard]] constexpr float_bits divide(float_bits a, float_bits b) {
    const bool negative = ((a ^ b) & sign_bit) != 0;
    const float_bits sign = negative ? sign_bit : 0U;
    if (!is_finite(a) || !is_finite(b)) {
        if (is_nan(a) || is_nan(b) || (is_infinite(a) && is_infinite(b))) return quiet_nan;
        return is_infinite(a) ? sign | infinity : sign;
    }
    if (is_zero(b)) return is_zero(a) ? quiet_nan : sign | infinity;
    if (is_zero(a)) return sign;
    const parts x = split(a);
    const parts y = split(b);
    const int leading = __builtin_clzll(x.significand);
    const std::uint64_t dividend = std::uint64_t{x.significand} << leading;  // in [2^63, 2^64)
    const std::uint64_t quotient = dividend / y.significand;                 // at least 40 bits
    const std::uint64_t sticky = quotient * y.significand != dividend ? 1U : 0U;
    return round_and_pack(negative, x.exponent - leading - y.exponent, quotient | sticky);
}

/// The integer nearest to a, ties to even, saturated to [-2^62, 2^62]; 0 for a NaN.
[[nodiscard]] constexpr std::int64_t to_int64(float_bits a) {
    constexpr std::int64_t limit = std::int64_t{1} << 62;
    if (is_nan(a)) return 0;
    const bool negative = is_negative(a);
    if (is_infinite(a)) return negative ? -limit : limit;
    const parts x = split(a);
    std::int64_t magnitude = 0;
    if (x.exponent >= 39) {
        magnitude = limit;
    } else if (x.exponent >= 0) {
        magnitude = std::int64_t{x.significand} << x.exponent;
    } else if (x.exponent >= -25) {
        const int places = -x.exponent;
        const std::uint64_t twice = (std::uint64_t{x.significand} << 1) >> places;  // one spare bit
        const std::uint64_t whole = twice >> 1;
        const bool half_or_more = (twice & 1U) != 0;
        const std::uint64_t below_half = x.significand & ((std::uint64_t{1} << (places - 1)) - 1U);
        const bool up = half_or_more && (below_half != 0 || (whole & 1U) != 0);
        magnitude = static_cast<std::int64_t>(whole + (up ? 1U : 0U));
    }
    return negative ? -magnitude : magnitude;
}

}  // namespace soft_float
}  // namespace pimvp::post
