// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/post/soft_float.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// The arithmetic of a post-processing unit: from accumulators to the integers of the next layer.
///
/// Plain C++ and integers only. Every function defines its result as a sequence of binary32
/// operations (`soft_float`), each rounded half to even, none fused; so it equals what
/// QLinearConv, QLinearMatMul and DequantizeLinear -> op -> QuantizeLinear give in ONNX. Where a
/// shortcut is taken it is proven to give the same integer, and the tests compare every shortcut
/// with host floating-point arithmetic.
///
/// Tensors are bytes: one per element, or two little-endian ones, as `number_format` says.
/// Nothing here is thread-bound; objects are read-only after construction.
///
/// **Limits** Scales and multipliers are finite and positive; anything else gives the result of
/// the definition (infinities saturate, a NaN counts as 0), slowly. Accumulators up to 63 bits.
///
/// **Example**
/// \code
///     const post::number_format y{0x3D000000U, 128, 0, 255, 1};  // scale 1/32, uint8
///     const std::int64_t sums[2] = {1000, -77};
///     const post::float_bits multiplier = 0x3C23D70AU;  // 0.01
///     std::uint8_t out[2];
///     post::requantise(sums, &multiplier, 0, 2, y, out);  // 138, 127
/// \endcode
namespace pimvp::post {

/// Integers of a tensor and the reals they stand for: real = scale * (integer - zero_point).
struct number_format {
    float_bits scale = 0x3F800000U;  ///< binary32
    std::int32_t zero_point = 0;
    std::int32_t lowest = 0;  ///< results saturate to lowest .. highest; < 0: two's complement
    std::int32_t highest = 255;
    std::uint32_t element_bytes = 1;  ///< in memory: 1 or 2, little-endian

    [[nodiscard]] bool is_signed() const { return lowest < 0; }

    friend bool operator==(const number_format& a, const number_format& b) {
        return a.scale == b.scale && a.zero_point == b.zero_point && a.lowest == b.lowest &&
               a.highest == b.highest && a.element_bytes == b.element_bytes;
    }
    friend bool operator!=(const number_format& a, const number_format& b) { return !(a == b); }
};

/// What the units did, in elements.
struct operation_counts {
    std::uint64_t requantised = 0;  ///< accumulators scaled, rounded, saturated
    std::uint64_t added = 0;        ///< pairs summed and requantised
    std::uint64_t multiplied = 0;   ///< pairs multiplied and requantised
    std::uint64_t rescaled = 0;     ///< elements moved to another format, averages included
    std::uint64_t accumulated = 0;  ///< elements added into an average
    std::uint64_t compared = 0;     ///< elements compared by max pooling
    std::uint64_t looked_up = 0;    ///< elements read from an activation table

    operation_counts& operator+=(const operation_counts& other) {
        requantised += other.requantised;
        added += other.added;
        multiplied += other.multiplied;
        rescaled += other.rescaled;
        accumulated += other.accumulated;
        compared += other.compared;
        looked_up += other.looked_up;
        return *this;
    }
};

/// Element `index` of a tensor.
[[nodiscard]] std::int32_t load(const std::uint8_t* data, std::size_t index,
                                const number_format& format);
/// Writes the low byte(s) of `value`.
void store(std::uint8_t* data, std::size_t index, const number_format& format, std::int32_t value);

/// integer + zero point, saturated to the format.
[[nodiscard]] constexpr std::int32_t saturate(std::int64_t integer, const number_format& to) {
    const std::int64_t value = integer + to.zero_point;
    return value < to.lowest    ? to.lowest
           : value > to.highest ? to.highest
                                : static_cast<std::int32_t>(value);
}

/// The definition of requantisation, one element:
/// saturate(round(float32(accumulator) * multiplier) + zero point). The format's scale is unused:
/// the multiplier holds (input scale * weight scale) / output scale.
[[nodiscard]] constexpr std::int32_t requantise_one(std::int64_t accumulator, float_bits multiplier,
                                                    const number_format& to) {
    return saturate(
        soft_float::to_int64(soft_float::multiply(soft_float::from_int64(accumulator), multiplier)),
        to);
}

/// out[i] = requantise_one(accumulators[i], multipliers[i * multiplier_step], to); the bias is
/// already in the accumulators. `multiplier_step`: 0 = one multiplier for all, 1 = one each.
operation_counts requantise(const std::int64_t* accumulators, const float_bits* multipliers,
                            std::size_t multiplier_step, std::size_t count, const number_format& to,
                            std::uint8_t* out);

/// Rounds quotients by one divisor: to_int64(divide(x, divisor)), without dividing where a
/// multiplication by the reciprocal provably rounds to the same integer.
class rounding_divider {
public:
    /// `range_bits`: quotients of magnitude 2^range_bits or more only need to stay at or above
    /// 2^range_bits - 1 (they will saturate). At most 20.
    explicit rounding_divider(float_bits divisor, unsigned range_bits = 17);

