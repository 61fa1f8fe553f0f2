// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace pimvp::nn {

/// A step behind the last node that no accelerator computes: the host takes an output of the
/// network, dequantised, and gives its user this function of it, in float32.
///
/// The output itself stays what it was: checks and metrics of a classifier compare its scores, not
/// the probabilities that a Softmax makes of them.
struct host_step {
    enum class operation {
        softmax,     ///< e^x / sum of e^x along the axis
        log_softmax  ///< its logarithm
    };

    std::string name;  ///< of the ONNX node; unique among the host steps
    operation kind = operation::softmax;
    std::size_t output = 0;  ///< which of the network's outputs it takes: index into `outputs`
    std::string result;      ///< name of the tensor it gives, of the same shape
    int axis = 1;            ///< the sums run along this axis of the output: 0 .. rank - 1

    friend bool operator==(const host_step& a, const host_step& b) {
        return a.name == b.name && a.kind == b.kind && a.output == b.output &&
               a.result == b.result && a.axis == b.axis;
    }
};
std::string_view to_string(host_step::operation kind);

/// The step on its output's reals: in double from the largest element down, rounded to float32 at
/// the end. The same bits on every host. Precondition: step.axis is one of the tensor's.
float_tensor run(const host_step& step, const float_tensor& scores);

/// Output `index` of `net` as its user sees it: `scores`, or what a host step makes of them.
/// `Network`: network or float_network.
template <class Network>
float_tensor finish_output(const Network& net, std::size_t index, float_tensor scores) {
    for (const host_step& step : net.host_steps) {
        if (step.output == index) return run(step, scores);
    }
    return scores;
}

}  // namespace pimvp::nn
