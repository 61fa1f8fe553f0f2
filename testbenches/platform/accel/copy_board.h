// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <platform/accel/copy_accelerator.h>

#include <pimvp/board/board_params.h>

#include <string>

namespace support {

/// A board document whose accelerators may be of type `copy`.
inline pimvp::board::board_params read_copy_board(const std::string& text) {
    pimvp::board::accelerator_types types;
    types.add<copy_accelerator, copy_params>("copy", "Copies.");
    return pimvp::board::read_board(pimvp::core::document::from_text(text, "board.yaml"), types);
}

}  // namespace support
