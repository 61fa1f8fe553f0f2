// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <cmath>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

bool is_activation_type(element type) {
    return type == element::u8 || type == element::i8 || type == element::u16 ||
           type == element::i16;
}

}  // namespace

/// `type`: of the integers, if known; else the zero point says it. `axis`: of scales per channel.
quantisation op_reader::quantisation_of(const source_node& node, int scale, int zero_point,
                                        std::optional<element> type, const nn::shape& dims,
                                        std::int64_t axis) const {
    quantisation quant;
    const operand& scales = constant_of(node, scale, "scale");
    quant.scales = reals_of(node, scale, "scale");
    if (quant.scales.empty()) fail(node, "has an empty scale");
    if (!quant.per_tensor() && dims.empty()) {
        fail(node, "has " + std::to_string(quant.scales.size()) +
                       " scales for a computed tensor; supported: one (weights may have one per "
                       "channel)");
    }
    if (!quant.per_tensor()) {
        const auto rank = static_cast<std::int64_t>(dims.size());
        if (axis < -rank || axis >= rank) {
            fail(node,
                 "has scales along axis " + std::to_string(axis) + " of " + nn::to_string(dims));
        }
        quant.axis = static_cast<int>(axis < 0 ? axis + rank : axis);
    }
    if (!quant.per_tensor() && (scales.dims().size() != 1 ||
                                scales.dims()[0] != dims[static_cast<std::size_t>(quant.axis)])) {
        fail(node, "has scales of shape " + nn::to_string(scales.dims()) + " for axis " +
                       std::to_string(quant.axis) + " of " + nn::to_string(dims) +
                       "; supported: one, or one per index of that axis");
    }
    for (const float value : quant.scales) {
        if (!(value > 0.0F)) {
            fail(node, "has scale " + std::to_string(value) + "; a scale must be above 0");
        }
    }
    quant.zero_points.assign(quant.scales.size(), 0);
    quant.type = type.value_or(element::u8);
    if (!node.has_input(zero_point)) return quant;
    const operand& zero = constant_of(node, zero_point, "zero point");
    quant.type = zero.data.type();
    if (is_real(quant.type) || zero.quant || (type && *type != quant.type)) {
        fail(node, "has a zero point of type " + element_name(zero.data.type()) +
                       (type ? " for integers of type " + element_name(*type) : std::string()) +
                       "; both must be the same");
    }
    if (zero.data.size() != 1 && zero.data.size() != quant.scales.size()) {
        fail(node, "has " + std::to_string(quant.scales.size()) + " scales but " +
                       std::to_string(zero.data.size()) + " zero points");
    }
    for (std::size_t i = 0; i < quant.zero_points.size(); ++i) {
        const std::int64_t value = zero.data.integer(zero.data.size() == 1 ? 0 : i);
        constexpr std::int64_t most = 1 << 16;
        if (value > most || value < -most) {
            fail(node, "has zero point " + std::to_string(value) + ", beyond 16 bits");
        }
        quant.zero_points[i] = static_cast<int>(value);
    }
    return quant;
}

void op_reader::refuse_float(const source_node& node, int index) const {
    fail(node, "its input " + core::quoted(node.input(index)) +
                   " is float; put a QuantizeLinear before it");
}

tensor_id op_reader::dequantised(const source_node& node, int tensor, int scale, int zero_point) {
    const tensor_id x = tensor_of(node, tensor);
    const std::optional<element> type = m_graph.tensors[x].integers;
    if (!type) refuse_float(node, tensor);
    operation step = start(node, op::dequantise);
    step.inputs = {x};
    step.quant = quantisation_of(node, scale, zero_point, type, {}, 0);
    nn::shape dims = dims_of(x);
    return emit(std::move(step), {}, std::move(dims), std::nullopt);
}

void op_reader::finish_quantised(const source_node& node, operation&& step, nn::shape dims,
                                 int scale, int zero_point) {
    operation out = start(node, op::quantise);
    out.inputs = {emit(std::move(step), {}, dims, std::nullopt)};
    out.quant = quantisation_of(node, scale, zero_point, std::nullopt, {}, 0);
    if (!is_activation_type(out.quant.type)) {
        fail(node,
             "gives " + element_name(out.quant.type) + "; supported: uint8, int8, uint16, int16");
    }
    const element type = out.quant.type;
    bind(node, 0, emit(std::move(out), node.proto->output(0), std::move(dims), type));
}

