// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

using kind = nn::function_step::kind;

bool is_product(const nn::scalar_function& f) {
    return std::any_of(f.begin(), f.end(),
                       [](const nn::function_step& s) { return s.what == kind::times_argument; });
}

/// The affine step as steps of a function; nothing if its channels differ.
std::optional<nn::scalar_function> as_function(const operation& step) {
    if (!step.is_uniform()) return std::nullopt;
    nn::scalar_function steps;
    if (!step.scale.empty()) steps.push_back({kind::scale, static_cast<float>(step.scale[0])});
    if (step.shift[0] != 0.0) steps.push_back({kind::offset, static_cast<float>(step.shift[0])});
    return steps;
}

}  // namespace

std::size_t op_reader::readers_of(tensor_id id) const {
    const auto found = m_source.uses.find(m_graph.tensors[id].name);
    return found == m_source.uses.end() ? 0 : found->second;
}

/// What makes `result` of `argument` element by element, if nobody else reads what lies between.
std::optional<nn::scalar_function> op_reader::function_between(tensor_id argument,
                                                               tensor_id result) const {
    constexpr int longest = 8;
    nn::scalar_function steps;
    tensor_id at = result;
    for (int i = 0; i < longest && at != argument; ++i) {
        const std::size_t producer = m_graph.tensors[at].producer;
        if (producer >= m_graph.operations.size() || readers_of(at) != 1) return std::nullopt;
        const operation& step = m_graph.operations[producer];
        std::optional<nn::scalar_function> part;
        if (step.kind == op::function) part = step.function;
        if (step.kind == op::clip) part = nn::scalar_function{{kind::clip, step.low, step.high}};
        if (step.kind == op::affine) part = as_function(step);
        at = step.inputs[0];
        if (!part || (is_product(*part) && at != argument)) return std::nullopt;
        steps.insert(steps.begin(), part->begin(), part->end());
    }
    if (at != argument || steps.empty()) return std::nullopt;
    return steps;
}

/// A function of input `index`; joined with the function that gives this input, if nobody else
/// reads it.
void op_reader::finish_function(const source_node& node, int index, nn::scalar_function steps) {
    if (integers_at(node, index)) check_real(node, tensor_of(node, index));
    operation step = start(node, op::function);
    step.function = std::move(steps);
    finish_elementwise(node, index, std::move(step), std::nullopt);
    operation& added = m_graph.operations.back();
    const std::size_t producer = m_graph.tensors[added.inputs[0]].producer;
    if (producer >= m_graph.operations.size() || readers_of(added.inputs[0]) != 1) return;
    const operation& before = m_graph.operations[producer];
    if (before.kind != op::function) return;
    added.function.insert(added.function.begin(), before.function.begin(), before.function.end());
    --m_graph.tensors[added.inputs[0]].uses;
    added.inputs[0] = before.inputs[0];
    ++m_graph.tensors[added.inputs[0]].uses;
}

void op_reader::read_function(const source_node& node) {
    attributes attrs(node, m_report);
    const std::string& name = node.op();
    nn::scalar_function steps;
    if (name == "Sigmoid") {
        steps = {{kind::sigmoid}};
    } else if (name == "Tanh") {
        steps = {{kind::tanh}};
    } else if (name == "HardSigmoid") {
        const float alpha = attrs.real("alpha", 0.2F);
        steps = {{kind::hard_sigmoid, alpha, attrs.real("beta", 0.5F)}};
    } else if (name == "HardSwish") {
        steps = {{kind::hard_sigmoid, 1.0F / 6.0F, 0.5F}, {kind::times_argument}};
    } else if (name == "LeakyRelu") {
        steps = {{kind::leaky_relu, attrs.real("alpha", 0.01F)}};
    } else if (name == "Elu") {
        steps = {{kind::elu, attrs.real("alpha", 1.0F)}};
    } else if (name == "Selu") {
        const float alpha = attrs.real("alpha", 1.67326319217681884765625F);
        steps = {{kind::selu, alpha, attrs.real("gamma", 1.05070102214813232421875F)}};
    } else if (name == "Celu") {
        steps = {{kind::celu, attrs.real("alpha", 1.0F)}};
        if (steps[0].a == 0.0F) fail(node, "divides by attribute 'alpha', which is 0");
    } else if (name == "Softplus") {
        steps = {{kind::softplus}};
    } else if (name == "Softsign") {
        steps = {{kind::softsign}};
    } else if (name == "ThresholdedRelu") {
        steps = {{kind::thresholded_relu, attrs.real("alpha", 1.0F)}};
    } else if (name == "Mish") {
        steps = {{kind::softplus}, {kind::tanh}, {kind::times_argument}};
    } else if (name == "Exp") {
        steps = {{kind::exponential}};
    } else if (name == "Abs") {
        steps = {{kind::absolute}};
    } else {
        steps = {{kind::scale, -1.0F}};  // Neg
    }
    attrs.finish();
    finish_function(node, 0, std::move(steps));
}

