// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/gemm.h>
#include <pimvp/nn/im2col.h>
#include <pimvp/nn/input_cut.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// Convolutions and fully connected layers of the reference executor. Private to the room.
namespace pimvp::nn::detail {

/// How the products of one output are summed without overflow.
///
/// Inputs minus their zero point are one plane of 16-bit numbers where a sum of 32 bits holds them
/// all, or where 64-bit sums are needed but the numbers are short. Else they are two planes,
/// x = 256 * high + low, each of 9 bits. The depth is cut where 32 bits would not do.
struct summation {
    int planes = 1;
    bool wide = false;              ///< accumulators of 64 bits
    std::vector<std::size_t> cuts;  ///< begin and end of the pieces, in pairs of the depth

    summation() = default;
    summation(const node& n, const tensor_type& input, std::size_t outputs, std::size_t depth);
};

/// Buffers that live from run to run; one per executor.
struct scratch {
    std::vector<std::int16_t> planes[2];
    std::vector<std::int16_t> panels[2];
    std::vector<std::uint8_t> drops;  ///< of input_cut
};

/// A convolution as im2col and matrix product. Weights are packed once.
class integer_convolution {
public:
    integer_convolution(const node& n, const value& input, const value& output);
    /// With `cut`, of inputs cut by it, which adds what is streamed to `counts`; both may be null.
    void run(const integer_tensor& input, integer_tensor& output, const gemm::kernels& kernels,
             scratch& buffers, const input_cut* cut = nullptr,
             plane_counts* counts = nullptr) const;
    [[nodiscard]] const im2col& windows() const { return m_windows; }

private:
    void pack_weights();
    void expand(const integer_tensor& input, const input_cut* cut, scratch& buffers) const;
    void pack_panel(const std::int16_t* plane, std::size_t first_column, std::int16_t* panel) const;
    void multiply(std::size_t first_row, std::size_t rows, const std::int16_t* const* panels,
                  const gemm::kernels& kernels, std::int64_t* wide_sums, std::int32_t* sums) const;
    template <class Element>
    void multiply_all(Element* output, const gemm::kernels& kernels, const input_cut* cut,
                      scratch& buffers) const;

    const node& m_node;
    const tensor_type m_input_type, m_output_type;
    const im2col m_windows;
    const std::size_t m_outputs, m_group_outputs;
    const std::size_t m_pairs;  // of the depth; an odd depth ends with a weight of zero
    summation m_summation;
    std::vector<std::int16_t> m_weights;  // per group and tile: [pair][row][2]
};

/// A fully connected layer, row by row of the input.
class integer_matrix {
public:
    integer_matrix(const node& n, const value& input, const value& output);
    void run(const integer_tensor& input, integer_tensor& output, const gemm::kernels& kernels,
             scratch& buffers) const;

private:
    [[nodiscard]] std::int64_t dot(std::size_t output, const gemm::kernels& kernels,
                                   const scratch& buffers) const;

    const node& m_node;
    const tensor_type m_input_type, m_output_type;
    const std::size_t m_rows, m_depth, m_outputs;
    summation m_summation;
};

}  // namespace pimvp::nn::detail
