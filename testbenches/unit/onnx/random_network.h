// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <support/random.h>

namespace onnx_test {

/// A valid integer network of every operation in random order, types of 1 .. `most_bits` bits of
/// both signednesses, kernels, strides, dilations and pads at random.
pimvp::nn::network random_network(support::generator& random, int most_bits);

}  // namespace onnx_test
