// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/area.h>

namespace core = pimvp::core;

TEST_CASE("core.area.levels_nest") {
    core::budget ima("ima");
    ima.add("adc", 8, {{0.0012}, core::published("t")}, {{0.002}, core::published("t")});
    ima.add("dac", 1024, {{1e-6}, core::assumed("t")}, {{1e-6}, core::published("t")});
    CHECK(ima.total_area().mm2 == Approx(0.0096 + 0.001024));
    CHECK(ima.total_power().watts == Approx(0.016 + 0.001024));
    core::budget tile("tile");
    tile.add(ima.as_item(12));
    CHECK(tile.total_area().mm2 == Approx(12 * 0.010624));
    CHECK(tile.items()[0].component == "ima");
    CHECK(tile.items()[0].area.origin.g == core::grade::assumed);
    CHECK(tile.items()[0].power.origin.g == core::grade::derived);
    CHECK_THAT(ima.text(), Catch::Matchers::Contains("adc") && Catch::Matchers::Contains("total"));
    CHECK_THAT(core::budget("none").text(), Catch::Matchers::Contains("total"));
}
