// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/float_network.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pimvp::nn {

/// The real values a tensor takes, zero included: low <= 0 <= high, finite.
struct real_range {
    float low = 0.0F;
    float high = 0.0F;

    friend bool operator==(const real_range& a, const real_range& b) {
        return a.low == b.low && a.high == b.high;
    }
    friend bool operator!=(const real_range& a, const real_range& b) { return !(a == b); }
};

/// The smallest range that contains both.
real_range unite(const real_range& a, const real_range& b);

/// Watches one tensor over the calibration inputs and proposes the range worth representing. Other
/// policies than min-max (percentile, least squared error, entropy) are further implementations.
class range_observer {
public:
    virtual ~range_observer() = default;
    /// One input's elements; all finite.
    virtual void observe(const std::vector<float>& elements) = 0;
    [[nodiscard]] virtual real_range range() const = 0;
};

/// Makes the observer of one tensor.
using observer_factory = std::function<std::unique_ptr<range_observer>()>;

/// Everything that was seen is represented.
class min_max_observer final : public range_observer {
public:
    void observe(const std::vector<float>& elements) override;
    [[nodiscard]] real_range range() const override { return m_range; }

private:
    real_range m_range;
};

/// The observers that can be chosen by name: "min_max". Throws core::user_error with the known
/// names.
observer_factory find_observer(const std::string& method);

/// What quantise() needs to know of a network's activations.
struct calibration {
    std::string method = "min_max";
    std::size_t inputs = 0;          ///< how many were observed
    std::vector<real_range> ranges;  ///< per value of the float network
};

/// Runs a float network over inputs and observes every value.
///
/// \code
///     nn::calibrator watch(net, "min_max");
///     for (const nn::float_tensor& image : images) watch.add({image});
///     const nn::network integers = nn::quantise(net, watch.result());
/// \endcode
class calibrator {
public:
    explicit calibrator(const float_network& net, const std::string& method = "min_max");

    /// One inference. Throws core::user_error naming the value that is not finite.
    void add(const std::vector<float_tensor>& inputs);
    /// Throws core::user_error if nothing was added.
    [[nodiscard]] calibration result() const;

private:
    float_executor m_executor;
    std::string m_method;
    std::vector<std::unique_ptr<range_observer>> m_observers;
    std::size_t m_inputs = 0;
};

}  // namespace pimvp::nn
