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
      m_channels(axis_product(input.dims, 1, 2)),
      m_height(axis_product(input.dims, 2, 3)),
      m_width(axis_product(input.dims, 3, 4)),
      m_outputs(axis_product(output.dims, 1, 2)),
      m_out_height(axis_product(output.dims, 2, 3)),
      m_out_width(axis_product(output.dims, 3, 4)),
      m_padded_height(m_height + static_cast<std::size_t>(n.geometry.pad_top) +
                      static_cast<std::size_t>(n.geometry.pad_bottom)),
      m_padded_width(m_width + static_cast<std::size_t>(n.geometry.pad_left) +
                     static_cast<std::size_t>(n.geometry.pad_right)),
      m_group_channels(m_channels / static_cast<std::size_t>(n.groups)),
      m_group_outputs(m_outputs / static_cast<std::size_t>(n.groups)),
      m_depth(axis_product(n.weights.dims(), 1, 4)),
      m_pairs((m_depth + 1) / 2),
      m_columns(m_out_height * m_out_width),
      m_summation(n, input.type, m_outputs, m_depth) {
    pack_weights();
    const window& w = n.geometry;
    for (std::size_t c = 0; c < m_group_channels; ++c) {
        for (int h = 0; h < w.kernel_h; ++h) {
            for (int x = 0; x < w.kernel_w; ++x) {
                m_taps.push_back(static_cast<std::ptrdiff_t>(
                    (c * m_padded_height + static_cast<std::size_t>(h * w.dilation_h)) *
                        m_padded_width +
                    static_cast<std::size_t>(x * w.dilation_w)));
            }
        }
    }
    if (m_depth % 2 != 0) m_taps.push_back(m_taps.back());  // meets a weight of zero
    m_origins.reserve(m_columns);
    for (std::size_t y = 0; y < m_out_height; ++y) {
        for (std::size_t x = 0; x < m_out_width; ++x) {
            m_origins.push_back(static_cast<std::ptrdiff_t>(
                y * static_cast<std::size_t>(w.stride_h) * m_padded_width +
                x * static_cast<std::size_t>(w.stride_w)));
        }
    }
}

void integer_convolution::pack_weights() {
    const std::vector<std::int16_t> weights = to_words(m_node.weights);
    m_weights.reserve(m_outputs * m_pairs * 2);
    for (std::size_t group = 0; group < m_outputs; group += m_group_outputs) {
        for (std::size_t first = 0; first < m_group_outputs; first += tile_rows) {
            const std::size_t rows = std::min(tile_rows, m_group_outputs - first);
            for (std::size_t k = 0; k < 2 * m_pairs; k += 2) {
                for (std::size_t r = 0; r < rows; ++r) {
                    const std::int16_t* row = weights.data() + (group + first + r) * m_depth;
                    m_weights.push_back(row[k]);
                    m_weights.push_back(k + 1 < m_depth ? row[k + 1] : std::int16_t{0});
                }
            }
        }
    }
}

void integer_convolution::expand(const integer_tensor& input, scratch& buffers) const {
    const std::size_t size = m_channels * m_padded_height * m_padded_width;
    for (int plane = 0; plane < m_summation.planes; ++plane) {
        buffers.planes[plane].assign(size, 0);
    }
    std::visit(
        [&](const auto& elements) {
            for (std::size_t c = 0; c < m_channels; ++c) {
                for (std::size_t y = 0; y < m_height; ++y) {
                    const std::size_t to = (c * m_padded_height + y +
                                            static_cast<std::size_t>(m_node.geometry.pad_top)) *
                                               m_padded_width +
                                           static_cast<std::size_t>(m_node.geometry.pad_left);
                    widen(elements.data() + (c * m_height + y) * m_width, m_width,
                          m_input_type.zero_point, m_summation.planes,
                          buffers.planes[0].data() + to,
                          m_summation.planes == 2 ? buffers.planes[1].data() + to : nullptr);
                }
            }
        },
        input.data());
}

