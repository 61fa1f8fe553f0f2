// SPDX-License-Identifier: Apache-2.0
#include "test_params.h"

#include <support/catch.h>

#include <pimvp/core/document.h>

using unit_core::adc_kind;
using unit_core::adc_params;
using unit_core::tile_params;
namespace core = pimvp::core;
using namespace pimvp::core::literals;

namespace {

tile_params unusual() {
    tile_params p;
    p.name =
        "quote \" backslash \\ line\nbreak \xc3\xbc # no: "
        "comment\r\x01\u0085\u2028\u2029\uFEFF\u00a0";
    p.gain = 0.30000000000000004;
    p.cycle = core::duration{100'781'251};
    p.timeout = 7_ns;
    p.adc.conversion.set({3e-12});
    p.sizes = {9};
    p.banks.clear();
    p.extra["left"].bits = 3;
    p.extra["2 odd: key"].kind = adc_kind::flash;
    p.extra["null"].conversion = {{2e-12}, core::secondary("a \"review\"\nof 2020")};
    return p;
}

}  // namespace

TEST_CASE("core.parameters.dump_reads_back_to_the_same_struct") {
    for (const tile_params& p : {tile_params{}, unusual()}) {
        for (const bool comments : {true, false}) {
            const std::string text = core::dump(p, comments);
            CAPTURE(text);
            const auto again = core::read_yaml<tile_params>(text, "dump.yaml");
            CHECK(again == p);
            CHECK(core::dump(again, comments) == text);
        }
    }
}

TEST_CASE("core.parameters.dump_explains_itself") {
    CHECK(core::dump(adc_params{}) ==
          "# Resolution. Range 1 .. 16. [published] paper, table 1\n"
          "bits: 8\n"
          "# One conversion. Range 0 J .. 1 nJ.\n"
          "conversion: {value: 1.5625 pJ, grade: derived, source: \"paper, table 1\"}\n"
          "# Architecture.\n"
          "kind: sar\n");
}

TEST_CASE("core.parameters.listing_has_every_member") {
    const auto rows = core::list_parameters<tile_params>();
    REQUIRE(rows.size() == 22);
    CHECK(rows[0].path == "name");
    CHECK(rows[0].value == "\"tile\"");
    CHECK(rows[5].path == "cycle");
    CHECK(rows[5].type == "duration");
    CHECK(rows[5].range == "1 ns .. 1 us");
    CHECK(rows[5].origin == core::assumed("test"));
    CHECK(rows[9].value == "none");
    CHECK(rows[11].path == "adc.conversion");
    CHECK(rows[11].origin == core::derived("paper, table 1"));
    CHECK(rows[12].type == "one of sar, flash");
    CHECK(rows[13].path == "sizes[0]");
    CHECK(rows[16].path == "banks[0].bits");
}

TEST_CASE("core.parameters.an_empty_list_shows_one_example_element") {
    tile_params p;
    p.banks.clear();
    const auto rows = core::list_parameters(p);
    CHECK(rows.size() == 19);
    CHECK(rows[16].path == "banks[0].bits");
}

TEST_CASE("core.parameters.tables") {
    const auto rows = core::list_parameters<adc_params>();
    CHECK_THAT(core::parameters_table(rows),
               Catch::Matchers::Contains("bits") && Catch::Matchers::Contains("1 .. 16") &&
                   Catch::Matchers::Contains("[published] paper, table 1"));
    CHECK(
        core::parameters_markdown(rows) ==
        "| parameter | type | default | range | meaning | source |\n"
        "|---|---|---|---|---|---|\n"
        "| `bits` | integer | `8` | 1 .. 16 | Resolution. | [published] paper, table 1 |\n"
        "| `conversion` | energy | `1.5625 pJ` | 0 J .. 1 nJ | One conversion. | [derived] paper, "
        "table 1 |\n"
        "| `kind` | one of sar, flash | `sar` |  | Architecture. |  |\n");
}

TEST_CASE("core.parameters.set_by_path") {
    tile_params p;
    core::set_parameter(p, "adc.bits", "9");
    core::set_parameter(p, "banks[1].bits", "4");
    core::set_parameter(p, "sizes[2]", "30");
    core::set_parameter(p, "sizes[0]", "10");
    core::set_parameter(p, "extra.left.kind", "flash");
    core::set_parameter(p, "adc.conversion", "3 pJ");
    CHECK(p.adc.bits == 9);
    CHECK(p.banks[0].bits == 8);
    CHECK(p.banks[1].bits == 4);
    CHECK(p.sizes == std::vector<unsigned>{10, 2, 30});
    CHECK(p.extra.at("left").kind == adc_kind::flash);
    CHECK(p.adc.conversion.origin == core::set_by_the_user());
    core::set_parameter(p, "sizes", "[5, 6]");
    CHECK(p.sizes == std::vector<unsigned>{5, 6});
}

TEST_CASE("core.parameters.set_errors_name_the_assignment") {
    tile_params p;
    using Catch::Matchers::Equals;
    CHECK_THROWS_WITH(core::set_parameter(p, "adc.bits", "99"),
                      Equals("--set adc.bits=99: adc.bits: 99 is out of range, allowed 1 .. 16"));
    CHECK_THROWS_WITH(core::set_parameter(p, "adc.bit", "9"),
                      Equals("--set adc.bit=9: adc: unknown key 'bit', did you mean 'bits'?"));
    CHECK_THROWS_WITH(core::set_parameter(p, "banks[2].bits", "9"),
                      Equals("--set banks[2].bits=9: banks[2]: there is no such element (the first "
                             "is [0])"));
    const tile_params defaults;
    CHECK(p == defaults);
}

TEST_CASE("core.parameters.validate_finds_rules_of_children") {
    tile_params p;
    CHECK(core::validate(p).empty());
    p.banks[1].kind = adc_kind::flash;
    p.banks[1].bits = 16;
    CHECK_THAT(core::validate(p).text(), Catch::Matchers::StartsWith("banks[1].bits: a flash"));
}

TEST_CASE("core.parameters.config_hash_is_of_the_values") {
    tile_params a;
    tile_params b;
    CHECK(core::config_hash(a) == core::config_hash(b));
    CHECK(core::config_hash(a).size() == 64);
    b.adc.conversion.origin = core::assumed("other words");
    CHECK(core::config_hash(a) == core::config_hash(b));
    b.adc.bits = 9;
    CHECK(core::config_hash(a) != core::config_hash(b));
    b = a;
    b.banks.clear();
    CHECK(core::config_hash(a) != core::config_hash(b));
    CHECK_THAT(core::canonical(a), Catch::Matchers::Contains("adc.conversion = 1.5625 pJ\n"));
}
