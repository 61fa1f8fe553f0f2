// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/float_network.h>
#include <pimvp/nn/histogram.h>
#include <pimvp/nn/range_rule.h>
#include <pimvp/nn/real_range.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <vector>

namespace pimvp::nn {

/// Inputs of a network: per inference, per network input.
using input_set = std::vector<std::vector<float_tensor>>;

/// What quantise() needs to know of a network's activations.
struct calibration {
    range_rule rule;
    std::size_t inputs = 0;             ///< how many were observed
    std::vector<real_range> ranges;     ///< per value of the float network: all that was seen
    std::vector<histogram> histograms;  ///< the same; empty where the rule needs none

    /// What integers of `bits` bits shall represent of a value.
    [[nodiscard]] real_range range_of(value_id id, int bits) const;
};

/// Runs a float network over inputs and observes every value: its range, and, for rules that look
/// at distributions, in a second pass over the same inputs its histogram. Memory does not depend on
/// the number of inputs.
///
/// \code
///     nn::calibrator watch(net, nn::range_rule::parse("mse"));
///     do {
///         for (const nn::float_tensor& image : images) watch.add({image});
///     } while (watch.next_pass());
///     const nn::network integers = nn::quantise(net, watch.result());
/// \endcode
class calibrator {
public:
    explicit calibrator(const float_network& net, const range_rule& rule = {});

    /// One inference. Throws core::user_error naming the value that is not finite.
    void add(const std::vector<float_tensor>& inputs);
    /// True: the rule wants to see all inputs once more.
    bool next_pass();
    /// Throws core::user_error if nothing was added. Precondition: next_pass() gave false, or the
    /// rule is min-max.
    [[nodiscard]] const calibration& result() const;

private:
    void observe_range(std::size_t value, const std::vector<float>& elements);

    float_executor m_executor;
    calibration m_seen;
};

/// All passes.
calibration calibrate(const float_network& net, const input_set& inputs,
                      const range_rule& rule = {});

}  // namespace pimvp::nn
