// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <support/random.h>

#include <pimvp/nn/network.h>

#include <cstdint>
#include <vector>

/// The operators written down once more as nested loops over coordinates, from the ONNX
/// definitions; nothing of nn's executor is used. And random networks of one node.
namespace naive {

/// float32(x) * float32(multiplier), rounded by the C library, zero point, saturation.
int requantise(std::int64_t acc, float multiplier, const pimvp::nn::tensor_type& type);

/// Output integers of one node.
std::vector<int> run(const pimvp::nn::network& net, const pimvp::nn::node& n,
                     const std::vector<pimvp::nn::integer_tensor>& inputs);

/// A type of `bits` bits with a random scale near `scale` and a random zero point.
pimvp::nn::tensor_type random_type(support::generator& random, int bits, bool is_signed,
                                   float scale);

/// All elements uniform over the type.
pimvp::nn::integer_tensor random_tensor(support::generator& random, pimvp::nn::shape dims,
                                        const pimvp::nn::tensor_type& type);

/// What a random convolution may look like.
struct convolution_limits {
    int input_bits = 8;
    int weight_bits = 8;
    int output_bits = 8;
};
pimvp::nn::network random_convolution(support::generator& random, const convolution_limits& limits);

/// A network of one node: `inputs` of these types and shapes to one output.
pimvp::nn::network single(const pimvp::nn::node& n, const std::vector<pimvp::nn::value>& inputs,
                          const pimvp::nn::value& output);

}  // namespace naive
