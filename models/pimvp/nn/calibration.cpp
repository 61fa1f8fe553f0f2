// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/calibration.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cmath>

namespace pimvp::nn {

real_range unite(const real_range& a, const real_range& b) {
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

void min_max_observer::observe(const std::vector<float>& elements) {
    for (const float x : elements) {
        m_range.low = std::min(m_range.low, x);
        m_range.high = std::max(m_range.high, x);
    }
}

observer_factory find_observer(const std::string& method) {
    if (method == "min_max") return [] { return std::make_unique<min_max_observer>(); };
    throw core::user_error("calibration method " + core::quoted(method) + " is not known" +
                           core::did_you_mean(method, {"min_max"}));
}

calibrator::calibrator(const float_network& net, const std::string& method)
    : m_executor(net),
      m_method(method) {
    const observer_factory make = find_observer(method);
    for (std::size_t i = 0; i < net.values.size(); ++i) m_observers.push_back(make());
}

void calibrator::add(const std::vector<float_tensor>& inputs) {
    m_executor.run(inputs);
    for (std::size_t i = 0; i < m_observers.size(); ++i) {
        const std::vector<float>& elements = m_executor.value(static_cast<value_id>(i)).data;
        for (const float x : elements) {
            if (!std::isfinite(x)) {
                throw core::user_error(
                    "calibration input " + std::to_string(m_inputs) + " makes value '" +
                    m_executor.net().values[i].name +
                    "' infinite or NaN; check the input file, its preprocessing and the weights");
            }
        }
        m_observers[i]->observe(elements);
    }
    ++m_inputs;
}

calibration calibrator::result() const {
    if (m_inputs == 0) {
        throw core::user_error("no calibration input was given; give one or more, typically 100");
    }
    calibration seen;
    seen.method = m_method;
    seen.inputs = m_inputs;
    for (const auto& observer : m_observers) seen.ranges.push_back(observer->range());
    return seen;
}

}  // namespace pimvp::nn
