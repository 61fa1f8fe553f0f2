// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/energy.h>

#include <cmath>

namespace core = pimvp::core;

namespace {

core::graded<core::energy> joules(double value, core::grade g = core::grade::derived) {
    return {{value}, {"test", g}};
}
core::graded<core::power> watts(double value, core::grade g = core::grade::published) {
    return {{value}, {"test", g}};
}
constexpr std::uint64_t us = 1'000'000'000;

}  // namespace

TEST_CASE("core.energy.an_event_is_registered_once") {
    core::energy_ledger ledger;
    const auto a = ledger.event("adc", "conversion", "8b", joules(1e-12), core::in_array);
    const auto b = ledger.event("adc", "conversion", "9b", joules(2e-12), core::in_array);
    const auto again = ledger.event("adc", "conversion", "8b", joules(1e-12), core::in_array);
    CHECK(a.index == again.index);
    CHECK(a.index != b.index);
    CHECK(ledger.events() == 2);
    CHECK(ledger.name(a) == "adc.conversion.8b");
    CHECK(ledger.where(a) == core::in_array);
    CHECK(ledger.name(ledger.event("x", "y", "", joules(1), core::in_chip)) == "x.y");
    CHECK_THROWS_AS(ledger.event("adc", "conversion", "8b", joules(3e-12), core::in_array),
                    core::internal_error);
    CHECK_THROWS_AS(ledger.event("adc", "conversion", "8b", joules(1e-12), core::in_chip),
                    core::internal_error);
    CHECK_THROWS_AS(ledger.event("adc", "conversion", "8b", joules(1e-12, core::grade::assumed),
                                 core::in_array),
                    core::internal_error);
}

TEST_CASE("core.energy.parts_add_up_to_totals_bit_for_bit") {
    support::generator random;
    core::energy_ledger ledger;
    std::vector<core::event_id> events;
    for (unsigned i = 0; i < 37; ++i) {
        const double per_event = std::ldexp(static_cast<double>(random.below(1000) + 1) / 7, -45);
        events.push_back(ledger.event("component" + std::to_string(i % 5), "event",
                                      std::to_string(i), joules(per_event),
                                      i % 7 == 0 ? core::off_chip : core::in_tile));
    }
    const auto leak = ledger.domain("chip", watts(0.123));
    std::vector<std::uint64_t> expected(events.size(), 0);
    for (int i = 0; i < 10'000; ++i) {
        const std::size_t which = random.below(events.size());
        const std::uint64_t count = random.below(1'000'000);
        ledger.add(events[which], count, static_cast<std::uint32_t>(random.below(9)));
        expected[which] += count;
    }
    const auto activity = ledger.snapshot(5 * us);
    const auto report = ledger.price(activity);

    double by_component = 0.0;
    for (const auto& part : report.by_component_j) by_component += part.second;
    CHECK(by_component == report.dynamic_j);
    CHECK(report.total_j == report.dynamic_j + report.static_j);
    CHECK(report.static_j == 0.123 * 5e-6);
    CHECK(activity.residency_fs(leak, core::power_state::on) == 5 * us);

    double counted = 0.0;
    double by_scope = 0.0;
    double by_grade = 0.0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        CHECK(activity.count(events[i]) == expected[i]);
        CHECK(ledger.count(events[i]) == expected[i]);
        CHECK(report.counts.at(ledger.name(events[i])) == expected[i]);
        counted += static_cast<double>(expected[i]) * ledger.per_event(events[i]).value.joules;
    }
    for (const double j : report.by_scope_j) by_scope += j;
    for (const auto& part : report.grades_j) by_grade += part.second;
    CHECK(counted == Approx(report.dynamic_j).epsilon(1e-12));
    CHECK(by_scope == Approx(report.dynamic_j).epsilon(1e-12));
    CHECK(by_grade == Approx(report.total_j).epsilon(1e-12));
    CHECK(report.by_envelope_j.at("chip") + report.off_chip_j ==
          Approx(report.dynamic_j).epsilon(1e-12));
    CHECK(report.by_envelope_j.at("array") == 0.0);
}