    [[nodiscard]] std::int64_t operator()(float_bits x) const;

private:
    float_bits m_divisor;
    unsigned m_range_bits;
    std::uint64_t m_reciprocal = 0;  // floor(2^62 / significand); 0: not usable
    std::int32_t m_exponent = 0;
};

/// The reals of two tensors, element by element: what sums and products begin with.
class real_pairs {
public:
    real_pairs(const number_format& a, const number_format& b);

    /// Calls each(index, real of a, real of b).
    template <class Each>
    void visit(const std::uint8_t* a, const std::uint8_t* b, std::size_t count, Each&& each) const {
        if (!m_real_a.empty() && !m_real_b.empty()) {
            for (std::size_t i = 0; i < count; ++i) each(i, m_real_a[a[i]], m_real_b[b[i]]);
        } else {
            for (std::size_t i = 0; i < count; ++i) each(i, real(a, i, m_a), real(b, i, m_b));
        }
    }

private:
    [[nodiscard]] static float_bits real(const std::uint8_t* data, std::size_t index,
                                         const number_format& format);

    number_format m_a, m_b;
    std::vector<float_bits> m_real_a, m_real_b;  // by raw byte, for one-byte formats
};

/// Element-wise sum of two tensors:
/// saturate(round(((a - za) * sa + (b - zb) * sb) / sy) + zy), every step rounded to binary32.
class residual_adder {
public:
    residual_adder(const number_format& a, const number_format& b, const number_format& y);
    operation_counts operator()(const std::uint8_t* a, const std::uint8_t* b, std::size_t count,
                                std::uint8_t* out) const;

private:
    real_pairs m_reals;
    number_format m_y;
    rounding_divider m_divide;
};

/// Element-wise product of two tensors:
/// saturate(round(((a - za) * sa * ((b - zb) * sb)) / sy) + zy), every step rounded to binary32.
class element_multiplier {
public:
    element_multiplier(const number_format& a, const number_format& b, const number_format& y);
    operation_counts operator()(const std::uint8_t* a, const std::uint8_t* b, std::size_t count,
                                std::uint8_t* out) const;

private:
    real_pairs m_reals;
    number_format m_y;
    rounding_divider m_divide;
};

/// Moves a tensor to another format: saturate(round(((x - zx) * sx) / sy) + zy), every step
/// rounded to binary32. Formats that are equal copy.
class rescaler {
public:
    rescaler(const number_format& x, const number_format& y);
    operation_counts operator()(const std::uint8_t* x, std::size_t count, std::uint8_t* out) const;

private:
    [[nodiscard]] std::int32_t one(std::int32_t x) const;

    number_format m_x, m_y;
    rounding_divider m_divide;
    std::vector<std::int32_t> m_table;  // by raw byte, for one-byte formats
};

/// An activation function as a table in memory, one entry per input integer.
class lookup_activation {
public:
    /// entries[i]: the result for the integer x.lowest + i; one for each up to x.highest. `y` tells
    /// the width of the results. Integers outside of the format are read as its nearest one.
    lookup_activation(const number_format& x, const number_format& y,
                      const std::vector<std::int32_t>& entries);
    operation_counts operator()(const std::uint8_t* x, std::size_t count, std::uint8_t* out) const;

private:
    number_format m_x, m_y;
    std::vector<std::int32_t> m_by_raw;  // by raw byte, or by both bytes
};

/// Maximum over a window of pixels, channel by channel. Absent (padded) pixels are simply not
/// offered. Integers compare like the reals they stand for: input and output have one format.
///
/// window: `pixels` >= 1 pointers to `channels` elements each. out may be window[0].
operation_counts max_pool(const std::uint8_t* const* window, std::size_t pixels,
                          std::size_t channels, const number_format& format, std::uint8_t* out);

/// Mean over a window of pixels, channel by channel:
/// saturate(round((float32(sum) / float32(divisor)) / ratio) + zy), every step rounded to binary32,
/// with ratio = sy / sx, exactly 1 where the scales are equal.
///
/// The sum of (x - zx) is an exact integer, whatever the order; that is DequantizeLinear(scale 1)
/// -> AveragePool -> QuantizeLinear(ratio) in ONNX.
class average_pooler {
public:
    average_pooler(const number_format& x, const number_format& y);

    /// sums[c] += x[c] - zx.
    operation_counts accumulate(const std::uint8_t* x, std::size_t channels,
                                std::int64_t* sums) const;
    /// `divisor` >= 1: elements in the window, those of the padding included if they count.
    operation_counts finish(const std::int64_t* sums, std::size_t channels, std::uint32_t divisor,
                            std::uint8_t* out) const;

private:
    number_format m_x, m_y;
    rounding_divider m_divide;  // by the ratio of the scales
};

}  // namespace pimvp::post
