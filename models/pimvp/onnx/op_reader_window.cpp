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
        if (ceil && !same && plan.pad_ceil() > 0) step.overhang = true;
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
    check_inputs(node, 1, 1);
    attributes attrs(node, m_report);
    operation step = start(node, op::max_pool);
    step.inputs = {tensor_of(node, 0)};
    const nn::shape in = dims_of(step.inputs[0]);
    check_map(node, in, m_report);
    read_kernel(node, attrs, step, m_report);
    attrs.ignore({"storage_order"});  // of the indices only
    const nn::shape map = read_window(node, attrs, in, step, true);
    attrs.finish();
    bind_unavailable(node, 1, "the output of indices");
    finish(node, std::move(step), {in[0], in[1], map[0], map[1]});
}

void op_reader::read_average_pool(const source_node& node) {
    check_inputs(node, 1, 1);
    attributes attrs(node, m_report);
    operation step = start(node, op::average_pool);
    step.inputs = {tensor_of(node, 0)};
    check_real(node, step.inputs[0]);
    const nn::shape in = dims_of(step.inputs[0]);
    check_map(node, in, m_report);
    read_kernel(node, attrs, step, m_report);
    const bool counts_pads = attrs.integer("count_include_pad", 0, 0, 1) != 0;
    const nn::shape map = read_window(node, attrs, in, step, true);
    attrs.finish();
    step.count_include_pad = counts_pads;
    if (counts_pads && step.overhang) {
        // What ceil mode adds behind the pads is never counted (opset 19, PyTorch). Without pads
        // that is what count_include_pad = 0 does.
        const std::vector<std::int64_t> pads = attributes(node, m_report).integers("pads");
        if (std::any_of(pads.begin(), pads.end(), [](auto pad) { return pad != 0; })) {
            fail(node,
                 "combines count_include_pad, pads and a ceil_mode that needs a partial "
                 "window; use ceil_mode 0, or count_include_pad 0");
        }
        step.count_include_pad = false;
    }
    finish(node, std::move(step), {in[0], in[1], map[0], map[1]});
}

void op_reader::read_global_average_pool(const source_node& node) {
    check_inputs(node, 1, 1);
    attributes(node, m_report).finish();
    operation step = start(node, op::average_pool);
    step.inputs = {tensor_of(node, 0)};
    check_real(node, step.inputs[0]);
    const nn::shape in = dims_of(step.inputs[0]);
    check_map(node, in, m_report);
    step.geometry.kernel_h = static_cast<int>(in[2]);
    step.geometry.kernel_w = static_cast<int>(in[3]);
    finish(node, std::move(step), {in[0], in[1], 1, 1});
}

void op_reader::read_pad(const source_node& node) {
    check_inputs(node, 1, 4);
    attributes attrs(node, m_report);
    const std::string mode = attrs.text("mode", "constant");
    const bool as_inputs = m_source.opset >= 11;
    const std::vector<std::int64_t> pads =
        as_inputs ? integers_of(node, 1, "list of pads") : attrs.integers("pads");
    const float value = as_inputs ? 0.0F : attrs.real("value", 0.0F);
    attrs.finish();
    const tensor_id x = tensor_of(node, 0);
    const nn::shape in = dims_of(x);
    const std::size_t rank = in.size();
    if (node.has_input(3)) fail(node, "names axes; supported: pads for every axis (opset 13)");
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
