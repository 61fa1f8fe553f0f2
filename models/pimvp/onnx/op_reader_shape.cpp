// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace pimvp::onnx::detail {

void op_reader::read_relu(const source_node& node) {
    attributes(node, m_report).finish();
    operation step = start(node, op::clip);
    step.low = 0.0F;
    step.is_relu = true;
    finish_elementwise(node, 0, std::move(step), integers_at(node, 0));
}

void op_reader::read_clip(const source_node& node) {
    attributes attrs(node, m_report);
    operation step = start(node, op::clip);
    if (m_source.opset < 11) {
        step.low = attrs.real("min", step.low);
        step.high = attrs.real("max", step.high);
    } else {
        if (node.has_input(1)) step.low = scalar_of(node, 1, "lower bound");
        if (node.has_input(2)) step.high = scalar_of(node, 2, "upper bound");
    }
    attrs.finish();
    if (std::isnan(step.low) || std::isnan(step.high) || step.low > step.high) {
        fail(node, "clips to " + std::to_string(step.low) + " .. " + std::to_string(step.high) +
                       "; the lower bound must not exceed the upper one");
    }
    step.is_relu = step.low == 0.0F && std::isinf(step.high);
    finish_elementwise(node, 0, std::move(step), integers_at(node, 0));
}

void op_reader::read_concat(const source_node& node) {
    attributes attrs(node, m_report);
    nn::shape out = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(out.size());
    std::int64_t axis = attrs.integer("axis", 1, -rank, rank - 1);
    attrs.finish();
    if (axis < 0) axis += rank;
    std::vector<tensor_id> inputs;
    for (int i = 0; i < node.proto->input_size(); ++i) inputs.push_back(tensor_of(node, i));
    finish_concat(node, start(node, op::concat), inputs, static_cast<std::size_t>(axis));
}

/// Joins tensors of one kind of number along any axis; gives the shape of the result.
void op_reader::finish_concat(const source_node& node, operation&& step,
                              const std::vector<tensor_id>& inputs, std::size_t axis) {
    nn::shape out = dims_of(inputs[0]);
    const std::optional<element> integers = m_graph.tensors[inputs[0]].integers;
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        const nn::shape& dims = dims_of(inputs[i]);
        bool fits = dims.size() == out.size();
        for (std::size_t a = 0; fits && a < out.size(); ++a) fits = a == axis || dims[a] == out[a];
        if (!fits) {
            fail(node, "joins " + nn::to_string(dims_of(inputs[0])) + " and " +
                           nn::to_string(dims) + " along axis " + std::to_string(axis) +
                           "; all other axes must agree");
        }
        if (m_graph.tensors[inputs[i]].integers != integers) {
            fail(node, "joins tensors of different element types; quantise all of them alike");
        }
        out[axis] += dims[axis];
        check_dims(out, "output of " + node.where(), m_report);
    }
    if (axis == 1 && out[0] == 1) {
        step.inputs = inputs;
        finish(node, std::move(step), std::move(out));
        return;
    }
    // Along another axis: one row behind the other, then the elements into their order.
    const auto at = static_cast<std::ptrdiff_t>(axis);
    const std::size_t outer = nn::element_count({out.begin(), out.begin() + at});
    const std::size_t count = nn::element_count(out);
    charge(node, count * sizeof(std::uint32_t));
    arranged view;
    std::vector<std::size_t> firsts, chunks;
    std::size_t first = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::size_t size = nn::element_count(dims_of(inputs[i]));
        firsts.push_back(first);
        chunks.push_back(size / outer);
        first += size;
        arranged row;
        row.name = node.name + "/flat/" + std::to_string(i);
        row.where = node.where();
        row.output = node.proto->output(0) + "#flat/" + std::to_string(i);
        row.dims = {1, static_cast<std::int64_t>(size)};
        step.inputs.push_back(emit_reshape(row, inputs[i]));
    }
    std::vector<std::uint32_t> from;
    from.reserve(count);
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            for (std::size_t k = 0; k < chunks[i]; ++k) {
                from.push_back(static_cast<std::uint32_t>(firsts[i] + o * chunks[i] + k));
            }
        }
    }
    step.name += "/join";
    view.root = emit(std::move(step), node.proto->output(0) + "#join",
                     {1, static_cast<std::int64_t>(count)}, integers);
    view.from = std::make_shared<const std::vector<std::uint32_t>>(std::move(from));
    view.dims = std::move(out);
    settle(node, 0, std::move(view));
}

void op_reader::read_identity(const source_node& node) {
    attributes(node, m_report).finish();
    bind(node, 0, symbol_of(node, 0));
}

void op_reader::read_dropout(const source_node& node) {
    attributes attrs(node, m_report);
    attrs.ignore({"ratio", "seed"});
    attrs.finish();
    if (node.has_input(2) && scalar_of(node, 2, "training mode") != 0.0F) {
        fail(node, "is in training mode; export the model in evaluation mode (model.eval())");
    }
    bind(node, 0, symbol_of(node, 0));
    bind_unavailable(node, 1, "the mask");
}

