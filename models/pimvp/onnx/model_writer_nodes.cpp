// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/lowering.h>
#include <pimvp/onnx/model_writer.h>

#include <pimvp/nn/arithmetic.h>

#include <cstddef>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

std::string helper(const std::string& of, const char* what) {
    return helper_prefix + of + "/" + what;
}

}  // namespace

bool model_writer::narrow(nn::value_id id) const {
    const int bits = type_of(id).bits;
    return bits != 8 && bits != 16;
}

std::string model_writer::before_clip(nn::value_id to) const {
    return narrow(to) ? helper(name_of(to), "unclipped") : name_of(to);
}

void model_writer::clip_integers(const std::string& from, nn::value_id to,
                                 const std::string& result) {
    if (!narrow(to)) return;
    const nn::tensor_type& type = type_of(to);
    node("Clip", name_of(to) + "/clip",
         {from, integer_constant(type, type.lowest()), integer_constant(type, type.highest())},
         result);
}

std::string model_writer::dequantised(nn::value_id id, const std::string& reader) {
    const std::string reals = helper(reader, ("real/" + std::to_string(id)).c_str());
    node("DequantizeLinear", reals, {name_of(id), scale_of(id), zero_point_of(id)}, reals);
    return reals;
}

void model_writer::quantised(const std::string& reals, const std::string& node_name,
                             nn::value_id to, std::optional<float> file_scale) {
    const std::string scale = file_scale ? scalar(*file_scale) : scale_of(to);
    // ONNX Runtime clips 8-bit integers, but of the 16-bit types only reals.
    std::string from = reals;
    const nn::tensor_type& type = type_of(to);
    if (narrow(to) && wide(to)) {
        from = helper(name_of(to), "clipped");
        const auto real = [&](int integer) {
            return static_cast<float>(integer - type.zero_point) * file_scale.value_or(type.scale);
        };
        node("Clip", node_name, {reals, scalar(real(type.lowest())), scalar(real(type.highest()))},
             from);
        node("QuantizeLinear", node_name + "/quantize", {from, scale, zero_point_of(to)},
             name_of(to));
        return;
    }
    node("QuantizeLinear", node_name, {from, scale, zero_point_of(to)}, before_clip(to));
    clip_integers(before_clip(to), to, name_of(to));
}

void model_writer::write_window(::onnx::NodeProto& proto, const nn::node& n, bool kernel) const {
    const nn::window& w = n.geometry;
    if (kernel) attribute(proto, "kernel_shape", {w.kernel_h, w.kernel_w});
    attribute(proto, "strides", {w.stride_h, w.stride_w});
    attribute(
        proto, "pads",
        {w.pad_top, w.pad_left, w.pad_bottom - w.overhang_bottom, w.pad_right - w.overhang_right});
    if ((w.overhang_bottom | w.overhang_right) != 0) {
        attribute(proto, "ceil_mode", std::int64_t{1});
    }
    if (w.dilation_h != 1 || w.dilation_w != 1 || n.kind == nn::op_kind::convolution) {
        attribute(proto, "dilations", {w.dilation_h, w.dilation_w});
    }
}

void model_writer::write_node(const nn::node& n) {
    switch (n.kind) {
    case nn::op_kind::convolution:
    case nn::op_kind::fully_connected:
        if (wide(n.inputs[0]) || wide(n.output) || n.weights.type().bits > 8) {
            write_wide_matrix(n);
        } else {
            write_qlinear(n);
        }
        return;
    case nn::op_kind::add:
        write_joined(n, "Add");
        return;
    case nn::op_kind::concat:
        write_joined(n, "Concat");
        return;
    case nn::op_kind::average_pool:
        write_average(n);
        return;
    case nn::op_kind::max_pool: {
        auto& proto = node("MaxPool", n.name, {name_of(n.inputs[0])}, name_of(n.output));
        write_window(proto, n, true);
        return;
    }
    case nn::op_kind::multiply:
        write_joined(n, "Mul");
        return;
    case nn::op_kind::lookup:
        write_lookup(n);
        return;
    case nn::op_kind::select: {
        std::vector<std::int64_t> channels(n.channels.begin(), n.channels.end());
        const std::string indices = int64s(helper(n.name, "channels"), channels);
        attribute(node("Gather", n.name, {name_of(n.inputs[0]), indices}, name_of(n.output)),
                  "axis", std::int64_t{1});
        return;
    }
    case nn::op_kind::requantise:
        quantised(dequantised(n.inputs[0], n.name), n.name, n.output);
        return;
    case nn::op_kind::reshape:
        node("Reshape", n.name, {name_of(n.inputs[0]), shape_constant(m_net.values[n.output].dims)},
             name_of(n.output));
        return;
    }
}

