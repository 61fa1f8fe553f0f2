// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/tile_params.h>

#include <pimvp/core/area.h>

/// Area and peak power, rolled up from Table I of ISAAC (ISCA 2016). A chip's roll-up needs the
/// network between the tiles: isaac_like/figures.h.
///
/// Groups scale with what they consist of: ADCs with the crossbars and their resolution, DACs with
/// rows, sample-and-holds with columns, arrays with cells; registers and shift-and-add of an IMA
/// and the tile's bus are fixed.
namespace pimvp::reram {

/// One IMA with its ADC bank.
[[nodiscard]] core::budget ima_budget(const ima_params& params);
/// One tile without a share of its router.
[[nodiscard]] core::budget tile_budget(const tile_params& params);

/// Power of the converters of one IMA at full rate; area of the same.
[[nodiscard]] core::graded<core::power> adc_group_power(const ima_params& params);
[[nodiscard]] core::graded<core::area> adc_group_area(const ima_params& params);
/// Area of one converter by the scaling rule, not normalised: the area fit of the card.
[[nodiscard]] core::area adc_scaling_area(unsigned bits);

}  // namespace pimvp::reram
