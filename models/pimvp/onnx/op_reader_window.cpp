// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/op_reader.h>

#include <algorithm>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// One axis of a window while its padding and extent are worked out.
struct axis_plan {
    std::int64_t input, kernel, stride, dilation, before, after;
    std::int64_t output = 0;

    [[nodiscard]] std::int64_t span() const { return dilation * (kernel - 1) + 1; }

    void pad_same(bool upper) {
        output = (input + stride - 1) / stride;
        const std::int64_t total =
            std::max<std::int64_t>(0, (output - 1) * stride + span() - input);
        before = upper ? total / 2 : total - total / 2;
        after = total - before;
    }

    /// Ceil mode is a larger pad behind; a window that would start behind the map is left out, as
    /// in ONNX since 1.16 and in PyTorch. Returns the pad that was added.
    std::int64_t pad_ceil() {
        const std::int64_t padded = input + before + after;
        std::int64_t windows = (padded - span() + stride - 1) / stride + 1;
        if ((windows - 1) * stride >= input + before) --windows;
        const std::int64_t need = (windows - 1) * stride + span() - padded;
        if (need <= 0) return 0;
        after += need;
        return need;
    }
};

}  // namespace

nn::shape op_reader::read_window(const source_node& node, attributes& attrs, const nn::shape& in,
                                 operation& step, bool pooling) const {
    const auto pair = [&](const char* name, std::int64_t least) {
        std::vector<std::int64_t> values = attrs.integers(name);
        if (values.empty()) values = {1, 1};
        if (values.size() != 2) {
            fail(node, std::string(name) + " has " + std::to_string(values.size()) +
                           " values; 2 are expected: two spatial axes are supported");
        }
        for (const std::int64_t value : values) {
            if (value < least || value > max_extent) {
                fail(node, std::string(name) + " is " + nn::to_string(values) + "; supported: " +
                               std::to_string(least) + " to " + std::to_string(max_extent));
            }
        }
        return values;
    };
    const std::vector<std::int64_t> strides = pair("strides", 1);
    const std::vector<std::int64_t> dilations = pair("dilations", 1);
    std::vector<std::int64_t> pads = attrs.integers("pads");
    const std::string auto_pad = attrs.text("auto_pad", "NOTSET");
    const bool explicit_pads = auto_pad == "NOTSET" || auto_pad.empty();
    if (pads.empty() || !explicit_pads) pads = {0, 0, 0, 0};
    const bool pads_fit = pads.size() == 4 && std::all_of(pads.begin(), pads.end(), [](auto pad) {
                              return pad >= 0 && pad <= max_extent;
                          });
    if (!pads_fit) {
        fail(node, "pads are " + nn::to_string(pads) +
                       "; expected: top, left, bottom, right, each 0 to " +
                       std::to_string(max_extent));
    }
    const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
    if (!explicit_pads && !same && auto_pad != "VALID") {
        fail(node, "auto_pad is " + core::quoted(auto_pad) +
                       "; supported: NOTSET, SAME_UPPER, SAME_LOWER, VALID");
    }
    const bool ceil = pooling && attrs.integer("ceil_mode", 0, 0, 1) != 0;

    nn::window& w = step.geometry;
    nn::shape out(2);
    for (std::size_t a = 0; a < 2; ++a) {
        axis_plan plan{in[2 + a],  a == 0 ? w.kernel_h : w.kernel_w,
                       strides[a], dilations[a],
                       pads[a],    pads[a + 2]};
        if (same) plan.pad_same(auto_pad == "SAME_UPPER");
        const std::int64_t padded = plan.input + plan.before + plan.after;
        if (plan.span() > padded) {
            fail(node, "its window spans " + std::to_string(plan.span()) + " elements of the " +
                           (a == 0 ? "height" : "width") + " but input " + nn::to_string(in) +
                           " with its padding has " + std::to_string(padded));
        }
        if (ceil && !same) {
            (a == 0 ? w.overhang_bottom : w.overhang_right) = static_cast<int>(plan.pad_ceil());
        }
        out[a] = (plan.input + plan.before + plan.after - plan.span()) / plan.stride + 1;
        (a == 0 ? w.stride_h : w.stride_w) = static_cast<int>(plan.stride);
        (a == 0 ? w.dilation_h : w.dilation_w) = static_cast<int>(plan.dilation);
        (a == 0 ? w.pad_top : w.pad_left) = static_cast<int>(plan.before);
        (a == 0 ? w.pad_bottom : w.pad_right) = static_cast<int>(plan.after);
    }
    return out;
}

