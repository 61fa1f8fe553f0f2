// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pimvp::core {

/// How much of something happened when: counts in time bins of equal width, as many as fit into a
/// fixed number of bins. When time runs past the last one, two neighbours become one.
///
/// Made by trace::meter(), written as a counter when the trace is closed: however long a run, its
/// picture stays small, and the bins add up to what was counted.
class trace_meter {
public:
    static constexpr std::size_t most_bins = 1024;

    /// `unit`: what is counted, "conversions".
    explicit trace_meter(std::string unit)
        : m_unit(std::move(unit)) {}

    /// `count` things from `start_fs` to `end_fs`, spread evenly.
    void add(std::uint64_t start_fs, std::uint64_t end_fs, std::uint64_t count);
    /// More of what does the work: how many things a second it could do.
    void add_capacity(double per_s) { m_capacity_per_s += per_s; }
    /// Joins neighbours until there are at most so many bins. Precondition: most > 0.
    void shrink(std::size_t most);

    [[nodiscard]] const std::string& unit() const { return m_unit; }
    [[nodiscard]] double capacity_per_s() const { return m_capacity_per_s; }
    [[nodiscard]] std::uint64_t width_fs() const { return m_width_fs; }
    [[nodiscard]] const std::vector<std::uint64_t>& bins() const { return m_bins; }

private:
    void join_neighbours();

    static constexpr std::uint64_t first_width_fs = 100'000'000;

    std::string m_unit;
    double m_capacity_per_s = 0.0;
    std::uint64_t m_width_fs = first_width_fs;
    std::vector<std::uint64_t> m_bins;
};

}  // namespace pimvp::core
