// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/integer_matrix.h>

#include <pimvp/nn/accumulator.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/graph_check.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace pimvp::nn::detail {

namespace {

using gemm::panel_width;
using gemm::tile_rows;

/// Panels of one block take at most this much: half a usual second-level cache.
constexpr std::size_t block_bytes = 256 * 1024;

/// Subtracts the zero point from `count` elements and widens them to `planes` planes.
template <class Element>
void widen(const Element* from, std::size_t count, int zero_point, int planes, std::int16_t* low,
           std::int16_t* high) {
    if (planes == 1) {
        for (std::size_t i = 0; i < count; ++i) {
            low[i] = static_cast<std::int16_t>(static_cast<int>(from[i]) - zero_point);
        }
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const int x = static_cast<int>(from[i]) - zero_point;
        low[i] = static_cast<std::int16_t>(x & 255);
        high[i] = static_cast<std::int16_t>(x >> 8);
    }
}

/// One number as a word, or as two.
void split(std::int32_t x, std::int16_t& low, std::int16_t* high) {
    low = static_cast<std::int16_t>(high == nullptr ? x : x & 255);
    if (high != nullptr) *high = static_cast<std::int16_t>(x >> 8);
}

/// The same of what `table` has for the elements, its first entry for `lowest`.
template <class Element>
void look_up(const Element* from, std::size_t count, const std::vector<std::int32_t>& table,
             int lowest, std::int16_t* low, std::int16_t* high) {
    for (std::size_t i = 0; i < count; ++i) {
        split(table[static_cast<std::size_t>(from[i] - lowest)], low[i],
              high == nullptr ? nullptr : high + i);
    }
}

/// The weights, all of which fit 16 bits.
std::vector<std::int16_t> to_words(const integer_tensor& weights) {
    return std::visit(
        [](const auto& elements) {
            std::vector<std::int16_t> words(elements.size());
            for (std::size_t i = 0; i < words.size(); ++i) {
                words[i] = static_cast<std::int16_t>(elements[i]);
            }
            return words;
        },
        weights.data());
}

/// The weights of one output, pair by pair, every `rows` pairs apart.
template <class Weight>
void pack_row(const Weight* weights, std::size_t depth, std::size_t rows, std::int16_t* to) {
    std::size_t k = 0;
    for (; k + 1 < depth; k += 2, to += 2 * rows) {
        to[0] = static_cast<std::int16_t>(weights[k]);
        to[1] = static_cast<std::int16_t>(weights[k + 1]);
    }
    if (k < depth) to[0] = static_cast<std::int16_t>(weights[k]);
}

/// One row of sums as output integers.
template <class Sum, class Element>
void store(const Sum* sums, std::size_t count, std::int64_t bias, float multiplier,
           const tensor_type& type, Element* to) {
    const auto offset = static_cast<Sum>(bias);
    const auto low = static_cast<float>(type.lowest() - type.zero_point);
    const auto high = static_cast<float>(type.highest() - type.zero_point);
    // The same as requantise(), on a whole panel so that it vectorises.
    std::int32_t results[panel_width];
    for (std::size_t j = 0; j < panel_width; ++j) {
        const float v = static_cast<float>(sums[j] + offset) * multiplier;
        const float rounded = round_half_even(std::min(std::max(low, v), high));
        results[j] = static_cast<std::int32_t>(rounded) + type.zero_point;
    }
    for (std::size_t j = 0; j < count; ++j) to[j] = static_cast<Element>(results[j]);
}

}  // namespace

