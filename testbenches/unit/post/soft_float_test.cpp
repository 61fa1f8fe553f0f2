// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <limits>
#include <vector>

namespace soft_float = pimvp::post::soft_float;
using pimvp::post::float_bits;
using reference::as_bits;
using reference::as_float;

namespace {

/// Every exponent with a few fractions, both signs, and the special encodings.
std::vector<float_bits> corner_cases() {
    std::vector<float_bits> cases;
    for (const float_bits sign : {0U, soft_float::sign_bit}) {
        for (float_bits field = 0; field <= 255; ++field) {
            if (field > 8 && field < 247 && field % 5 != 2) continue;
            for (const float_bits fraction : {0U, 1U, 0x400000U, 0x555555U, 0x7FFFFEU, 0x7FFFFFU}) {
                cases.push_back(sign | (field << 23) | fraction);
            }
        }
    }
    return cases;
}

/// Pairs that meet each other: exponents close by, fractions with few bits (ties) or many.
float_bits random_number(support::generator& random, bool near) {
    const auto bits = static_cast<float_bits>(random.next());
    if (!near) return bits;
    const auto field = static_cast<float_bits>(random.between(110, 140));
    const float_bits fraction = bits & 0x7FFFFFU;
    return (bits & soft_float::sign_bit) | (field << 23) |
           (random.chance(50) ? fraction : fraction & 0x7FF000U);
}

struct tally {
    std::uint64_t compared = 0, different = 0;
    float_bits a = 0, b = 0;
    char operation = ' ';

    void expect(float_bits got, float_bits wanted, char op, float_bits x, float_bits y) {
        ++compared;
        if (got == wanted) return;
        if (different++ == 0) {
            a = x;
            b = y;
            operation = op;
        }
    }
    void check() const {
        CAPTURE(compared, operation, a, b);
        CHECK(different == 0);
    }
};

void compare_all(tally& t, float_bits a, float_bits b) {
    const float x = as_float(a), y = as_float(b);
    t.expect(soft_float::multiply(a, b), as_bits(reference::multiply(x, y)), '*', a, b);
    t.expect(soft_float::add(a, b), as_bits(reference::add(x, y)), '+', a, b);
    t.expect(soft_float::subtract(a, b), as_bits(reference::add(x, -y)), '-', a, b);
    t.expect(soft_float::divide(a, b), as_bits(reference::divide(x, y)), '/', a, b);
}

}  // namespace

TEST_CASE("post.soft_float.corner_cases_equal_the_host", "[post][unit]") {
    tally t;
    const std::vector<float_bits> cases = corner_cases();
    for (const float_bits a : cases) {
        for (const float_bits b : cases) compare_all(t, a, b);
    }
    t.check();
}

TEST_CASE("post.soft_float.random_numbers_equal_the_host", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    tally t;
    for (int i = 0; i < 4'000'000; ++i) {
        const bool near = i % 2 == 0;
        const float_bits a = random_number(random, near);
        const float_bits b = random_number(random, near);
        compare_all(t, a, b);
    }
    t.check();
}

TEST_CASE("post.soft_float.integers_become_floats_like_on_the_host", "[post][unit]") {
    support::generator random;
    CAPTURE(random.seed());
    tally t;
    const auto compare = [&](std::int64_t value) {
        t.expect(soft_float::from_int64(value), as_bits(reference::from_int(value)), 'i',
                 static_cast<float_bits>(value), 0);
    };
    for (std::int64_t value = -70'000; value <= 70'000; ++value) compare(value);
    for (int bit = 0; bit < 63; ++bit) {
        for (std::int64_t offset = -3; offset <= 3; ++offset) {
            compare((std::int64_t{1} << bit) + offset);
            compare(-(std::int64_t{1} << bit) + offset);
        }
    }
    compare(std::numeric_limits<std::int64_t>::min());
    compare(std::numeric_limits<std::int64_t>::max());
    for (int i = 0; i < 2'000'000; ++i) {
        compare(static_cast<std::int64_t>(random.next()) >> random.below(63));
    }
    t.check();
}

TEST_CASE("post.soft_float.rounds_half_to_even", "[post][unit]") {
    const auto rounded = [](float x) { return soft_float::to_int64(as_bits(x)); };
    CHECK(rounded(0.5F) == 0);
    CHECK(rounded(1.5F) == 2);
    CHECK(rounded(2.5F) == 2);
    CHECK(rounded(-0.5F) == 0);
    CHECK(rounded(-1.5F) == -2);
    CHECK(rounded(-2.5F) == -2);
    CHECK(rounded(0.49999997F) == 0);
    CHECK(rounded(0.50000006F) == 1);
    CHECK(rounded(8388607.5F) == 8388608);
    CHECK(rounded(3.0e30F) == std::int64_t{1} << 62);
    CHECK(rounded(-std::numeric_limits<float>::infinity()) == -(std::int64_t{1} << 62));
    CHECK(rounded(std::numeric_limits<float>::quiet_NaN()) == 0);
    CHECK(rounded(std::numeric_limits<float>::denorm_min()) == 0);

    support::generator random;
    CAPTURE(random.seed());
    std::uint64_t different = 0;
    for (int i = 0; i < 4'000'000; ++i) {
        const auto field = static_cast<float_bits>(random.between(120, 127 + 61));
        const float_bits bits = static_cast<float_bits>(random.next() & 0x807FFFFFU) | field << 23;
        const auto wanted = static_cast<std::int64_t>(std::nearbyint(as_float(bits)));
        if (soft_float::to_int64(bits) != wanted) ++different;
    }
    CHECK(different == 0);
}

TEST_CASE("post.soft_float.is_usable_in_constant_expressions", "[post][unit]") {
    constexpr float_bits third =
        soft_float::divide(soft_float::from_int64(1), soft_float::from_int64(3));
    static_assert(third == 0x3EAAAAABU, "1/3");
    static_assert(soft_float::add(third, third) == 0x3F2AAAABU, "2/3");
    static_assert(soft_float::to_int64(soft_float::multiply(third, 0x40400000U)) == 1, "3/3");
    SUCCEED();
}
