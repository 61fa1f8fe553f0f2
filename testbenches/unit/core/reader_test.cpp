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

/// What the reader says about a text, one finding a line.
template <class T = tile_params>
std::string findings(std::string_view yaml) {
    T params;
    core::diagnostics found;
    core::document::from_text(yaml, "t.yaml").read(params, found);
    return found.text();
}

struct strict_params {
    unsigned ports = 0;
    core::graded<core::power> leakage;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.required("ports", p.ports, {1, 8}, "How many.");
        v.required("leakage", p.leakage, "When on.");
    }
};

}  // namespace

TEST_CASE("core.reader.silent_document_keeps_defaults") {
    const tile_params defaults;
    for (const char* text : {"", "{}", "adc:\nextra: {}"}) {
        CAPTURE(text);
        CHECK(core::read_yaml<tile_params>(text, "t.yaml") == defaults);
    }
}

TEST_CASE("core.reader.reads_every_kind") {
    const auto p = core::read_yaml<tile_params>(R"(
name: "a b"
enabled: false
offset: -8
gain: 2.5e-1
slope: 0.25
cycle: 50 ns
rate: 2 GHz
buffer: 32 KiB
link: 1 GB/s
timeout: 3 us
adc: {bits: 9, kind: flash, comparators: 511}
sizes: [7, 8]
banks:
  - bits: 4
  - {bits: 5}
  - {}
extra:
  left: {bits: 2}
)",
                                                "t.yaml");
    CHECK(p.name == "a b");
    CHECK_FALSE(p.enabled);
    CHECK(p.offset == -8);
    CHECK(p.gain == 0.25);
    CHECK(p.slope == 0.25F);
    CHECK(p.cycle == 50_ns);
    CHECK(p.rate == 2_GHz);
    CHECK(p.buffer == 32_KiB);
    CHECK(p.link == 1_GBps);
    CHECK(p.timeout == 3_us);
    CHECK(p.adc.bits == 9);
    CHECK(p.adc.kind == adc_kind::flash);
    CHECK(p.adc.comparators == 511);
    CHECK(p.sizes == std::vector<unsigned>{7, 8});
    REQUIRE(p.banks.size() == 3);
    CHECK(p.banks[1].bits == 5);
    CHECK(p.banks[2].bits == 8);
    REQUIRE(p.extra.count("left") == 1);
    CHECK(p.extra.at("left").bits == 2);
}

TEST_CASE("core.reader.unknown_key_names_the_nearest") {
    CHECK(findings("adc:\n    adc_bits: 9\n    bit: 9\n") ==
          "t.yaml:2:5: adc: unknown key 'adc_bits', known: bits, conversion, kind\n"
          "t.yaml:3:5: adc: unknown key 'bit', did you mean 'bits'?");
    CHECK(findings("banks:\n  - {bts: 9}") ==
          "t.yaml:2:6: banks[0]: unknown key 'bts', did you mean 'bits'?");
    CHECK(findings("nmae: x") == "t.yaml:1:1: unknown key 'nmae', did you mean 'name'?");
}

TEST_CASE("core.reader.a_key_the_variant_ignores_is_unknown") {
    CHECK_THAT(findings("adc: {kind: sar, comparators: 3}"),
               Catch::Matchers::Contains("unknown key 'comparators'"));
    CHECK(findings("adc: {comparators: 3, kind: flash}").empty());
}

TEST_CASE("core.reader.duplicate_key") {
    CHECK(findings("name: a\ngain: 1\nname: b\n") ==
          "t.yaml:3:1: name: the key appears twice (first in line 1): keep one");
    CHECK(findings("adc: {bits: 1, bits: 2}") ==
          "t.yaml:1:16: adc.bits: the key appears twice (first in line 1): keep one");
    CHECK_THAT(findings("adc:\n  conversion: {value: 1 pJ, value: 2 pJ}"),
               Catch::Matchers::Contains("adc.conversion.value: the key appears twice"));
}

TEST_CASE("core.reader.missing_key") {
    CHECK(findings<strict_params>("ports: 2") ==
          "t.yaml:1:1: the key 'leakage' is missing (power): When on.");
    CHECK(findings<strict_params>("{ports: 2, leakage: 1 mW}").empty());
    CHECK_THAT(findings<strict_params>(""), Catch::Matchers::Contains("'ports' is missing") &&
                                                Catch::Matchers::Contains("'leakage' is missing"));
}