summation::summation(const node& n, const tensor_type& input, std::size_t outputs,
                     std::size_t depth) {
    constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
    const std::size_t pairs = (depth + 1) / 2;
    wide = accumulator_bits(n, input) == 64;
    const int largest = magnitude(input);
    if (!wide && largest <= std::numeric_limits<std::int16_t>::max()) {
        cuts = {0, pairs};
        return;
    }
    constexpr int short_enough = 511;
    planes = largest <= short_enough ? 1 : 2;
    wide = true;
    const std::int64_t plane_limit = limit / (planes == 1 ? largest : 256);
    cuts = {0};
    const std::vector<std::int16_t> weights = to_words(n.weights);
    std::vector<std::int64_t> sums(outputs, 0);
    for (std::size_t p = 0; p < pairs; ++p) {
        const auto weight_of_pair = [&](std::size_t o) {
            const std::int16_t* pair = weights.data() + o * depth + 2 * p;
            return std::abs(int{pair[0]}) + (2 * p + 1 < depth ? std::abs(int{pair[1]}) : 0);
        };
        bool full = false;
        for (std::size_t o = 0; o < outputs; ++o) {
            sums[o] += weight_of_pair(o);
            full = full || sums[o] > plane_limit;
        }
        if (!full) continue;
        cuts.push_back(p);
        for (std::size_t o = 0; o < outputs; ++o) sums[o] = weight_of_pair(o);
    }
    cuts.push_back(pairs);
}

integer_convolution::integer_convolution(const node& n, const value& input, const value& output)
    : m_node(n),
      m_input_type(input.type),
      m_output_type(output.type),
      m_windows(n.geometry, input.dims, output.dims, n.groups),
      m_outputs(axis_product(output.dims, 1, 2)),
      m_group_outputs(m_outputs / static_cast<std::size_t>(n.groups)),
      m_pairs((m_windows.depth + 1) / 2),
      m_summation(n, input.type, m_outputs, m_windows.depth) {
    pack_weights();
}

void integer_convolution::pack_weights() {
    m_weights.resize(m_outputs * m_pairs * 2);
    std::int16_t* tile = m_weights.data();
    std::visit(
        [&](const auto& weights) {
            for (std::size_t group = 0; group < m_outputs; group += m_group_outputs) {
                for (std::size_t first = 0; first < m_group_outputs; first += tile_rows) {
                    const std::size_t rows = std::min(tile_rows, m_group_outputs - first);
                    for (std::size_t r = 0; r < rows; ++r) {
                        pack_row(weights.data() + (group + first + r) * m_windows.depth,
                                 m_windows.depth, rows, tile + 2 * r);
                    }
                    tile += rows * m_pairs * 2;
                }
            }
        },
        m_node.weights.data());
}

void integer_convolution::expand(const integer_tensor& input, const input_cut* cut,
                                 scratch& buffers) const {
    const bool two = m_summation.planes == 2;
    const std::vector<std::int32_t>* table =
        cut != nullptr && cut->by_element() ? &cut->table() : nullptr;
    const int lowest = m_input_type.lowest();
    std::int16_t padding[2] = {};
    if (table != nullptr) {
        split((*table)[static_cast<std::size_t>(m_input_type.zero_point - lowest)], padding[0],
              two ? &padding[1] : nullptr);
    }
    buffers.planes[0].assign(m_windows.padded_size(), padding[0]);
    if (two) buffers.planes[1].assign(m_windows.padded_size(), padding[1]);
    std::visit(
        [&](const auto& elements) {
            const auto* row = elements.data();
            for (std::size_t c = 0; c < m_windows.channels; ++c) {
                for (std::size_t y = 0; y < m_windows.height; ++y, row += m_windows.width) {
                    const std::size_t to = m_windows.row_at(c, y);
                    std::int16_t* low = buffers.planes[0].data() + to;
                    std::int16_t* high = two ? buffers.planes[1].data() + to : nullptr;
                    if (table != nullptr) {
                        look_up(row, m_windows.width, *table, lowest, low, high);
                    } else {
                        widen(row, m_windows.width, m_input_type.zero_point, m_summation.planes,
                              low, high);
                    }
                }
            }
        },
        input.data());
}

