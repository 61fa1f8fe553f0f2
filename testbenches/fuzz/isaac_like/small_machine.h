// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/board_params.h>
#include <pimvp/isaac_like/params.h>
#include <pimvp/nn/network.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// The accelerator of fuzz_program and fuzz_restore, and programs for it.
namespace fuzz {

/// A board with one accelerator, `npu`: four chips of two tiles, two IMAs a tile, two crossbars of
/// 16 x 64 cells an IMA. A cycle takes 1 ns, so that simulated time lasts for many inputs.
pimvp::board::board_params small_board();

const pimvp::isaac_like::isaac_like_params& accelerator_of(const pimvp::board::board_params& board);

/// Pools, a look-up table, a product with one pixel, a concatenation that requantises; elements of
/// one and two bytes.
pimvp::nn::network elementwise_network();
/// Convolutions, one with sums from two tiles, max pool, residual sum, fully connected layer.
pimvp::nn::network residual_network();

std::vector<std::uint8_t> image_of(const pimvp::nn::network& network,
                                   const pimvp::isaac_like::isaac_like_params& params);

/// Programs of these networks by name: together they use every kind of stage, partial sums, copies
/// and buffers with capacities.
std::map<std::string, std::vector<std::uint8_t>> good_images(
    const pimvp::isaac_like::isaac_like_params& params);

}  // namespace fuzz
