// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/function.h>
#include <pimvp/nn/host_step.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/tensor.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::nn {

/// What a node of a float network computes. Batch normalisation is folded into the matrix before it
/// by whoever builds the network.
enum class float_op {
    convolution,      ///< grouped, depthwise, dilated, strided, padded with zeros
    fully_connected,  ///< y = W x + b with constant W
    add,              ///< element by element, same shape
    concat,           ///< along axis 1
    max_pool,         ///< padding never wins
    average_pool,     ///< also the global one: kernel = whole map
    relu,             ///< max(x, 0)
    clip,             ///< min(max(x, clip_low), clip_high)
    reshape,          ///< Flatten / Reshape / Squeeze / Unsqueeze / Identity: same numbers
    function,         ///< element by element: Sigmoid, Tanh, HardSwish, LeakyRelu ...
    multiply,         ///< element by element; the second input may be 1xCx1x1 (squeeze-and-excite)
    select            ///< output channel i (axis 1) is input channel channels[i]
};
std::string_view to_string(float_op kind);

/// One operation of a float network.
struct float_node {
    std::string name;  ///< unique; from the ONNX node, or derived from its output
    float_op kind = float_op::relu;
    std::vector<value_id> inputs;  ///< two for add and multiply, one or more for concat, else 1
    value_id output = 0;

    window geometry;  ///< convolution, max_pool, average_pool (ceil mode: see window::extent)
    int groups = 1;   ///< convolution
    /// average_pool: divide by the full kernel area (true; but see window::overhang_bottom) or by
    /// the elements inside the map.
    bool count_include_pad = false;
    int axis = 1;  ///< concat; only 1 (channels or features) is supported

    float clip_low = -std::numeric_limits<float>::infinity();  ///< clip
    float clip_high = std::numeric_limits<float>::infinity();  ///< clip

    scalar_function function;             ///< function
    std::vector<std::uint32_t> channels;  ///< select

    float_tensor weights;     ///< convolution: O x I/groups x Kh x Kw; fully_connected: O x I
    std::vector<float> bias;  ///< per output; empty = none

    [[nodiscard]] bool is_matrix() const {
        return kind == float_op::convolution || kind == float_op::fully_connected;
    }
};

/// A float tensor that flows between nodes.
struct float_value {
    std::string name;
    shape dims;  ///< batch 1
};

/// A trained float32 network: nodes in topological order over values, as the ONNX importer leaves
/// it and as `quantise` takes it. The same rules as `network`: weights are constants of their
/// nodes, every value is produced by exactly one node or is a network input.
struct float_network {
    std::string name;                 ///< file stem or built-in name
    std::string sha256;               ///< of the file it came from; hex
    std::string weights = "trained";  ///< "trained" | "synthetic"
    std::vector<float_value> values;
    std::vector<float_node> nodes;
    std::vector<value_id> inputs;
    std::vector<value_id> outputs;
    std::vector<host_step> host_steps;  ///< at most one an output

    /// Multiply-accumulates of one node; 0 for others than convolution and fully_connected.
    [[nodiscard]] std::uint64_t macs(const float_node& n) const;
    [[nodiscard]] std::uint64_t macs() const;

    /// Throws core::user_error that lists node and cause of every clash of shapes, order or sizes,
    /// and every weight or bias that is not finite.
    void validate() const;
};

}  // namespace pimvp::nn