void op_reader::read_prelu(const source_node& node) {
    attributes(node, m_report).finish();
    const operand& slope = constant_of(node, 1, "slope");
    if (slope.data.size() != 1) {
        fail(node, "has slopes of shape " + nn::to_string(slope.dims()) +
                       "; supported: one for all elements (train with num_parameters=1)");
    }
    finish_function(node, 0, {{kind::leaky_relu, reals_of(node, 1, "slope")[0]}});
}

void op_reader::read_arithmetic(const source_node& node) {
    attributes(node, m_report).finish();
    for (int i = 0; i < 2; ++i) {
        if (is_constant(node, i)) {
            affine_of_constant(node, i);
            return;
        }
    }
    const bool adds = node.op() == "Add";
    if (node.op() == "Sub") {
        subtract(node);
        return;
    }
    if (!adds && node.op() != "Mul") {
        fail(node, "divides by a computed tensor; supported: division by constants");
    }
    operation step = start(node, adds ? op::add : op::multiply);
    step.inputs = {tensor_of(node, 0), tensor_of(node, 1)};
    for (const tensor_id id : step.inputs) check_real(node, id);
    if (!adds && fuse_product(node)) return;
    nn::shape out = shape_product(node, step);
    finish(node, std::move(step), std::move(out));
}

/// a + (-1) b.
void op_reader::subtract(const source_node& node) {
    operation minus = start(node, op::function);
    minus.name += "/minus";
    minus.inputs = {tensor_of(node, 1)};
    minus.function = {{kind::scale, -1.0F}};
    operation step = start(node, op::add);
    const tensor_id left = tensor_of(node, 0);
    for (const tensor_id id : {left, minus.inputs[0]}) check_real(node, id);
    nn::shape dims = dims_of(minus.inputs[0]);
    step.inputs = {left, emit(std::move(minus), node.proto->output(0) + "#minus", dims, {})};
    nn::shape out = shape_product(node, step);
    finish(node, std::move(step), std::move(out));
}

nn::shape op_reader::shape_product(const source_node& node, operation& step) const {
    const bool adds = step.kind == op::add;
    const auto per_channel = [&](const nn::shape& a, const nn::shape& b) {
        return !adds && a != b && a.size() == 4 && b == nn::shape{a[0], a[1], 1, 1};
    };
    if (per_channel(dims_of(step.inputs[1]), dims_of(step.inputs[0]))) {
        std::swap(step.inputs[0], step.inputs[1]);
    }
    const nn::shape out = dims_of(step.inputs[0]);
    const nn::shape& other = dims_of(step.inputs[1]);
    if (out != other && !per_channel(out, other)) {
        fail(node, std::string(adds ? "adds " : "multiplies ") + nn::to_string(out) + " and " +
                       nn::to_string(other) + "; only equal shapes are supported" +
                       (adds ? "" : ", or one factor per channel (1xCx1x1)") +
                       ": repeat the smaller tensor (Expand)");
    }
    return out;
}

