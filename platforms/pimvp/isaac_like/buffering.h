// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/tile_kernel.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// How much of each stream of pixels its readers must hold, so that buffers of bounded size never
/// make a pipeline stand still. Plain C++.
namespace pimvp::isaac_like {

/// A stage's view of one of its inputs.
struct stream_reader {
    std::vector<std::size_t> makers;  ///< indices of the actors whose pixels it reads
    reram::window_walker walker;
    bool reads_all = false;  ///< every window reads the whole input
    std::uint32_t held = 1;  ///< result: pixels
};

/// A stage as a whole, or an input of the network (no readers): makes pixels in raster order.
struct stream_actor {
    std::uint32_t windows = 1;
    std::vector<stream_reader> reads;
};

/// Plays a schedule that makes a pixel only when something asks for it, and notes in `held` the
/// most pixels that are made but not yet dead: for a window of ky x kx over rows of nx pixels that
/// is nx * (ky - 1) + kx, and what the longer branch lags behind for the short one of a residual
/// sum. Stages that hold back when a buffer of at least that size is full cannot wait for each
/// other in a circle: the schedule played here is one that such buffers allow, and what a network
/// of stages computes does not depend on their schedule. Precondition: makers stand before their
/// readers.
void count_held_pixels(std::vector<stream_actor>& actors);

}  // namespace pimvp::isaac_like
