// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/spatial_program.h>

#include <pimvp/accel/engine.h>
#include <pimvp/accel/program.h>
#include <pimvp/noc/node_map.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace pimvp::isaac_like {

/// A program image, read and checked: what is left to do is to send it to the tiles.
struct loadable_program {
    spatial_program program;
    std::vector<accel::tensor_descriptor> tensors;
    std::uint64_t cells = 0;  ///< where in the image the crossbar images begin
};

/// Reads all of a program but its cells. Throws accel::job_fault (bad_program) with the first rule
/// the image breaks; what `image.read` throws passes. A program that comes back can be run. Plain
/// C++.
loadable_program read_program(accel::program_reader& image, const reram::tile_limits& limits,
                              const noc::node_map& nodes);

/// The same from the sections themselves, wherever the cells are. Throws core::format_error.
spatial_program decode_program(
    const std::vector<accel::tensor_descriptor>& tensors, const std::vector<std::uint8_t>& io,
    const std::vector<std::uint8_t>& tiles, const reram::tile_limits& limits,
    const noc::node_map& nodes,
    std::uint64_t cells_bytes = std::numeric_limits<std::uint64_t>::max());

}  // namespace pimvp::isaac_like
