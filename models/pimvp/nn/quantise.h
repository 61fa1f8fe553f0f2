// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/calibration.h>
#include <pimvp/nn/float_network.h>
#include <pimvp/nn/layer_bits.h>
#include <pimvp/nn/network.h>

namespace pimvp::nn {

/// How the integers of a quantised network look: weights symmetric, -(2^(b-1) - 1) .. 2^(b-1) - 1,
/// values unsigned with a zero point.
struct quantise_options {
    network_bits bits;
    bool per_channel = true;  ///< one weight scale an output channel (false: one a layer)
};

/// An integer network that computes `net` on the calibrated ranges.
///
/// - Relu and Clip behind a convolution, a fully connected node, an add or an average vanish into
/// the
///   saturation of that node's output type; elsewhere they become `requantise`.
/// - max_pool, reshape, select and concat keep types: all values that only they connect get one
/// type, so a
///   concat copies. Where the inputs of a concat are bounded differently (say a Relu and none) or
///   have other bits, it requantises instead. average_pool gets a type of its own: means reach less
///   far than their
///   inputs, and behind a network's last average lie the scores.
/// - A function becomes a lookup: its table is quantise(f(dequantise(x))) for every integer x.
/// - Bias integers have the scale input scale * weight scale and fit 32 bits; where a bias would
/// not,
///   its channel's weight scale grows until it does.
/// - multipliers = (input scale * weight scale) / output scale in float32.
///
/// Node names are kept. A value's name is that of the float value it stands for (behind the
/// activation that vanished). Throws core::user_error for bits out of range, bits of a layer that
/// does not exist or cannot have them, a calibration of another network, or a Clip that excludes
/// zero.
network quantise(const float_network& net, const calibration& seen,
                 const quantise_options& options = {});

}  // namespace pimvp::nn
