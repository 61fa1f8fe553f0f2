// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/processor.h>
#include <pimvp/core/random.h>
#include <pimvp/core/random_field.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace core = pimvp::core;

namespace {

std::vector<std::uint32_t> entry(const core::random_field& field, std::uint64_t index,
                                 std::size_t count) {
    std::vector<std::uint32_t> words(count + 1, 0xC0FFEE);
    field.fill(index, words.data(), count);
    CHECK(words.back() == 0xC0FFEE);
    words.pop_back();
    return words;
}

}  // namespace

TEST_CASE("core.random_field.entries_depend_on_seed_name_and_index_only") {
    const core::random_field field(3, "ima.noise");
    const std::vector<std::uint32_t> first = entry(field, 5, 200);
    CHECK(entry(field, 6, 200) != first);
    CHECK(entry(field, std::uint64_t{5} << 32, 200) != first);
    CHECK(entry(field, 5, 200) == first);
    CHECK(entry({3, "ima.noise"}, 5, 200) == first);
    CHECK(entry({4, "ima.noise"}, 5, 200) != first);
    CHECK(entry({3, "ima.other"}, 5, 200) != first);
    core::random_stream stream(3, "ima.noise");
    std::vector<std::uint32_t> drawn(200);
    stream.fill(drawn.data(), drawn.size());
    CHECK(drawn != first);
}

TEST_CASE("core.random_field.an_entry_has_a_length_of_its_own") {
    const core::random_field field(3, "ima.noise");
    const std::vector<std::uint32_t> all = entry(field, 9, 400);
    for (const std::size_t count : {0U, 1U, 63U, 64U, 65U, 128U, 399U}) {
        const std::vector<std::uint32_t> some = entry(field, 9, count);
        CHECK(std::equal(some.begin(), some.end(), all.begin()));
    }
}

TEST_CASE("core.random_field.the_words_are_philox_under_the_name_of_the_entry") {
    // Known answer, so that neither host nor instruction set nor a later version changes it.
    CHECK(entry({1, "known"}, 2, 4) ==
          std::vector<std::uint32_t>{0x457933D8, 0x534C2F33, 0x60A9CFE7, 0x356134D8});
}

TEST_CASE("core.random_field.pairs_of_halves_are_normal") {
    const auto& halves = core::normal_halves();
    std::vector<double> sums;
    double square = 0.0, fourth = 0.0;
    for (const double a : halves) {
        for (const double b : halves) {
            sums.push_back(a + b);
            square += (a + b) * (a + b) / 65536;
            fourth += std::pow(a + b, 4) / 65536;
        }
    }
    std::sort(sums.begin(), sums.end());
    CHECK(sums.front() == -sums.back());
    CHECK(sums.back() == Approx(4.13).margin(0.05));
    CHECK(square == Approx(1.0).epsilon(1e-12));
    CHECK(fourth == Approx(3.0).margin(0.06));
    double apart = 0.0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const double exact = 0.5 * std::erfc(-sums[i] / std::sqrt(2.0));
        apart = std::max(apart, std::abs(exact - (static_cast<double>(i) + 0.5) / 65536));
    }
    CHECK(apart < 0.002);
}

TEST_CASE("core.random_field.portable_exp_is_accurate") {
    core::random_stream stream(6, "exp");
    for (int i = 0; i < 100'000; ++i) {
        const double x = 1400 * stream.uniform() - 700;
        const double exact = std::exp(x);
        CHECK(std::abs(core::portable_exp(x) - exact) <= 1e-15 * exact);
    }
    CHECK(core::portable_exp(0.0) == 1.0);
    CHECK(core::portable_exp(1.0) == Approx(2.718281828459045).epsilon(1e-15));
}
