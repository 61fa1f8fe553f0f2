// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_network.h>
#include <pimvp/nn/tensor.h>

#include <memory>
#include <vector>

namespace pimvp::nn {

/// The float reference: calibration and float baselines.
///
/// **Numerics** IEEE float32 with one rounding per operation. Every output of a matrix node is
/// summed from 0 over channel, kernel row, kernel column in ascending order, then the bias is
/// added; pools run over the window row by row and an average divides the sum by the count. One
/// code path without fused operations: the same bits on every x86-64 CPU and compiler.
///
/// **Limits** Batch 1. One thread; for several, copy the executor: copies share the packed weights.
/// The network must outlive the executor and stay unchanged.
///
/// **Example**
/// \code
///     nn::float_executor reference(net);
///     reference.run({image});
///     const nn::float_tensor& logits = reference.value(net.outputs[0]);
/// \endcode
class float_executor {
public:
    /// Validates and prepares `net`.
    explicit float_executor(const float_network& net);

    /// Computes all values. `inputs`: one tensor per network input, of its shape; else throws
    /// core::user_error.
    void run(const std::vector<float_tensor>& inputs);

    /// A value of the last run.
    [[nodiscard]] const float_tensor& value(value_id id) const;
    /// What a user gets of the last run: output `index`, host steps included.
    [[nodiscard]] float_tensor output(std::size_t index) const;
    [[nodiscard]] const float_network& net() const { return *m_network; }

private:
    struct prepared;  // packed weights, shared by copies

    const float_network* m_network;
    std::shared_ptr<const prepared> m_prepared;
    std::vector<float_tensor> m_values;
    std::vector<float> m_padded;
    std::vector<float> m_panels;
};

}  // namespace pimvp::nn
