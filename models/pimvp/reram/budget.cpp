// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/budget.h>

#include <pimvp/reram/crossbar_encoder.h>

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

core::budget tile_budget(const ima_params& params, const chip_counts& counts) {
    core::budget tile{"tile"};
    add(tile, "edram", {card::edram_power, card::edram_area});
    add(tile, "edram_bus", {card::edram_bus_power, card::edram_bus_area});
    add(tile, "router",
        group{card::router_power, card::router_area}.scaled(1.0 / card::tiles_per_router.value));
    add(tile, "sigmoid", {card::sigmoid_power, card::sigmoid_area});
    add(tile, "tile_shift_add", {card::tile_shift_add_power, card::tile_shift_add_area});
    add(tile, "max_pool", {card::max_pool_power, card::max_pool_area});
    add(tile, "tile_or", {card::tile_output_register_power, card::tile_output_register_area});
    tile.add(ima_budget(params).as_item(counts.imas_per_tile));
    return tile;
}

core::budget chip_budget(const ima_params& params, const chip_counts& counts) {
    core::budget chip{"chip"};
    chip.add(tile_budget(params, counts).as_item(counts.tiles));
    add(chip, "hyper_transport", {card::hyper_transport_power, card::hyper_transport_area});
    return chip;
}

peak_figures peak(const ima_params& params, unsigned weight_bits, unsigned input_bits,
                  const chip_counts& counts) {
    const crossbar_params& array = params.crossbar;
    const double arrays =
        static_cast<double>(params.crossbars) * counts.imas_per_tile * counts.tiles;
    const double macs = arrays * array.rows * outputs_per_crossbar(array, weight_bits);
    const core::budget chip = chip_budget(params, counts);
    peak_figures peak;
    peak.operations_per_second = 2.0 * macs / (input_bits * core::seconds(array.cycle.value));
    peak.operations_per_joule = peak.operations_per_second / chip.total_power().watts;
    peak.operations_per_second_per_mm2 = peak.operations_per_second / chip.total_area().mm2;
    peak.storage_bytes = arrays * array.rows * array.columns * array.cell_bits / 8.0;
    peak.storage_bytes_per_mm2 = peak.storage_bytes / chip.total_area().mm2;
    return peak;
}

}  // namespace pimvp::reram
