// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/quantise_flow.h>

#include <pimvp/nn/bias_correction.h>
#include <pimvp/nn/equalise.h>

namespace pimvp::nn {

quantised quantise(const float_network& net, const input_set& inputs, const quantise_flow& flow) {
    quantised made;
    if (flow.equalise) made.equalised = equalise(net, inputs);
    const float_network& source = made.equalised ? *made.equalised : net;
    made.integers = quantise(source, calibrate(source, inputs, flow.ranges), flow.integers);
    if (flow.bias_correction) correct_biases(made.integers, source, inputs);
    return made;
}

}  // namespace pimvp::nn