/// x * f(x) is a function of x.
bool op_reader::fuse_product(const source_node& node) {
    const tensor_id pair[] = {tensor_of(node, 0), tensor_of(node, 1)};
    for (int i = 0; i < 2; ++i) {
        const tensor_id argument = pair[i];
        std::optional<nn::scalar_function> steps = function_between(argument, pair[1 - i]);
        if (!steps || is_product(*steps)) continue;
        steps->push_back({kind::times_argument});
        operation step = start(node, op::function);
        step.inputs = {argument};
        step.function = std::move(*steps);
        nn::shape out = dims_of(argument);
        finish(node, std::move(step), std::move(out));
        return true;
    }
    return false;
}

/// x + c, x - c, c - x, x * c, x / c with one constant, or one per channel.
void op_reader::affine_of_constant(const source_node& node, int constant_index) {
    const char which = node.op()[0];
    if (which == 'D' && constant_index == 0) {
        fail(node, "divides a constant by a computed tensor; not supported");
    }
    const tensor_id x = tensor_of(node, 1 - constant_index);
    check_real(node, x);
    const nn::shape in = dims_of(x);
    const nn::shape& dims = constant_of(node, constant_index, "constant").dims();
    operation step = start(node, op::affine);
    step.inputs = {x};
    if (in.size() < 2) step.channel_axis = 0;
    const std::size_t producer = m_graph.tensors[x].producer;
    if (producer < m_graph.operations.size() &&
        m_graph.operations[producer].kind == op::fully_connected) {
        step.channel_axis = in.size() - 1;
    }
    bool fits = dims.size() <= in.size() && !in.empty();
    if (in.size() == 1 && in[0] != 1 && dims != nn::shape{1}) fits = dims.empty();
    for (std::size_t i = 0; fits && i < dims.size(); ++i) {
        const std::size_t axis = in.size() - dims.size() + i;
        fits = dims[i] == 1 || (axis == step.channel_axis && dims[i] == in[axis]);
    }
    std::vector<float> values = reals_of(node, constant_index, "constant");
    if (!fits) {
        // One per element: every element of the flat tensor is a channel.
        const std::size_t elements = nn::element_count(in);
        charge(node, elements * sizeof(float));
        values = broadcast(node, values, dims, in);
        arranged flat;
        flat.where = node.where();
        flat.name = node.name + "/flat";
        flat.output = node.proto->output(0) + "#flat";
        flat.dims = {1, static_cast<std::int64_t>(elements)};
        step.inputs = {emit_reshape(flat, x)};
        step.channel_axis = 1;
    }
    const nn::shape worked = dims_of(step.inputs[0]);
    const auto channels = static_cast<std::size_t>(worked[step.channel_axis]);
    charge(node, 2 * channels * sizeof(double));
    for (std::size_t c = 0; c < channels; ++c) {
        const auto value = static_cast<double>(values[values.size() == 1 ? 0 : c]);
        if (which == 'D' && value == 0.0) fail(node, "divides by 0");
        const bool scales = which == 'M' || which == 'D';
        if (scales) step.scale.push_back(which == 'M' ? value : 1.0 / value);
        if (which == 'S' && constant_index == 0) step.scale.push_back(-1.0);
        const bool negative = which == 'S' && constant_index == 1;
        step.shift.push_back(scales ? 0.0 : negative ? -value : value);
    }
    if (producer < m_graph.operations.size() && m_graph.operations[producer].kind == op::function &&
        readers_of(x) == 1) {
        if (auto steps = as_function(step)) {
            finish_function(node, 1 - constant_index, std::move(*steps));
            return;
        }
    }
    if (fits) {
        finish(node, std::move(step), in);
        return;
    }
    arranged whole;
    whole.where = node.where();
    whole.name = node.name + "/shape";
    whole.output = node.proto->output(0);
    whole.dims = in;
    bind(node, 0, emit_reshape(whole, emit(std::move(step), whole.output + "#row", worked, {})));
}

