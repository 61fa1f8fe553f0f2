// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/gemm.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/precision.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pimvp::nn {

/// The integer reference: what every accelerator must compute, to the bit.
///
/// Runs an integer network node by node and keeps every value for comparison. It shares no code
/// with any hardware kernel.
///
/// **Numerics** `arithmetic.h`. Matrix nodes sum exactly, in 32 bits where accumulator_bits() says
/// that no input can overflow them, else in 64. Padding is the zero point. max_pool works on the
/// integers; average_pool on their exact sum. Results do not depend on the CPU. Convolutions that a
/// network_precision names compute with cut inputs, as `precision.h` says.
///
/// **Limits** Batch 1. One thread; for several, copy the executor: copies share the packed weights
/// and own their values. The network must outlive the executor and stay unchanged.
///
/// **Example**
/// \code
///     nn::executor reference(net);
///     reference.run({nn::quantise(image, net.values[net.inputs[0]].type)});
///     const nn::integer_tensor& scores = reference.value(net.outputs[0]);
/// \endcode
///
/// **Source** ONNX operator definitions (QLinearConv, QuantizeLinear, DequantizeLinear).
class executor {
public:
    /// Validates and prepares `net`. `kernels` picks the innermost loops (tests compare all).
    explicit executor(const network& net, const gemm::kernels& kernels = gemm::best());
    /// As an accelerator that cuts the inputs of some convolutions. Throws core::user_error if the
    /// precision names another kind of node or does not fit its windows.
    executor(const network& net, const network_precision& precision,
             const gemm::kernels& kernels = gemm::best());
    executor(const executor& other);
    executor(executor&& other) noexcept;
    executor& operator=(const executor&) = delete;
    executor& operator=(executor&&) = delete;
    ~executor();

    /// Computes all values. `inputs`: one tensor per network input, with its shape and type; else
    /// throws core::user_error.
    void run(const std::vector<integer_tensor>& inputs);
    /// Computes nodes from index `first` on once more, from the values that there are.
    void run_from(std::size_t first);

    /// Another precision for the runs to come; the packed weights stay. What was counted is lost.
    void set_precision(const network_precision& precision);
    /// Whether runs count what cut inputs are streamed with; off at first.
    void count_planes(bool on) { m_counting = on; }
    /// What was counted of a node with a precision since reset_planes().
    [[nodiscard]] const plane_counts& planes(std::uint32_t node) const;
    void reset_planes();

    /// A value of the last run.
    [[nodiscard]] const integer_tensor& value(value_id id) const;
    /// What a user gets of the last run: output `index` as reals, host steps included.
    [[nodiscard]] float_tensor output(std::size_t index) const;
    [[nodiscard]] const network& net() const { return *m_network; }

private:
    struct prepared;  // packed weights, shared by copies
    struct buffers;

    const network* m_network;
    const gemm::kernels* m_kernels;
    std::shared_ptr<const prepared> m_prepared;
    std::unique_ptr<buffers> m_buffers;
    std::vector<integer_tensor> m_values;
    bool m_counting = false;
};

}  // namespace pimvp::nn
