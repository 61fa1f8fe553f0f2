// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/card.h>
#include <pimvp/reram/budget.h>

using namespace pimvp;
using namespace pimvp::reram;

namespace {

constexpr double mw = 1e-3;

bool close(double value, double expected, double relative) {
    return value == Approx(expected).epsilon(relative);
}

}  // namespace

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
