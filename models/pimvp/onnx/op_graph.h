// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/function.h>
#include <pimvp/nn/host_step.h>
#include <pimvp/nn/network.h>
#include <pimvp/onnx/constant.h>
#include <pimvp/onnx/reporter.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

/// Private to the room: the file after its operators were understood. Constants are folded,
/// attributes and versions of opsets gone, shapes known; QLinear operators are spelt out as
/// dequantise -> operator -> quantise. The two lowerings start here.
namespace pimvp::onnx::detail {

using tensor_id = std::size_t;
constexpr tensor_id no_tensor = std::numeric_limits<tensor_id>::max();

enum class op {
    convolution,
    fully_connected,
    affine,  ///< y = scale * x + shift per channel with constants
    add,
    multiply,  ///< the second input of the same shape, or one element a channel
    concat,
    max_pool,
    average_pool,
    clip,      ///< also Relu
    function,  ///< element by element
    table,     ///< real `reals[x]` for every integer x, negative ones counted from the end
    reshape,   ///< also Flatten, Squeeze, Unsqueeze
    select,    ///< channels (axis 1) of the input
    pad,       ///< zeros (real zero) around height and width
    quantise,
    dequantise
};

struct operation {
    op kind = op::clip;
    std::string name;
    std::string where;  ///< "node 'conv1' (Conv)"
    std::vector<tensor_id> inputs;
    tensor_id output = no_tensor;

    nn::window geometry;  ///< convolution, pools; pad uses its pads
    int groups = 1;
    bool count_include_pad = false;

    operand weights;              ///< convolution: O x I/groups x Kh x Kw; fully_connected: O x I
    std::optional<operand> bias;  ///< 1 or O elements
    float weight_factor = 1.0F;   ///< Gemm's alpha
    float bias_factor = 1.0F;     ///< Gemm's beta

    std::vector<double> scale, shift;  ///< affine: one per channel; scale empty = 1
    std::size_t channel_axis = 1;      ///< affine

    float low = -std::numeric_limits<float>::infinity();  ///< clip; on integers: integers
    float high = std::numeric_limits<float>::infinity();
    bool is_relu = false;

    nn::scalar_function function;         ///< function
    std::vector<float> reals;             ///< table
    std::vector<std::uint32_t> channels;  ///< select

    /// affine: all channels alike.
    [[nodiscard]] bool is_uniform() const;

    quantisation quant;  ///< quantise, dequantise; per tensor
};

struct tensor {
    std::string name;  ///< the file's; empty for a tensor between the parts of a QLinear operator
    nn::shape dims;
    std::optional<element> integers;  ///< set: holds integers; else reals
    std::size_t uses = 0;             ///< readers, outputs of the graph included
    std::size_t producer = std::numeric_limits<std::size_t>::max();  ///< index into operations
};

struct op_graph {
    std::vector<tensor> tensors;
    std::vector<operation> operations;  ///< in topological order
    std::vector<tensor_id> inputs, outputs;
    std::vector<std::string> output_names;  ///< the file's, one per output
    std::vector<nn::host_step> host_steps;  ///< behind outputs
    std::unordered_map<std::string, std::string> metadata;
    std::vector<std::string> notes;

    /// Some part of it computes on integers.
    [[nodiscard]] bool is_integer() const;
    [[nodiscard]] bool is_output(tensor_id id) const;
};

/// Largest extent of a map and of a kernel, stride, dilation or pad.
constexpr std::int64_t max_extent = 1 << 16;

/// Refuses what a network cannot hold: a batch above 1 is left to the operators.
void check_dims(const nn::shape& dims, const std::string& where, const reporter& report);

}  // namespace pimvp::onnx::detail
