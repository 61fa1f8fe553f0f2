// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/reram/quantiser_kernel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace pimvp::reram;

namespace {

/// Nearest multiple of 2^drop in real arithmetic, as the policies' table words it.
int nearest(int x, unsigned drop, drop_rounding rounding) {
    const double real = std::ldexp(x, -static_cast<int>(drop));
    double whole = std::floor(real);
    const double rest = real - whole;
    if (rounding == drop_rounding::half_up && rest >= 0.5) whole += 1;
    if (rounding == drop_rounding::half_even) {
        const bool is_odd = std::fmod(std::abs(whole), 2.0) == 1.0;
        if (rest > 0.5 || (rest == 0.5 && is_odd)) whole += 1;
    }
    return static_cast<int>(whole);
}

struct sample {
    group_rule rule;
    unsigned bits = 8;
    bool is_signed = false;

    [[nodiscard]] int lowest() const { return is_signed ? -(1 << (bits - 1)) : 0; }
    [[nodiscard]] int highest() const { return (1 << (bits - (is_signed ? 1 : 0))) - 1; }
};

/// Cuts a group in bytes or words, whichever the bits ask for.
group_decision cut(const sample& s, std::vector<int>& elements) {
    const group_quantiser quantiser(s.rule, s.bits, s.is_signed);
    const auto count = static_cast<unsigned>(elements.size());
    if (s.bits <= 8) {
        std::vector<std::uint8_t> bytes(elements.begin(), elements.end());
        const group_decision d = quantiser(bytes.data(), count, bytes.data());
        for (unsigned i = 0; i < count; ++i) {
            elements[i] = s.is_signed ? static_cast<std::int8_t>(bytes[i]) : bytes[i];
        }
        return d;
    }
    std::vector<std::uint16_t> words(elements.begin(), elements.end());
    const group_decision d = quantiser(words.data(), count, words.data());
    for (unsigned i = 0; i < count; ++i) {
        elements[i] = s.is_signed ? static_cast<std::int16_t>(words[i]) : words[i];
    }
    return d;
}

/// What an array adds up that streams these planes of x: the highest one counts negative if signed.
int streamed_value(int x, unsigned planes, bool is_signed) {
    int value = 0;
    for (unsigned b = 0; b < 16; ++b) {
        if ((planes >> b & 1U) == 0 || (static_cast<unsigned>(x) >> b & 1U) == 0) continue;
        const bool is_sign = is_signed && planes >> (b + 1U) == 0;
        value += is_sign ? -(1 << b) : 1 << b;
    }
    return value;
}

/// Invariants that hold for every policy: values are rounded and saturated as the rule says, the
/// planes carry all of them, and no plane fewer would do where leading zeros are skipped.
void check(const sample& s, const std::vector<int>& original) {
    std::vector<int> elements = original;
    const group_decision d = cut(s, elements);
    CAPTURE(s.bits, s.is_signed, s.rule.policy, s.rule.rounding, s.rule.is_asymmetric, d.drop,
            d.planes);
    const auto policy = static_cast<group_policy>(s.rule.policy);
    const bool judges = s.rule.is_asymmetric == 0;
    int largest = 0;
    for (const int x : original) largest = std::max(largest, std::abs(x));
    unsigned magnitude_bits = 0;
    while (largest >> magnitude_bits != 0) ++magnitude_bits;

    // which LSBs go
    unsigned drop = policy == group_policy::msb_skip ? 0 : s.rule.drop;
    int high = s.highest() >> drop;
    if (judges && policy == group_policy::rescale && s.rule.keep != 0) {
        drop = std::max(drop, magnitude_bits - std::min(magnitude_bits, s.rule.keep));
        high = std::min(s.highest() >> drop, (1 << s.rule.keep) - 1);
    }
    if (policy != group_policy::threshold || !judges) REQUIRE(d.drop == drop);
    if (policy == group_policy::threshold) high = s.highest() >> d.drop;

    unsigned ones = 0;
    int low_q = 0, high_q = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
        const int q =
            std::clamp(nearest(original[i], d.drop, static_cast<drop_rounding>(s.rule.rounding)),
                       s.is_signed ? -high - 1 : 0, high);
        REQUIRE(elements[i] == q * (1 << d.drop));
        REQUIRE(streamed_value(elements[i], d.planes, s.is_signed) == elements[i]);
        ones |= static_cast<unsigned>(elements[i]);
        low_q = std::min(low_q, q);
        high_q = std::max(high_q, q);
    }
    unsigned needed = 0;  // least bits that hold low_q .. high_q
    if (low_q != 0 || high_q != 0) {
        const int below = low_q < 0 ? ~low_q : 0;
        while ((high_q | below) >> needed != 0) ++needed;
        needed += s.is_signed ? 1U : 0U;
    }
    REQUIRE(d.streamed == static_cast<unsigned>(__builtin_popcount(d.planes)));
    if (!judges || policy == group_policy::fixed) {
        REQUIRE(d.streamed == s.bits - d.drop);
    } else if (policy == group_policy::plane_skip && !s.is_signed) {
        REQUIRE(d.planes == ones);
    } else if (s.rule.widths == all_widths) {
        REQUIRE(d.streamed == needed);
    } else {
        REQUIRE(d.streamed >= needed);
        const bool is_allowed = (s.rule.widths >> d.streamed & 1U) != 0;
        REQUIRE((is_allowed || d.streamed == s.bits - d.drop));
        for (unsigned n = needed; n < d.streamed; ++n) REQUIRE((s.rule.widths >> n & 1U) == 0);
    }
}

}  // namespace

