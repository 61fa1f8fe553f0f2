// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/area.h>
#include <pimvp/isaac_like/figures.h>
#include <pimvp/reram/budget.h>

#include <stdexcept>
#include <string>

using namespace pimvp;
using namespace pimvp::isaac_like;

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
    const isaac_like_params params;
    const core::budget ima = reram::ima_budget(params.tile.ima);
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
    const isaac_like_params params;
    const core::budget ima = reram::ima_budget(params.tile.ima);
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
    const peak_figures figures = chip_peak({}, 16, 16);
    CHECK(close(figures.operations_per_second, 41.29e12, 0.0005));
    CHECK(close(figures.operations_per_joule, 627.5e9, 0.005));
    CHECK(close(figures.operations_per_second_per_mm2, 478.95e9, 0.015));
    CHECK(close(figures.storage_bytes_per_mm2 / (1 << 20), 0.74, 0.01));
    CHECK(figures.storage_bytes == 63.0 * (1 << 20));
}

TEST_CASE("D9_half_the_rows_instead_of_the_flip", "[isaac][papers][sanity]") {
    isaac_like_params half;
    reram::crossbar_params& array = half.tile.ima.crossbar;
    array.rows = 64;
    array.column_flip = false;
    CHECK(array.required_adc_bits() == 8);
    const double ratio =
        chip_peak({}, 16, 16).operations_per_joule / chip_peak(half, 16, 16).operations_per_joule;
    CHECK(ratio == Approx(1.80).epsilon(0.03));
}

TEST_CASE("D10_slower_cycle_and_wider_operands", "[isaac][papers][matches_published]") {
    const double published = chip_peak({}, 16, 16).operations_per_second;
    isaac_like_params slow;
    slow.tile.ima.crossbar.cycle.set({200'000'000});
    CHECK(chip_peak(slow, 16, 16).operations_per_second == published / 2);
    CHECK(chip_peak({}, 32, 32).operations_per_second == Approx(published / 4).epsilon(0.05));
}

TEST_CASE("isaac_like.figures.a_machine_is_its_chips", "[isaac][papers][matches_published]") {
    const machine_figures one = figures_of({}, 16, 16);
    CHECK(close(one.area_mm2, 85.4, 0.003));
    CHECK(close(one.peak_ops_per_s, 41.29e12, 0.0005));
    CHECK(one.node_nm == 32.0);
    CHECK_FALSE(one.vdd_v);
    CHECK(one.clock_hz == 1.2e9);
    isaac_like_params params;
    params.chips = 3;
    const machine_figures three = figures_of(params, 8, 8);
    CHECK(three.area_mm2 == 3 * one.area_mm2);
    CHECK(three.peak_ops_per_s == 3 * 4 * one.peak_ops_per_s);  // half the cells, half the bits
}

TEST_CASE("isaac_like.figures.every_part_counts_in_the_area", "[isaac][papers][sanity]") {
    const double area = figures_of({}, 16, 16).area_mm2;
    const auto grown = [&](const auto& change) {
        isaac_like_params params;
        change(params);
        return figures_of(params, 16, 16).area_mm2 - area;
    };
    CHECK(grown([&](auto& p) { p.hyper_transport.area.value.mm2 += 1; }) == Approx(1));
    CHECK(grown([&](auto& p) { p.mesh.router_area.value.mm2 += 1; }) == Approx(42));
    CHECK(grown([&](auto& p) { p.tile.edram.area.value.mm2 += 1; }) == Approx(168));
    CHECK(grown([&](auto& p) { p.tile.post.activation.area.value.mm2 += 1; }) == Approx(2 * 168));
    CHECK(grown([&](auto& p) { p.tile.post.max_pool.area.value.mm2 += 1; }) == Approx(168));
    CHECK(grown([&](auto& p) { p.tile.post.shift_add.area.value.mm2 += 1; }) == Approx(168));
    CHECK(grown([&](auto& p) { p.tile.imas = 13; }) == Approx(168 * 0.01312));
}
