// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pimvp::noc {

/// Numbers the nodes of a system of equal chips, as bus::node_message_header names them.
///
/// Chip after chip: its tiles, row after row, then its I/O port. The number after the last chip's
/// is the host: whatever sits behind the chips' I/O ports and is not a chip.
struct node_map {
    std::uint32_t chips = 1;
    std::uint32_t tiles = 1;  ///< of each chip

    [[nodiscard]] constexpr std::uint32_t nodes_per_chip() const { return tiles + 1; }
    [[nodiscard]] constexpr std::uint32_t tile(std::uint32_t chip, std::uint32_t index) const {
        return chip * nodes_per_chip() + index;
    }
    [[nodiscard]] constexpr std::uint32_t io(std::uint32_t chip) const { return tile(chip, tiles); }
    [[nodiscard]] constexpr std::uint32_t host() const { return chips * nodes_per_chip(); }
    /// All valid numbers are below.
    [[nodiscard]] constexpr std::uint32_t nodes() const { return host() + 1; }
    /// `chips` for the host.
    [[nodiscard]] constexpr std::uint32_t chip_of(std::uint32_t node) const {
        return node / nodes_per_chip();
    }
    /// Position within the chip: a tile, or `tiles` for the I/O port. 0 for the host.
    [[nodiscard]] constexpr std::uint32_t local_of(std::uint32_t node) const {
        return node % nodes_per_chip();
    }
};

}  // namespace pimvp::noc
