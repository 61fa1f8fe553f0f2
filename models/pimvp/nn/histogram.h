// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/real_range.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pimvp::nn {

/// How often a tensor's elements fall into the parts of a range that is known before.
///
/// 2048 bins of equal width; elements that are exactly zero are counted apart, because every
/// integer type represents them exactly and behind a Relu they are the most.
class histogram {
public:
    static constexpr std::size_t bins = 2048;

    explicit histogram(const real_range& span);

    /// Elements outside the span fall into the outermost bins.
    void add(const std::vector<float>& elements);

    [[nodiscard]] const real_range& span() const { return m_span; }
    [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return m_counts; }
    [[nodiscard]] std::uint64_t zeros() const { return m_zeros; }
    /// All elements, zeros included.
    [[nodiscard]] std::uint64_t total() const;
    /// Lower end of a bin; edge(bins) is the upper end of the span.
    [[nodiscard]] double edge(std::size_t bin) const;
    [[nodiscard]] double centre(std::size_t bin) const;

private:
    real_range m_span;
    double m_bins_per_unit = 0.0;
    std::uint64_t m_zeros = 0;
    std::vector<std::uint64_t> m_counts;
};

}  // namespace pimvp::nn
