// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/figures.h>

#include <pimvp/reram/budget.h>
#include <pimvp/reram/crossbar_encoder.h>

#include <algorithm>

namespace pimvp::isaac_like {

core::budget tile_budget(const isaac_like_params& params) {
    const double share = static_cast<double>(params.mesh.shape().routers()) / params.mesh.tiles();
    core::graded<core::area> area = params.mesh.router_area;
    core::graded<core::power> power = params.mesh.router_power;
    area.value.mm2 *= share;
    power.value.watts *= share;
    for (core::source* origin : {&area.origin, &power.origin}) {
        origin->text += ", a tile's share";
        origin->g = core::worse(origin->g, core::grade::derived);
    }
    core::budget tile = reram::tile_budget(params.tile);
    tile.add("router", 1, area, power);
    return tile;
}

core::budget chip_budget(const isaac_like_params& params) {
    core::budget chip{"chip"};
    chip.add(tile_budget(params).as_item(params.mesh.tiles()));
    chip.add("hyper_transport", 1, params.hyper_transport.area, params.hyper_transport.power);
    return chip;
}

peak_figures chip_peak(const isaac_like_params& params, unsigned weight_bits, unsigned input_bits) {
    const reram::crossbar_params& array = params.tile.ima.crossbar;
    const double arrays =
        static_cast<double>(params.tile.ima.crossbars) * params.tile.imas * params.mesh.tiles();
    const double macs = arrays * array.rows * reram::outputs_per_crossbar(array, weight_bits);
    const core::budget chip = chip_budget(params);
    peak_figures peak;
    peak.operations_per_second = 2.0 * macs / (input_bits * core::seconds(array.cycle.value));
    peak.operations_per_joule = peak.operations_per_second / chip.total_power().watts;
    peak.operations_per_second_per_mm2 = peak.operations_per_second / chip.total_area().mm2;
    peak.storage_bytes = arrays * array.rows * array.columns * array.cell_bits / 8.0;
    peak.storage_bytes_per_mm2 = peak.storage_bytes / chip.total_area().mm2;
    return peak;
}

machine_figures figures_of(const isaac_like_params& params, unsigned weight_bits,
                           unsigned input_bits) {
    namespace card = reram::cards::isaac_32nm;
    const double chips = std::max(1U, params.chips);
    machine_figures figures;
    figures.area_mm2 = chips * chip_budget(params).total_area().mm2;
    figures.peak_ops_per_s =
        chips * chip_peak(params, weight_bits, input_bits).operations_per_second;
    figures.node_nm = card::technology_node.value;
    figures.clock_hz = card::digital_clock.value;
    return figures;
}

core::power ima_leakage_of(const isaac_like_params& params, std::uint64_t used) {
    const std::uint64_t all =
        std::uint64_t{std::max(1U, params.chips)} * params.mesh.tiles() * params.tile.imas;
    const std::uint64_t leaking = params.gate_idle_imas ? used : all;
    return {params.ima_leakage.value.watts * static_cast<double>(leaking)};
}

}  // namespace pimvp::isaac_like
