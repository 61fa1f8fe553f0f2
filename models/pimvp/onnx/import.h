// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/float_network.h>
#include <pimvp/nn/network.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::onnx {

/// A tensor at the border of the file: what a user feeds or reads.
struct endpoint {
    std::string name;  ///< the file's own name of the graph input or output
    nn::shape dims;    ///< with batch 1 in place of a dynamic or missing batch
    /// The file's tensor is float32. In an integer network the border then converts: inputs by
    /// QuantizeLinear to the type of the network's input value, outputs by DequantizeLinear from
    /// the type of the network's output value. false: the integers themselves cross the border.
    bool is_float = true;
};

/// A network read from an ONNX file. Exactly one of `integer` and `floating` is set.
struct imported {
    std::optional<nn::network> integer;         ///< the file is quantised
    std::optional<nn::float_network> floating;  ///< the file is float; give it to nn::quantise
    std::vector<endpoint> inputs;               ///< in the order of the network's inputs
    std::vector<endpoint> outputs;              ///< in the order of the network's outputs

    std::string producer;  ///< producer_name and version of the file; may be empty
    std::int64_t opset = 0;
    std::int64_t ir_version = 0;
    /// Everything the import had to decide on its own, one sentence each ("the bias of 'fc' is
    /// float; it was rounded to the step of the accumulators"). Empty for files written by
    /// export_bytes() and by common exporters.
    std::vector<std::string> notes;

    [[nodiscard]] bool is_integer() const { return integer.has_value(); }
};

/// Reads an ONNX file.
///
/// **Accepts** opset 7 to 21, any IR version, batch 1 or dynamic; weights inside the file, or in
/// files in its folder.
/// Float graphs: Conv (2-D, grouped, depthwise, dilated, auto_pad), Gemm, MatMul with constant
/// weights, BatchNormalization (folded into the matrix before it, else a depthwise 1x1
/// convolution), Relu, Clip, activations of one number (Sigmoid, HardSwish ...), Add and Mul (equal
/// shapes, a factor per channel, constants), Concat, pools and means, reshapes, Transpose, Slice,
/// Split, Pad with zeros (merged into the window behind it), Softmax behind an output, and
/// arithmetic on constants and shapes as exporters leave it: docs/models/onnx.md has the list.
/// Integer graphs: QLinearConv, QLinearMatMul, ONNX Runtime's QLinear operators, and
/// DequantizeLinear -> float operators as above -> QuantizeLinear groups; MaxPool, Concat, Clip,
/// Pad and what moves elements also directly on integers. QuantizeLinear at the input and
/// DequantizeLinear at the output become the types of the network's border.
///
/// **Limits** Everything else is refused, never skipped. Weights with a zero point have it
/// subtracted (9 bits where 8 do not hold the difference).
///
/// Throws core::user_error with place (file, node, operator), cause and way out for anything
/// unreadable, unsupported or contradictory.
///
/// **Example**
/// \code
///     const auto file = pimvp::onnx::import_file("model.onnx");
///     if (file.is_integer()) run(*file.integer); else run(nn::quantise(*file.floating, ...));
/// \endcode
imported import_file(const std::string& path);

/// The same from memory. `name` stands for the path in messages; the network is named after its
/// stem.
imported import_bytes(std::string_view bytes, const std::string& name);

}  // namespace pimvp::onnx