TEST_CASE("core.energy.counts_are_64_bit") {
    core::energy_ledger ledger;
    const auto e = ledger.event("a", "b", "", joules(1e-15), core::in_chip);
    ledger.add(e, 0xFFFF'FFFFU);
    ledger.add(e, 0xFFFF'FFFF'0000'0000U);
    CHECK(ledger.snapshot(0).count(e) == 0xFFFF'FFFF'FFFF'FFFFU);
}

TEST_CASE("core.energy.difference_of_snapshots_is_one_inference") {
    core::energy_ledger ledger;
    const auto a = ledger.event("a", "x", "", joules(1e-12), core::in_array);
    const auto chip = ledger.domain("chip", watts(1.0));
    ledger.add(a, 100, 1);
    const auto before = ledger.snapshot(10 * us);
    const auto b = ledger.event("b", "x", "", joules(2e-12), core::in_tile);  // later than before
    ledger.add(a, 5, 1);
    ledger.add(b, 7, 40);
    const auto difference = ledger.snapshot(13 * us).since(before);
    CHECK(difference.time_fs() == 3 * us);
    CHECK(difference.count(a) == 5);
    CHECK(difference.count(a, 1) == 5);
    CHECK(difference.count(b, 40) == 7);
    CHECK(difference.count(b, 4000) == 0);
    CHECK(difference.residency_fs(chip, core::power_state::on) == 3 * us);
    const auto report = ledger.price(difference);
    CHECK(report.dynamic_j == Approx(19e-12));
    CHECK(report.static_j == Approx(3e-6));
    CHECK(ledger.scope_j(difference, 40) == Approx(14e-12));
    CHECK(ledger.scope_counts(difference, 40) == std::map<std::string, std::uint64_t>{{"b.x", 7}});
    CHECK_THROWS_AS(before.since(ledger.snapshot(13 * us)), core::internal_error);
}

TEST_CASE("core.energy.power_domains_follow_their_states") {
    core::energy_ledger ledger;
    const auto tile = ledger.domain("tile", watts(4.0), watts(1.0, core::grade::assumed));
    const auto link = ledger.domain("link", watts(10.0), false);
    ledger.set_state(tile, core::power_state::clock_gated, 2 * us);
    ledger.set_state(tile, core::power_state::off, 5 * us);
    ledger.set_state(tile, core::power_state::on, 9 * us);
    CHECK(ledger.state(tile) == core::power_state::on);
    const auto activity = ledger.snapshot(10 * us);
    CHECK(activity.residency_fs(tile, core::power_state::on) == 3 * us);
    CHECK(activity.residency_fs(tile, core::power_state::clock_gated) == 3 * us);
    CHECK(activity.residency_fs(tile, core::power_state::off) == 4 * us);
    const auto report = ledger.price(activity);
    CHECK(report.static_j == Approx(3e-6 * 4.0 + 3e-6 * 1.0));
    CHECK(report.apart_j == Approx(100e-6));
    CHECK(report.total_j == report.static_j);
    REQUIRE(report.domains.size() == 2);
    CHECK(report.domains[0].name == "link");
    CHECK_FALSE(report.domains[0].headline);
    CHECK(report.domains[1].g == core::grade::assumed);
    CHECK(link.index == 1);
    CHECK_THROWS_AS(ledger.set_state(tile, core::power_state::off, 8 * us), core::internal_error);
    CHECK_THROWS_AS(ledger.snapshot(8 * us), core::internal_error);
    CHECK_THROWS_AS(ledger.domain("tile", watts(1)), core::internal_error);
}

TEST_CASE("core.energy.grades_are_rolled_up") {
    core::energy_ledger ledger;
    const auto sure =
        ledger.event("a", "x", "", joules(3e-12, core::grade::published), core::in_array);
    const auto guess =
        ledger.event("a", "y", "", joules(1e-12, core::grade::assumed), core::in_array);
    ledger.event("a", "z", "", joules(1.0, core::grade::unverified), core::in_array);
    ledger.add(sure, 1);
    CHECK(ledger.price(ledger.snapshot(0)).weakest() == core::grade::published);
    ledger.add(guess, 1);
    const auto report = ledger.price(ledger.snapshot(0));
    CHECK(report.grade_shares().at("published") == Approx(0.75));
    CHECK(report.grade_shares().at("assumed") == Approx(0.25));
    CHECK(report.grade_shares().count("unverified") == 0);
    CHECK(report.weakest() == core::grade::assumed);
    CHECK(core::energy_report{}.grade_shares().empty());
}

TEST_CASE("core.energy.reset_keeps_what_is_registered") {
    core::energy_ledger ledger;
    const auto a = ledger.event("a", "x", "", joules(1e-12), core::in_array);
    const auto chip = ledger.domain("chip", watts(1.0));
    ledger.add(a, 3, 2);
    ledger.reset(4 * us);
    CHECK(ledger.count(a) == 0);
    ledger.add(a, 1, 2);
    const auto activity = ledger.snapshot(6 * us);
    CHECK(activity.count(a, 2) == 1);
    CHECK(activity.residency_fs(chip, core::power_state::on) == 2 * us);
}

TEST_CASE("core.energy.scopes_are_bounded") {
    core::energy_ledger ledger;
    const auto a = ledger.event("a", "x", "", joules(1e-12), core::in_array);
    CHECK_THROWS_AS(ledger.add(a, 1, core::energy_ledger::max_scopes), core::internal_error);
    ledger.add(a, 1, core::energy_ledger::max_scopes - 1);
    CHECK(ledger.count(a) == 1);
}

TEST_CASE("core.energy.many_events_keep_their_counts_while_the_table_grows") {
    core::energy_ledger ledger;
    std::vector<core::event_id> events;
    for (std::uint32_t i = 0; i < 100; ++i) {
        events.push_back(ledger.event("c", "e", std::to_string(i), joules(1e-12), core::in_chip));
        for (std::uint32_t k = 0; k <= i; ++k) ledger.add(events[k], k + 1, i % 13);
    }
    for (std::uint32_t k = 0; k < 100; ++k)
        CHECK(ledger.count(events[k]) == (100 - k) * (k + 1ULL));
}