TEST_CASE("reram.quantiser_kernel.every_byte_alone", "[unit][reram]") {
    for (const bool is_signed : {false, true}) {
        for (unsigned policy = 1; policy <= 6; ++policy) {
            for (unsigned rounding = 0; rounding <= 2; ++rounding) {
                for (unsigned amount = 0; amount < 8; ++amount) {
                    sample s;
                    s.is_signed = is_signed;
                    s.rule.policy = policy;
                    s.rule.rounding = rounding;
                    if (policy == 5) {
                        s.rule.keep = amount;
                    } else {
                        s.rule.drop = amount;
                    }
                    for (int x = s.lowest(); x <= s.highest(); ++x) check(s, {x});
                }
            }
        }
    }
}

TEST_CASE("reram.quantiser_kernel.random_groups", "[unit][reram]") {
    support::generator random;
    for (unsigned round = 0; round < 20000; ++round) {
        sample s;
        s.bits = static_cast<unsigned>(random.between(1, 16));
        s.is_signed = random.chance(50);
        s.rule.policy = static_cast<std::uint32_t>(random.between(1, 6));
        s.rule.rounding = static_cast<std::uint32_t>(random.below(3));
        s.rule.statistic = static_cast<std::uint32_t>(random.below(4));
        s.rule.drop = static_cast<std::uint32_t>(random.below(s.bits));
        s.rule.keep = static_cast<std::uint32_t>(random.below(s.bits + 1));
        s.rule.is_asymmetric = random.chance(20) ? 1 : 0;
        if (random.chance(30)) s.rule.widths = static_cast<std::uint32_t>(random.below(1U << 17U));
        if (s.rule.policy == 4) {
            for (unsigned t = 0; t < random.below(s.bits); ++t) {
                s.rule.thresholds.push_back(random.between(0, s.highest()));
            }
            std::sort(s.rule.thresholds.begin(), s.rule.thresholds.end());
        }
        std::vector<int> elements(static_cast<std::size_t>(random.between(1, 128)));
        const std::int64_t reach = std::max<std::int64_t>(1, s.highest() >> random.below(s.bits));
        for (int& x : elements) {
            x = random.chance(40)
                    ? 0
                    : static_cast<int>(random.between(
                          s.is_signed ? std::max<std::int64_t>(-reach - 1, s.lowest()) : 0,
                          std::min<std::int64_t>(reach, s.highest())));
        }
        check(s, elements);
    }
}

TEST_CASE("reram.quantiser_kernel.statistics_are_exact", "[unit][reram]") {
    group_statistics seen;
    seen.elements = 4;  // 3, -5, 0, 10
    seen.largest = 10;
    seen.magnitudes = 18;
    seen.sum = 8;
    seen.squares = 134;
    CHECK(seen.value_of(group_statistic::maximum) == 10);
    CHECK(seen.value_of(group_statistic::mean) == 72);
    CHECK(seen.value_of(group_statistic::variance) == (4 * 134 - 64) / 16);
    CHECK(seen.value_of(group_statistic::peak_to_mean) == 16 * 4 * 10 / 18);
    seen = {4, 0, 0, 0, 0};
    CHECK(seen.value_of(group_statistic::peak_to_mean) == 0);
}

TEST_CASE("reram.quantiser_kernel.each_threshold_reached_drops_one_more", "[unit][reram]") {
    sample s;
    s.rule.policy = static_cast<std::uint32_t>(group_policy::threshold);
    s.rule.drop = 1;
    s.rule.thresholds = {20, 60, 200};
    for (const auto& [peak, drop] : {std::pair{19, 1U}, {20, 2U}, {60, 3U}, {199, 3U}, {200, 4U}}) {
        std::vector<int> elements{0, peak, 7};
        CHECK(cut(s, elements).drop == drop);
    }
}

TEST_CASE("reram.quantiser_kernel.allowed_widths_round_up", "[unit][reram]") {
    sample s;
    s.rule.policy = static_cast<std::uint32_t>(group_policy::msb_skip);
    s.rule.widths = 1U << 2U | 1U << 4U;
    for (const auto& [peak, n] :
         {std::pair{0, 2U}, {1, 2U}, {3, 2U}, {4, 4U}, {15, 4U}, {16, 8U}}) {
        std::vector<int> elements{peak};
        CHECK(cut(s, elements).streamed == n);
    }
}
