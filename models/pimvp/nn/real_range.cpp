// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/real_range.h>

#include <algorithm>
#include <cmath>

namespace pimvp::nn {

real_range unite(const real_range& a, const real_range& b) {
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

tensor_type activation_type(const real_range& range, int bits) {
    // Less than this is a tensor of zeros: it gets 0 .. 1, so that every scale stays normal.
    constexpr double negligible = 1e-20;
    tensor_type type;
    type.bits = bits;
    type.is_signed = false;
    const double low = std::min(0.0F, range.low);
    const double high = std::max(0.0F, range.high);
    const double steps = type.highest();
    if (high - low < negligible) {
        type.scale = static_cast<float>(1.0 / steps);
        return type;
    }
    type.scale = static_cast<float>((high - low) / steps);
    const double zero = std::nearbyint(-low / static_cast<double>(type.scale));
    type.zero_point = static_cast<int>(std::min(std::max(zero, 0.0), steps));
    return type;
}

}  // namespace pimvp::nn
