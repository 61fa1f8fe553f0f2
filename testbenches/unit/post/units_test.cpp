// SPDX-License-Identifier: Apache-2.0
#include <pimvp/post/post_units.h>

#include <support/catch.h>

#include <pimvp/core/area.h>
#include <pimvp/core/context.h>

namespace post = pimvp::post;
namespace core = pimvp::core;

TEST_CASE("post.units.a_busy_cycle_costs_what_table_1_prints", "[post][unit]") {
    core::context context;
    post::post_units units{context};
    post::operation_counts work;
    work.looked_up = 240;
    work.compared = 120;
    work.requantised = 20;
    work.added = 30;
    work.rescaled = 40;
    work.accumulated = 30;
    CHECK(units.time(work).fs == 100'000'000);
    units.charge(work, 3);

    const auto activity = context.ledger().snapshot(0);
    const auto report = context.ledger().price(activity);
    CHECK(report.by_component_j.at("activation") == Approx(52e-12));
    CHECK(report.by_component_j.at("max_pool") == Approx(40e-12));
    CHECK(report.by_component_j.at("shift_add") == Approx(5e-12));
    CHECK(context.ledger().scope_j(activity, 3) == Approx(97e-12));
    CHECK(report.weakest() == core::grade::assumed);
}

TEST_CASE("post.units.the_slowest_unit_decides_the_time", "[post][unit]") {
    core::context context;
    post::post_units units{context};
    post::operation_counts work;
    CHECK(units.time(work).fs == 0);
    work.looked_up = 1;
    CHECK(units.time(work).fs == 416'667);  // 100 ns / 240, rounded up to whole fs
    work.compared = 1;
    CHECK(units.time(work).fs == 833'334);
    work.requantised = 360;
    CHECK(units.time(work).fs == 300'000'000);
}

TEST_CASE("post.units.budget_is_table_1", "[post][unit]") {
    core::context context;
    core::budget units{"post"};
    for (const auto& item : post::post_units{context}.budget()) units.add(item);
    CHECK(units.total_power().watts == Approx(0.97e-3));
    CHECK(units.total_area().mm2 == Approx(0.0009));
}
