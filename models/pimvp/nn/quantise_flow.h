// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/calibration.h>
#include <pimvp/nn/float_network.h>
#include <pimvp/nn/quantise.h>
#include <pimvp/nn/range_rule.h>

#include <optional>

namespace pimvp::nn {

/// All choices between a float network and its integers. The defaults are what does best on the
/// networks of docs/results/quantisation.md.
struct quantise_flow {
    bool equalise = false;  ///< spread weights between layers first (equalise.h)
    range_rule ranges{range_rule::method::mse};  ///< of the values
    quantise_options integers;                   ///< bits and scales
    bool bias_correction = true;  ///< give sums the mean of the float network (bias_correction.h)
};

/// What a flow made.
struct quantised {
    network integers;
    std::optional<float_network> equalised;  ///< what `integers` was made of, if not of the network
};

/// Equalises, calibrates, quantises and corrects biases. The same network, inputs and choices give
/// the same integers on every host.
quantised quantise(const float_network& net, const input_set& inputs, const quantise_flow& flow);

}  // namespace pimvp::nn