void integer_convolution::pack_panel(const std::int16_t* plane, std::size_t first_column,
                                     std::int16_t* panel) const {
    std::ptrdiff_t origins[panel_width];
    const bool neighbours = m_windows.origins_of(first_column, origins);
    for (std::size_t p = 0; p < m_pairs; ++p, panel += 2 * panel_width) {
        const std::int16_t* even = plane + m_windows.taps[2 * p];
        const std::int16_t* odd = plane + m_windows.taps[std::min(2 * p + 1, m_windows.depth - 1)];
        if (neighbours) {
            even += origins[0];
            odd += origins[0];
            for (std::size_t j = 0; j < panel_width; ++j) {
                panel[2 * j] = even[j];
                panel[2 * j + 1] = odd[j];
            }
        } else {
            for (std::size_t j = 0; j < panel_width; ++j) {
                panel[2 * j] = even[origins[j]];
                panel[2 * j + 1] = odd[origins[j]];
            }
        }
    }
}

void integer_convolution::multiply(std::size_t first_row, std::size_t rows,
                                   const std::int16_t* const* panels, const gemm::kernels& kernels,
                                   std::int64_t* wide_sums, std::int32_t* sums) const {
    const std::int16_t* weights = m_weights.data() + first_row * m_pairs * 2;
    const gemm::tile_function tile = kernels.tile[rows - 1];
    if (!m_summation.wide) {
        tile(m_pairs, weights, panels[0], sums);
        return;
    }
    std::fill_n(wide_sums, rows * panel_width, 0);
    for (int plane = 0; plane < m_summation.planes; ++plane) {
        const std::int64_t factor = plane == 0 ? 1 : 256;
        for (std::size_t i = 0; i + 1 < m_summation.cuts.size(); ++i) {
            const std::size_t from = m_summation.cuts[i];
            tile(m_summation.cuts[i + 1] - from, weights + from * rows * 2,
                 panels[plane] + from * panel_width * 2, sums);
            for (std::size_t j = 0; j < rows * panel_width; ++j) wide_sums[j] += factor * sums[j];
        }
    }
}

template <class Element>
void integer_convolution::multiply_all(Element* output, const gemm::kernels& kernels,
                                       const input_cut* cut, scratch& buffers) const {
    const auto planes = static_cast<std::size_t>(m_summation.planes);
    const std::size_t panel_size = m_pairs * 2 * panel_width;
    const std::size_t panel_count = (m_windows.columns + panel_width - 1) / panel_width;
    const std::size_t fitting = block_bytes / (panel_size * sizeof(std::int16_t) * planes);
    const std::size_t block = std::min(std::max<std::size_t>(1, fitting), panel_count);
    for (std::size_t plane = 0; plane < planes; ++plane) {
        buffers.panels[plane].resize(block * panel_size);
    }
    std::int32_t sums[tile_rows * panel_width];
    std::int64_t wide_sums[tile_rows * panel_width];
    const auto store_tile = [&](std::size_t first_row, std::size_t rows, std::size_t column) {
        const std::size_t count = std::min(panel_width, m_windows.columns - column);
        for (std::size_t r = 0; r < rows; ++r) {
            const std::size_t o = first_row + r;
            const std::int64_t bias = m_node.bias.empty() ? 0 : m_node.bias[o];
            const float multiplier = m_node.multipliers[o];
            Element* to = output + o * m_windows.columns + column;
            if (m_summation.wide) {
                store(wide_sums + r * panel_width, count, bias, multiplier, m_output_type, to);
            } else {
                store(sums + r * panel_width, count, bias, multiplier, m_output_type, to);
            }
        }
    };
    const std::size_t group_size = m_windows.group_channels * m_windows.padded_plane();
    for (std::size_t group = 0; group < static_cast<std::size_t>(m_node.groups); ++group) {
        const std::size_t row_end = (group + 1) * m_group_outputs;
        for (std::size_t first = 0; first < panel_count; first += block) {
            const std::size_t count = std::min(block, panel_count - first);
            for (std::size_t plane = 0; plane < planes; ++plane) {
                const std::int16_t* from = buffers.planes[plane].data() + group * group_size;
                for (std::size_t i = 0; i < count; ++i) {
                    pack_panel(from, (first + i) * panel_width,
                               buffers.panels[plane].data() + i * panel_size);
                }
            }
            for (std::size_t i = 0; i < count && cut != nullptr && !cut->by_element(); ++i) {
                cut->apply(buffers.drops, group, (first + i) * panel_width,
                           {buffers.panels[0].data() + i * panel_size,
                            planes == 2 ? buffers.panels[1].data() + i * panel_size : nullptr});
            }
            for (std::size_t row = group * m_group_outputs; row < row_end; row += tile_rows) {
                const std::size_t rows = std::min(tile_rows, row_end - row);
                for (std::size_t i = 0; i < count; ++i) {
                    const std::int16_t* panels[2] = {
                        buffers.panels[0].data() + i * panel_size,
                        planes == 2 ? buffers.panels[1].data() + i * panel_size : nullptr};
                    multiply(row, rows, panels, kernels, wide_sums, sums);
                    store_tile(row, rows, (first + i) * panel_width);
                }
            }
        }
    }
}

