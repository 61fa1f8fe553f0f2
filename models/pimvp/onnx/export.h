// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <string>

namespace pimvp::onnx {

/// Writes an integer network as an ONNX model that other engines run with the same integers.
///
/// Inputs and outputs are float32: QuantizeLinear behind every input, DequantizeLinear before every
/// output. Every value of the network appears under its own name as an integer tensor.
///
/// | node            | 8 bits and fewer (opset 13, IR 8)                                        |
/// |-----------------|--------------------------------------------------------------------------|
/// | convolution     | QLinearConv with int32 bias                                              |
/// | fully_connected | Reshape -> QLinearConv 1x1 -> Reshape: QLinearMatMul has no bias         |
/// | add, multiply   | DequantizeLinear each -> Add / Mul -> QuantizeLinear                     |
/// | concat          | the same with Concat; Concat of the integers where the types are equal   |
/// | average_pool    | DequantizeLinear(scale 1) -> AveragePool -> QuantizeLinear(scale ratio)  |
/// | requantise      | DequantizeLinear -> QuantizeLinear                                       |
/// | max_pool        | MaxPool on the integers                                                  |
/// | reshape         | Reshape on the integers                                                  |
/// | lookup          | Cast to int32 -> Gather from the dequantised table -> QuantizeLinear     |
/// | select          | Gather along axis 1 on the integers                                      |
/// | a host step     | Softmax or LogSoftmax behind the output's DequantizeLinear               |
///
/// A value of fewer than 8 bits saturates by a Clip on its integers. A node with a type above 8
/// bits becomes a DequantizeLinear -> operator -> QuantizeLinear group of opset 21, IR 10; an
/// engine computes it in float32 and may round differently. Metadata say what ONNX cannot:
/// `pimvp.bits.value.<name>` and `pimvp.bits.weights.<node>` where it is not 8, `pimvp.weights`,
/// and `pimvp.precision`, the plan of nn/precision_text.h, where the network has one. Other
/// engines, and nn::executor without a network_precision, compute with all bits.
/// `import_bytes(export_bytes(net))` gives the same network.
///
/// Helper tensors carry the prefix `pimvp/`. ONNX Runtime equals nn::executor bit for bit with
/// graph optimisation disabled (scripts/onnx_compare.mjs).
///
/// Throws core::user_error if the network is not valid, a bias does not fit int32, a multiplier is
/// not (input scale * weight scale) / output scale, or a name carries the prefix `pimvp/`.
std::string export_bytes(const nn::network& net);

/// Writes the bytes to `path` (whole or not at all). Throws core::user_error if it cannot.
void export_file(const nn::network& net, const std::string& path);

}  // namespace pimvp::onnx