void op_reader::read_quantize(const source_node& node) {
    attributes attrs(node, m_report);
    const std::int64_t axis = attrs.integer("axis", 1);
    attrs.integer("block_size", 0, 0, 0);
    const std::int64_t declared = attrs.integer("output_dtype", 0, 0, 1000);
    attrs.ignore({"saturate"});
    attrs.finish();
    std::optional<element> type;
    if (declared != 0) {
        type = to_element(static_cast<int>(declared));
        if (!type) fail(node, "gives " + element_name(static_cast<int>(declared)));
    }
    if (is_constant(node, 0)) {
        const operand& from = constant_of(node, 0, "input");
        quantisation quant = quantisation_of(node, 1, 2, type, from.dims(), axis);
        const std::vector<float> values = reals_of(node, 0, "input");
        if (!is_activation_type(quant.type)) {
            fail(node, "quantises weights to " + element_name(quant.type) +
                           "; supported: uint8, int8, uint16, int16");
        }
        charge(node, values.size() * sizeof(std::int64_t));
        const bool narrow = quant.type == element::u8 || quant.type == element::i8;
        const bool is_signed = quant.type == element::i8 || quant.type == element::i16;
        const double span = narrow ? 256.0 : 65536.0;
        const double low = is_signed ? -span / 2 : 0.0;
        std::size_t inner = 1;
        for (std::size_t a = static_cast<std::size_t>(quant.axis) + 1; a < from.dims().size();
             ++a) {
            inner *= static_cast<std::size_t>(from.dims()[a]);
        }
        std::vector<std::int64_t> integers(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t at = i / inner % quant.scales.size();
            const double rounded =
                std::nearbyint(static_cast<double>(values[i] / quant.scales[at]));
            const double moved = rounded + quant.zero_points[at];
            integers[i] =
                static_cast<std::int64_t>(std::min(std::max(moved, low), low + span - 1.0));
        }
        const element kind = quant.type;
        bind(node, 0, operand{constant::of_integers(from.dims(), integers, kind), std::nullopt});
        return;
    }
    if (integers_at(node, 0)) check_real(node, tensor_of(node, 0));
    operation step = start(node, op::quantise);
    step.quant = quantisation_of(node, 1, 2, type, {}, 0);
    if (!is_activation_type(step.quant.type)) {
        fail(node,
             "gives " + element_name(step.quant.type) + "; supported: uint8, int8, uint16, int16");
    }
    const element kind = step.quant.type;
    finish_elementwise(node, 0, std::move(step), kind);
}

void op_reader::read_dequantize(const source_node& node) {
    attributes attrs(node, m_report);
    const std::int64_t axis = attrs.integer("axis", 1);
    attrs.integer("block_size", 0, 0, 0);
    attrs.finish();
    if (!is_constant(node, 0)) {
        const std::optional<element> type = integers_at(node, 0);
        if (!type) refuse_float(node, 0);
        operation step = start(node, op::dequantise);
        step.quant = quantisation_of(node, 1, 2, type, {}, 0);
        finish_elementwise(node, 0, std::move(step), std::nullopt);
        return;
    }
    const operand& data = constant_of(node, 0, "input");
    if (is_real(data.data.type()) || data.quant) {
        fail(node, "its input " + core::quoted(node.input(0)) + " holds no integers");
    }
    bind(node, 0, quantised_operand(node, 0, 1, 2, axis, "input"));
}

operand op_reader::quantised_operand(const source_node& node, int data, int scale, int zero_point,
                                     std::int64_t axis, const char* what) const {
    operand value = constant_of(node, data, what);
    if (is_real(value.data.type()) || value.quant) {
        fail(node, "its " + std::string(what) + " " + core::quoted(node.input(data)) +
                       " must hold integers, not " + element_name(value.data.type()));
    }
    value.quant = quantisation_of(node, scale, zero_point, value.data.type(), value.dims(), axis);
    return value;
}

void op_reader::read_qlinear_conv(const source_node& node) {
    attributes attrs(node, m_report);
    operation step = start(node, op::convolution);
    step.inputs = {dequantised(node, 0, 1, 2)};
    const std::vector<float> input_scale = reals_of(node, 1, "input scale");
    step.weights = quantised_operand(node, 3, 4, 5, 0, "weights");
    if (node.has_input(8)) {
        operand bias = constant_of(node, 8, "bias");
        if (bias.data.type() != element::i32 || bias.quant) {
            fail(node, "its bias " + core::quoted(node.input(8)) + " must be int32, not " +
                           element_name(bias.data.type()));
        }
        quantisation quant;
        quant.type = element::i32;
        for (const float weight_scale : step.weights.quant->scales) {
            quant.scales.push_back(input_scale[0] * weight_scale);
        }
        quant.zero_points.assign(quant.scales.size(), 0);
        bias.quant = std::move(quant);
        step.bias = std::move(bias);
    }
    nn::shape out = shape_conv(node, step, attrs);
    finish_quantised(node, std::move(step), std::move(out), 6, 7);
}

