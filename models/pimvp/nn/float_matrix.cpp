// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/float_matrix.h>

#include <pimvp/nn/graph_check.h>

#include <algorithm>

namespace pimvp::nn::detail {

namespace {

constexpr std::size_t panel_width = 8;
constexpr std::size_t tile_rows = 4;
constexpr std::size_t block_bytes = 256 * 1024;

/// sums[r][j] = sum over k, ascending, of a[k][r] * b[k][j]. The columns are independent, so
/// vectorising them changes no bit.
template <std::size_t Rows>
void multiply(std::size_t depth, const float* a, const float* b, float* sums) {
    float local[Rows][panel_width] = {};
    for (std::size_t k = 0; k < depth; ++k, a += Rows, b += panel_width) {
        for (std::size_t r = 0; r < Rows; ++r) {
            const float weight = a[r];
            for (std::size_t j = 0; j < panel_width; ++j) local[r][j] += weight * b[j];
        }
    }
    for (std::size_t r = 0; r < Rows; ++r) {
        std::copy_n(local[r], panel_width, sums + r * panel_width);
    }
}

void multiply(std::size_t rows, std::size_t depth, const float* a, const float* b, float* sums) {
    switch (rows) {
    case 1:
        return multiply<1>(depth, a, b, sums);
    case 2:
        return multiply<2>(depth, a, b, sums);
    case 3:
        return multiply<3>(depth, a, b, sums);
    default:
        return multiply<tile_rows>(depth, a, b, sums);
    }
}

}  // namespace

float_convolution::float_convolution(const float_node& n, const shape& input, const shape& output)
    : m_node(n),
      m_windows(n.geometry, input, output, n.groups),
      m_group_outputs(static_cast<std::size_t>(output[1] / n.groups)) {
    const auto outputs = static_cast<std::size_t>(output[1]);
    const std::size_t depth = m_windows.depth;
    m_weights.reserve(outputs * depth);
    for (std::size_t group = 0; group < outputs; group += m_group_outputs) {
        for (std::size_t first = 0; first < m_group_outputs; first += tile_rows) {
            const std::size_t rows = std::min(tile_rows, m_group_outputs - first);
            for (std::size_t k = 0; k < depth; ++k) {
                for (std::size_t r = 0; r < rows; ++r) {
                    m_weights.push_back(n.weights.data[(group + first + r) * depth + k]);
                }
            }
        }
    }
}

void float_convolution::pack_panel(const float* plane, std::size_t first_column,
                                   float* panel) const {
    std::ptrdiff_t origins[panel_width];
    const bool neighbours = m_windows.origins_of(first_column, origins);
    for (std::size_t k = 0; k < m_windows.depth; ++k, panel += panel_width) {
        const float* tap = plane + m_windows.taps[k];
        if (neighbours) {
            std::copy_n(tap + origins[0], panel_width, panel);
        } else {
            for (std::size_t j = 0; j < panel_width; ++j) panel[j] = tap[origins[j]];
        }
    }
}

void float_convolution::run(const float* input, float* output, std::vector<float>& padded,
                            std::vector<float>& panels) const {
    padded.assign(m_windows.padded_size(), 0.0F);
    for (std::size_t c = 0; c < m_windows.channels; ++c) {
        for (std::size_t y = 0; y < m_windows.height; ++y, input += m_windows.width) {
            std::copy_n(input, m_windows.width, padded.data() + m_windows.row_at(c, y));
        }
    }
    const std::size_t panel_size = m_windows.depth * panel_width;
    const std::size_t panel_count = (m_windows.columns + panel_width - 1) / panel_width;
    const std::size_t fitting = block_bytes / (panel_size * sizeof(float));
    const std::size_t block = std::min(std::max<std::size_t>(1, fitting), panel_count);
    panels.resize(block * panel_size);
    float sums[tile_rows * panel_width];
    const std::size_t group_size = m_windows.group_channels * m_windows.padded_plane();
    for (std::size_t group = 0; group < static_cast<std::size_t>(m_node.groups); ++group) {
        const std::size_t row_end = (group + 1) * m_group_outputs;
        for (std::size_t first = 0; first < panel_count; first += block) {
            const std::size_t count = std::min(block, panel_count - first);
            for (std::size_t i = 0; i < count; ++i) {
                pack_panel(padded.data() + group * group_size, (first + i) * panel_width,
                           panels.data() + i * panel_size);
            }
            for (std::size_t row = group * m_group_outputs; row < row_end; row += tile_rows) {
                const std::size_t rows = std::min(tile_rows, row_end - row);
                const float* weights = m_weights.data() + row * m_windows.depth;
                for (std::size_t i = 0; i < count; ++i) {
                    multiply(rows, m_windows.depth, weights, panels.data() + i * panel_size, sums);
                    const std::size_t column = (first + i) * panel_width;
                    const std::size_t valid = std::min(panel_width, m_windows.columns - column);
                    for (std::size_t r = 0; r < rows; ++r) {
                        float* to = output + (row + r) * m_windows.columns + column;
                        const float bias = m_node.bias.empty() ? 0.0F : m_node.bias[row + r];
                        for (std::size_t j = 0; j < valid; ++j) {
                            to[j] = sums[r * panel_width + j] + bias;
                        }
                    }
                }
            }
        }
    }
}

float_matrix::float_matrix(const float_node& n, const shape& input)
    : m_node(n),
      m_rows(axis_product(input, 0, input.size() - 1)),
      m_outputs(static_cast<std::size_t>(n.weights.dims[0])),
      m_depth(static_cast<std::size_t>(n.weights.dims[1])) {
    const std::size_t panel_count = (m_outputs + panel_width - 1) / panel_width;
    m_weights.assign(panel_count * panel_width * m_depth, 0.0F);
    for (std::size_t o = 0; o < m_outputs; ++o) {
        float* panel = m_weights.data() + o / panel_width * panel_width * m_depth;
        for (std::size_t k = 0; k < m_depth; ++k) {
            panel[k * panel_width + o % panel_width] = n.weights.data[o * m_depth + k];
        }
    }
}

void float_matrix::run(const float* input, float* output) const {
    float sums[panel_width];
    for (std::size_t row = 0; row < m_rows; ++row, input += m_depth, output += m_outputs) {
        for (std::size_t o = 0; o < m_outputs; o += panel_width) {
            multiply<1>(m_depth, input, m_weights.data() + o * m_depth, sums);
            for (std::size_t j = 0; j < std::min(panel_width, m_outputs - o); ++j) {
                output[o + j] = sums[j] + (m_node.bias.empty() ? 0.0F : m_node.bias[o + j]);
            }
        }
    }
}

}  // namespace pimvp::nn::detail
