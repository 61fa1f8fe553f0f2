// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <cstdint>

namespace pimvp::nn {

/// Largest |sum of weight * (input - zero point)| + |bias| that any output of a convolution or
/// fully connected node can reach with inputs of `input` type: per output channel with its own
/// weights, the largest of all channels.
std::int64_t accumulator_bound(const node& n, const tensor_type& input);

/// 32 if accumulator_bound() fits a two's complement accumulator of 32 bits, else 64.
int accumulator_bits(const node& n, const tensor_type& input);

/// Largest |integer - zero point| of a type.
int magnitude(const tensor_type& type);

}  // namespace pimvp::nn
