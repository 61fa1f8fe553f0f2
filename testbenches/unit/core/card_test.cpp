// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/card.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/unit_core/cards/test_adc_card.h>

namespace core = pimvp::core;
namespace card = pimvp::unit_core::cards::test_adc;
using Catch::Matchers::Contains;

namespace {

std::string compile(const std::string& values) {
    return core::compile_card("card: c\ndescription: d\nvalues:\n" + values, "x/c.yaml", "room");
}

}  // namespace

TEST_CASE("core.card.compiled_values_are_the_files") {
    static_assert(card::conversion.value == 1.5625e-12);
    static_assert(card::all.size() == 10);
    CHECK(card::conversion.unit == "J");
    CHECK(card::conversion.source == "test, table 1");
    CHECK(card::conversion.note == "with a \"note\"");
    CHECK(card::conversion.g == core::grade::derived);
    CHECK(card::all.name == "test_adc");
    CHECK(card::all.begin()->name == "conversion");
}

TEST_CASE("core.card.becomes_the_default_of_a_parameter") {
    const core::graded<core::energy> conversion = card::conversion;
    const core::graded<core::power> leakage = card::leakage;
    const core::graded<core::area> footprint = card::footprint;
    const core::graded<core::duration> cycle = card::cycle;
    const core::graded<core::frequency> rate = card::rate;
    const core::graded<core::byte_size> buffer = card::buffer;
    const core::graded<core::bandwidth> link = card::link;
    const core::graded<core::voltage> supply = card::supply;
    const core::graded<unsigned> rows = card::rows;
    const core::graded<double> share = card::share;
    CHECK(conversion.value.joules == 1.5625e-12);
    CHECK(conversion.origin == core::derived("test, table 1"));
    CHECK(leakage.value.watts == 0.002);
    CHECK(footprint.value.mm2 == 0.0012);
    CHECK(cycle.value.fs == 100'000'000);
    CHECK(rate.value.hz == 1'280'000'000);
    CHECK(buffer.value.bytes == 65536);
    CHECK(link.value.bytes_per_second == 6'400'000'000);
    CHECK(supply.value.volts == 0.9);
    CHECK(rows.value == 128);
    CHECK(share.value == 0.25);
}

TEST_CASE("core.card.wrong_dimension_is_a_contradiction") {
    using graded_energy = core::graded<core::energy>;
    CHECK_THROWS_WITH(graded_energy{card::leakage},
                      Contains("'leakage'") && Contains("unknown unit 'mW'"));
    CHECK_THROWS_AS(graded_energy{card::rows}, core::internal_error);
    using graded_unsigned = core::graded<unsigned>;
    CHECK_THROWS_AS(graded_unsigned{card::share}, core::internal_error);
}

TEST_CASE("core.card.errors_are_collected") {
    CHECK_THROWS_WITH(compile("  a: {value: 1 pJ, grade: derived}\n"),
                      Contains("'source' is missing"));
    CHECK_THROWS_WITH(compile("  a: {value: 1 pJ, source: s}\n"), Contains("'grade' is missing"));
    CHECK_THROWS_WITH(compile("  a: {grade: derived, source: s}\n"),
                      Contains("'value' is missing"));
    CHECK_THROWS_WITH(compile("  a: {value: 1 pJ, grade: sure, source: s}\n"),
                      Contains("c.yaml:4:") && Contains("'sure' is not one of"));
    CHECK_THROWS_WITH(compile("  a: {value: 1 pX, grade: derived, source: s}\n"),
                      Contains("values.a.value: '1 pX' is neither a number nor a quantity"));
    CHECK_THROWS_WITH(compile("  a: {value: 0.1 fs, grade: derived, source: s}\n"),
                      Contains("not a whole number of fs"));
    CHECK_THROWS_WITH(compile("  A b: {value: 1, grade: derived, source: s}\n"),
                      Contains("snake_case"));
    CHECK_THROWS_WITH(compile("  all: {value: 1, grade: derived, source: s}\n"),
                      Contains("snake_case"));
    CHECK_THROWS_WITH(compile("  a: {value: 1, grade: derived, source: s}\n"
                              "  a: {value: 1, grade: derived, source: s}\n"),
                      Contains("appears twice"));
    CHECK_THROWS_WITH(compile("  {}\n"), Contains("no values"));
    CHECK_THROWS_WITH(core::compile_card("card: d\ndescription: x\nvalues: {a: {value: 1, grade: "
                                         "derived, source: s}}",
                                         "c.yaml", "room"),
                      Contains("differs from the name of its file"));
}

TEST_CASE("core.card.listings") {
    const std::string table = core::cards_table({card::all});
    CHECK_THAT(table, Contains("1.5625 pJ") && Contains("derived") && Contains("test, table 1"));
    CHECK_THAT(core::cards_markdown({card::all}),
               Contains("### test_adc") && Contains("| `rows` | 128 | published |"));
}
