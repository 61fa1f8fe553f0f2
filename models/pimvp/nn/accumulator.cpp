// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/accumulator.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace pimvp::nn {

namespace {

template <class Weight>
std::int64_t sum_of_magnitudes(const Weight* weights, std::size_t count) {
    constexpr std::size_t block = 1U << 15U;  // its sum fits 32 bits, which vectorises
    std::int64_t sum = 0;
    for (std::size_t from = 0; from < count; from += block) {
        const std::size_t to = std::min(count, from + block);
        std::int32_t part = 0;
        for (std::size_t i = from; i < to; ++i) part += std::abs(static_cast<int>(weights[i]));
        sum += part;
    }
    return sum;
}

}  // namespace

int magnitude(const tensor_type& type) {
    return std::max(type.highest() - type.zero_point, type.zero_point - type.lowest());
}

std::int64_t accumulator_bound(const node& n, const tensor_type& input) {
    const std::size_t outputs = static_cast<std::size_t>(n.weights.dims().at(0));
    const std::size_t inner = outputs == 0 ? 0 : n.weights.size() / outputs;
    std::int64_t bound = 0;
    std::visit(
        [&](const auto& weights) {
            for (std::size_t o = 0; o < outputs; ++o) {
                std::int64_t sum = sum_of_magnitudes(weights.data() + o * inner, inner);
                sum *= magnitude(input);
                if (!n.bias.empty()) sum += std::abs(n.bias[o]);
                bound = std::max(bound, sum);
            }
        },
        n.weights.data());
    return bound;
}

int accumulator_bits(const node& n, const tensor_type& input) {
    return accumulator_bound(n, input) <= std::numeric_limits<std::int32_t>::max() ? 32 : 64;
}

}  // namespace pimvp::nn
