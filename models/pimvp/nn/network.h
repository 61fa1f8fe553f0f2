// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/host_step.h>
#include <pimvp/nn/precision.h>
#include <pimvp/nn/tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::nn {

/// Index into network::values.
using value_id = std::uint32_t;

/// What a node computes. All of them take and give integers of the types of their values.
enum class op_kind {
    convolution,      ///< grouped, depthwise, dilated, strided, padded; requantised
    fully_connected,  ///< Gemm / MatMul with constant weights; requantised
    add,              ///< element by element (same shape), then requantised
    concat,           ///< along the channels (axis 1); every input requantised where types differ
    max_pool,
    average_pool,  ///< also the global one: kernel = whole map
    requantise,  ///< identity on the reals between two types (also Relu/Clip that nothing absorbs)
    reshape,     ///< Flatten / Reshape / Squeeze / Unsqueeze: same integers, other dimensions
    lookup,      ///< element by element through a table: Sigmoid, Tanh, HardSwish, LeakyRelu ...
    multiply,    ///< element by element, then requantised; the second input has the shape of the
                 ///< first, or one element a channel (1xCx1x1: squeeze-and-excite)
    select       ///< whole channels (axis 1) of the input in another order, some of them, or some
                 ///< repeatedly: Slice, Split, channel shuffle; same integers and type
};
std::string_view to_string(op_kind kind);

/// Geometry of a sliding window; heights and widths in elements.
struct window {
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1;
    int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
    int dilation_h = 1, dilation_w = 1;
    /// Of pad_bottom and pad_right, what ceil mode added: an average that counts its padding does
    /// not count these. 0 where nothing depends on it (count_include_pad false, other kinds).
    int overhang_bottom = 0, overhang_right = 0;

    /// Output extent of `input` elements along one axis (floor mode; ceil_mode is expressed by a
    /// larger bottom/right pad when the network is built).
    static int extent(int input, int kernel, int stride, int pad, int dilation) {
        return (input + pad - dilation * (kernel - 1) - 1) / stride + 1;
    }
};

/// One operation of the integer network.
struct node {
    std::string name;  ///< unique; from the ONNX node, or derived from its output
    op_kind kind = op_kind::requantise;
    std::vector<value_id> inputs;
    value_id output = 0;

    window geometry;  ///< convolution, max_pool, average_pool
    int groups = 1;   ///< convolution
    /// average_pool: divide by the full kernel area (true; but see window::overhang_bottom) or by
    /// the elements inside the map.
    bool count_include_pad = false;

    /// convolution: O x I/groups x Kh x Kw; fully_connected: O x I. Symmetric (zero point 0).
    integer_tensor weights;
    std::vector<float> weight_scales;  ///< one for all outputs, or one per output
    /// Per output; scale = input scale * weight scale. Empty = none.
    std::vector<std::int64_t> bias;
    /// Per output, float32 as ONNX Runtime computes it: (input scale * weight scale) / output
    /// scale. y = saturate(round_half_even(float(acc) * multiplier) + zero point).
    std::vector<float> multipliers;

    /// lookup: the output's integer for an input integer x is table[x - lowest of the input's
    /// type]; 2^bits entries, all within the output's type.
    std::vector<std::int32_t> table;
    /// select: the input channel of each output channel.
    std::vector<std::uint32_t> channels;

    [[nodiscard]] bool is_matrix() const {
        return kind == op_kind::convolution || kind == op_kind::fully_connected;
    }
};

/// A tensor that flows between nodes.
struct value {
    std::string name;
    shape dims;  ///< batch 1
    tensor_type type;
};

/// An integer network: nodes in topological order over typed values.
///
/// Weights are constants of their nodes. Every value is produced by exactly one node or is a
/// network input. Activations of 4-D values are N, C, H, W in memory order.
struct network {
    std::string name;                 ///< file stem or built-in name
    std::string sha256;               ///< of the file it came from; hex
    std::string weights = "trained";  ///< "trained" | "synthetic"
    std::vector<value> values;
    std::vector<node> nodes;
    std::vector<value_id> inputs;
    std::vector<value_id> outputs;
    std::vector<host_step> host_steps;  ///< at most one an output
    /// How accelerators that can cut the inputs of its convolutions; the executor does so only if
    /// it is given a network_precision.
    std::optional<precision_plan> precision;

    /// Multiply-accumulates of one node (weights used per output element * outputs); 0 for others.
    [[nodiscard]] std::uint64_t macs(const node& n) const;
    [[nodiscard]] std::uint64_t macs() const;

    /// Throws core::user_error that names node and cause if shapes, types, order or sizes clash.
    void validate() const;
};

}  // namespace pimvp::nn
