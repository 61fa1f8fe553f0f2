// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/area.h>
#include <pimvp/core/card.h>
#include <pimvp/reram/budget.h>

#include <stdexcept>
#include <string>

using namespace pimvp;
using namespace pimvp::reram;

namespace {

constexpr double mw = 1e-3;

const core::budget_item& item(const core::budget& level, const std::string& name) {
    for (const core::budget_item& candidate : level.items()) {
        if (candidate.component == name) return candidate;
    }
    throw std::runtime_error("no item " + name);
}

bool close(double value, double expected, double relative) {
    return value == Approx(expected).epsilon(relative);
}

}  // namespace

TEST_CASE("D1_table_1_roll_up", "[isaac][papers][matches_published]") {
    const ima_params params;
    const core::budget ima = ima_budget(params);
    CHECK(close(ima.total_power().watts, 24.08 * mw, 1e-9));
    CHECK(close(ima.total_area().mm2, 0.01312, 1e-9));
    const core::budget tile = tile_budget(params);
    CHECK(close(tile.total_power().watts, 330 * mw, 0.003));
    CHECK(close(tile.total_area().mm2, 0.372, 0.003));
    CHECK(close(12 * ima.total_power().watts, 289 * mw, 0.003));
    CHECK(close(12 * ima.total_area().mm2, 0.157, 0.003));
    const core::budget chip = chip_budget(params);
    CHECK(close(chip.total_power().watts, 65.8, 0.003));
    CHECK(close(chip.total_area().mm2, 85.4, 0.003));
    CHECK(close(168 * tile.total_power().watts, 55.4, 0.003));
    CHECK(close(168 * tile.total_area().mm2, 62.5, 0.003));
    for (const core::budget_item& part : ima.items()) {  // sums and shares of them are derived
        CHECK(part.power.origin.g == core::grade::published);
        CHECK(part.area.origin.g == core::grade::published);
    }
    CHECK(item(tile, "router").power.origin.g == core::grade::derived);
}

TEST_CASE("D2_shares_of_power_and_area", "[isaac][papers][matches_published]") {
    const ima_params params;
    const core::budget ima = ima_budget(params);
    const core::budget tile = tile_budget(params);
    const double adc_power = 12 * item(ima, "adc").power.value.watts;
    const double adc_area = 12 * item(ima, "adc").area.value.mm2;
    CHECK(100 * adc_power / tile.total_power().watts == Approx(58).margin(1));
    CHECK(100 * adc_area / tile.total_area().mm2 == Approx(31).margin(1));
    CHECK(100 * 168 * adc_power / chip_budget(params).total_power().watts == Approx(49).margin(1));
    const double edram = item(tile, "edram").area.value.mm2;
    const double bus = item(tile, "edram_bus").area.value.mm2;
    CHECK(100 * (edram + bus) / tile.total_area().mm2 == Approx(47).margin(1));
}

TEST_CASE("D3_peak_figures", "[isaac][papers][matches_published]") {
    const peak_figures figures = peak(ima_params{}, 16, 16);
    CHECK(close(figures.operations_per_second, 41.29e12, 0.0005));
    CHECK(close(figures.operations_per_joule, 627.5e9, 0.005));
    CHECK(close(figures.operations_per_second_per_mm2, 478.95e9, 0.015));
    CHECK(close(figures.storage_bytes_per_mm2 / (1 << 20), 0.74, 0.01));
    CHECK(figures.storage_bytes == 63.0 * (1 << 20));
}

TEST_CASE("D8_adc_scaling_follows_its_table", "[isaac][papers][exact]") {
    namespace card = cards::isaac_32nm;
    const core::card_value* const energies[] = {
        &card::adc_table_energy_4, &card::adc_table_energy_5, &card::adc_table_energy_6,
        &card::adc_table_energy_7, &card::adc_table_energy_8, &card::adc_table_energy_9,
        &card::adc_table_energy_10};
    const core::card_value* const areas[] = {&card::adc_table_area_4, &card::adc_table_area_5,
                                             &card::adc_table_area_6, &card::adc_table_area_7,
                                             &card::adc_table_area_8, &card::adc_table_area_9,
                                             &card::adc_table_area_10};
    for (unsigned bits = 4; bits <= 10; ++bits) {
        CAPTURE(bits);
        const core::graded<core::energy> energy = *energies[bits - 4];
        const core::graded<core::area> area = *areas[bits - 4];
        CHECK(close(adc_params{}.scaling_energy(bits).joules, energy.value.joules, 0.01));
        CHECK(close(adc_scaling_area(bits).mm2, area.value.mm2, 0.01));

        ima_params params;
        params.adc.bits = bits;
        CHECK(close(params.adc.conversion_energy().value.joules,
                    1.5625e-12 * energy.value.joules / 1.6667e-12, 0.01));
        CHECK(close(adc_group_area(params).value.mm2, 8 * area.value.mm2, 0.01));
    }
    CHECK(adc_params{}.conversion_energy().value.joules == 1.5625e-12);
    CHECK(adc_group_power(ima_params{}).value.watts == 16 * mw);
}

TEST_CASE("D9_half_the_rows_instead_of_the_flip", "[isaac][papers][sanity]") {
    ima_params half;
    half.crossbar.rows = 64;
    half.crossbar.column_flip = false;
    CHECK(half.crossbar.required_adc_bits() == 8);
    const double ratio =
        peak(ima_params{}, 16, 16).operations_per_joule / peak(half, 16, 16).operations_per_joule;
    CHECK(ratio == Approx(1.80).epsilon(0.03));
}

TEST_CASE("D10_slower_cycle_and_wider_operands", "[isaac][papers][matches_published]") {
    const double published = peak(ima_params{}, 16, 16).operations_per_second;
    ima_params slow;
    slow.crossbar.cycle.set({200'000'000});
    CHECK(peak(slow, 16, 16).operations_per_second == published / 2);
    CHECK(peak(ima_params{}, 32, 32).operations_per_second == Approx(published / 4).epsilon(0.05));
}