namespace {

void check_map(const source_node& node, const nn::shape& in, const reporter& report) {
    if (in.size() != 4) {
        report.fail(node.where(),
                    "pools " + nn::to_string(in) + "; supported: two spatial axes, NxCxHxW");
    }
}

void read_kernel(const source_node& node, attributes& attrs, operation& step,
                 const reporter& report) {
    const std::vector<std::int64_t> kernel = attrs.integers("kernel_shape");
    const bool fits = kernel.size() == 2 && kernel[0] >= 1 && kernel[1] >= 1 &&
                      kernel[0] <= max_extent && kernel[1] <= max_extent;
    if (!fits) {
        report.fail(node.where(), "kernel_shape is " + nn::to_string(kernel) +
                                      "; two extents of 1 to " + std::to_string(max_extent) +
                                      " are expected");
    }
    step.geometry.kernel_h = static_cast<int>(kernel[0]);
    step.geometry.kernel_w = static_cast<int>(kernel[1]);
}

}  // namespace

void op_reader::read_max_pool(const source_node& node) {
    attributes attrs(node, m_report);
    operation step = start(node, op::max_pool);
    step.inputs = {tensor_of(node, 0)};
    const nn::shape in = dims_of(step.inputs[0]);
    check_map(node, in, m_report);
    read_kernel(node, attrs, step, m_report);
    attrs.ignore({"storage_order"});  // of the indices only
    const nn::shape map = read_window(node, attrs, in, step, true);
    step.geometry.overhang_bottom = step.geometry.overhang_right = 0;  // padding never wins
    attrs.finish();
    bind_unavailable(node, 1, "the output of indices");
    finish(node, std::move(step), {in[0], in[1], map[0], map[1]});
}

void op_reader::read_average_pool(const source_node& node) {
    operation step = start(node, op::average_pool);
    step.inputs = {tensor_of(node, 0)};
    check_real(node, step.inputs[0]);
    attributes attrs(node, m_report);
    nn::shape out = shape_average(node, step, attrs);
    attrs.finish();
    finish(node, std::move(step), std::move(out));
}

/// Kernel, window and divisor of an AveragePool; gives the shape of its output.
nn::shape op_reader::shape_average(const source_node& node, operation& step,
                                   attributes& attrs) const {
    const nn::shape in = dims_of(step.inputs[0]);
    check_map(node, in, m_report);
    read_kernel(node, attrs, step, m_report);
    step.count_include_pad = attrs.integer("count_include_pad", 0, 0, 1) != 0;
    const nn::shape map = read_window(node, attrs, in, step, true);
    return {in[0], in[1], map[0], map[1]};
}

void op_reader::read_global_pool(const source_node& node) {
    attributes(node, m_report).finish();
    const bool average = node.op() == "GlobalAveragePool";
    operation step = start(node, average ? op::average_pool : op::max_pool);
    step.inputs = {tensor_of(node, 0)};
    if (average) check_real(node, step.inputs[0]);
    nn::shape out = shape_global(node, step);
    finish(node, std::move(step), std::move(out));
}

nn::shape op_reader::shape_global(const source_node& node, operation& step) const {
    const nn::shape in = dims_of(step.inputs[0]);
    check_map(node, in, m_report);
    step.geometry.kernel_h = static_cast<int>(in[2]);
    step.geometry.kernel_w = static_cast<int>(in[3]);
    return {in[0], in[1], 1, 1};
}

/// Mean or maximum over axes that stand side by side: a pool over a map whose height they are.
void op_reader::read_reduce(const source_node& node) {
    const nn::shape in = shape_of(node, 0);
    const auto rank = static_cast<std::int64_t>(in.size());
    attributes attrs(node, m_report);
    const bool keeps = attrs.integer("keepdims", 1, 0, 1) != 0;
    const bool nothing_of_none = attrs.integer("noop_with_empty_axes", 0, 0, 1) != 0;
    std::vector<std::int64_t> axes = attrs.integers("axes");
    if (node.has_input(1)) axes = integers_of(node, 1, "list of axes");
    attrs.finish();
    if (axes.empty() && nothing_of_none) {
        bind(node, 0, symbol_of(node, 0));
        return;
    }
    std::vector<bool> reduced(in.size(), axes.empty());
    for (const std::int64_t axis : axes) {
        if (axis < -rank || axis >= rank) {
            fail(node, "reduces axis " + std::to_string(axis) + " of " + nn::to_string(in));
        }
        reduced[static_cast<std::size_t>((axis + rank) % rank)] = true;
    }
    const auto begin = std::find(reduced.begin(), reduced.end(), true) - reduced.begin();
    auto end = begin;
    while (end < rank && reduced[static_cast<std::size_t>(end)]) ++end;
    if (std::find(reduced.begin() + end, reduced.end(), true) != reduced.end()) {
        fail(node, "reduces axes " + nn::to_string(axes) + " of " + nn::to_string(in) +
                       "; supported: axes that stand side by side");
    }
    nn::shape out;
    for (std::size_t axis = 0; axis < in.size(); ++axis) {
        if (!reduced[axis]) out.push_back(in[axis]);
        if (reduced[axis] && keeps) out.push_back(1);
    }
    const bool average = node.op() == "ReduceMean";
    operation step = start(node, average ? op::average_pool : op::max_pool);
    tensor_id from = tensor_of(node, 0);
    if (average) check_real(node, from);
    const auto count = [&](std::int64_t first, std::int64_t last) {
        return static_cast<std::int64_t>(
            nn::element_count({in.begin() + first, in.begin() + last}));
    };
    // The map as it is, where height and width are reduced; else outer x reduced x inner.
    const bool plain = rank == 4 && begin >= 2;
    nn::shape map = in;
    arranged part;
    part.where = node.where();
    if (!plain) {
        map = {1, count(0, begin), count(begin, end), count(end, rank)};
        part.name = node.name + "/map";
        part.output = node.proto->output(0) + "#map";
        part.dims = map;
        from = emit_reshape(part, from);
    }
    const bool over_height = !plain || begin == 2;
    const bool over_width = plain && end == 4;
    if (map[2] > max_extent || map[3] > max_extent) {
        fail(node, "reduces " + nn::to_string(in) + "; supported: up to " +
                       std::to_string(max_extent) + " elements along the reduced axes");
    }
    step.geometry.kernel_h = over_height ? static_cast<int>(map[2]) : 1;
    step.geometry.kernel_w = over_width ? static_cast<int>(map[3]) : 1;
    step.inputs = {from};
    nn::shape pooled{map[0], map[1], over_height ? 1 : map[2], over_width ? 1 : map[3]};
    if (pooled == out) {
        finish(node, std::move(step), std::move(pooled));
        return;
    }
    const std::optional<element> integers = m_graph.tensors[from].integers;
    part.name = node.name + "/shape";
    part.output = node.proto->output(0);
    part.dims = out;
    bind(node, 0,
         emit_reshape(part, emit(std::move(step), part.output + "#pooled", pooled, integers)));
}

