// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/parameters.h>
#include <pimvp/reram/all_cards.h>
#include <pimvp/reram/ima_params.h>

#include <string>

using namespace pimvp;
using namespace pimvp::reram;

TEST_CASE("reram.params.defaults_are_the_card_and_sound", "[reram][unit]") {
    const ima_params params;
    CHECK(params.crossbars == 8);
    CHECK(params.crossbar.rows == 128);
    CHECK(params.crossbar.cycle.value.fs == 100'000'000);
    CHECK(params.crossbar.cycle.origin.g == core::grade::published);
    CHECK(params.adc.sample_rate.value.hz == 1'280'000'000);
    CHECK(params.adc.conversion.origin.g == core::grade::derived);
    CHECK(params.crossbar.write_energy.origin.g == core::grade::code);
    CHECK(core::validate(params).empty());
}

TEST_CASE("reram.params.an_adc_that_can_clip_is_a_warning", "[reram][unit]") {
    ima_params params;
    params.crossbar.column_flip = false;
    core::diagnostics found = core::validate(params);
    CHECK_FALSE(found.has_errors());
    CHECK(found.text().find("need 9") != std::string::npos);
    params.crossbar.rows = 100;
    found = core::validate(params);
    CHECK(found.has_errors());
    CHECK(found.text().find("crossbar.rows") != std::string::npos);
    CHECK(found.text().find("multiple of 8") != std::string::npos);
}

TEST_CASE("reram.params.a_clipping_adc_is_refused_where_saturation_is_forbidden", "[reram][unit]") {
    ima_params params;
    params.adc.saturation = adc_saturation::forbid;
    CHECK(core::validate(params).empty());
    params.adc.bits = 7;
    core::diagnostics found = core::validate(params);
    CHECK(found.has_errors());
    for (const char* part : {"adc.bits", "7 bits", "128 rows", "2-bit cells", "columns flipped",
                             "need 8", "forbidden", "range: full_scale"}) {
        CHECK_THAT(found.text(), Catch::Contains(part));
    }
    params.adc.range = adc_range::full_scale;  // coarser, but nothing saturates
    CHECK(core::validate(params).empty());
    CHECK_FALSE(params.is_exact());
}

TEST_CASE("reram.params.a_converted_unit_column_needs_bits_too", "[reram][unit]") {
    crossbar_shape shape;
    shape.cell_bits = 1;
    CHECK(shape.required_adc_bits() == 7);  // flipped columns of 128 rows: 127 at most
    shape.unit_column = unit_column_kind::own_adc;
    CHECK(shape.required_adc_bits() == 8);  // but 128 ones
    shape.rows = 120;
    CHECK(shape.required_adc_bits() == 7);
    shape.rows = 128;
    shape.cell_bits = 2;
    CHECK(shape.required_adc_bits() == 8);
}

TEST_CASE("reram.params.more_than_all_cells_stuck_is_an_error", "[reram][unit]") {
    ima_params params;
    params.crossbar.stuck_at_zero = 0.7;
    params.crossbar.stuck_at_max = 0.3;
    CHECK_FALSE(core::validate(params).has_errors());
    CHECK_FALSE(params.is_exact());
    params.crossbar.stuck_at_max = 0.4;
    CHECK_THAT(core::validate(params).text(), Catch::Contains("crossbar.stuck_at_max"));
}

TEST_CASE("reram.params.every_card_value_has_a_source", "[reram][unit]") {
    REQUIRE(all_cards().size() == 1);
    for (const core::card_view& card : all_cards()) {
        CHECK(card.size() != 0);
        for (const core::card_value& value : card) {
            CAPTURE(std::string(value.name));
            CHECK_FALSE(value.source.empty());
            CHECK(value.g != core::grade::unverified);
        }
    }
}
