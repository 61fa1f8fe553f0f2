// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_network.h>
#include <pimvp/nn/im2col.h>

#include <cstddef>
#include <vector>

/// Convolutions and fully connected layers of the float reference. Private to the room.
namespace pimvp::nn::detail {

/// A convolution as im2col and matrix product in a fixed order.
class float_convolution {
public:
    float_convolution(const float_node& n, const shape& input, const shape& output);
    void run(const float* input, float* output, std::vector<float>& padded,
             std::vector<float>& panels) const;

private:
    void pack_panel(const float* plane, std::size_t first_column, float* panel) const;

    const float_node& m_node;
    const im2col m_windows;
    const std::size_t m_group_outputs;
    std::vector<float> m_weights;  // per group and tile: [depth][row]
};

/// A fully connected layer, row by row of the input.
class float_matrix {
public:
    float_matrix(const float_node& n, const shape& input);
    void run(const float* input, float* output) const;

private:
    const float_node& m_node;
    const std::size_t m_rows, m_outputs, m_depth;
    std::vector<float> m_weights;  // per panel of outputs: [depth][output]
};

}  // namespace pimvp::nn::detail
