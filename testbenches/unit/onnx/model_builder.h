// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>
#include <pimvp/onnx/import.h>

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onnx_test {

using strings = std::vector<std::string>;
using dims = std::vector<std::int64_t>;

/// One node under construction.
class node_builder {
public:
    explicit node_builder(::onnx::NodeProto& proto)
        : m_proto(proto) {}
    node_builder& set(const char* name, std::int64_t value);
    node_builder& set(const char* name, int value) { return set(name, std::int64_t{value}); }
    node_builder& set(const char* name, float value);
    node_builder& set(const char* name, const char* value);
    node_builder& set(const char* name, const std::vector<std::int64_t>& values);
    node_builder& named(const char* name) {
        m_proto.set_name(name);
        return *this;
    }
    node_builder& in(const char* domain) {
        m_proto.set_domain(domain);
        return *this;
    }
    ::onnx::NodeProto& proto() { return m_proto; }

private:
    ::onnx::AttributeProto& add(const char* name, ::onnx::AttributeProto::AttributeType type);
    ::onnx::NodeProto& m_proto;
};

/// Builds ONNX models word by word.
class model_builder {
public:
    explicit model_builder(int opset = 13);

    /// -1: a dynamic dimension.
    model_builder& input(const std::string& name, const dims& shape,
                         int type = ::onnx::TensorProto::FLOAT);
    model_builder& output(const std::string& name, const dims& shape = {},
                          int type = ::onnx::TensorProto::FLOAT);
    ::onnx::TensorProto& reals(const std::string& name, const dims& shape,
                               const std::vector<float>& values);
    ::onnx::TensorProto& integers(const std::string& name, const dims& shape,
                                  const std::vector<std::int64_t>& values,
                                  int type = ::onnx::TensorProto::INT64);
    node_builder node(const char* op, const strings& inputs, const strings& outputs);
    /// A scale and a zero point as initialisers; returns {scale, zero_point}.
    strings quant(const std::string& name, float scale, int zero_point,
                  int type = ::onnx::TensorProto::UINT8);
    /// QuantizeLinear or DequantizeLinear with quant(`output`, ...) around `input`.
    node_builder quantize(const std::string& input, const std::string& output, float scale,
                          int zero_point, int type = ::onnx::TensorProto::UINT8);
    node_builder dequantize(const std::string& input, const std::string& output, float scale,
                            int zero_point, int type = ::onnx::TensorProto::UINT8);

    [[nodiscard]] std::string bytes() const { return model.SerializeAsString(); }
    [[nodiscard]] pimvp::onnx::imported import() const;
    /// What import() says when it refuses; empty if it does not.
    [[nodiscard]] std::string refusal() const;

    ::onnx::ModelProto model;
};

/// import_bytes() of a damaged or strange file: the refusal, empty if it was accepted.
std::string refusal_of(std::string_view bytes);

/// Result of the network's only output for one input (or several, in order).
pimvp::nn::float_tensor run(const pimvp::nn::float_network& net,
                            const std::vector<std::vector<float>>& inputs);
std::vector<int> run(const pimvp::nn::network& net, const std::vector<std::vector<int>>& inputs);

/// first, first + step, ...
std::vector<float> ramp(std::size_t count, float first = 0.0F, float step = 1.0F);

}  // namespace onnx_test