void integer_convolution::pack_panel(const std::int16_t* plane, std::size_t first_channel,
                                     std::size_t first_column, std::int16_t* panel) const {
    const std::int16_t* base = plane + first_channel * m_padded_height * m_padded_width;
    const std::size_t columns = std::min(panel_width, m_columns - first_column);
    std::ptrdiff_t origins[panel_width];
    for (std::size_t j = 0; j < panel_width; ++j) {
        // Columns behind the end repeat the last one; nobody reads their sums.
        origins[j] = m_origins[first_column + std::min(j, columns - 1)];
    }
    const bool contiguous =
        origins[panel_width - 1] - origins[0] == static_cast<std::ptrdiff_t>(panel_width - 1);
    for (std::size_t p = 0; p < m_pairs; ++p, panel += 2 * panel_width) {
        const std::int16_t* even = base + m_taps[2 * p];
        const std::int16_t* odd = base + m_taps[2 * p + 1];
        if (contiguous) {
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

void integer_convolution::multiply(std::size_t group, std::size_t first_row, std::size_t rows,
                                   const std::int16_t* const* panels, const gemm::kernels& kernels,
                                   std::int64_t* wide_sums, std::int32_t* sums) const {
    const std::int16_t* weights =
        m_weights.data() + (group * m_group_outputs + first_row) * m_pairs * 2;
    const auto tile = kernels.tile[rows - 1];
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

void integer_convolution::run(const integer_tensor& input, integer_tensor& output,
                              const gemm::kernels& kernels, scratch& buffers) const {
    expand(input, buffers);
    const std::size_t panel_size = m_pairs * 2 * panel_width;
    const std::size_t block = std::max<std::size_t>(
        1, block_bytes /
               (panel_size * sizeof(std::int16_t) * static_cast<std::size_t>(m_summation.planes)));
    const std::size_t panel_count = (m_columns + panel_width - 1) / panel_width;
    for (int plane = 0; plane < m_summation.planes; ++plane) {
        buffers.panels[plane].resize(std::min(block, panel_count) * panel_size);
    }
    std::int32_t sums[tile_rows * panel_width];
    std::int64_t wide_sums[tile_rows * panel_width];
    const auto groups = static_cast<std::size_t>(m_node.groups);
    const auto store_row = [&](std::size_t o, std::size_t r, std::size_t column, auto* elements) {
        const std::size_t count = std::min(panel_width, m_columns - column);
        const std::int64_t bias = m_node.bias.empty() ? 0 : m_node.bias[o];
        auto* to = elements + o * m_columns + column;
        if (m_summation.wide) {
            store(wide_sums + r * panel_width, count, bias, m_node.multipliers[o], m_output_type,
                  to);
        } else {
            store(sums + r * panel_width, count, bias, m_node.multipliers[o], m_output_type, to);
        }
    };
    for (std::size_t group = 0; group < groups; ++group) {
        for (std::size_t first = 0; first < panel_count; first += block) {
            const std::size_t count = std::min(block, panel_count - first);
            for (int plane = 0; plane < m_summation.planes; ++plane) {
                for (std::size_t i = 0; i < count; ++i) {
                    pack_panel(buffers.planes[plane].data(), group * m_group_channels,
                               (first + i) * panel_width,
                               buffers.panels[plane].data() + i * panel_size);
                }
            }
            for (std::size_t row = 0; row < m_group_outputs; row += tile_rows) {
                const std::size_t rows = std::min(tile_rows, m_group_outputs - row);
                for (std::size_t i = 0; i < count; ++i) {
                    const std::int16_t* panels[2] = {buffers.panels[0].data() + i * panel_size,
                                                     m_summation.planes == 2
                                                         ? buffers.panels[1].data() + i * panel_size
                                                         : nullptr};
                    multiply(group, row, rows, panels, kernels, wide_sums, sums);
                    std::visit(
                        [&](auto& elements) {
                            for (std::size_t r = 0; r < rows; ++r) {
                                store_row(group * m_group_outputs + row + r, r,
                                          (first + i) * panel_width, elements.data());
                            }
                        },
                        output.data());
                }
            }
        }
    }
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
