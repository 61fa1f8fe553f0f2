// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/calibration.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace pimvp::nn {

real_range calibration::range_of(value_id id, int bits) const {
    return histograms.empty() ? ranges.at(id) : choose_range(histograms.at(id), rule, bits);
}

calibrator::calibrator(const float_network& net, const range_rule& rule)
    : m_executor(net) {
    m_seen.rule = rule;
    m_seen.ranges.resize(net.values.size());
}

void calibrator::observe_range(std::size_t value, const std::vector<float>& elements) {
    real_range& range = m_seen.ranges[value];
    for (const float x : elements) {
        if (!std::isfinite(x)) {
            throw core::user_error(
                "calibration input " + std::to_string(m_seen.inputs) + " makes value '" +
                m_executor.net().values[value].name +
                "' infinite or NaN; check the input file, its preprocessing and the weights");
        }
        range = {std::min(range.low, x), std::max(range.high, x)};
    }
}

void calibrator::add(const std::vector<float_tensor>& inputs) {
    m_executor.run(inputs);
    const bool second = !m_seen.histograms.empty();
    for (std::size_t i = 0; i < m_seen.ranges.size(); ++i) {
        const std::vector<float>& elements = m_executor.value(static_cast<value_id>(i)).data;
        if (second) {
            m_seen.histograms[i].add(elements);
        } else {
            observe_range(i, elements);
        }
    }
    if (!second) ++m_seen.inputs;
}

bool calibrator::next_pass() {
    if (!m_seen.rule.needs_histogram() || !m_seen.histograms.empty()) return false;
    for (const real_range& range : m_seen.ranges) m_seen.histograms.emplace_back(range);
    return true;
}

const calibration& calibrator::result() const {
    if (m_seen.inputs == 0) {
        throw core::user_error("no calibration input was given; give one or more, typically 100");
    }
    return m_seen;
}

calibration calibrate(const float_network& net, const input_set& inputs, const range_rule& rule) {
    calibrator watch(net, rule);
    do {
        for (const std::vector<float_tensor>& each : inputs) watch.add(each);
    } while (watch.next_pass());
    return watch.result();
}

}  // namespace pimvp::nn
