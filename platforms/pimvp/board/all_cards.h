// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/cards/host_card.h>

#include <pimvp/core/card.h>

#include <vector>

namespace pimvp::board {

/// The technology cards of this room, for listings.
[[nodiscard]] inline std::vector<core::card_view> all_cards() {
    return {cards::host::all};
}

}  // namespace pimvp::board
