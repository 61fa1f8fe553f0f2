// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/input_cut.h>

#include <pimvp/nn/gemm.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace pimvp::nn::detail {

namespace {

constexpr std::size_t width = gemm::panel_width;

/// What has been seen of one group in neighbouring windows.
struct lanes {
    std::int32_t lowest[width] = {};
    std::int32_t highest[width] = {};
    std::int32_t used[width] = {};
    std::int32_t sum[width] = {};  // 512 elements of 16 bits fit
    std::int32_t magnitudes[width] = {};
    std::int64_t squares[width] = {};
};

void add_range(lanes& to, const std::int32_t (&x)[width]) {
    for (std::size_t j = 0; j < width; ++j) {
        to.lowest[j] = std::min(to.lowest[j], x[j]);
        to.highest[j] = std::max(to.highest[j], x[j]);
        to.used[j] |= x[j];
    }
}

void add_sums(lanes& to, const std::int32_t (&x)[width]) {
    for (std::size_t j = 0; j < width; ++j) {
        to.sum[j] += x[j];
        to.magnitudes[j] += std::abs(x[j]);
    }
}

void add_squares(lanes& to, const std::int32_t (&x)[width]) {
    for (std::size_t j = 0; j < width; ++j) to.squares[j] += std::int64_t{x[j]} * x[j];
}

group_figures figures_of(const lanes& seen, std::size_t column, std::int64_t elements) {
    group_figures figures;
    figures.elements = elements;
    figures.lowest = seen.lowest[column];
    figures.highest = seen.highest[column];
    figures.sum = seen.sum[column];
    figures.magnitudes = seen.magnitudes[column];
    figures.squares = seen.squares[column];
    return figures;
}

void load(const word_planes& from, std::ptrdiff_t offset, const std::ptrdiff_t (&origins)[width],
          bool neighbours, std::int32_t (&x)[width]) {
    const std::int16_t* low = from.low + offset;
    if (neighbours) {
        low += origins[0];
        for (std::size_t j = 0; j < width; ++j) x[j] = low[j];
    } else {
        for (std::size_t j = 0; j < width; ++j) x[j] = low[origins[j]];
    }
    if (from.high == nullptr) return;
    const std::int16_t* high = from.high + offset;
    for (std::size_t j = 0; j < width; ++j) x[j] += 256 * high[origins[j]];
}

}  // namespace

/// cut_element() without shifts, so that it vectorises: for the elements of one pair of rows.
struct input_cut::pair_lanes {
    std::int32_t add[2 * width];   // moves what is rounded up over the next multiple
    std::int32_t odd[2 * width];   // the bit that sends exact halves up as well
    std::int32_t mask[2 * width];  // of the multiples
    std::int32_t low[2 * width], high[2 * width];

    void set(std::size_t lane, int drop, int kept, drop_rounding rounding,
             const tensor_type& type) {
        const std::int32_t step = 1 << drop;
        const std::int32_t half = step / 2;
        const bool even = rounding == drop_rounding::half_even && drop != 0;
        add[lane] = rounding == drop_rounding::floor ? 0 : even ? half - 1 : half;
        odd[lane] = even ? step : 0;
        mask[lane] = ~(step - 1);
        low[lane] = cut_element(type.lowest(), drop, kept, rounding, type);
        high[lane] = cut_element(type.highest(), drop, kept, rounding, type);
    }
    void run(std::int16_t* words, std::int16_t* high_words) const {
        std::int32_t x[2 * width];
        for (std::size_t i = 0; i < 2 * width; ++i) x[i] = words[i];
        if (high_words != nullptr) {
            for (std::size_t i = 0; i < 2 * width; ++i) x[i] += 256 * high_words[i];
        }
        for (std::size_t i = 0; i < 2 * width; ++i) {
            const std::int32_t is_odd = (x[i] & odd[i]) != 0 ? 1 : 0;
            x[i] = std::min(std::max((x[i] + add[i] + is_odd) & mask[i], low[i]), high[i]);
        }
        if (high_words == nullptr) {
            for (std::size_t i = 0; i < 2 * width; ++i) words[i] = static_cast<std::int16_t>(x[i]);
            return;
        }
        for (std::size_t i = 0; i < 2 * width; ++i) {
            words[i] = static_cast<std::int16_t>(x[i] & 255);
            high_words[i] = static_cast<std::int16_t>(x[i] >> 8);
        }
    }
};

