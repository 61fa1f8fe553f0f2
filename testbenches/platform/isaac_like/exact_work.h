// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/device.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/precision.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace isaac_like_test {

/// Padded 3x3 convolution, max pool, padded 3x3 convolution, residual sum, 1x1 convolution with
/// stride 2, fully connected. Weights are random.
pimvp::nn::network residual_network(std::uint64_t seed);

/// A 1x1 convolution that samples one pixel in 16 x 16: nobody reads the others. They are the
/// input's, or made from it by a padded 3x3 convolution.
pimvp::nn::network sampling_network(std::uint64_t seed, bool of_the_input);

/// Convolution, activation by table, squeeze-and-excite (global average, 1x1 convolution, gate by
/// table, product with one pixel), channel shuffle with a channel taken twice and one left out,
/// average of windows that ceil_mode cuts, product of two maps, fully connected. Tables are random.
pimvp::nn::network gated_network(std::uint64_t seed);

/// Convolutions of signed and unsigned inputs of 8, 6, 4 and 1 bits, with and without a zero point,
/// depthwise ones packed into shared crossbars among them, then fully connected.
pimvp::nn::network narrowing_network(std::uint64_t seed);

/// A network, random inputs for it, and what nn::executor makes of them.
struct exact_work {
    pimvp::nn::network network;
    std::vector<pimvp::board::tensor_bytes> inputs, outputs;  ///< per image

    explicit exact_work(std::uint64_t seed, std::size_t images = 4)
        : exact_work(residual_network(seed), images) {}
    explicit exact_work(pimvp::nn::network of, std::size_t images = 4,
                        const pimvp::nn::network_precision& precision = {});
};

}  // namespace isaac_like_test
