// SPDX-License-Identifier: Apache-2.0
#include "model_builder.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/float_executor.h>

namespace onnx_test {

::onnx::AttributeProto& node_builder::add(const char* name,
                                          ::onnx::AttributeProto::AttributeType type) {
    auto& attribute = *m_proto.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
}

node_builder& node_builder::set(const char* name, std::int64_t value) {
    add(name, ::onnx::AttributeProto::INT).set_i(value);
    return *this;
}

node_builder& node_builder::set(const char* name, float value) {
    add(name, ::onnx::AttributeProto::FLOAT).set_f(value);
    return *this;
}

node_builder& node_builder::set(const char* name, const char* value) {
    add(name, ::onnx::AttributeProto::STRING).set_s(value);
    return *this;
}

node_builder& node_builder::set(const char* name, const std::vector<std::int64_t>& values) {
    auto& attribute = add(name, ::onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
    return *this;
}

model_builder::model_builder(int opset) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    model.mutable_graph()->set_name("test");
}

namespace {

void declare(::onnx::ValueInfoProto& info, const std::string& name, const dims& shape, int type) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (const std::int64_t dim : shape) {
        auto& entry = *tensor.mutable_shape()->add_dim();
        if (dim < 0) {
            entry.set_dim_param("N");
        } else {
            entry.set_dim_value(dim);
        }
    }
}

}  // namespace

model_builder& model_builder::input(const std::string& name, const dims& shape, int type) {
    declare(*model.mutable_graph()->add_input(), name, shape, type);
    return *this;
}

model_builder& model_builder::output(const std::string& name, const dims& shape, int type) {
    declare(*model.mutable_graph()->add_output(), name, shape, type);
    if (shape.empty()) {
        model.mutable_graph()
            ->mutable_output(model.graph().output_size() - 1)
            ->mutable_type()
            ->mutable_tensor_type()
            ->clear_shape();
    }
    return *this;
}

::onnx::TensorProto& model_builder::reals(const std::string& name, const dims& shape,
                                          const std::vector<float>& values) {
    auto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(::onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : shape) tensor.add_dims(dim);
    for (const float value : values) tensor.add_float_data(value);
    return tensor;
}

::onnx::TensorProto& model_builder::integers(const std::string& name, const dims& shape,
                                             const std::vector<std::int64_t>& values, int type) {
    auto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t dim : shape) tensor.add_dims(dim);
    for (const std::int64_t value : values) {
        if (type == ::onnx::TensorProto::INT64) {
            tensor.add_int64_data(value);
        } else {
            tensor.add_int32_data(static_cast<std::int32_t>(value));
        }
    }
    return tensor;
}

node_builder model_builder::node(const char* op, const strings& inputs, const strings& outputs) {
    auto& proto = *model.mutable_graph()->add_node();
    proto.set_op_type(op);
    for (const std::string& name : inputs) proto.add_input(name);
    for (const std::string& name : outputs) proto.add_output(name);
    return node_builder(proto);
}

strings model_builder::quant(const std::string& name, float scale, int zero_point, int type) {
    reals(name + "_s", {}, {scale});
    integers(name + "_z", {}, {zero_point}, type);
    return {name + "_s", name + "_z"};
}

node_builder model_builder::quantize(const std::string& from, const std::string& to, float scale,
                                     int zero_point, int type) {
    const strings q = quant(to, scale, zero_point, type);
    return node("QuantizeLinear", {from, q[0], q[1]}, {to});
}

node_builder model_builder::dequantize(const std::string& from, const std::string& to, float scale,
                                       int zero_point, int type) {
    const strings q = quant(to, scale, zero_point, type);
    return node("DequantizeLinear", {from, q[0], q[1]}, {to});
}

pimvp::onnx::imported model_builder::import() const {
    return pimvp::onnx::import_bytes(bytes(), "dir/model.onnx");
}

std::string model_builder::refusal() const {
    return refusal_of(bytes());
}

std::string refusal_of(std::string_view bytes) {
    try {
        pimvp::onnx::import_bytes(bytes, "dir/model.onnx");
    } catch (const pimvp::core::user_error& error) {
        return error.what();
    }
    return {};
}

pimvp::nn::float_tensor run(const pimvp::nn::float_network& net,
                            const std::vector<std::vector<float>>& inputs) {
    pimvp::nn::float_executor executor(net);
    std::vector<pimvp::nn::float_tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        tensors.push_back({net.values[net.inputs[i]].dims, inputs[i]});
    }
    executor.run(tensors);
    return executor.value(net.outputs.at(0));
}

std::vector<int> run(const pimvp::nn::network& net, const std::vector<std::vector<int>>& inputs) {
    pimvp::nn::executor executor(net);
    std::vector<pimvp::nn::integer_tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const pimvp::nn::value& v = net.values[net.inputs[i]];
        tensors.emplace_back(v.dims, v.type);
        for (std::size_t k = 0; k < inputs[i].size(); ++k) tensors.back().set(k, inputs[i][k]);
    }
    executor.run(tensors);
    const pimvp::nn::integer_tensor& out = executor.value(net.outputs.at(0));
    std::vector<int> values(out.size());
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = out.at(k);
    return values;
}

std::vector<float> ramp(std::size_t count, float first, float step) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = first + step * static_cast<float>(i);
    return values;
}

}  // namespace onnx_test