void model_writer::write_qlinear(const nn::node& n) {
    const nn::value_id in = n.inputs[0];
    const nn::value_id out = n.output;
    std::string x = name_of(in);
    std::string x_zero = zero_point_of(in);
    if (type_of(in).is_signed != type_of(out).is_signed) {
        // ONNX Runtime wants one signedness on both sides: move the integers and their zero point.
        nn::tensor_type moved = type_of(in);
        moved.is_signed = type_of(out).is_signed;
        moved.bits = 8;
        constexpr int half = 128;
        moved.zero_point += moved.is_signed ? -half : half;
        x_zero = zero_point(moved, moved.zero_point);
        const std::string reals = dequantised(in, n.name);
        x = helper(n.name, "moved");
        node("QuantizeLinear", x, {reals, scale_of(in), x_zero}, x);
    }
    const bool dense = n.kind == nn::op_kind::fully_connected;
    const nn::shape& out_dims = m_net.values[out].dims;
    nn::integer_tensor weights = n.weights;
    if (dense) {
        const nn::shape& dims = n.weights.dims();
        weights = weights.reshaped({dims[0], dims[1], 1, 1});
        std::int64_t rows = 1;
        for (std::size_t axis = 0; axis + 1 < out_dims.size(); ++axis) rows *= out_dims[axis];
        const std::string map = helper(n.name, "map");
        node("Reshape", map, {x, shape_constant({rows, dims[1], 1, 1})}, map);
        x = map;
    }
    nn::tensor_type weight_type;
    weight_type.is_signed = true;
    std::vector<std::string> inputs = {x,
                                       scale_of(in),
                                       x_zero,
                                       integers(helper(n.name, "weights"), weights),
                                       floats(helper(n.name, "weight_scales"), n.weight_scales),
                                       zero_point(weight_type, 0),
                                       scale_of(out),
                                       zero_point_of(out)};
    if (!n.bias.empty()) inputs.push_back(int32s(helper(n.name, "bias"), n.bias));
    const std::string result = dense ? helper(n.name, "scores") : name_of(out);
    const std::string unclipped = narrow(out) ? helper(name_of(out), "unclipped") : result;
    auto& proto = node("QLinearConv", n.name, inputs, unclipped);
    if (!dense) {
        write_window(proto, n, true);
        attribute(proto, "group", n.groups);
    }
    clip_integers(unclipped, out, result);
    if (dense) {
        node("Reshape", helper(n.name, "rows"), {result, shape_constant(out_dims)}, name_of(out));
    }
}

void model_writer::write_wide_matrix(const nn::node& n) {
    const nn::value_id in = n.inputs[0];
    const std::string scales = floats(helper(n.name, "weight_scales"), n.weight_scales);
    const auto per_output = [&](::onnx::NodeProto& proto) {
        if (n.weight_scales.size() > 1) attribute(proto, "axis", std::int64_t{0});
    };
    const std::string weights = helper(n.name, "real_weights");
    // Without a zero point the integers are centred on 0.
    per_output(node("DequantizeLinear", weights,
                    {integers(helper(n.name, "weights"), n.weights), scales}, weights));
    std::vector<std::string> inputs = {dequantised(in, n.name), weights};
    if (!n.bias.empty()) {
        std::vector<float> steps;
        for (const float scale : n.weight_scales) steps.push_back(type_of(in).scale * scale);
        const std::string bias = helper(n.name, "real_bias");
        per_output(node(
            "DequantizeLinear", bias,
            {int32s(helper(n.name, "bias"), n.bias), floats(helper(n.name, "bias_scales"), steps)},
            bias));
        inputs.push_back(bias);
    }
    const std::string result = helper(n.name, "real");
    if (n.kind == nn::op_kind::convolution) {
        auto& proto = node("Conv", n.name, inputs, result);
        write_window(proto, n, true);
        attribute(proto, "group", n.groups);
    } else {
        attribute(node("Gemm", n.name, inputs, result), "transB", std::int64_t{1});
    }
    quantised(result, helper(n.name, "quantize"), n.output);
}

void model_writer::write_joined(const nn::node& n, const char* op) {
    bool same = n.kind == nn::op_kind::concat;
    for (const nn::value_id id : n.inputs) same = same && type_of(id) == type_of(n.output);
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < n.inputs.size(); ++i) {
        const std::string reader = n.name + "/" + std::to_string(i);
        inputs.push_back(same ? name_of(n.inputs[i]) : dequantised(n.inputs[i], reader));
    }
    const std::string result = same ? name_of(n.output) : helper(n.name, "real");
    auto& proto = node(op, n.name, inputs, result);
    if (n.kind == nn::op_kind::concat) attribute(proto, "axis", std::int64_t{1});
    if (!same) quantised(result, helper(n.name, "quantize"), n.output);
}

void model_writer::write_lookup(const nn::node& n) {
    // A table decides every rounding; an engine's own exponential would decide it anew.
    const nn::tensor_type& from = type_of(n.inputs[0]);
    const nn::tensor_type& to = type_of(n.output);
    const std::string index = helper(n.name, "index");
    attribute(node("Cast", index, {name_of(n.inputs[0])}, index), "to",
              std::int64_t{::onnx::TensorProto::INT32});
    // Gather counts negative indices from the end: first the integers from 0 on, then the others.
    std::vector<float> reals;
    const auto zero = static_cast<std::ptrdiff_t>(-from.lowest());
    for (auto entry = n.table.begin() + zero; entry != n.table.end(); ++entry) {
        reals.push_back(nn::dequantise(*entry, to));
    }
    for (auto entry = n.table.begin(); entry != n.table.begin() + zero; ++entry) {
        reals.push_back(nn::dequantise(*entry, to));
    }
    const std::string result = helper(n.name, "real");
    node("Gather", n.name, {floats(helper(n.name, "table"), reals), index}, result);
    quantised(result, helper(n.name, "quantize"), n.output);
}

void model_writer::write_average(const nn::node& n) {
    const nn::value_id in = n.inputs[0];
    const std::string reals = helper(n.name, "steps");
    node("DequantizeLinear", reals, {name_of(in), scalar(1.0F), zero_point_of(in)}, reals);
    const std::string result = helper(n.name, "mean");
    auto& proto = node("AveragePool", n.name, {reals}, result);
    write_window(proto, n, true);
    attribute(proto, "count_include_pad", std::int64_t{n.count_include_pad ? 1 : 0});
    const float ratio = type_of(n.output).scale / type_of(in).scale;
    quantised(result, helper(n.name, "quantize"), n.output, ratio);
}

}  // namespace pimvp::onnx::detail
