// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/quantity.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace core = pimvp::core;
using namespace pimvp::core::literals;

namespace {

template <class T>
std::string problem_of(std::string_view text) {
    T value{};
    return core::parse_into(text, value);
}

}  // namespace

TEST_CASE("core.quantity.reads_numbers_with_units") {
    CHECK(core::parse<core::duration>("100 ns") == 100_ns);
    CHECK(core::parse<core::duration>("100ns") == 100_ns);
    CHECK(core::parse<core::duration>("1.28e3 ps") == core::duration{1'280'000});
    CHECK(core::parse<core::duration>("0.5 us") == 500_ns);
    CHECK(core::parse<core::duration>("2 \u00b5s") == 2_us);
    CHECK(core::parse<core::frequency>("1.28 GS/s") == core::frequency{1'280'000'000});
    CHECK(core::parse<core::frequency>("1.6 GHz") == core::frequency{1'600'000'000});
    CHECK(core::parse<core::byte_size>("64 KiB") == 64_KiB);
    CHECK(core::parse<core::byte_size>("1.5 KiB") == core::byte_size{1536});
    CHECK(core::parse<core::byte_size>("0.0009765625 KiB") == core::byte_size{1});
    CHECK(core::parse<core::bandwidth>("6.4 GB/s") == core::bandwidth{6'400'000'000});
    CHECK(core::parse<core::bandwidth>("1 GiB/s") == core::bandwidth{1U << 30U});
    CHECK(core::parse<core::energy>("1.5625 pJ").joules == 1.5625e-12);
    CHECK(core::parse<core::power>("16 mW").watts == 0.016);
    CHECK(core::parse<core::area>("1200 um2").mm2 == 0.0012);
    CHECK(core::parse<core::voltage>("-0.9 V").volts == -0.9);
}

TEST_CASE("core.quantity.reads_the_double_the_decimal_means") {
    // One rounding from the decimal, not a product of two rounded numbers.
    CHECK(core::parse<core::energy>("0.3 pJ").joules == 0.3e-12);
    CHECK(core::parse<core::energy>("4.35 fJ").joules == 4.35e-15);
    CHECK(core::parse<core::area>("0.0002 mm2").mm2 == 0.0002);
}

TEST_CASE("core.quantity.says_what_is_wrong") {
    using Catch::Matchers::Contains;
    CHECK_THAT(problem_of<core::duration>("100"),
               Contains("the unit is missing") && Contains("ns"));
    CHECK_THAT(problem_of<core::duration>("100 kg"), Contains("unknown unit 'kg'"));
    CHECK_THAT(problem_of<core::duration>("fast"), Contains("'fast' is not a duration"));
    CHECK_THAT(problem_of<core::duration>(""), Contains("is not a duration"));
    CHECK_THAT(problem_of<core::duration>("0.1 fs"), Contains("not a whole number of fs"));
    CHECK_THAT(problem_of<core::duration>("1e9 s"), Contains("too large"));
    CHECK_THAT(problem_of<core::duration>("18446.744073709551616 s"), Contains("too large"));
    CHECK_THAT(problem_of<core::byte_size>("16777216 TiB"), Contains("too large"));
    CHECK_THAT(problem_of<core::energy>("-1 pJ"), Contains("negative"));
    CHECK_THAT(problem_of<core::energy>("1e400 J"), Contains("beyond"));
    CHECK_THAT(problem_of<core::energy>("1.5.6 pJ"), Contains("unknown unit"));
    CHECK_THAT(problem_of<core::energy>("1 pJ "), Contains("unknown unit"));
    CHECK_THAT(problem_of<core::energy>("0x10 pJ"), Contains("unknown unit"));
    CHECK_THROWS_AS(core::parse<core::energy>("1"), core::user_error);
}

TEST_CASE("core.quantity.largest_values_are_reached") {
    constexpr auto max = std::numeric_limits<std::uint64_t>::max();
    CHECK(core::parse<core::duration>("18446744073709551615 fs").fs == max);
    CHECK(core::parse<core::duration>("18446.744073709551615 s").fs == max);
    CHECK(core::parse<core::byte_size>(core::to_string(core::byte_size{max})).bytes == max);
}

TEST_CASE("core.quantity.prints_for_people") {
    CHECK(core::to_string(100_ns) == "100 ns");
    CHECK(core::to_string(core::duration{1'500'000}) == "1.5 ns");
    CHECK(core::to_string(core::duration{0}) == "0 fs");
    CHECK(core::to_string(core::duration{100'781'250}) == "100.78125 ns");
    CHECK(core::to_string(3_s) == "3 s");
    CHECK(core::to_string(core::frequency{1'280'000'000}) == "1.28 GHz");
    CHECK(core::to_string(64_KiB) == "64 KiB");
    CHECK(core::to_string(core::byte_size{1536}) == "1536 B");
    CHECK(core::to_string(core::energy{1.5625e-12}) == "1.5625 pJ");
    CHECK(core::to_string(core::energy{0.977e-15}) == "977 aJ");
    CHECK(core::to_string(core::energy{1e-30}) == "1e-30 J");
    CHECK(core::to_string(core::energy{0.0}) == "0 J");
    CHECK(core::to_string(core::power{10.4}) == "10.4 W");
    CHECK(core::to_string(core::area{0.0012}) == "1200 um2");
    CHECK(core::to_string(core::voltage{-0.9}) == "-900 mV");
}

TEST_CASE("core.quantity.print_reads_back_to_the_same_value") {
    support::generator random;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t whole = random.next() >> random.below(64);
        CHECK(core::parse<core::duration>(core::to_string(core::duration{whole})).fs == whole);
        CHECK(core::parse<core::frequency>(core::to_string(core::frequency{whole})).hz == whole);
        CHECK(core::parse<core::byte_size>(core::to_string(core::byte_size{whole})).bytes == whole);
        CHECK(core::parse<core::bandwidth>(core::to_string(core::bandwidth{whole}))
                  .bytes_per_second == whole);

        const std::uint64_t bits = random.next() & 0x7FFF'FFFF'FFFF'FFFFU;
        double real = 0.0;
        std::memcpy(&real, &bits, sizeof real);
        if (!std::isfinite(real)) continue;
        CHECK(core::parse<core::energy>(core::to_string(core::energy{real})).joules == real);
        CHECK(core::parse<core::area>(core::to_string(core::area{real})).mm2 == real);
        double plain = 0.0;
        CHECK(core::parse_into(core::to_string(-real), plain).empty());
        CHECK(plain == -real);
    }
}

TEST_CASE("core.quantity.plain_numbers_are_strict") {
    std::uint64_t u = 7;
    std::int64_t i = 7;
    double d = 7;
    bool b = false;
    CHECK(core::parse_into("18446744073709551615", u).empty());
    CHECK(u == std::numeric_limits<std::uint64_t>::max());
    CHECK(core::parse_into("0x80000000", u).empty());
    CHECK(u == 0x8000'0000U);
    CHECK(core::parse_into("-9223372036854775808", i).empty());
    CHECK(i == std::numeric_limits<std::int64_t>::min());
    CHECK(core::parse_into("9223372036854775807", i).empty());
    CHECK(core::parse_into("1.5e3", d).empty());
    CHECK(d == 1500.0);
    CHECK(core::parse_into("true", b).empty());
    CHECK(b);

    u = 7;
    for (const char* text :
         {"", "010", "1.5", "12ns", "-1", "0x", "18446744073709551616", "+1", " 1", "1 ", "0x-1"}) {
        CAPTURE(text);
        CHECK_FALSE(core::parse_into(text, u).empty());
    }
    CHECK(u == 7);
    for (const char* text : {"9223372036854775808", "-9223372036854775809", "--1", "-"}) {
        CAPTURE(text);
        CHECK_FALSE(core::parse_into(text, i).empty());
    }
    for (const char* text : {"", ".5", "5.", "1e", "nan", "inf", "1e999", "0x10"}) {
        CAPTURE(text);
        CHECK_FALSE(core::parse_into(text, d).empty());
    }
    for (const char* text : {"yes", "1", "True", ""}) {
        CAPTURE(text);
        CHECK_FALSE(core::parse_into(text, b).empty());
    }
}

TEST_CASE("core.quantity.cycles_do_not_drift") {
    // 3 GHz has a period of 333333.3 fs: a billion rounded ones would be 333 ns short.
    const core::frequency f = 3_GHz;
    CHECK(core::cycles(f, 1).fs == 333'333);
    CHECK(core::cycles(f, 2).fs == 666'667);
    CHECK(core::cycles(f, 3'000'000'000) == 1_s);
    CHECK(core::cycles(core::frequency{1'280'000'000}, 128) == 100_ns);
    CHECK_THROWS_AS(core::cycles(1_Hz, 18'447), core::internal_error);
    CHECK_THROWS_AS(core::cycles(0_Hz, 1), core::internal_error);
}

TEST_CASE("core.quantity.transfers_round_up") {
    CHECK(core::transfer_time(core::bandwidth{6'400'000'000}, 64) == 10_ns);
    CHECK(core::transfer_time(core::bandwidth{3'000'000'000}, 1).fs == 333'334);
    CHECK(core::transfer_time(core::bandwidth{1}, 0).fs == 0);
    CHECK_THROWS_AS(core::transfer_time(core::bandwidth{0}, 1), core::internal_error);
}

TEST_CASE("core.grade.order_and_names") {
    CHECK(core::worse(core::grade::published, core::grade::assumed) == core::grade::assumed);
    CHECK(core::worse(core::grade::unverified, core::grade::code) == core::grade::unverified);
    for (const core::grade g : core::all_grades) CHECK(core::grade_from(core::to_string(g)) == g);
    CHECK_FALSE(core::grade_from("guessed").has_value());
    CHECK(core::to_string(core::published("paper, table 1")) == "[published] paper, table 1");
}

TEST_CASE("core.grade.override_is_assumed") {
    core::graded<core::energy> value{{1e-12}, core::published("paper")};
    value.set({2e-12});
    CHECK(value.origin == core::source{"set by the user", core::grade::assumed});
}
