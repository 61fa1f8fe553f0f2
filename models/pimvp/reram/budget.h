// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/ima_params.h>

#include <pimvp/core/area.h>

#include <cstdint>

/// Area, peak power and peak rates, rolled up from Table I of ISAAC (ISCA 2016).
///
/// Groups scale with what they consist of: ADCs with the crossbars and their resolution, DACs with
/// rows, sample-and-holds with columns, arrays with cells; registers and digital units are fixed.
namespace pimvp::reram {

/// How many of what a chip has; defaults are ISAAC-CE's.
struct chip_counts {
    unsigned imas_per_tile = static_cast<unsigned>(cards::isaac_32nm::imas_per_tile.value);
    unsigned tiles = static_cast<unsigned>(cards::isaac_32nm::tiles_per_chip.value);
};

/// One IMA with its ADC bank.
[[nodiscard]] core::budget ima_budget(const ima_params& params);
/// One tile; of the router its share.
[[nodiscard]] core::budget tile_budget(const ima_params& params, const chip_counts& counts = {});
/// One chip with its HyperTransport links.
[[nodiscard]] core::budget chip_budget(const ima_params& params, const chip_counts& counts = {});

/// Power of the converters of one IMA at full rate; area of the same.
[[nodiscard]] core::graded<core::power> adc_group_power(const ima_params& params);
[[nodiscard]] core::graded<core::area> adc_group_area(const ima_params& params);
/// Area of one converter by the scaling rule, not normalised: the area fit of the card.
[[nodiscard]] core::area adc_scaling_area(unsigned bits);

/// What the chip could do and hold if every array were busy and full.
struct peak_figures {
    double operations_per_second = 0.0;  ///< 1 multiply-accumulate = 2 operations
    double operations_per_joule = 0.0;
    double operations_per_second_per_mm2 = 0.0;
    double storage_bytes = 0.0;
    double storage_bytes_per_mm2 = 0.0;
};
[[nodiscard]] peak_figures peak(const ima_params& params, unsigned weight_bits, unsigned input_bits,
                                const chip_counts& counts = {});

}  // namespace pimvp::reram
