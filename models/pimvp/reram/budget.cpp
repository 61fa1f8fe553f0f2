// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/budget.h>

#include <cstdint>

namespace pimvp::reram {
namespace {

namespace card = cards::isaac_32nm;

/// Power and area of a component group of the card.
struct group {
    core::graded<core::power> power;
    core::graded<core::area> area;

    group(const core::card_value& power_value, const core::card_value& area_value)
        : power(power_value),
          area(area_value) {}

    /// What is not exactly the published group is our own arithmetic.
    [[nodiscard]] group scaled(double power_factor, double area_factor) const {
        group result = *this;
        result.power.value.watts *= power_factor;
        result.area.value.mm2 *= area_factor;
        if (power_factor != 1.0) derive(result.power.origin);
        if (area_factor != 1.0) derive(result.area.origin);
        return result;
    }
    [[nodiscard]] group scaled(double factor) const { return scaled(factor, factor); }

private:
    static void derive(core::source& origin) {
        origin.text += ", scaled";
        origin.g = core::worse(origin.g, core::grade::derived);
    }
};

void add(core::budget& level, const char* component, const group& what) {
    level.add(component, 1, what.area, what.power);
}

unsigned published_adc_bits() {
    return static_cast<unsigned>(card::adc_bits.value);
}

double area_fit(unsigned bits) {
    return core::graded<core::area>(card::adc_area_linear).value.mm2 * bits +
           core::graded<core::area>(card::adc_area_exponential).value.mm2 *
               static_cast<double>(std::uint64_t{1} << bits);
}

group adc_group(const ima_params& params) {
    const group published{card::adc_power, card::adc_area};
    const double converters = params.crossbars / card::crossbars_per_ima.value;
    const adc_params& adc = params.adc;
    if (adc.bits == published_adc_bits()) return published.scaled(converters);
    group result =
        published.scaled(converters * adc.scaling_energy(adc.bits).joules /
                             adc.scaling_energy(published_adc_bits()).joules,
                         converters * area_fit(adc.bits) / area_fit(published_adc_bits()));
    result.power.origin.g =
        core::worse(result.power.origin.g,
                    core::worse(adc.energy_linear.origin.g, adc.energy_exponential.origin.g));
    return result;
}

}  // namespace

core::graded<core::power> adc_group_power(const ima_params& params) {
    return adc_group(params).power;
}

core::graded<core::area> adc_group_area(const ima_params& params) {
    return adc_group(params).area;
}

core::area adc_scaling_area(unsigned bits) {
    return {area_fit(bits)};
}

core::budget ima_budget(const ima_params& params) {
    const crossbar_params& array = params.crossbar;
    const double crossbars = params.crossbars / card::crossbars_per_ima.value;
    const double rows = crossbars * array.rows / card::crossbar_rows.value;
    const double columns = crossbars * array.columns / card::crossbar_columns.value;
    core::budget ima{"ima"};
    add(ima, "adc", adc_group(params));
    add(ima, "dac", group{card::dac_power, card::dac_area}.scaled(rows));
    add(ima, "sample_hold", group{card::sample_hold_power, card::sample_hold_area}.scaled(columns));
    add(ima, "crossbar",
        group{card::crossbar_power, card::crossbar_area}.scaled(rows * array.columns /
                                                                card::crossbar_columns.value));
    add(ima, "ima_shift_add", {card::ima_shift_add_power, card::ima_shift_add_area});
    add(ima, "ima_ir", {card::ima_input_register_power, card::ima_input_register_area});
    add(ima, "ima_or", {card::ima_output_register_power, card::ima_output_register_area});
    return ima;
}

core::budget tile_budget(const tile_params& params) {
    core::budget tile{"tile"};
    const auto add_units = [&tile](const char* component, const post::post_unit_params& units) {
        tile.add(component, units.units.value, units.area, units.power);
    };
    tile.add("edram", 1, params.edram.area, params.edram.power);
    add(tile, "edram_bus", {card::edram_bus_power, card::edram_bus_area});
    add_units("sigmoid", params.post.activation);
    add_units("tile_shift_add", params.post.shift_add);
    add_units("max_pool", params.post.max_pool);
    add(tile, "tile_or", {card::tile_output_register_power, card::tile_output_register_area});
    tile.add(ima_budget(params.ima).as_item(params.imas));
    if (params.quantiser.is_there()) {
        const quantiser_params& q = params.quantiser;
        core::graded<core::area> area = q.lane_area;
        area.value.mm2 = q.lane_area.value.mm2 * q.lanes + q.control_area.value.mm2;
        area.origin.g = core::worse(area.origin.g, q.control_area.origin.g);
        core::graded<core::power> power{{0.0},
                                        q.element.origin};  // at peak: a byte a lane and clock
        power.value.watts =
            q.element.value.joules * q.lanes * static_cast<double>(q.clock.value.hz);
        tile.add("quantiser", 1, area, power);
    }
    return tile;
}

}  // namespace pimvp::reram
