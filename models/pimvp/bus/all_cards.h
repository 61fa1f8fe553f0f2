// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/cards/system_bus_card.h>
#include <pimvp/bus/cards/system_memory_card.h>

#include <pimvp/core/card.h>

#include <vector>

namespace pimvp::bus {

/// The technology cards of this room, for listings.
[[nodiscard]] inline std::vector<core::card_view> all_cards() {
    return {cards::system_bus::all, cards::system_memory::all};
}

}  // namespace pimvp::bus