input_cut::input_cut(const input_precision& precision, const node& n, const tensor_type& type,
                     const im2col& windows)
    : m_precision(precision),
      m_type(type),
      m_windows(windows) {
    const precision_rule& rule = precision.rule;
    const std::size_t elements = windows.depth * static_cast<std::size_t>(n.groups);
    const bool by_kernel = precision.groups.order == element_order::kernel_first;
    std::string problem = problem_of(rule);
    if (problem.empty()) problem = problem_of(precision.layer, rule.policy, type.bits);
    if (problem.empty()) {
        problem =
            problem_of(precision.groups, static_cast<std::uint32_t>(elements), rule.group_size);
    }
    if (problem.empty() && by_kernel && n.groups != 1) {
        problem = "elements of a grouped convolution are in channel_first order";
    }
    if (!problem.empty()) throw core::user_error(n.name, "precision of its inputs: " + problem);

    const bool judges =
        rule.policy == precision_policy::threshold || rule.policy == precision_policy::rescale;
    m_by_element = !judges || type.zero_point != 0;
    if (m_by_element) {
        for (int x = type.lowest(); x <= type.highest(); ++x) {
            m_table.push_back(cut_element(x, precision.layer.drop, 0, rule.rounding, type) -
                              type.zero_point);
        }
    }
    const std::size_t area = windows.depth / windows.group_channels;
    const std::size_t group_size = windows.group_channels * windows.padded_plane();
    m_group_of.resize(elements);
    for (std::size_t g = 0; g < precision.groups.groups.size(); ++g) {
        const auto [first, count] = precision.groups.groups[g];
        for (std::size_t i = first; i < first + count; ++i) {
            // Its place when channel comes before kernel row and column.
            const std::size_t place =
                by_kernel ? i % windows.group_channels * area + i / windows.group_channels : i;
            m_group_of[place] = static_cast<std::uint32_t>(g);
            m_offsets.push_back(static_cast<std::ptrdiff_t>(place / windows.depth * group_size) +
                                windows.taps[place % windows.depth]);
        }
    }
}

void input_cut::decide(const word_planes& padded, std::vector<std::uint8_t>& drops,
                       plane_counts* counts) const {
    const auto& [rule, layer, groups] = m_precision;
    const std::size_t columns = m_windows.columns;
    if (m_by_element && counts == nullptr) return;
    if (m_type.zero_point != 0 || rule.policy == precision_policy::fixed) {
        const group_cut all = stream_group(rule, m_type, layer.drop, 0, 0, 0);
        for (const std::uint32_t arrays : groups.arrays) {
            (*counts)[static_cast<std::size_t>(all.planes)] += arrays * std::uint64_t{columns};
        }
        return;
    }
    const bool sums = !m_by_element && rule.policy == precision_policy::threshold;
    const bool squares = sums && rule.statistic == group_statistic::variance;
    const int kept = kept_bits(rule, layer, m_type);
    if (!m_by_element) drops.resize(groups.groups.size() * columns);
    for (std::size_t first = 0; first < columns; first += width) {
        std::ptrdiff_t origins[width];
        const bool neighbours = m_windows.origins_of(first, origins);
        const std::size_t count = std::min(width, columns - first);
        for (std::size_t g = 0; g < groups.groups.size(); ++g) {
            const element_range range = groups.groups[g];
            lanes seen;
            for (std::size_t i = range.first; i < range.first + range.count; ++i) {
                std::int32_t x[width];
                load(padded, m_offsets[i], origins, neighbours, x);
                add_range(seen, x);
                if (sums) add_sums(seen, x);
                if (squares) add_squares(seen, x);
            }
            for (std::size_t j = 0; j < count; ++j) {
                const group_figures figures = figures_of(seen, j, range.count);
                int drop = layer.drop;
                int lowest = figures.lowest;
                int highest = figures.highest;
                if (!m_by_element) {
                    drop = group_drop(rule, layer, m_type, figures);
                    drops[g * columns + first + j] = static_cast<std::uint8_t>(drop);
                    lowest = cut_element(lowest, drop, kept, rule.rounding, m_type);
                    highest = cut_element(highest, drop, kept, rule.rounding, m_type);
                }
                if (counts == nullptr) continue;
                const auto used = static_cast<std::uint32_t>(seen.used[j]);
                const group_cut cut = stream_group(rule, m_type, drop, lowest, highest, used);
                (*counts)[static_cast<std::size_t>(cut.planes)] += groups.arrays[g];
            }
        }
    }
}

void input_cut::apply(const std::vector<std::uint8_t>& drops, std::size_t group,
                      std::size_t first_column, const word_planes& panel) const {
    const int kept = kept_bits(m_precision.rule, m_precision.layer, m_type);
    const std::uint32_t* group_of = m_group_of.data() + group * m_windows.depth;
    pair_lanes lanes_of_pair;
    std::uint32_t prepared[2] = {};
    for (std::size_t k = 0; k < m_windows.depth; k += 2) {
        const std::uint32_t wanted[2] = {group_of[k],
                                         group_of[std::min(k + 1, m_windows.depth - 1)]};
        for (std::size_t half = 0; half < 2; ++half) {
            if (k != 0 && wanted[half] == prepared[half]) continue;
            prepared[half] = wanted[half];
            const std::uint8_t* row = drops.data() + wanted[half] * m_windows.columns;
            for (std::size_t j = 0; j < width; ++j) {
                // Columns behind the end repeat the last one.
                const int drop = row[std::min(first_column + j, m_windows.columns - 1)];
                lanes_of_pair.set(2 * j + half, drop, kept, m_precision.rule.rounding, m_type);
            }
        }
        lanes_of_pair.run(panel.low + k * width,
                          panel.high == nullptr ? nullptr : panel.high + k * width);
    }
}

}  // namespace pimvp::nn::detail
