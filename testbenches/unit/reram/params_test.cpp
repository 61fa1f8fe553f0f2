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
