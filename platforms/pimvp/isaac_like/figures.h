// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/params.h>

#include <pimvp/core/area.h>

#include <optional>

/// Area, peak power and peak rates of a machine, rolled up from what its rooms know of their parts.
namespace pimvp::isaac_like {

/// One tile with its share of the router.
[[nodiscard]] core::budget tile_budget(const isaac_like_params& params);
/// One chip: tiles, routers, HyperTransport links.
[[nodiscard]] core::budget chip_budget(const isaac_like_params& params);

/// What a chip could do and hold if every array were busy and full.
struct peak_figures {
    double operations_per_second = 0.0;  ///< 1 multiply-accumulate = 2 operations
    double operations_per_joule = 0.0;
    double operations_per_second_per_mm2 = 0.0;
    double storage_bytes = 0.0;
    double storage_bytes_per_mm2 = 0.0;
};
[[nodiscard]] peak_figures chip_peak(const isaac_like_params& params, unsigned weight_bits,
                                     unsigned input_bits);

/// The machine as a whole, for records of runs.
struct machine_figures {
    double area_mm2 = 0.0;        ///< of all chips; host interface and DMA engine not counted
    double peak_ops_per_s = 0.0;  ///< as in peak_figures
    double node_nm = 0.0;
    std::optional<double> vdd_v;  ///< ISAAC states none
    double clock_hz = 0.0;        ///< of the digital units
};
/// Chips are those of `params` (0: one), so set the number a network took.
[[nodiscard]] machine_figures figures_of(const isaac_like_params& params, unsigned weight_bits,
                                         unsigned input_bits);

/// Power of the machine's IMAs at rest, of which `used` hold weights.
[[nodiscard]] core::power ima_leakage_of(const isaac_like_params& params, std::uint64_t used);

}  // namespace pimvp::isaac_like
