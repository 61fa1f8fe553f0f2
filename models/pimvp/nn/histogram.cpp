// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/histogram.h>

#include <algorithm>
#include <numeric>

namespace pimvp::nn {

histogram::histogram(const real_range& span)
    : m_span(span),
      m_counts(bins, 0) {
    const double width = static_cast<double>(span.high) - static_cast<double>(span.low);
    if (width > 0.0) m_bins_per_unit = static_cast<double>(bins) / width;
}

void histogram::add(const std::vector<float>& elements) {
    const double low = m_span.low;
    constexpr double last = bins - 1;
    for (const float x : elements) {
        if (x == 0.0F) {
            ++m_zeros;
            continue;
        }
        const double place = (static_cast<double>(x) - low) * m_bins_per_unit;
        ++m_counts[static_cast<std::size_t>(std::min(std::max(place, 0.0), last))];
    }
}

std::uint64_t histogram::total() const {
    return std::accumulate(m_counts.begin(), m_counts.end(), m_zeros);
}

double histogram::edge(std::size_t bin) const {
    const double part = static_cast<double>(bin) / static_cast<double>(bins);
    return static_cast<double>(m_span.low) +
           (static_cast<double>(m_span.high) - static_cast<double>(m_span.low)) * part;
}

double histogram::centre(std::size_t bin) const {
    return (edge(bin) + edge(bin + 1)) / 2.0;
}

}  // namespace pimvp::nn