void op_reader::read_qlinear_matmul(const source_node& node) {
    attributes(node, m_report).finish();
    operation step = start(node, op::fully_connected);
    step.inputs = {dequantised(node, 0, 1, 2)};
    const operand matrix = quantised_operand(node, 3, 4, 5, 1, "weights");
    if (matrix.dims().size() != 2) {
        fail(node, "multiplies " + nn::to_string(dims_of(step.inputs[0])) + " by " +
                       nn::to_string(matrix.dims()) + "; the weights must be a matrix");
    }
    step.weights = as_weights(node, matrix);
    nn::shape out = shape_matrix(node, step);
    finish_quantised(node, std::move(step), std::move(out), 6, 7);
}

void op_reader::read_qlinear_product(const source_node& node) {
    attributes(node, m_report).finish();
    const bool adds = node.op() == "QLinearAdd";
    operation step = start(node, adds ? op::add : op::multiply);
    for (int i = 0; i < 6; i += 3) {
        if (is_constant(node, i)) {
            fail(node, std::string(adds ? "adds" : "multiplies by") +
                           " a constant; supported: two computed tensors");
        }
        step.inputs.push_back(dequantised(node, i, i + 1, i + 2));
    }
    nn::shape out = shape_product(node, step);
    finish_quantised(node, std::move(step), std::move(out), 6, 7);
}

void op_reader::read_qlinear_function(const source_node& node) {
    attributes attrs(node, m_report);
    operation step = start(node, op::function);
    if (node.op() == "QLinearSigmoid") {
        step.function = {{nn::function_step::kind::sigmoid}};
    } else {
        constexpr float usual = 0.01F;
        step.function = {{nn::function_step::kind::leaky_relu, attrs.real("alpha", usual)}};
    }
    attrs.finish();
    step.inputs = {dequantised(node, 0, 1, 2)};
    nn::shape out = dims_of(step.inputs[0]);
    finish_quantised(node, std::move(step), std::move(out), 3, 4);
}

void op_reader::read_qlinear_pool(const source_node& node) {
    attributes attrs(node, m_report);
    attrs.integer("channels_last", 0, 0, 0);
    operation step = start(node, op::average_pool);
    step.inputs = {dequantised(node, 0, 1, 2)};
    nn::shape out;
    if (node.op() == "QLinearAveragePool") {
        out = shape_average(node, step, attrs);
    } else {
        out = shape_global(node, step);
    }
    attrs.finish();
    finish_quantised(node, std::move(step), std::move(out), 3, 4);
}

void op_reader::read_qlinear_concat(const source_node& node) {
    attributes attrs(node, m_report);
    constexpr int of_a_tensor = 3;
    const int tensors = (node.proto->input_size() - 2) / of_a_tensor;
    if (tensors < 1 || node.proto->input_size() != 2 + tensors * of_a_tensor) {
        fail(node, "has " + std::to_string(node.proto->input_size()) +
                       " inputs; expected: scale, zero point, and three a tensor");
    }
    nn::shape out = shape_of(node, 2);
    const auto rank = static_cast<std::int64_t>(out.size());
    const std::int64_t axis = attrs.integer("axis", 1, -rank, rank - 1);
    attrs.finish();
    operation step = start(node, op::concat);
    if (rank < 2) fail(node, "joins " + nn::to_string(out) + "; two axes or more are expected");
    out[1] = 0;
    for (int i = 0; i < tensors; ++i) {
        const int at = 2 + i * of_a_tensor;
        step.inputs.push_back(dequantised(node, at, at + 1, at + 2));
        nn::shape dims = dims_of(step.inputs.back());
        const std::int64_t channels = dims.size() < 2 ? 0 : dims[1];
        if (channels != 0) dims[1] = out[1];
        if ((axis != 1 && axis != 1 - rank) || dims != out) {
            fail(node, "joins " + nn::to_string(shape_of(node, 2)) + " and " +
                           nn::to_string(dims_of(step.inputs.back())) + " along axis " +
                           std::to_string(axis) + "; supported: axis 1, all others equal");
        }
        out[1] += channels;
    }
    finish_quantised(node, std::move(step), std::move(out), 0, 1);
}

}  // namespace pimvp::onnx::detail
