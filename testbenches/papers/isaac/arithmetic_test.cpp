// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/reram/crossbar_kernel.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

using namespace pimvp::reram;

namespace {

constexpr unsigned rows = 128;

struct problem {
    unsigned bits = 16;  // of weights and inputs
    bool is_signed = true;
    std::vector<std::int16_t> weights;  // [row][output]
    std::vector<std::int32_t> inputs;

    [[nodiscard]] unsigned outputs() const { return 128 * 2 / bits; }
    [[nodiscard]] std::vector<std::uint8_t> input_bytes() const {
        std::vector<std::uint8_t> bytes;
        for (const std::int32_t input : inputs) {
            bytes.push_back(static_cast<std::uint8_t>(input));
            if (bits > 8) bytes.push_back(static_cast<std::uint8_t>(input >> 8));
        }
        return bytes;
    }
    [[nodiscard]] crossbar_image image(const crossbar_shape& shape) const {
        return encode_crossbar(weight_view<std::int16_t>{weights.data(), rows, outputs(),
                                                         static_cast<std::ptrdiff_t>(outputs()), 1},
                               bits, shape);
    }
    [[nodiscard]] std::vector<std::int64_t> product() const {
        std::vector<std::int64_t> sums(outputs(), 0);
        for (unsigned r = 0; r < rows; ++r) {
            for (unsigned o = 0; o < outputs(); ++o) {
                sums[o] += std::int64_t{inputs[r]} * weights[r * outputs() + o];
            }
        }
        return sums;
    }
};

/// Every variant of the bit-serial definition gives the integer product, and nothing clips.
void check_exact(const problem& p, unit_column_kind unit) {
    crossbar_shape shape;
    shape.unit_column = unit;
    const crossbar_kernel kernel{shape, p.image(shape), 8};
    const auto bytes = p.input_bytes();
    const input_vector inputs{bytes.data(), rows, p.bits > 8 ? 2U : 1U, p.bits, p.is_signed};
    CHECK_FALSE(kernel.array().can_clip(8));
    CHECK(kernel.array().highest_sum() <= 255);
    for (const simd_variant variant :
         {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
        if (!pimvp::core::processor_has(variant)) continue;
        std::vector<std::int64_t> sums(p.outputs());
        const auto work =
            kernel.multiply(inputs, sums.data(), multiply_path::bit_serial, kernels(variant));
        REQUIRE(sums == p.product());
        REQUIRE(work.clipped == 0);
    }
}

}  // namespace

TEST_CASE("D7_flip_is_bit_exact", "[isaac][papers][exact]") {
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    for (const unsigned bits : {16U, 8U}) {
        for (const bool is_signed : {false, true}) {
            const std::int32_t top = (1 << (bits - 1)) - 1;
            const std::int32_t input_high = is_signed ? top : 2 * top + 1;
            const std::int32_t input_low = is_signed ? -top - 1 : 0;
            const std::vector<std::function<std::int32_t()>> weight_fills{
                [&] { return static_cast<std::int32_t>(random.between(-top - 1, top)); },
                [&] { return 1; },
                [&] { return -1; },
                [&] { return top; },
                [&] { return -top - 1; },
                [&] { return 0; },
                [&] { return random.chance(50) ? top : -top - 1; }};
            const std::vector<std::function<std::int32_t()>> input_fills{
                [&] { return static_cast<std::int32_t>(random.between(input_low, input_high)); },
                [&] { return is_signed ? -1 : input_high; },  // every bit 1
                [&] { return 1; },
                [&] { return input_high; },
                [&] { return input_low; },
                [&] { return random.chance(50) ? input_low : input_high; }};
            for (const auto& weight : weight_fills) {
                for (const auto& input : input_fills) {
                    problem p;
                    p.bits = bits;
                    p.is_signed = is_signed;
                    for (unsigned i = 0; i < rows * p.outputs(); ++i) {
                        p.weights.push_back(static_cast<std::int16_t>(weight()));
                    }
                    for (unsigned r = 0; r < rows; ++r) p.inputs.push_back(input());
                    check_exact(p, unit_column_kind::counter);
                    check_exact(p, unit_column_kind::own_adc);
                }
            }
            for (unsigned round = 0; round < 50; ++round) {  // heavy and light columns mixed
                problem p;
                p.bits = bits;
                p.is_signed = is_signed;
                p.weights.resize(rows * p.outputs());
                p.inputs.resize(rows);
                for (unsigned o = 0; o < p.outputs(); ++o) {
                    const std::int64_t low = random.between(-top - 1, top);
                    const std::int64_t high = random.between(low, top);
                    for (unsigned r = 0; r < rows; ++r) {
                        p.weights[r * p.outputs() + o] =
                            static_cast<std::int16_t>(random.between(low, high));
                    }
                }
                for (auto& input : p.inputs) input = input_fills[0]();
                check_exact(p, unit_column_kind::counter);
            }
        }
    }
}

TEST_CASE("D7_without_flip_a_full_column_reaches_384_and_is_flagged", "[isaac][papers][exact]") {
    problem p;
    p.weights.assign(rows * p.outputs(), 0x7FFF);  // stored as 0xFFFF: every cell is 3
    p.inputs.assign(rows, -1);                     // every bit is 1
    crossbar_shape shape;
    shape.column_flip = false;
    const programmed_crossbar array{shape, p.image(shape).layout, p.image(shape).bytes.data()};
    const std::uint64_t all[2] = {~std::uint64_t{0}, ~std::uint64_t{0}};
    std::vector<std::uint16_t> sums(128);
    array.column_sums(all, sums.data());
    CHECK(sums == std::vector<std::uint16_t>(128, 384));
    CHECK(array.can_clip(8));
    CHECK(shape.required_adc_bits() == 9);

    const auto bytes = p.input_bytes();
    const input_vector inputs{bytes.data(), rows, 2, 16, true};
    std::vector<std::int64_t> results(p.outputs());
    const crossbar_kernel clipping{shape, p.image(shape), 8};
    CHECK_FALSE(clipping.is_exact());
    CHECK(clipping.multiply(inputs, results.data()).clipped == 128 * 16);
    CHECK(results != p.product());
    const crossbar_kernel wide{shape, p.image(shape), 9};
    CHECK(wide.multiply(inputs, results.data(), multiply_path::bit_serial).clipped == 0);
    CHECK(results == p.product());
}
