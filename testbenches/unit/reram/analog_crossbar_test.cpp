// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/reram/analog_crossbar.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace pimvp;
using namespace pimvp::reram;

namespace {

constexpr std::uint64_t seed = 7;

/// A programmed array with its conductances, read back one cell at a time.
struct array {
    analog_rule rule;
    programmed_crossbar cells;
    analog_crossbar analog;

    array(const crossbar_params& params, const crossbar_image& image, std::uint64_t of_seed = seed,
          const std::string& name = "ima.crossbar0")
        : rule(params),
          cells(params, image.layout, image.bytes.data()),
          analog(rule, params, cells, of_seed, name) {}

    [[nodiscard]] std::vector<std::uint16_t> sums(
        const std::vector<std::uint64_t>& row_bits) const {
        std::vector<std::uint16_t> read(analog.columns());
        analog.column_sums(row_bits.data(), read.data());
        return read;
    }
    [[nodiscard]] std::vector<std::uint16_t> row(unsigned index) const {
        std::vector<std::uint64_t> bits((cells.layout().rows + 63) / 64);
        bits[index / 64] = std::uint64_t{1} << index % 64;
        return sums(bits);
    }
    /// All conductances, in cell steps.
    [[nodiscard]] std::vector<double> conductances() const {
        std::vector<double> all;
        for (unsigned r = 0; r < cells.layout().rows; ++r) {
            for (const std::uint16_t steps : row(r)) {
                all.push_back(std::ldexp(steps, -static_cast<int>(rule.fraction_bits())));
            }
        }
        return all;
    }
};

crossbar_image random_image(support::generator& random, const crossbar_shape& shape, unsigned rows,
                            unsigned outputs, unsigned bits = 8) {
    std::vector<std::int16_t> weights(std::size_t{rows} * outputs);
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    for (auto& w : weights) w = static_cast<std::int16_t>(random.between(-half, half - 1));
    return encode_crossbar(weight_view<std::int16_t>{weights.data(), rows, outputs, outputs, 1},
                           bits, shape);
}

/// 128 x 128 cells of one level: weights without a digit set but for the bias's, or all digits.
crossbar_image full_image(const crossbar_shape& shape) {
    const std::vector<std::int8_t> weights(128 * 32, 127);  // 255 with its bias: all cells 3
    return encode_crossbar(weight_view<std::int8_t>{weights.data(), 128, 32, 32, 1}, 8, shape);
}

double mean(const std::vector<double>& values) {
    double sum = 0.0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("reram.analog_crossbar.ideal_cells_sum_as_the_ideal_array_exhaustively",
          "[reram][unit]") {
    for (unsigned cell_bits = 1; cell_bits <= 4; ++cell_bits) {
        for (const auto unit : {unit_column_kind::counter, unit_column_kind::own_adc}) {
            crossbar_params params;
            params.rows = 8;
            params.columns = 8;
            params.cell_bits = cell_bits;
            params.unit_column = unit;
            support::generator random;
            const array a{params, random_image(random, params, 5, 2, 4)};
            for (std::uint64_t bits = 0; bits < 32; ++bits) {
                std::vector<std::uint16_t> expected(a.analog.columns());
                a.cells.column_sums(&bits, expected.data());
                if (params.unit_is_converted()) expected.back() = a.cells.unit_sum(&bits);
                for (auto& sum : expected) {
                    sum = static_cast<std::uint16_t>(sum << a.rule.fraction_bits());
                }
                CAPTURE(cell_bits, bits);
                REQUIRE(a.sums({bits}) == expected);
            }
        }
    }
}

TEST_CASE("reram.analog_crossbar.sums_are_those_of_the_driven_cells", "[reram][unit]") {
    support::generator random;
    for (int i = 0; i < 30; ++i) {
        crossbar_params params;
        params.rows = static_cast<unsigned>(8 * random.between(1, 64));
        params.columns = static_cast<unsigned>(random.between(4, 512));
        params.cell_bits = static_cast<unsigned>(random.between(1, 4));
        params.column_flip = random.chance(50);
        params.conductance_sigma = random.chance(30) ? 1.0 : 0.1;  // 1: sums beyond 16 bits
        params.stuck_at_max = random.chance(30) ? 0.5 : 0.01;
        params.unit_column =
            random.chance(50) ? unit_column_kind::own_adc : unit_column_kind::counter;
        const auto rows = static_cast<unsigned>(random.between(1, params.rows));
        const auto outputs =
            static_cast<unsigned>(random.between(1, outputs_per_crossbar(params, 4)));
        const array a{params, random_image(random, params, rows, outputs, 4)};
        std::vector<std::uint64_t> bits((rows + 63) / 64);
        for (auto& word : bits) word = random.next();
        std::vector<std::uint32_t> wide(a.analog.columns());
        for (unsigned r = 0; r < rows; ++r) {
            if ((bits[r / 64] >> r % 64 & 1U) == 0) continue;
            const std::vector<std::uint16_t> row = a.row(r);
            for (std::size_t c = 0; c < row.size(); ++c) wide[c] += row[c];
        }
        std::vector<std::uint16_t> expected;
        for (const std::uint32_t sum : wide) {
            expected.push_back(static_cast<std::uint16_t>(std::min(sum, std::uint32_t{0xFFFF})));
        }
        for (const simd_variant variant :
             {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
            if (!core::processor_has(variant)) continue;
            std::vector<std::uint16_t> sums(a.analog.columns());
            a.analog.column_sums(bits.data(), sums.data(), kernels(variant));
            CAPTURE(random.seed(), rows, params.columns, kernels(variant).name);
            REQUIRE(sums == expected);
        }
    }
}

TEST_CASE("reram.analog_crossbar.conductances_are_log_normal", "[reram][unit]") {
    crossbar_params params;
    params.column_flip = false;
    params.conductance_sigma = 0.2;
    const std::vector<double> all = array{params, full_image(params)}.conductances();
    REQUIRE(all.size() == 16384);
    std::vector<double> logs;
    for (const double c : all) logs.push_back(std::log(c / 3.0));
    const double middle = mean(logs);
    double square = 0.0, within = 0.0;
    for (const double l : logs) {
        square += (l - middle) * (l - middle) / static_cast<double>(logs.size());
        if (std::abs(l) < 0.2) within += 1.0 / static_cast<double>(logs.size());
    }
    CHECK(middle == Approx(0.0).margin(4 * 0.2 / 128));  // four deviations of the mean
    CHECK(std::sqrt(square) == Approx(0.2).epsilon(0.025));
    CHECK(within == Approx(0.6827).margin(0.015));
    CHECK(*std::max_element(logs.begin(), logs.end()) < 0.2 * 4.2);
}

TEST_CASE("reram.analog_crossbar.cells_of_level_0_do_not_conduct", "[reram][unit]") {
    crossbar_params params;
    params.conductance_sigma = 1.0;  // flipped: all cells 0
    for (const double c : array{params, full_image(params)}.conductances()) REQUIRE(c == 0.0);
}

TEST_CASE("reram.analog_crossbar.shares_of_stuck_cells", "[reram][unit]") {
    support::generator random;
    crossbar_params params;
    params.stuck_at_zero = 0.05;
    params.stuck_at_max = 0.02;
    params.column_flip = false;
    const std::vector<double> high = array{params, full_image(params)}.conductances();
    params.column_flip = true;
    const std::vector<double> low = array{params, full_image(params)}.conductances();
    double at_zero = 0.0, at_max = 0.0;
    for (std::size_t i = 0; i < high.size(); ++i) {
        if (high[i] == 0.0) at_zero += 1.0 / 16384;
        if (low[i] == 3.0) at_max += 1.0 / 16384;
        REQUIRE((high[i] == 0.0 || high[i] == 3.0));
        REQUIRE_FALSE((high[i] == 0.0 && low[i] == 3.0));  // the same cells, whatever is written
    }
    CHECK(at_zero == Approx(0.05).margin(4 * std::sqrt(0.05 / 16384)));
    CHECK(at_max == Approx(0.02).margin(4 * std::sqrt(0.02 / 16384)));

    params = {};
    params.stuck_at_zero = 1.0;
    for (const double c : array{params, full_image(params)}.conductances()) REQUIRE(c == 0.0);
    params.stuck_at_zero = 0.0;
    params.stuck_at_max = 1.0;
    for (const double c : array{params, full_image(params)}.conductances()) REQUIRE(c == 3.0);
}

TEST_CASE("reram.analog_crossbar.a_cell_is_drawn_from_seed_name_and_place_only", "[reram][unit]") {
    support::generator random;
    crossbar_params params;
    params.conductance_sigma = 0.3;
    params.column_flip = false;
    const crossbar_image image = full_image(params);
    const std::vector<double> first = array{params, image}.conductances();
    CHECK(array{params, image}.conductances() == first);
    CHECK(array{params, image, seed + 1}.conductances() != first);
    CHECK(array{params, image, seed, "ima.crossbar1"}.conductances() != first);

    const std::vector<std::int8_t> weights(3 * 2, 127);  // the corner of it, in an array of its own
    const array small{
        params, encode_crossbar(weight_view<std::int8_t>{weights.data(), 3, 2, 2, 1}, 8, params)};
    const std::vector<double> corner = small.conductances();
    for (unsigned r = 0; r < 3; ++r) {
        for (unsigned c = 0; c < 8; ++c) CHECK(corner[r * 8 + c] == first[r * 128 + c]);
    }
}

TEST_CASE("reram.analog_crossbar.four_noise_quarters_are_normal_exhaustively", "[reram][unit]") {
    std::vector<double> sums;
    double square = 0.0, fourth = 0.0;
    for (unsigned draw = 0; draw < 65536; ++draw) {
        const int z = noise_quarters[draw & 0xFU] + noise_quarters[draw >> 4U & 0xFU] +
                      noise_quarters[draw >> 8U & 0xFU] + noise_quarters[draw >> 12U];
        sums.push_back(z / std::sqrt(noise_variance));
        square += sums.back() * sums.back() / 65536;
        fourth += std::pow(sums.back(), 4) / 65536;
    }
    std::sort(sums.begin(), sums.end());
    CHECK(sums.front() == -sums.back());
    CHECK(sums.back() == Approx(4.22).margin(0.005));
    CHECK(square == Approx(1.0).epsilon(1e-12));
    CHECK(fourth == Approx(2.996).margin(0.001));
    double apart = 0.0;  // equal sums count half below, half above
    for (const double sum : sums) {
        const auto equal = std::equal_range(sums.begin(), sums.end(), sum);
        const double share =
            static_cast<double>(equal.first - sums.begin() + (equal.second - sums.begin())) /
            (2 * 65536);
        apart = std::max(apart, std::abs(0.5 * std::erfc(-sum / std::sqrt(2.0)) - share));
    }
    CHECK(apart < 0.003);
}

TEST_CASE("reram.analog_crossbar.noise_is_the_definition_for_every_draw", "[reram][unit]") {
    std::vector<std::uint16_t> draws(65536);
    for (std::size_t i = 0; i < draws.size(); ++i) draws[i] = static_cast<std::uint16_t>(i);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(draws.data());
    for (const int scale : {0, 1, 58, 737, 18446, 32767}) {
        for (const int sum : {0, 10'000, 0xFFFF}) {
            std::vector<std::uint16_t> expected;
            for (std::size_t i = 0; i < draws.size(); ++i) {
                const int z = noise_quarters[bytes[2 * i] & 0xFU] +
                              noise_quarters[bytes[2 * i] >> 4U] +
                              noise_quarters[bytes[2 * i + 1] & 0xFU] +
                              noise_quarters[bytes[2 * i + 1] >> 4U];
                const double noise = std::floor(z * scale / 512.0 + 0.5);
                expected.push_back(
                    static_cast<std::uint16_t>(std::clamp(sum + noise, 0.0, 65535.0)));
            }
            for (const simd_variant variant :
                 {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
                if (!core::processor_has(variant)) continue;
                std::vector<std::uint16_t> sums(draws.size() - 1, static_cast<std::uint16_t>(sum));
                kernels(variant).add_noise(static_cast<std::int16_t>(scale), bytes, sums.data(),
                                           sums.size());  // one fewer: no multiple of a vector
                const bool is_same = std::equal(sums.begin(), sums.end(), expected.begin());
                CAPTURE(scale, sum, kernels(variant).name);
                REQUIRE(is_same);
            }
        }
    }
}

TEST_CASE("reram.analog_crossbar.read_noise_is_normal_and_independent", "[reram][unit]") {
    crossbar_params params;
    params.read_noise = 1.5;
    const array a{params, full_image(params)};
    const double unit = std::ldexp(1.0, -static_cast<int>(a.rule.fraction_bits()));
    constexpr std::size_t reads = 100'000;
    const auto noise_of = [&](std::uint64_t sequence, const simd_kernels& simd) {
        std::vector<std::uint32_t> draws(noise_words(reads));
        a.analog.draw_noise(sequence, reads, draws.data());
        std::vector<std::uint16_t> sums(reads, 10'000);
        a.rule.add_noise(draws.data(), 0, sums.data(), reads / 2, simd);
        a.rule.add_noise(draws.data(), reads / 2, sums.data() + reads / 2, reads - reads / 2, simd);
        return sums;
    };
    const std::vector<std::uint16_t> sums = noise_of(11, best_kernels());
    double square = 0.0, fourth = 0.0, next = 0.0;
    std::vector<double> noise;
    for (const std::uint16_t sum : sums) noise.push_back((sum - 10'000) * unit);
    for (std::size_t i = 0; i < reads; ++i) {
        square += noise[i] * noise[i] / reads;
        fourth += std::pow(noise[i], 4) / reads;
        if (i != 0) next += noise[i] * noise[i - 1] / reads;
    }
    CHECK(mean(noise) == Approx(0.0).margin(4 * 1.5 / std::sqrt(reads)));
    CHECK(std::sqrt(square) == Approx(1.5).epsilon(0.01));
    CHECK(fourth / (square * square) == Approx(3.0).margin(0.1));
    CHECK(next / square == Approx(0.0).margin(4 / std::sqrt(reads)));

    CHECK(noise_of(11, best_kernels()) == sums);
    CHECK(noise_of(12, best_kernels()) != sums);
    for (const simd_variant variant :
         {simd_variant::portable, simd_variant::avx2, simd_variant::avx512}) {
        if (core::processor_has(variant)) CHECK(noise_of(11, kernels(variant)) == sums);
    }
}

TEST_CASE("reram.analog_crossbar.noise_stays_within_what_is_held", "[reram][unit]") {
    crossbar_params params;
    params.read_noise = 16.0;
    const array a{params, full_image(params)};
    std::vector<std::uint32_t> draws(noise_words(1000));
    a.analog.draw_noise(0, 1000, draws.data());
    std::vector<std::uint16_t> low(1000, 0), high(1000, 0xFFFF);
    a.rule.add_noise(draws.data(), 0, low.data(), 1000);
    a.rule.add_noise(draws.data(), 0, high.data(), 1000);
    const double unit = std::ldexp(1.0, static_cast<int>(a.rule.fraction_bits()));
    for (std::size_t i = 0; i < 1000; ++i) {
        REQUIRE((low[i] == 0 || high[i] == 0xFFFF));  // one of them went over the edge
        REQUIRE(low[i] <= 16 * 4.23 * unit);
        REQUIRE(high[i] >= 0xFFFF - 16 * 4.23 * unit);
    }
}
