// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/cards/peripherals_card.h>
#include <pimvp/cpu/cards/risc_v_core_card.h>

#include <pimvp/core/card.h>

#include <vector>

namespace pimvp::cpu {

/// The technology cards of this room, for listings.
[[nodiscard]] inline std::vector<core::card_view> all_cards() {
    return {cards::peripherals::all, cards::risc_v_core::all};
}

}  // namespace pimvp::cpu