void integer_convolution::run(const integer_tensor& input, integer_tensor& output,
                              const gemm::kernels& kernels, scratch& buffers, const input_cut* cut,
                              plane_counts* counts) const {
    expand(input, cut, buffers);
    if (cut != nullptr) {
        const bool two = m_summation.planes == 2;
        cut->decide({buffers.planes[0].data(), two ? buffers.planes[1].data() : nullptr},
                    buffers.drops, counts);
    }
    std::visit([&](auto& elements) { multiply_all(elements.data(), kernels, cut, buffers); },
               output.data());
}

integer_matrix::integer_matrix(const node& n, const value& input, const value& output)
    : m_node(n),
      m_input_type(input.type),
      m_output_type(output.type),
      m_rows(axis_product(input.dims, 0, input.dims.size() - 1)),
      m_depth(axis_product(n.weights.dims(), 1, 2)),
      m_outputs(axis_product(n.weights.dims(), 0, 1)),
      m_summation(n, input.type, m_outputs, m_depth) {}

std::int64_t integer_matrix::dot(std::size_t output, const gemm::kernels& kernels,
                                 const scratch& buffers) const {
    const auto* bytes = std::get_if<std::vector<std::int8_t>>(&m_node.weights.data());
    const auto* words = std::get_if<std::vector<std::int16_t>>(&m_node.weights.data());
    std::int64_t sum = 0;
    for (int plane = 0; plane < m_summation.planes; ++plane) {
        for (std::size_t i = 0; i + 1 < m_summation.cuts.size(); ++i) {
            const std::size_t from = 2 * m_summation.cuts[i];
            const std::size_t count = std::min(2 * m_summation.cuts[i + 1], m_depth) - from;
            const std::int16_t* x = buffers.planes[plane].data() + from;
            const std::size_t w = output * m_depth + from;
            const std::int32_t part = bytes != nullptr ? kernels.dot8(bytes->data() + w, x, count)
                                                       : kernels.dot16(words->data() + w, x, count);
            sum += std::int64_t{part} * (plane == 0 ? 1 : 256);
        }
    }
    return sum;
}

void integer_matrix::run(const integer_tensor& input, integer_tensor& output,
                         const gemm::kernels& kernels, scratch& buffers) const {
    for (int plane = 0; plane < m_summation.planes; ++plane) {
        buffers.planes[plane].resize(m_depth);
    }
    for (std::size_t row = 0; row < m_rows; ++row) {
        std::visit(
            [&](const auto& elements) {
                widen(elements.data() + row * m_depth, m_depth, m_input_type.zero_point,
                      m_summation.planes, buffers.planes[0].data(), buffers.planes[1].data());
            },
            input.data());
        std::visit(
            [&](auto& elements) {
                using element = typename std::decay_t<decltype(elements)>::value_type;
                for (std::size_t o = 0; o < m_outputs; ++o) {
                    const std::int64_t bias = m_node.bias.empty() ? 0 : m_node.bias[o];
                    elements[row * m_outputs + o] = static_cast<element>(requantise(
                        dot(o, kernels, buffers) + bias, m_node.multipliers[o], m_output_type));
                }
            },
            output.data());
    }
}

}  // namespace pimvp::nn::detail
