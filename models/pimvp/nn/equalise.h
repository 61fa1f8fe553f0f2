// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/calibration.h>
#include <pimvp/nn/float_network.h>

namespace pimvp::nn {

/// The same network with its weights spread more evenly: cross-layer equalisation.
///
/// Where one matrix feeds another and nothing else, through nothing but Relu, Clip from 0, pooling
/// and reshapes that keep channels, channel c of the first can be divided by any s > 0 and that of
/// the second multiplied by it. With s = sqrt(a / b), a and b the largest weights of the channel in
/// the first and in the second matrix, both get the same largest weight. Pairs are swept until no s
/// is beyond 1 +- 1 % (20 sweeps at most). It helps where one scale has to do for all of a layer's
/// weights (quantise_options::per_channel false), above all in depthwise convolutions, whose
/// channels differ by orders of magnitude.
///
/// **Numerics** The function stays the same but for float32 rounding. A Clip from 0 keeps its
/// bound: a channel that `inputs` drive to it keeps its scale, all others at most reach it. So
/// behind a Clip the function stays the same as long as no channel goes beyond what it showed on
/// `inputs`.
float_network equalise(float_network net, const input_set& inputs);

}  // namespace pimvp::nn
