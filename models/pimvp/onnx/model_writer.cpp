// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/model_writer.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/nn/precision_text.h>
#include <pimvp/onnx/lowering.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>

namespace pimvp::onnx::detail {

namespace {

::onnx::TensorProto::DataType data_type(const nn::tensor_type& type) {
    if (type.bits <= 8)
        return type.is_signed ? ::onnx::TensorProto::INT8 : ::onnx::TensorProto::UINT8;
    return type.is_signed ? ::onnx::TensorProto::INT16 : ::onnx::TensorProto::UINT16;
}

/// Nine digits give a binary32 back exactly.
std::string exact(float value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
    return text;
}

void declare(::onnx::ValueInfoProto& info, const std::string& name, const nn::shape& dims) {
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(::onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims) type.mutable_shape()->add_dim()->set_dim_value(dim);
}

}  // namespace

model_writer::model_writer(const nn::network& net)
    : m_net(net),
      m_graph(*m_model.mutable_graph()) {
    std::unordered_set<std::string> taken;
    for (const nn::value& v : net.values) taken.insert(v.name);
    for (std::size_t i = 0; i < net.values.size(); ++i) {
        m_names.push_back(net.values[i].name);
        if (!m_names.back().empty()) continue;
        m_names.back() = "value_" + std::to_string(i);
        while (!taken.insert(m_names.back()).second) m_names.back() += "_";
    }
    for (const nn::value& v : net.values) m_wide = m_wide || v.type.bits > 8;
    for (const nn::node& n : net.nodes) m_wide = m_wide || n.weights.type().bits > 8;
}

void model_writer::check() const {
    m_net.validate();
    core::diagnostics found;
    const std::size_t prefix = std::strlen(helper_prefix);
    for (const std::string& name : m_names) {
        if (name.compare(0, prefix, helper_prefix) == 0) {
            found.error("value " + core::quoted(name),
                        "its name starts with the prefix of helper tensors; rename it");
        }
    }
    for (const nn::node& n : m_net.nodes) {
        if (n.name.empty()) found.error("network", "a node has no name; name all of them");
        if (!n.is_matrix()) continue;
        const std::string where = "node " + core::quoted(n.name);
        const float input_scale = type_of(n.inputs[0]).scale;
        const float output_scale = type_of(n.output).scale;
        for (std::size_t o = 0; o < n.multipliers.size(); ++o) {
            const float weight_scale = n.weight_scales[n.weight_scales.size() == 1 ? 0 : o];
            if (!(input_scale * weight_scale > 0.0F)) {
                found.error(where, "its input scale times the weight scale of output " +
                                       std::to_string(o) + " is too small for float32");
                break;
            }
            if ((input_scale * weight_scale) / output_scale != n.multipliers[o]) {
                found.error(where, "multiplier " + std::to_string(o) + " is " +
                                       exact(n.multipliers[o]) +
                                       ", not input scale * weight scale / output scale, which is "
                                       "all that ONNX can say");
                break;
            }
        }
        for (const std::int64_t bias : n.bias) {
            if (bias < std::numeric_limits<std::int32_t>::min() ||
                bias > std::numeric_limits<std::int32_t>::max()) {
                found.error(where,
                            "bias " + std::to_string(bias) +
                                " does not fit the int32 of ONNX; use a larger weight scale");
                break;
            }
        }
    }
    found.throw_if_errors();
    nn::check_plan_belongs(m_net, m_net.name);
}

std::string model_writer::write() {
    check();
    constexpr int narrow_opset = 13;
    constexpr int narrow_ir = 8;
    constexpr int wide_opset = 21;  // the first with 16-bit QuantizeLinear
    constexpr int wide_ir = 10;
    m_model.set_ir_version(m_wide ? wide_ir : narrow_ir);
    m_model.add_opset_import()->set_version(m_wide ? wide_opset : narrow_opset);
    m_model.set_producer_name("pimvp");
    m_graph.set_name(m_net.name.empty() ? "network" : m_net.name);
    write_inputs();
    for (const nn::node& n : m_net.nodes) write_node(n);
    write_outputs();
    write_metadata();
    constexpr std::size_t most = std::size_t{1} << 31;
    if (m_model.ByteSizeLong() >= most) {
        throw core::user_error("network " + core::quoted(m_net.name),
                               "needs more than the 2 GiB of an ONNX file");
    }
    return m_model.SerializeAsString();
}

void model_writer::write_inputs() {
    std::unordered_set<std::string> taken(m_names.begin(), m_names.end());
    for (const nn::value_id id : m_net.inputs) {
        std::string reals = name_of(id) + "_float";
        while (!taken.insert(reals).second) reals += "_";
        declare(*m_graph.add_input(), reals, m_net.values[id].dims);
        quantised(reals, name_of(id) + "/quantize", id);
    }
}

void model_writer::write_outputs() {
    std::unordered_set<std::string> taken(m_names.begin(), m_names.end());
    for (const auto& input : m_graph.input()) taken.insert(input.name());
    for (const nn::value_id id : m_net.outputs) {
        std::string reals = name_of(id) + "_float";
        while (!taken.insert(reals).second) reals += "_";
        node("DequantizeLinear", name_of(id) + "/dequantize",
             {name_of(id), scale_of(id), zero_point_of(id)}, reals);
        const auto index = static_cast<std::size_t>(m_graph.output_size());
        for (const nn::host_step& step : m_net.host_steps) {
            if (step.output == index) reals = write_host_step(step, reals, taken);
        }
        declare(*m_graph.add_output(), reals, m_net.values[id].dims);
    }
}

std::string model_writer::write_host_step(const nn::host_step& step, const std::string& scores,
                                          std::unordered_set<std::string>& taken) {
    std::string result = step.result.empty() ? step.name : step.result;
    while (!taken.insert(result).second) result += "_";
    const bool log = step.kind == nn::host_step::operation::log_softmax;
    attribute(node(log ? "LogSoftmax" : "Softmax", step.name, {scores}, result), "axis",
              std::int64_t{step.axis});
    return result;
}

void model_writer::write_metadata() {
    metadata("pimvp.weights", m_net.weights);
    if (m_net.precision) metadata("pimvp.precision", nn::to_text(*m_net.precision));
    for (std::size_t i = 0; i < m_net.values.size(); ++i) {
        const int bits = m_net.values[i].type.bits;
        if (bits != 8) metadata("pimvp.bits.value." + m_names[i], std::to_string(bits));
    }
    for (const nn::node& n : m_net.nodes) {
        const int bits = n.weights.type().bits;
        if (n.is_matrix() && bits != 8) {
            metadata("pimvp.bits.weights." + n.name, std::to_string(bits));
        }
        if (n.kind == nn::op_kind::average_pool) {
            const std::string integers = wide(n.output) ? name_of(n.output) : before_clip(n.output);
            metadata("pimvp.scale.value." + integers, exact(type_of(n.output).scale));
        }
    }
}

void model_writer::metadata(const std::string& key, const std::string& text) {
    auto& entry = *m_model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(text);
}

::onnx::NodeProto& model_writer::node(const char* op, const std::string& name,
                                      const std::vector<std::string>& inputs,
                                      const std::string& output) {
    auto& proto = *m_graph.add_node();
    proto.set_op_type(op);
    proto.set_name(name);
    for (const std::string& input : inputs) proto.add_input(input);
    proto.add_output(output);
    return proto;
}

void model_writer::attribute(::onnx::NodeProto& node, const char* name, std::int64_t value) {
    auto& entry = *node.add_attribute();
    entry.set_name(name);
    entry.set_type(::onnx::AttributeProto::INT);
    entry.set_i(value);
}

void model_writer::attribute(::onnx::NodeProto& node, const char* name,
                             const std::vector<std::int64_t>& values) {
    auto& entry = *node.add_attribute();
    entry.set_name(name);
    entry.set_type(::onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) entry.add_ints(value);
}

std::string model_writer::scale_of(nn::value_id id) {
    return floats(helper_prefix + name_of(id) + "/scale", {type_of(id).scale});
}

std::string model_writer::zero_point_of(nn::value_id id) {
    return zero_point(type_of(id), type_of(id).zero_point);
}

std::string model_writer::zero_point(const nn::tensor_type& type, int value) {
    return integer_constant(type, value);
}

std::string model_writer::integer_constant(const nn::tensor_type& type, int value) {
    const int kind = data_type(type);
    const std::string name = helper_prefix + std::string("integer/") + std::to_string(kind) + "/" +
                             std::to_string(value);
    if (claim(name)) {
        auto& proto = *m_graph.add_initializer();
        proto.set_name(name);
        proto.set_data_type(kind);
        const auto bits = static_cast<std::uint16_t>(value);
        proto.set_raw_data(&bits, type.bytes());  // little-endian: the low byte comes first
    }
    return name;
}

std::string model_writer::scalar(float value) {
    return floats(helper_prefix + std::string("float/") + exact(value), {value});
}

std::string model_writer::floats(const std::string& name, const std::vector<float>& values) {
    if (claim(name)) {
        auto& proto = *m_graph.add_initializer();
        proto.set_name(name);
        proto.set_data_type(::onnx::TensorProto::FLOAT);
        if (values.size() > 1) proto.add_dims(static_cast<std::int64_t>(values.size()));
        proto.set_raw_data(values.data(), values.size() * sizeof(float));
    }
    return name;
}

std::string model_writer::int32s(const std::string& name, const std::vector<std::int64_t>& values) {
    auto& proto = *m_graph.add_initializer();
    proto.set_name(name);
    proto.set_data_type(::onnx::TensorProto::INT32);
    proto.add_dims(static_cast<std::int64_t>(values.size()));
    std::vector<std::int32_t> narrow_values(values.size());
    std::transform(values.begin(), values.end(), narrow_values.begin(),
                   [](std::int64_t value) { return static_cast<std::int32_t>(value); });
    proto.set_raw_data(narrow_values.data(), narrow_values.size() * sizeof(std::int32_t));
    return name;
}

std::string model_writer::integers(const std::string& name, const nn::integer_tensor& tensor) {
    auto& proto = *m_graph.add_initializer();
    proto.set_name(name);
    proto.set_data_type(data_type(tensor.type()));
    for (const std::int64_t dim : tensor.dims()) proto.add_dims(dim);
    proto.set_raw_data(tensor.bytes(), tensor.byte_count());
    return name;
}

std::string model_writer::int64s(const std::string& name, const std::vector<std::int64_t>& values) {
    if (claim(name)) {
        auto& proto = *m_graph.add_initializer();
        proto.set_name(name);
        proto.set_data_type(::onnx::TensorProto::INT64);
        proto.add_dims(static_cast<std::int64_t>(values.size()));
        proto.set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
    }
    return name;
}

std::string model_writer::shape_constant(const nn::shape& dims) {
    return int64s(helper_prefix + std::string("shape/") + nn::to_string(dims), dims);
}

}  // namespace pimvp::onnx::detail
