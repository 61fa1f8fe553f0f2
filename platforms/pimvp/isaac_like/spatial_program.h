// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/program.h>
#include <pimvp/noc/node_map.h>
#include <pimvp/reram/tile_program.h>

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace pimvp::isaac_like {

/// FAMILY register of the accelerator, and of programs for it: "ISAC".
constexpr std::uint32_t family_id = 0x43415349U;

enum class section_kind : std::uint32_t {
    io = 256,     ///< which tensors enter and leave
    tiles = 257,  ///< a tile_program per tile
    cells = 258   ///< crossbar images, back to back
};

/// A tensor at the border of the chip, in the order of the RUN's tensor table.
struct io_tensor {
    std::uint32_t tensor = 0;  ///< number of the tensor on the chip
    std::uint32_t channels = 1, height = 1, width = 1;
    std::uint32_t element_bytes = 1;
    std::uint32_t run = 1;  ///< inputs: pixels of a row that travel in one message, at most
    std::vector<reram::route> routes;           ///< inputs: who wants which channels
    std::vector<reram::window_reader> readers;  ///< at the ends of the routes
    [[nodiscard]] std::uint64_t elements() const {
        return std::uint64_t{channels} * height * width;
    }
};

/// A network placed on tiles: layers resident on crossbars, pixels streaming through stages.
struct spatial_program {
    std::vector<io_tensor> inputs;
    std::vector<io_tensor> outputs;
    std::vector<reram::tile_program> tiles;  ///< by rising node
    std::uint32_t chips = 1;                 ///< used
};

/// Sections `io` and `tiles` of a program image.
std::vector<std::uint8_t> encode_io(const spatial_program& program);
std::vector<std::uint8_t> encode_tiles(const spatial_program& program);

/// Read what the encoders wrote; throw core::format_error on anything malformed or out of limits.
void decode_io(const std::vector<std::uint8_t>& bytes, const reram::tile_limits& limits,
               spatial_program& program);
void decode_tiles(const std::vector<std::uint8_t>& bytes, const reram::tile_limits& limits,
                  spatial_program& program);

/// Pixels a reader must be able to hold, by (layer, tensor).
using held_by_reader = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t>;

/// What every reader must hold so that no run stands still (buffering.h). Throws core::format_error
/// if the stages of a layer differ in their windows, or there are more than 2^24 windows to go
/// through. Precondition: what validate() checks, capacities apart.
[[nodiscard]] held_by_reader held_pixels(const spatial_program& program);
/// The most that a reader of one buffer of a tile must hold, and `more` beyond that, of the pixels
/// that go there.
[[nodiscard]] std::uint32_t held_in(const reram::tile_program& tile, std::uint32_t buffer,
                                    const held_by_reader& held, std::uint32_t more = 0);
/// Nodes that send pixels, by (node, tensor) they go to.
[[nodiscard]] std::map<std::pair<std::uint32_t, std::uint32_t>, std::set<std::uint32_t>>
feeding_nodes(const spatial_program& program, std::uint32_t host);

/// Checks across tiles that decoding one tile cannot see: nodes are used once and are tiles, every
/// buffer and every program output is fed exactly once in each channel of each pixel that is read,
/// partial sums meet a home, no stage waits for itself, images lie inside `cells_bytes`,
/// activations take at most 1 GiB, and a buffer's capacity is enough and known to those who fill
/// it. A program that passes ends. Throws core::format_error.
void validate(const spatial_program& program, const noc::node_map& map, std::uint64_t cells_bytes);

}  // namespace pimvp::isaac_like
