// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/calibration.h>
#include <pimvp/nn/float_network.h>
#include <pimvp/nn/network.h>

namespace pimvp::nn {

/// Gives every output channel of a matrix the bias with which its sums have the mean they have in
/// the float network `net`, of which `integers` was made.
///
/// Rounded and clipped weights and inputs shift the mean of a sum, the same way in every inference.
/// Over all windows of `inputs`, sum w x is on average (sum w mean(x)) because it is linear, so the
/// shift follows from the mean window: w mean(x) - w' mean(x'), w' and x' what the integers stand
/// for, x the values of the float network. Each layer corrects what it adds itself; the shift of
/// the layers before it is theirs to correct.
void correct_biases(network& integers, const float_network& net, const input_set& inputs);

}  // namespace pimvp::nn
