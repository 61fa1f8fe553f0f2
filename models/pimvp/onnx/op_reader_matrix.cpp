// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <cmath>
#include <limits>
#include <utility>

namespace pimvp::onnx::detail {

nn::shape op_reader::shape_conv(const source_node& node, operation& step, attributes& attrs) {
    const nn::shape& in = dims_of(step.inputs[0]);
    const nn::shape& weights = step.weights.dims();
    if (in.size() != 4 || weights.size() != 4) {
        fail(node, "convolves " + nn::to_string(in) + " with weights " + nn::to_string(weights) +
                       "; supported: two spatial axes, NxCxHxW with OxIxKhxKw");
    }
    constexpr std::int64_t most_groups = 1 << 20;
    const std::int64_t groups = attrs.integer("group", 1, 1, most_groups);
    step.groups = static_cast<int>(groups);
    if (in[1] % groups != 0 || weights[0] % groups != 0 || in[1] / groups != weights[1] ||
        weights[0] < 1) {
        fail(node, "input " + nn::to_string(in) + " and weights " + nn::to_string(weights) +
                       " do not fit in " + std::to_string(groups) +
                       " group(s): the weights' second axis must be the input's channels over the "
                       "groups, and the groups must divide both");
    }
    const std::vector<std::int64_t> kernel = attrs.integers("kernel_shape");
    const nn::shape given(weights.begin() + 2, weights.end());
    if (!kernel.empty() && kernel != given) {
        fail(node, "kernel_shape " + nn::to_string(kernel) + " contradicts the weights " +
                       nn::to_string(weights));
    }
    if (given[0] < 1 || given[1] < 1 || given[0] > max_extent || given[1] > max_extent) {
        fail(node, "weights " + nn::to_string(weights) + " have no usable kernel");
    }
    step.geometry.kernel_h = static_cast<int>(given[0]);
    step.geometry.kernel_w = static_cast<int>(given[1]);
    const nn::shape map = read_window(node, attrs, in, step, false);
    attrs.finish();
    check_bias(node, step);
    charge(node, step.weights.data.size() * sizeof(float));
    return {in[0], weights[0], map[0], map[1]};
}

nn::shape op_reader::shape_matrix(const source_node& node, const operation& step) {
    const nn::shape& in = dims_of(step.inputs[0]);
    const nn::shape& weights = step.weights.dims();
    if (in.size() < 2 || in.back() != weights[1] || weights[0] < 1) {
        fail(node, "input " + nn::to_string(in) + " and weights of " + std::to_string(weights[1]) +
                       " inputs x " + std::to_string(weights[0]) +
                       " outputs do not fit: the last axis of the input must have " +
                       std::to_string(weights[1]) + " elements");
    }
    check_bias(node, step);
    charge(node, step.weights.data.size() * sizeof(float));
    nn::shape out = in;
    out.back() = weights[0];
    return out;
}

void op_reader::check_bias(const source_node& node, const operation& step) const {
    if (!step.bias) return;
    const nn::shape& dims = step.bias->dims();
    const auto outputs = step.weights.dims()[0];
    bool fits = step.bias->data.size() == 1;
    if (!fits) {
        fits = !dims.empty() && dims.back() == outputs &&
               step.bias->data.size() == static_cast<std::size_t>(outputs);
    }
    if (!fits) {
        fail(node, "its bias has shape " + nn::to_string(dims) + " for " + std::to_string(outputs) +
                       " outputs; one value per output is supported");
    }
}

void op_reader::read_conv(const source_node& node) {
    attributes attrs(node, m_report);
    operation step = start(node, op::convolution);
    step.inputs = {tensor_of(node, 0)};
    check_real(node, step.inputs[0]);
    step.weights = constant_of(node, 1, "weights");
    if (node.has_input(2)) step.bias = constant_of(node, 2, "bias");
    nn::shape out = shape_conv(node, step, attrs);
    finish(node, std::move(step), std::move(out));
}

operand op_reader::as_weights(const source_node& node, const operand& matrix) {
    charge(node, matrix.data.bytes());
    operand turned{matrix.data.transposed({1, 0}), matrix.quant};
    if (turned.quant && !turned.quant->per_tensor()) turned.quant->axis = 1 - turned.quant->axis;
    return turned;
}

tensor_id op_reader::matrix_input(const source_node& node, operation& step) {
    // A row whose elements stand in another order, as Transpose and Flatten leave it: the columns
    // of the weights take that order instead.
    const auto* view = std::get_if<arranged>(&symbol_of(node, 0));
    const nn::shape& weights = step.weights.dims();
    const bool per_output =
        !step.weights.quant || step.weights.quant->per_tensor() || step.weights.quant->axis == 0;
    if (view == nullptr || *view->resolved != no_tensor || !per_output ||
        view->dims != nn::shape{1, weights[1]} ||
        nn::element_count(dims_of(view->root)) != view->from->size()) {
        return tensor_of(node, 0);
    }
    const std::size_t columns = view->from->size();
    constexpr auto nothing = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t> column_at(columns, nothing);
    for (std::size_t i = 0; i < columns; ++i) {
        std::uint32_t& column = column_at[(*view->from)[i]];
        if (column != nothing) return tensor_of(node, 0);  // an element occurs twice
        column = static_cast<std::uint32_t>(i);
    }
    const std::size_t count = step.weights.data.size();
    charge(node, count * sizeof(std::uint32_t) + step.weights.data.bytes());
    index_map map{weights, std::vector<std::uint32_t>(count)};
    for (std::size_t i = 0; i < count; ++i) {
        map.from[i] = static_cast<std::uint32_t>(i / columns * columns) + column_at[i % columns];
    }
    step.weights.data = step.weights.data.picked(map);
    if (dims_of(view->root) == view->dims) return view->root;
    arranged flat = *view;
    flat.name = node.name + "/flat";
    flat.output = node.proto->output(0) + "#flat";
    return emit_reshape(flat, view->root);
}

void op_reader::read_gemm(const source_node& node) {
    attributes attrs(node, m_report);
    operation step = start(node, op::fully_connected);
    const bool turned = attrs.integer("transA", 0, 0, 1) != 0;
    const operand& matrix = constant_of(node, 1, "weights");
    const nn::shape in = shape_of(node, 0);
    if (matrix.dims().size() != 2 || in.size() != 2) {
        fail(node, "multiplies " + nn::to_string(in) + " by " + nn::to_string(matrix.dims()) +
                       "; both must be matrices: flatten the input");
    }
    step.weights = attrs.integer("transB", 0, 0, 1) != 0 ? matrix : as_weights(node, matrix);
    step.weight_factor = attrs.real("alpha", 1.0F);
    step.bias_factor = attrs.real("beta", 1.0F);
    if (node.has_input(2) && step.bias_factor != 0.0F) step.bias = constant_of(node, 2, "bias");
    attrs.finish();
    if (turned) {
        charge(node, nn::element_count(in) * sizeof(std::uint32_t));
        arranged view = rearranged(node, transposed(in, {1, 0}));
        view.name = node.name + "/transpose";
        view.where = node.where();
        view.output = node.proto->output(0) + "#transpose";
        step.inputs = {resolve(view)};
    } else {
        step.inputs = {matrix_input(node, step)};
    }
    check_real(node, step.inputs[0]);
    nn::shape out = shape_matrix(node, step);
    finish(node, std::move(step), std::move(out));
}

void op_reader::read_matmul(const source_node& node) {
    attributes(node, m_report).finish();
    if (is_constant(node, 0)) {
        fail(node,
             "multiplies constant weights from the left; supported: input x weights. Swap "
             "and transpose them when exporting");
    }
    operation step = start(node, op::fully_connected);
    const operand& matrix = constant_of(node, 1, "weights");
    if (matrix.dims().size() != 2) {
        fail(node, "multiplies " + nn::to_string(shape_of(node, 0)) + " by " +
                       nn::to_string(matrix.dims()) + "; the weights must be a matrix");
    }
    step.weights = as_weights(node, matrix);
    step.inputs = {matrix_input(node, step)};
    check_real(node, step.inputs[0]);
    nn::shape out = shape_matrix(node, step);
    finish(node, std::move(step), std::move(out));
}

void op_reader::read_batch_normalization(const source_node& node) {
    attributes attrs(node, m_report);
    constexpr float usual_epsilon = 1e-5F;
    const auto epsilon = static_cast<double>(attrs.real("epsilon", usual_epsilon));
    if (attrs.integer("training_mode", 0, 0, 1) != 0) {
        fail(node, "is in training mode; export the model in evaluation mode (model.eval())");
    }
    attrs.integer("spatial", 1, 1, 1);
    attrs.ignore({"momentum"});
    attrs.finish();
    bind_unavailable(node, 1, "a training output");
    operation step = start(node, op::affine);
    step.inputs = {tensor_of(node, 0)};
    check_real(node, step.inputs[0]);
    const nn::shape in = dims_of(step.inputs[0]);
    const std::vector<float> gamma = reals_of(node, 1, "scale");
    const std::vector<float> beta = reals_of(node, 2, "bias");
    const std::vector<float> mean = reals_of(node, 3, "mean");
    const std::vector<float> variance = reals_of(node, 4, "variance");
    const std::size_t channels = in.size() < 2 ? 0 : static_cast<std::size_t>(in[1]);
    for (int i = 1; i < 5; ++i) {
        const nn::shape& dims = constant_of(node, i, "parameter").dims();
        if (dims.size() != 1 || static_cast<std::size_t>(dims[0]) != channels) {
            fail(node, "input " + nn::to_string(in) + " and parameter " +
                           core::quoted(node.input(i)) + " of shape " + nn::to_string(dims) +
                           " do not fit: one value per channel (axis 1) is expected");
        }
    }
    for (std::size_t c = 0; c < channels; ++c) {
        const double deviation = std::sqrt(static_cast<double>(variance[c]) + epsilon);
        if (!(deviation > 0.0)) {
            fail(node, "variance " + std::to_string(variance[c]) + " of channel " +
                           std::to_string(c) + " plus epsilon is not positive");
        }
        step.scale.push_back(static_cast<double>(gamma[c]) / deviation);
        step.shift.push_back(static_cast<double>(beta[c]) -
                             static_cast<double>(mean[c]) * step.scale.back());
    }
    finish(node, std::move(step), in);
}

}  // namespace pimvp::onnx::detail