/// Pads of named axes as pads of every axis.
std::vector<std::int64_t> op_reader::pads_of_all_axes(const source_node& node,
                                                      const std::vector<std::int64_t>& pads,
                                                      std::size_t rank) const {
    const std::vector<std::int64_t> axes = integers_of(node, 3, "list of axes");
    std::vector<std::int64_t> all(2 * rank, 0);
    const auto signed_rank = static_cast<std::int64_t>(rank);
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (axes[i] < -signed_rank || axes[i] >= signed_rank || pads.size() != 2 * axes.size()) {
            fail(node, "has pads " + nn::to_string(pads) + " for axes " + nn::to_string(axes) +
                           "; two pads per axis of the input are expected");
        }
        const auto axis = static_cast<std::size_t>((axes[i] + signed_rank) % signed_rank);
        all[axis] = pads[i];
        all[axis + rank] = pads[i + axes.size()];
    }
    return all;
}

void op_reader::read_pad(const source_node& node) {
    attributes attrs(node, m_report);
    const std::string mode = attrs.text("mode", "constant");
    const bool as_inputs = m_source.opset >= 11;
    std::vector<std::int64_t> pads =
        as_inputs ? integers_of(node, 1, "list of pads") : attrs.integers("pads");
    const float value = as_inputs ? 0.0F : attrs.real("value", 0.0F);
    attrs.finish();
    const tensor_id x = tensor_of(node, 0);
    const nn::shape in = dims_of(x);
    const std::size_t rank = in.size();
    if (node.has_input(3)) pads = pads_of_all_axes(node, pads, rank);
    if (pads.size() != 2 * rank) {
        fail(node, "has " + std::to_string(pads.size()) + " pads for an input of shape " +
                       nn::to_string(in) + "; two per axis are expected");
    }
    if (std::all_of(pads.begin(), pads.end(), [](auto pad) { return pad == 0; })) {
        bind(node, 0, x);
        return;
    }
    bool spatial = rank == 4;
    for (std::size_t i = 0; spatial && i < pads.size(); ++i) {
        spatial = pads[i] >= 0 && pads[i] <= max_extent && (i % rank >= 2 || pads[i] == 0);
    }
    if (mode != "constant" || !spatial) {
        fail(node, "pads by " + nn::to_string(pads) + " in mode " + core::quoted(mode) +
                       "; supported: constant zeros around height and width");
    }
    operation step = start(node, op::pad);
    step.inputs = {x};
    step.low = as_inputs && node.has_input(2) ? scalar_of(node, 2, "pad value") : value;
    if (!m_graph.tensors[x].integers && step.low != 0.0F) {
        fail(node, "pads with " + std::to_string(step.low) + "; only zeros are supported");
    }
    step.geometry.pad_top = static_cast<int>(pads[2]);
    step.geometry.pad_left = static_cast<int>(pads[3]);
    step.geometry.pad_bottom = static_cast<int>(pads[6]);
    step.geometry.pad_right = static_cast<int>(pads[7]);
    nn::shape out{in[0], in[1], in[2] + pads[2] + pads[6], in[3] + pads[3] + pads[7]};
    finish(node, std::move(step), std::move(out));
}

}  // namespace pimvp::onnx::detail
