// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/cards/front_end_card.h>

#include <pimvp/core/card.h>

#include <vector>

namespace pimvp::accel {

/// The technology cards of this room, for listings.
[[nodiscard]] inline std::vector<core::card_view> all_cards() {
    return {cards::front_end::all};
}

}  // namespace pimvp::accel