void op_reader::finish_reshape(const source_node& node, const nn::shape& dims) {
    const symbol& found = symbol_of(node, 0);
    if (std::holds_alternative<operand>(found)) {
        operand value = std::get<operand>(found);
        if (value.quant && !value.quant->per_tensor()) {
            charge(node, value.data.size() * sizeof(float));
            value = operand{constant::of_reals(value.dims(), value.reals()), std::nullopt};
        }
        value.data = value.data.reshaped(dims);
        bind(node, 0, std::move(value));
        return;
    }
    if (const auto* view = std::get_if<arranged>(&found)) {
        arranged reshaped = *view;
        reshaped.dims = dims;
        settle(node, 0, std::move(reshaped));
        return;
    }
    operation step = start(node, op::reshape);
    step.inputs = {tensor_of(node, 0)};
    finish(node, std::move(step), dims);
}

namespace {

std::int64_t product(const nn::shape& dims, std::size_t from, std::size_t to) {
    std::int64_t count = 1;
    for (std::size_t axis = from; axis < to; ++axis) count *= dims[axis];
    return count;
}

}  // namespace

void op_reader::read_flatten(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(in.size());
    attributes attrs(node, m_report);
    std::int64_t axis = attrs.integer("axis", 1, -rank, rank);
    attrs.finish();
    if (axis < 0) axis += rank;
    const auto split = static_cast<std::size_t>(axis);
    finish_reshape(node, {product(in, 0, split), product(in, split, in.size())});
}

void op_reader::read_reshape(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    attributes attrs(node, m_report);
    const bool allow_zero = attrs.integer("allowzero", 0, 0, 1) != 0;
    attrs.finish();
    const std::vector<std::int64_t> wanted = integers_of(node, 1, "shape");
    const auto refuse = [&](const std::string& why) {
        fail(node,
             "cannot reshape " + nn::to_string(in) + " to " + nn::to_string(wanted) + ": " + why);
    };
    if (wanted.size() > 8) refuse("more than 8 axes");
    nn::shape out;
    std::int64_t known = 1;
    const std::int64_t count = product(in, 0, in.size());
    std::size_t open = wanted.size();
    for (std::size_t axis = 0; axis < wanted.size(); ++axis) {
        std::int64_t dim = wanted[axis];
        if (dim == 0 && !allow_zero) {
            if (axis >= in.size()) refuse("it copies an axis that does not exist");
            dim = in[axis];
        }
        if (dim < -1) refuse("a dimension is negative");
        if (dim == -1) {
            if (open != wanted.size()) refuse("two dimensions are -1");
            open = axis;
        } else {
            if (dim != 0 && known > count / std::max<std::int64_t>(dim, 1)) {
                refuse("the element counts differ");
            }
            known *= dim;
        }
        out.push_back(dim);
    }
    if (open != wanted.size()) {
        if (known == 0 || count % known != 0) refuse("the element counts differ");
        out[open] = count / known;
        known = count;
    }
    if (known != count) {
        refuse(
            "the element counts differ; if the model was exported for another batch, export it "
            "for batch 1");
    }
    finish_reshape(node, out);
}

std::vector<std::int64_t> op_reader::axes_of(const source_node& node, attributes& attrs) const {
    if (m_source.opset < 13) return attrs.integers("axes");
    if (!node.has_input(1)) return {};
    return integers_of(node, 1, "list of axes");
}

void op_reader::read_squeeze(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    attributes attrs(node, m_report);
    const std::vector<std::int64_t> axes = axes_of(node, attrs);
    attrs.finish();
    const auto rank = static_cast<std::int64_t>(in.size());
    std::vector<bool> drop(in.size(), false);
    for (const std::int64_t axis : axes) {
        if (axis < -rank || axis >= rank ||
            in[static_cast<std::size_t>((axis + rank) % rank)] != 1) {
            fail(node, "cannot remove axis " + std::to_string(axis) + " of " + nn::to_string(in) +
                           ": only axes of one element");
        }
        drop[static_cast<std::size_t>((axis + rank) % rank)] = true;
    }
    nn::shape out;
    for (std::size_t axis = 0; axis < in.size(); ++axis) {
        if (!(axes.empty() ? in[axis] == 1 : drop[axis])) out.push_back(in[axis]);
    }
    finish_reshape(node, out);
}

void op_reader::read_unsqueeze(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    attributes attrs(node, m_report);
    const std::vector<std::int64_t> axes = axes_of(node, attrs);
    attrs.finish();
    const auto rank = static_cast<std::int64_t>(in.size() + axes.size());
    if (rank > 8) fail(node, "gives more than 8 axes");
    std::vector<bool> added(static_cast<std::size_t>(rank), false);
    for (const std::int64_t axis : axes) {
        const bool fits = axis >= -rank && axis < rank;
        const auto at = static_cast<std::size_t>(fits ? (axis + rank) % rank : 0);
        if (!fits || added[at]) {
            fail(node, "cannot add axis " + std::to_string(axis) + " to " + nn::to_string(in) +
                           ": it is out of range or named twice");
        }
        added[at] = true;
    }
    nn::shape out;
    std::size_t from = 0;
    for (const bool is_new : added) out.push_back(is_new ? 1 : in[from++]);
    finish_reshape(node, out);
}

}  // namespace pimvp::onnx::detail
