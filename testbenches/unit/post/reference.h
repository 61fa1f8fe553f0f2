// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/post/post_kernel.h>

#include <support/catch.h>
#include <support/random.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

/// Binary32 arithmetic of the host (SSE: no extended precision), each step through a volatile so
/// that no compiler fuses, widens or folds it.
namespace reference {

inline float as_float(pimvp::post::float_bits bits) {
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline pimvp::post::float_bits as_bits(float value) {
    pimvp::post::float_bits bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return std::isnan(value) ? pimvp::post::soft_float::quiet_nan : bits;
}

inline float from_int(std::int64_t value) {
    volatile float x = static_cast<float>(value);
    return x;
}

inline float multiply(float a, float b) {
    volatile float x = a, y = b;
    volatile float product = x * y;
    return product;
}

inline float add(float a, float b) {
    volatile float x = a, y = b;
    volatile float sum = x + y;
    return sum;
}

inline float divide(float a, float b) {
    volatile float x = a, y = b;
    volatile float quotient = x / y;
    return quotient;
}

/// Half to even (the default rounding mode), saturated; a NaN is 0.
inline std::int32_t quantise(float real, const pimvp::post::number_format& to) {
    if (std::isnan(real)) return pimvp::post::saturate(0, to);
    const double rounded = std::nearbyint(static_cast<double>(real)) + to.zero_point;
    return static_cast<std::int32_t>(
        std::clamp(rounded, static_cast<double>(to.lowest), static_cast<double>(to.highest)));
}

inline float real_of(std::int32_t x, const pimvp::post::number_format& format) {
    return multiply(from_int(x - format.zero_point), as_float(format.scale));
}

inline std::int32_t requantise(std::int64_t accumulator, pimvp::post::float_bits multiplier,
                               const pimvp::post::number_format& to) {
    return quantise(multiply(from_int(accumulator), as_float(multiplier)), to);
}

inline std::int32_t rescale(std::int32_t x, const pimvp::post::number_format& from,
                            const pimvp::post::number_format& to) {
    return quantise(divide(real_of(x, from), as_float(to.scale)), to);
}

/// The formats a test goes through: both signs, narrow and full widths, shifted zero points.
inline const pimvp::post::number_format formats[] = {
    {as_bits(1.0F), 0, -128, 127, 1},
    {as_bits(0.0173F), 131, 0, 255, 1},
    {as_bits(0.25F), 7, 0, 15, 1},
    {as_bits(0.0038F), -8, -8, 7, 1},
    {as_bits(0.00021F), 0, -32768, 32767, 2},
    {as_bits(0.5F), 30000, 0, 65535, 2},
    {as_bits(1.7e-3F), -1024, -2048, 2047, 2},
};

/// A finite positive number spread over `decades` powers of two below and above 1.
inline pimvp::post::float_bits random_scale(support::generator& random, int spread) {
    const auto field = static_cast<std::uint32_t>(127 + random.between(-spread, spread));
    return (field << 23) | static_cast<std::uint32_t>(random.below(1U << 23));
}

}  // namespace reference
