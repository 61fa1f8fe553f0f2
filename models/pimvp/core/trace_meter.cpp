// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/trace_meter.h>

#include <algorithm>

namespace pimvp::core {

void trace_meter::add(std::uint64_t start_fs, std::uint64_t end_fs, std::uint64_t count) {
    if (count == 0) return;
    end_fs = std::max(end_fs, start_fs + 1);
    while ((end_fs - 1) / m_width_fs >= most_bins) join_neighbours();
    const std::uint64_t last = (end_fs - 1) / m_width_fs;
    if (last >= m_bins.size()) m_bins.resize(last + 1, 0);
    const double per_fs = static_cast<double>(count) / static_cast<double>(end_fs - start_fs);
    std::uint64_t done = 0;
    for (std::uint64_t bin = start_fs / m_width_fs; bin <= last; ++bin) {
        const std::uint64_t until = std::min(end_fs, (bin + 1) * m_width_fs);
        const auto wanted =
            static_cast<std::uint64_t>(static_cast<double>(until - start_fs) * per_fs);
        const std::uint64_t by_then = bin == last ? count : std::clamp(wanted, done, count);
        m_bins[bin] += by_then - done;
        done = by_then;
    }
}

void trace_meter::shrink(std::size_t most) {
    while (m_bins.size() > most) join_neighbours();
}

void trace_meter::join_neighbours() {
    for (std::size_t i = 0; 2 * i < m_bins.size(); ++i) {
        m_bins[i] = m_bins[2 * i] + (2 * i + 1 < m_bins.size() ? m_bins[2 * i + 1] : 0);
    }
    m_bins.resize((m_bins.size() + 1) / 2);
    m_width_fs *= 2;
}

}  // namespace pimvp::core
