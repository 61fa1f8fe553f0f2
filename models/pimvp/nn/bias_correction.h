// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/calibration.h>
#include <pimvp/nn/float_network.h>
#include <pimvp/nn/network.h>

namespace pimvp::nn {

/// Gives every output channel of a matrix the bias with which its sums have the mean they have in
/// the float network `net`, of which `integers` was made.
///
/// Rounded and clipped weights and values shift the mean of a sum, the same way in every inference.
/// Layer by layer, the integers take `inputs` through what is corrected already; a sum being
/// linear, its mean follows from the mean window: with x in the float network, x' what the integers
/// stand for, the bias grows by w mean(x) - w' mean(x'). So a layer also takes up what pooling,
/// additions and saturation before it shift.
///
/// **Limits** Holds, for all inputs, the integers that later layers still read. Precondition: one
/// input at least.
void correct_biases(network& integers, const float_network& net, const input_set& inputs);

}  // namespace pimvp::nn
