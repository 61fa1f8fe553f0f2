// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/tensor.h>

#include <vector>

// Two implementations that share no code: the reference executor's floats, the hardware's integers.

namespace post = pimvp::post;
namespace nn = pimvp::nn;

namespace {

post::number_format format_of(const nn::tensor_type& t) {
    return {reference::as_bits(t.scale), t.zero_point, t.lowest(), t.highest(),
            static_cast<std::uint32_t>(t.bytes())};
}

nn::tensor_type random_type(support::generator& random, int bits) {
    nn::tensor_type t;
    t.bits = bits;
    t.is_signed = random.chance(50);
    t.scale = reference::as_float(reference::random_scale(random, 6));
    t.zero_point = static_cast<int>(random.between(t.lowest(), t.highest()));
    return t;
}

const int widths[] = {8, 8, 8, 4, 16, 1, 12, 8};

}  // namespace

TEST_CASE("post.agreement.elementwise_operators_equal_the_reference_executor", "[post][unit]") {
    support::generator random;
    std::uint64_t different = 0;
    for (int round = 0; round < 400; ++round) {
        const nn::tensor_type a = random_type(random, widths[random.below(8)]);
        nn::tensor_type b = random_type(random, widths[random.below(8)]);
        nn::tensor_type y = random_type(random, widths[random.below(8)]);
        if (round % 4 == 0) b.scale = a.scale;
        if (round % 8 == 0) y.scale = 2 * a.scale;  // ties
        const auto fa = format_of(a), fb = format_of(b), fy = format_of(y);
        constexpr std::size_t count = 1000;
        std::vector<std::uint8_t> xa(2 * count), xb(2 * count), sum(2 * count), moved(2 * count),
            product(2 * count);
        for (std::size_t i = 0; i < count; ++i) {
            post::store(xa.data(), i, fa,
                        static_cast<std::int32_t>(random.between(a.lowest(), a.highest())));
            post::store(xb.data(), i, fb,
                        static_cast<std::int32_t>(random.between(b.lowest(), b.highest())));
        }
        post::residual_adder{fa, fb, fy}(xa.data(), xb.data(), count, sum.data());
        post::element_multiplier{fa, fb, fy}(xa.data(), xb.data(), count, product.data());
        post::rescaler{fa, fy}(xa.data(), count, moved.data());
        for (std::size_t i = 0; i < count; ++i) {
            const int x = post::load(xa.data(), i, fa);
            const int z = post::load(xb.data(), i, fb);
            if (post::load(sum.data(), i, fy) != nn::add(x, a, z, b, y)) ++different;
            if (post::load(product.data(), i, fy) != nn::multiply(x, a, z, b, y)) ++different;
            if (post::load(moved.data(), i, fy) != nn::quantise(nn::dequantise(x, a), y)) {
                ++different;
            }
        }
    }
    CHECK(different == 0);
}

TEST_CASE("post.agreement.sums_and_means_equal_the_reference_executor", "[post][unit]") {
    support::generator random;
    std::uint64_t different = 0;
    for (int round = 0; round < 400; ++round) {
        const nn::tensor_type x = random_type(random, widths[random.below(8)]);
        nn::tensor_type y = random_type(random, widths[random.below(8)]);
        if (round % 2 == 0) y.scale = x.scale;
        const auto fy = format_of(y);
        const post::average_pooler pooler{format_of(x), fy};
        const float ratio = reference::divide(y.scale, x.scale);
        for (int i = 0; i < 2000; ++i) {
            const auto width = static_cast<unsigned>(random.between(1, 44));
            const std::int64_t sum = static_cast<std::int64_t>(random.next()) >> (64 - width);
            const float multiplier =
                std::ldexp(reference::as_float(reference::random_scale(random, 0)),
                           static_cast<int>(y.bits) - static_cast<int>(width));
            const post::float_bits bits = reference::as_bits(multiplier);
            std::uint8_t out[2];
            post::requantise(&sum, &bits, 0, 1, fy, out);
            if (post::load(out, 0, fy) != nn::requantise(sum, multiplier, y)) ++different;

            const auto count = static_cast<std::uint32_t>(random.between(1, 256));
            const std::int64_t total =
                random.between(std::int64_t{count} * (x.lowest() - x.zero_point),
                               std::int64_t{count} * (x.highest() - x.zero_point));
            pooler.finish(&total, 1, count, out);
            if (post::load(out, 0, fy) != nn::average(total, count, ratio, y)) ++different;
        }
    }
    CHECK(different == 0);
}