TEST_CASE("core.reader.mistyped_value") {
    CHECK(findings("adc: {bits: many}") == "t.yaml:1:13: adc.bits: 'many' is not an integer");
    CHECK(findings("adc: 3") == "t.yaml:1:6: adc: is the text '3', expected a group of keys");
    CHECK(findings("adc: [3]") == "t.yaml:1:6: adc: is a list, expected a group of keys");
    CHECK(findings("gain: [1]") == "t.yaml:1:7: gain: is a list, expected number (0 .. 10)");
    CHECK(findings("name:") == "t.yaml:1:1: name: is empty, expected text");
    CHECK(findings("sizes: 3") ==
          "t.yaml:1:8: sizes: is the text '3', expected a list ('- ...' or [a, b])");
    CHECK(findings("sizes: [1, x]") == "t.yaml:1:12: sizes[1]: 'x' is not an integer");
    CHECK(findings("enabled: yes") == "t.yaml:1:10: enabled: 'yes' is not true or false");
    CHECK(findings("adc: {kind: sigma}") ==
          "t.yaml:1:13: adc.kind: 'sigma' is not one of: sar, flash");
    CHECK_THAT(findings("cycle: 100"), Catch::Matchers::Contains("the unit is missing"));
    CHECK_THAT(findings("adc: {bits: 010}"), Catch::Matchers::Contains("leading zeros"));
    CHECK_THAT(findings("adc: {bits: -1}"), Catch::Matchers::Contains("negative"));
    CHECK_THAT(findings("adc: {bits: 1.5}"), Catch::Matchers::Contains("not an integer"));
}

TEST_CASE("core.reader.out_of_range") {
    CHECK(findings("adc: {bits: 17}") ==
          "t.yaml:1:13: adc.bits: 17 is out of range, allowed 1 .. 16");
    CHECK(findings("cycle: 2 us") ==
          "t.yaml:1:8: cycle: 2 us is out of range, allowed 1 ns .. 1 us");
    CHECK(findings("offset: -9") == "t.yaml:1:9: offset: -9 is out of range, allowed -8 .. 7");
    CHECK_THAT(findings("adc: {bits: 5000000000}"), Catch::Matchers::Contains("out of range"));
    CHECK_THAT(findings("offset: 3000000000"), Catch::Matchers::Contains("out of range"));
    CHECK(findings("sizes: []") == "t.yaml:1:8: sizes: has 0 elements, allowed 1 .. 4");
    CHECK(findings("sizes: [1,2,3,4,5]") == "t.yaml:1:8: sizes: has 5 elements, allowed 1 .. 4");
}

TEST_CASE("core.reader.everything_wrong_is_reported_together") {
    const std::string all = findings("nmae: x\nadc: {bits: 99, kind: x}\ncycle: 1\ngain: a\n");
    CHECK(std::count(all.begin(), all.end(), '\n') == 4);
}

TEST_CASE("core.reader.rules_across_members_carry_the_mark") {
    CHECK(findings("adc:\n  kind: flash\n  bits: 12\n") ==
          "t.yaml:3:9: adc.bits: a flash converter has at most 10 bits: lower it or use kind: sar");
    CHECK(findings("banks:\n  - {}\n  - {kind: flash, bits: 12}\n") ==
          "t.yaml:3:25: banks[1].bits: a flash converter has at most 10 bits: lower it or use "
          "kind: sar");
}

TEST_CASE("core.reader.override_of_a_graded_value_is_assumed") {
    const auto p = core::read_yaml<adc_params>("conversion: 2 pJ", "t.yaml");
    CHECK(p.conversion.value.joules == 2e-12);
    CHECK(p.conversion.origin == core::set_by_the_user());
    // The default, written down, is still the default.
    const auto same = core::read_yaml<adc_params>("conversion: 1.5625 pJ", "t.yaml");
    const adc_params defaults;
    CHECK(same.conversion == defaults.conversion);
}

TEST_CASE("core.reader.an_override_may_name_its_source") {
    const auto p = core::read_yaml<adc_params>(
        "conversion: {value: 2 pJ, grade: published, source: \"other paper\"}", "t.yaml");
    CHECK(p.conversion.origin == core::published("other paper"));
    CHECK(core::read_yaml<adc_params>("conversion: {value: 2 pJ}", "t.yaml").conversion.origin ==
          core::set_by_the_user());

    using Catch::Matchers::Contains;
    CHECK_THAT(findings<adc_params>("conversion: {value: 2 pJ, grade: published}"),
               Contains("must name its source"));
    CHECK_THAT(findings<adc_params>("conversion: {value: 2 pJ, grade: sure, source: x}"),
               Contains("conversion.grade") && Contains("expected one of"));
    CHECK_THAT(findings<adc_params>("conversion: {grade: assumed}"),
               Contains("the key 'value' is missing"));
    CHECK_THAT(findings<adc_params>("conversion: {value: 2 pJ, sorce: x}"),
               Contains("did you mean 'source'?"));
    CHECK_THAT(findings<adc_params>("conversion: {value: 2 pJ, source: [x]}"),
               Contains("conversion.source: is a list"));
    CHECK_THAT(findings("gain: {value: 1}"), Contains("gain: is a map, expected number"));
}

TEST_CASE("core.reader.optional_values") {
    CHECK(core::read_yaml<tile_params>("timeout: none", "t.yaml").timeout == std::nullopt);
    CHECK(core::read_yaml<tile_params>("timeout: 1 us", "t.yaml").timeout == 1_us);
    CHECK_THAT(findings("timeout: 2 s"), Catch::Matchers::Contains("out of range"));
}
