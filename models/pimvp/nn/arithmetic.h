// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>

#include <algorithm>
#include <cstdint>

/// The arithmetic between the integers of a network, operation by operation as the ONNX operators
/// define it and as ONNX Runtime computes it: float32, every operation rounded half to even, never
/// fused (the room is compiled with -ffp-contract=off).
namespace pimvp::nn {

/// Rounds to the nearest integer, ties to even. Precondition: |v| <= 2^22 (adding 1.5 * 2^23 leaves
/// no fraction bits, so the addition itself rounds); vectorises on every CPU.
inline float round_half_even(float v) {
    constexpr float magic = 12582912.0F;
    return (v + magic) - magic;
}

/// Rounds, adds the zero point, saturates to the type. Clamping first is the same, because the
/// bounds are integers, and keeps the rounding within its precondition. NaN gives lowest().
inline int saturate(float v, const tensor_type& type) {
    const auto low = static_cast<float>(type.lowest() - type.zero_point);
    const auto high = static_cast<float>(type.highest() - type.zero_point);
    return static_cast<int>(round_half_even(std::min(std::max(low, v), high))) + type.zero_point;
}

/// An accumulator as an integer of the output type: float32(acc) * multiplier, rounded, + zero
/// point, saturated (QLinearConv, QLinearMatMul).
inline int requantise(std::int64_t acc, float multiplier, const tensor_type& type) {
    return saturate(static_cast<float>(acc) * multiplier, type);
}

/// QuantizeLinear: round_half_even(real / scale) + zero point, saturated. NaN gives lowest().
inline int quantise(float real, const tensor_type& type) {
    return saturate(real / type.scale, type);
}

/// DequantizeLinear: float32(integer - zero point) * scale.
inline float dequantise(int integer, const tensor_type& type) {
    return static_cast<float>(integer - type.zero_point) * type.scale;
}

/// DequantizeLinear of both, Add, QuantizeLinear.
inline int add(int a, const tensor_type& a_type, int b, const tensor_type& b_type,
               const tensor_type& type) {
    return quantise(dequantise(a, a_type) + dequantise(b, b_type), type);
}

/// DequantizeLinear of both, Mul, QuantizeLinear.
inline int multiply(int a, const tensor_type& a_type, int b, const tensor_type& b_type,
                    const tensor_type& type) {
    return quantise(dequantise(a, a_type) * dequantise(b, b_type), type);
}

/// The mean of `count` integers whose sum of (integer - zero point) is `sum`, as the output type:
/// round_half_even((float32(sum) / float32(count)) / ratio) + zero point, saturated, with
/// ratio = float32(output scale / input scale), exactly 1 where the scales are equal.
///
/// That is DequantizeLinear(scale 1) -> AveragePool -> QuantizeLinear(ratio): an engine that sums
/// small integers in float32 is exact in any order, so ties round the same everywhere. (With the
/// true scales in the file, an engine's own rounding noise decides ties.)
inline int average(std::int64_t sum, std::int64_t count, float ratio, const tensor_type& type) {
    return saturate((static_cast<float>(sum) / static_cast<float>(count)) / ratio, type);
}

/// QuantizeLinear of a whole tensor. Throws core::user_error if an element is NaN; `what` names the
/// tensor in the message.
integer_tensor quantise(const float_tensor& tensor, const tensor_type& type,
                        const std::string& what = "input");

/// DequantizeLinear of a whole tensor.
float_tensor dequantise(const integer_tensor& tensor);

}  // namespace pimvp::nn
