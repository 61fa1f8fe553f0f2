// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/reram/converter.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

using namespace pimvp;
using namespace pimvp::reram;

namespace {

/// Every value of 16 bits, or every one that has `fraction_bits` of 7.
std::vector<std::uint16_t> all_samples(unsigned fraction_bits) {
    std::vector<std::uint16_t> samples(std::size_t{1} << (9 + fraction_bits));
    std::iota(samples.begin(), samples.end(), std::uint16_t{0});
    return samples;
}

/// The definition, in reals: 128 x 128 cells of 2 bits, sums in steps of 1/128.
int code_of(const ima_params& params, const converter& by, double sum) {
    const double held = 65535.0 / 128;
    const double gained = std::trunc(sum * by.gain() * 128) / 128;
    const double seen = std::clamp(std::clamp(sum + gained, 0.0, held) + by.offset(), 0.0, held);
    const int step = 1 << params.adc.step_bits(params.crossbar.required_adc_bits());
    const double code = std::min(std::nearbyint(seen / step), std::floor(held / step));
    return std::min(static_cast<int>(code), (1 << params.adc.bits) - 1) * step;
}

void check_all(const ima_params& params, const converter& by) {
    for (const unsigned fraction_bits : {0U, 3U, 7U}) {
        const std::vector<std::uint16_t> samples = all_samples(fraction_bits);
        std::vector<std::uint16_t> codes(samples.size());
        const std::size_t above =
            by.convert(samples.data(), fraction_bits, codes.data(), samples.size());
        for (const simd_variant variant :
             {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
            if (!core::processor_has(variant)) continue;
            std::vector<std::uint16_t> same(samples);  // in place
            REQUIRE(by.convert(same.data(), fraction_bits, same.data(), same.size(),
                               kernels(variant)) == above);
            const bool is_same = same == codes;
            REQUIRE(is_same);
        }
        std::size_t different = 0;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const double sum = std::ldexp(samples[i], -static_cast<int>(fraction_bits));
            if (codes[i] != code_of(params, by, sum)) ++different;
        }
        CAPTURE(fraction_bits, by.gain(), by.offset());
        CHECK(different == 0);
    }
}

}  // namespace

TEST_CASE("reram.converter.codes_of_every_sample_are_the_definitions", "[reram][unit]") {
    for (const auto range : {adc_range::saturate, adc_range::full_scale}) {
        for (const unsigned bits : {1U, 4U, 7U, 8U, 9U, 12U}) {
            ima_params params;
            params.adc.bits = bits;
            params.adc.range = range;
            CAPTURE(bits, range == adc_range::full_scale);
            check_all(params, converter{params});
            params.adc.gain_sigma = 0.05;
            params.adc.offset_sigma = 2.0;
            for (unsigned i = 0; i < 20; ++i) check_all(params, {params, {3, "adc"}, i});
        }
    }
}

TEST_CASE("reram.converter.fewer_bits_over_the_full_scale_are_coarser", "[reram][unit]") {
    ima_params params;
    params.adc.bits = 6;
    params.adc.range = adc_range::full_scale;  // 8 bits without loss: steps of 4
    const std::vector<std::uint16_t> sums{0, 1, 2, 5, 6, 128, 252, 253, 254, 255};
    std::vector<std::uint16_t> codes(sums.size());
    CHECK(converter{params}.convert(sums.data(), 0, codes.data(), sums.size()) == 2);
    CHECK(codes == std::vector<std::uint16_t>{0, 0, 0, 4, 8, 128, 252, 252, 252, 252});
}

TEST_CASE("reram.converter.errors_are_normal_and_of_the_converter", "[reram][unit]") {
    ima_params params;
    params.adc.gain_sigma = 0.02;
    params.adc.offset_sigma = 1.5;
    constexpr unsigned count = 4000;
    const core::random_field field{9, "adc"};
    double gain = 0.0, gains = 0.0, offset = 0.0, offsets = 0.0, both = 0.0;
    for (unsigned i = 0; i < count; ++i) {
        const converter one{params, field, i};
        gain += one.gain() / count;
        offset += one.offset() / count;
        gains += one.gain() * one.gain() / count;
        offsets += one.offset() * one.offset() / count;
        both += one.gain() * one.offset() / count;
    }
    CHECK(gain == Approx(0.0).margin(4 * 0.02 / std::sqrt(count)));
    CHECK(offset == Approx(0.0).margin(4 * 1.5 / std::sqrt(count)));
    CHECK(std::sqrt(gains) == Approx(0.02).epsilon(0.05));
    CHECK(std::sqrt(offsets) == Approx(1.5).epsilon(0.05));
    CHECK(both / (0.02 * 1.5) == Approx(0.0).margin(4 / std::sqrt(count)));

    CHECK(converter(params, field, 5).gain() == converter(params, {9, "adc"}, 5).gain());
    CHECK(converter(params, field, 5).gain() != converter(params, {10, "adc"}, 5).gain());
    CHECK(converter(params, field, 5).gain() != converter(params, {9, "other"}, 5).gain());
}
