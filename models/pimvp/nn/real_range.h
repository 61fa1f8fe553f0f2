// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>

namespace pimvp::nn {

/// The real values a tensor takes, zero included: low <= 0 <= high, finite.
struct real_range {
    float low = 0.0F;
    float high = 0.0F;

    friend bool operator==(const real_range& a, const real_range& b) {
        return a.low == b.low && a.high == b.high;
    }
    friend bool operator!=(const real_range& a, const real_range& b) { return !(a == b); }
};

/// The smallest range that contains both.
real_range unite(const real_range& a, const real_range& b);

/// The unsigned type of `bits` bits that represents `range`: scale = (high - low) / (2^bits - 1),
/// zero point = round(-low / scale); zero point 0 where nothing is negative.
tensor_type activation_type(const real_range& range, int bits);

}  // namespace pimvp::nn
