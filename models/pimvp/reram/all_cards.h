// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/cards/isaac_32nm_card.h>

#include <pimvp/core/card.h>

#include <vector>

namespace pimvp::reram {

/// The technology cards of this room, for listings.
[[nodiscard]] inline std::vector<core::card_view> all_cards() {
    return {cards::isaac_32nm::all};
}

}  // namespace pimvp::reram