/// A constant repeated to `to` as ONNX broadcasts it.
std::vector<float> op_reader::broadcast(const source_node& node, const std::vector<float>& values,
                                        const nn::shape& dims, const nn::shape& to) const {
    bool fits = dims.size() <= to.size();
    const std::size_t missing = fits ? to.size() - dims.size() : 0;
    std::vector<std::size_t> strides(to.size(), 0);
    std::size_t stride = 1;
    for (std::size_t axis = to.size(); fits && axis-- > missing;) {
        const std::int64_t dim = dims[axis - missing];
        fits = dim == 1 || dim == to[axis];
        if (dim != 1) strides[axis] = stride;
        stride *= static_cast<std::size_t>(dim);
    }
    if (!fits) {
        fail(node, "combines a constant of shape " + nn::to_string(dims) + " with " +
                       nn::to_string(to) + "; every axis of the constant must be 1 or the same");
    }
    std::vector<float> repeated(nn::element_count(to));
    for (std::size_t i = 0; i < repeated.size(); ++i) {
        std::size_t rest = i;
        std::size_t at = 0;
        for (std::size_t axis = to.size(); axis-- > 0;) {
            const auto extent = static_cast<std::size_t>(to[axis]);
            at += rest % extent * strides[axis];
            rest /= extent;
        }
        repeated[i] = values[at];
    }
    return repeated;
}

void op_reader::read_sum(const source_node& node) {
    attributes(node, m_report).finish();
    if (node.proto->input_size() == 1) {
        bind(node, 0, symbol_of(node, 0));
        return;
    }
    tensor_id sum = tensor_of(node, 0);
    check_real(node, sum);
    const nn::shape out = dims_of(sum);
    for (int i = 1; i < node.proto->input_size(); ++i) {
        const tensor_id next = tensor_of(node, i);
        check_real(node, next);
        if (dims_of(next) != out) {
            fail(node, "adds " + nn::to_string(out) + " and " + nn::to_string(dims_of(next)) +
                           "; only equal shapes are supported: repeat the smaller tensor (Expand)");
        }
        const bool last = i + 1 == node.proto->input_size();
        operation step = start(node, op::add);
        if (!last) step.name += "/" + std::to_string(i);
        step.inputs = {sum, next};
        const std::string& name = node.proto->output(0);
        sum = emit(std::move(step), last ? name : name + "#" + std::to_string(i), out, {});
    }
    bind(node, 0, sum);
}

void op_reader::read_cast(const source_node& node) {
    attributes attrs(node, m_report);
    const std::int64_t number = attrs.integer("to", 0, 0, 1000);
    attrs.ignore({"saturate"});
    attrs.finish();
    const std::optional<element> to = to_element(static_cast<int>(number));
    const std::optional<element> from = integers_at(node, 0);
    if (from && (to == element::i32 || to == element::i64)) {
        bind(node, 0, indices{tensor_of(node, 0)});
        return;
    }
    if (!from && (to == element::f32 || to == element::f64)) {
        bind(node, 0, symbol_of(node, 0));
        return;
    }
    fail(node, "casts computed " + (from ? element_name(*from) : std::string("reals")) + " to " +
                   element_name(static_cast<int>(number)) +
                   "; supported: reals to float32, and integers to the indices of a Gather");
}

void op_reader::read_softmax(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(in.size());
    attributes attrs(node, m_report);
    std::int64_t axis = attrs.integer("axis", m_source.opset < 13 ? 1 : -1, -rank, rank - 1);
    attrs.finish();
    if (axis < 0) axis += rank;
    // Before opset 13 the sum ran over this axis and all behind it.
    for (auto a = static_cast<std::size_t>(axis) + 1; m_source.opset < 13 && a < in.size(); ++a) {
        if (in[a] == 1) continue;
        fail(node, "sums over several axes of " + nn::to_string(in) +
                       "; put a Flatten before it, or export the model with opset 13");
    }
    finished result;
    result.scores = tensor_of(node, 0);
    check_real(node, result.scores);
    result.step.name = node.name;
    result.step.kind = node.op() == "Softmax" ? nn::host_step::operation::softmax
                                              : nn::host_step::operation::log_softmax;
    result.step.axis = static_cast<int>(axis);
    bind(node, 0, std::move(result));
}

}  // namespace pimvp::onnx::detail
