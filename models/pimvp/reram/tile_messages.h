// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What travels between tiles: bus::node_message_header with one of these kinds, then the header
/// below, then the array it names. Little-endian.
namespace pimvp::reram {

enum class tile_message : std::uint32_t {
    configure = 1,  ///< tile_configure_header + encode(tile_program)
    cells = 2,      ///< tile_cells_header + crossbar image
    loaded = 3,     ///< tile_loaded_header; from a tile to the I/O node: all crossbars are written
    pixels = 4,     ///< tile_pixels_header + values
    partial = 5,    ///< tile_partial_header + std::int64_t sums
    space = 6       ///< tile_space_header; to who makes the pixels of a buffer with a capacity
};

struct tile_configure_header {
    std::uint32_t program = 0;   ///< number of the resident program
    std::uint32_t reply_to = 0;  ///< node that gets `loaded`
};

struct tile_cells_header {
    std::uint32_t program = 0;
    std::uint32_t record = 0;  ///< index into tile_program::crossbars
};

struct tile_loaded_header {
    std::uint32_t program = 0;
    std::uint32_t node = 0;
};

/// Some channels of pixels of a tensor that follow each other in raster order.
struct tile_pixels_header {
    std::uint32_t program = 0;
    std::uint32_t inference = 0;  ///< counts the program's RUNs from 0
    std::uint32_t tensor = 0;
    std::uint32_t pixel = 0;  ///< the first: y * width + x
    std::uint32_t first_channel = 0;
    std::uint32_t channels = 0;  ///< of each pixel; values of 1 or 2 bytes follow
    std::uint32_t pixels = 1;
};
static_assert(sizeof(tile_pixels_header) == 28, "wire format");

/// Pixels of a tensor, counted over all inferences, of which those below `limit` find room.
struct tile_space_header {
    std::uint32_t program = 0;
    std::uint32_t tensor = 0;
    std::uint64_t limit = 0;
};
static_assert(sizeof(tile_space_header) == 16, "wire format");

/// Sums over some of the row blocks, for the home of their outputs.
struct tile_partial_header {
    std::uint32_t program = 0;
    std::uint32_t inference = 0;
    std::uint32_t layer = 0;
    std::uint32_t pixel = 0;
    std::uint32_t first_channel = 0;
    std::uint32_t count = 0;
};
static_assert(sizeof(tile_partial_header) == 24, "wire format");

}  // namespace pimvp::reram
