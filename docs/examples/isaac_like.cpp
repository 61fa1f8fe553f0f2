// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/isaac_like/figures.h>
#include <pimvp/isaac_like/mapper.h>

#include <iostream>

using namespace pimvp;

std::vector<std::uint8_t> program_for(const nn::network& network,
                                      isaac_like::isaac_like_params& params) {
    isaac_like::placement placed;
    std::vector<std::uint8_t> image = isaac_like::map_network(
        network, isaac_like::machine_of(params), isaac_like::config_hash(params), &placed);
    params.chips = placed.chips;  // the accelerator to build: accelerator{"npu", context, params}
    const isaac_like::machine_figures figures = isaac_like::figures_of(params, 8, 8);
    std::cout << placed.arrays << " crossbars on " << figures.area_mm2 << " mm2\n";
    return image;
}
// page ends
