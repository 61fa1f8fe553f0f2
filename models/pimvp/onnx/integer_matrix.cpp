// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/integer_lowering.h>

#include <pimvp/nn/arithmetic.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

constexpr double max_bias = 281474976710656.0;  // 2^48, the bound of nn::network

/// Bits that hold low .. high in two's complement.
int signed_bits(std::int64_t low, std::int64_t high) {
    int bits = 1;
    while (low < -(std::int64_t{1} << (bits - 1)) || high >= (std::int64_t{1} << (bits - 1))) {
        ++bits;
    }
    return bits;
}

}  // namespace

nn::integer_tensor integer_lowering::integer_weights(const operation& step) const {
    const operand& from = step.weights;
    if (!from.quant) {
        m_report.fail(step.where,
                      "has float weights among integers; store them as integers behind "
                      "a DequantizeLinear");
    }
    const quantisation& quant = *from.quant;
    if (!quant.per_tensor() && quant.axis != 0) {
        m_report.fail(step.where, "has weight scales along axis " + std::to_string(quant.axis) +
                                      " of " + nn::to_string(from.dims()) +
                                      "; supported: one, or one per output");
    }
    const std::size_t count = from.data.size();
    const std::size_t inner = count / static_cast<std::size_t>(from.dims()[0]);
    std::vector<std::int32_t> centred(count);
    std::int64_t low = 0;
    std::int64_t high = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const int zero = quant.zero_points[quant.per_tensor() ? 0 : i / inner];
        const std::int64_t value = from.data.integer(i) - zero;
        low = std::min(low, value);
        high = std::max(high, value);
        centred[i] = static_cast<std::int32_t>(value);
    }
    nn::tensor_type type;
    type.is_signed = true;
    type.scale = *std::max_element(quant.scales.begin(), quant.scales.end());
    const int needed = signed_bits(low, high);
    type.bits = std::max(needed, element_bytes(from.data.type()) == 1 ? 8 : 16);
    const auto told = m_graph.metadata.find("pimvp.bits.weights." + step.name);
    if (told != m_graph.metadata.end()) type.bits = std::atoi(told->second.c_str());
    if (needed > type.bits || type.bits < 1 || type.bits > 16) {
        m_report.fail(step.where, "has weights from " + std::to_string(low) + " to " +
                                      std::to_string(high) +
                                      " after its zero point, which do not "
                                      "fit " +
                                      std::to_string(type.bits) + " bits");
    }
    nn::integer_tensor weights(from.dims(), type);
    for (std::size_t i = 0; i < count; ++i) weights.set(i, centred[i]);
    return weights;
}

/// Real size of an accumulator's step, per output.
std::vector<double> integer_lowering::accumulator_steps(const flow& pending) const {
    const float input_scale = m_net.values[pending.step.inputs[0]].type.scale;
    const auto outputs = static_cast<std::size_t>(pending.step.weights.dims()[0]);
    const std::vector<float>& scales = pending.step.weight_scales;
    std::vector<double> steps(outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
        steps[o] = static_cast<double>(input_scale * scales[scales.size() == 1 ? 0 : o]);
        if (!(steps[o] > 0.0) || !std::isfinite(steps[o])) {
            m_report.fail(pending.where, "its input scale times the weight scale of output " +
                                             std::to_string(o) +
                                             " is not a float32 above 0; check the scales");
        }
    }
    return steps;
}

std::int64_t integer_lowering::to_steps(double real, double step, const std::string& where) {
    const double exact = real / step;
    if (!(std::fabs(exact) <= max_bias)) {
        m_report.fail(where, "has a bias of " + std::to_string(real) +
                                 ", more than 2^48 steps of "
                                 "its accumulators; check the scales");
    }
    const double rounded = std::nearbyint(exact);
    // float32 scales agree to 24 bits: what is nearer than that to an integer means the integer.
    constexpr double slack = 4e-7;
    if (std::fabs(exact - rounded) > slack * std::max(1.0, std::fabs(exact))) {
        report_rounding(where);
    }
    return static_cast<std::int64_t>(rounded);
}

void integer_lowering::report_rounding(const std::string& where) {
    if (!m_rounded.empty() && m_rounded.back() == where) return;
    m_rounded.push_back(where);
    m_result.notes.push_back("the constant added by " + where +
                             " is no multiple of the accumulators' step; it was rounded");
}

std::vector<std::int64_t> integer_lowering::integer_bias(const operation& step,
                                                         const std::vector<double>& steps) {
    if (!step.bias) return {};
    const operand& bias = *step.bias;
    std::vector<std::int64_t> integers(steps.size());
    const std::vector<float> reals = finite_reals(bias, step, "bias", m_report);
    for (std::size_t o = 0; o < integers.size(); ++o) {
        const std::size_t at = reals.size() == 1 ? 0 : o;
        const double factor = static_cast<double>(step.bias_factor);
        if (bias.quant) {
            const quantisation& quant = *bias.quant;
            const std::size_t q = quant.per_tensor() ? 0 : at;
            const auto scale = static_cast<double>(quant.scales[q]);
            const double offset = static_cast<double>(bias.data.integer(at)) -
                                  static_cast<double>(quant.zero_points[q]);
            constexpr double same = 1e-6;
            if (factor == 1.0 && std::fabs(scale - steps[o]) <= same * steps[o]) {
                integers[o] = static_cast<std::int64_t>(offset);
            } else {
                integers[o] = to_steps(offset * scale * factor, steps[o], step.where);
            }
        } else {
            integers[o] = to_steps(static_cast<double>(reals[at]) * factor, steps[o], step.where);
        }
    }
    return integers;
}

void integer_lowering::lower_matrix(const operation& step) {
    flow pending;
    pending.kind = flow::form::pending;
    pending.where = step.where;
    pending.dims = m_graph.tensors[step.output].dims;
    nn::node& node = pending.step;
    node.name = step.name;
    node.geometry = step.geometry;
    node.groups = step.groups;
    const bool convolution = step.kind == op::convolution;
    const flow from = view_of(step, 0, convolution);
    node.kind = convolution ? nn::op_kind::convolution : nn::op_kind::fully_connected;
    if (convolution) {
        merge_padding(from.pad, false, step, node.geometry, node.count_include_pad, m_report);
    }
    node.inputs = {from.id};
    node.weights = integer_weights(step);
    node.weight_scales = step.weights.quant->scales;
    if (!(step.weight_factor > 0.0F)) {
        m_report.fail(step.where, "multiplies its weights by " +
                                      std::to_string(step.weight_factor) +
                                      " (alpha); among integers it must be above 0");
    }
    if (step.weight_factor != 1.0F) {
        for (float& scale : node.weight_scales) scale *= step.weight_factor;
    }
    node.bias = integer_bias(step, accumulator_steps(pending));
    m_flows[step.output] = std::move(pending);
}

void integer_lowering::lower_affine(const operation& step) {
    const flow& before = m_flows[step.inputs[0]];
    const bool folds = before.kind == flow::form::pending && before.step.is_matrix() &&
                       before.tail.empty() && !before.clipped() && !before.pad.any();
    if (!folds && step.is_uniform()) {
        const nn::value_id from = view_of(step, 0, false).id;
        const nn::tensor_type& type = m_net.values[from].type;
        const double scale = step.scale.empty() ? 1.0 : step.scale[0];
        std::vector<float> reals;
        for (int x = type.lowest(); x <= type.highest(); ++x) {
            const auto real = static_cast<double>(nn::dequantise(x, type));
            reals.push_back(static_cast<float>(real * scale + step.shift[0]));
        }
        append_lookup(step, from, std::move(reals));
        return;
    }
    if (!folds) {
        affine_on_view(step, view_of(step, 0, false));
        return;
    }
    flow pending = take(step.inputs[0], step.where);
    nn::node& node = pending.step;
    const std::size_t outputs = step.shift.size();
    const bool dense = node.kind == nn::op_kind::fully_connected;
    if (step.channel_axis != (dense ? pending.dims.size() - 1 : 1)) {
        m_report.fail(step.where, "does not work per output of the operator before it");
    }
    if (!step.scale.empty()) {
        if (node.weight_scales.size() == 1)
            node.weight_scales.assign(outputs, node.weight_scales[0]);
        for (std::size_t o = 0; o < outputs; ++o) {
            if (!(step.scale[o] > 0.0)) {
                m_report.fail(step.where, "multiplies channel " + std::to_string(o) + " by " +
                                              std::to_string(step.scale[o]) +
                                              "; among integers the factor must be above 0: fold "
                                              "it into the weights before quantising");
            }
            node.weight_scales[o] =
                static_cast<float>(static_cast<double>(node.weight_scales[o]) * step.scale[o]);
        }
    }
    const std::vector<double> steps = accumulator_steps(pending);
    if (node.bias.empty()) node.bias.assign(outputs, 0);
    for (std::size_t o = 0; o < outputs; ++o) {
        node.bias[o] += to_steps(step.shift[o], steps[o], step.where);
    }
    m_flows[step.output] = std::move(pending);
}

/// y = scale * x + shift on a quantised x: a depthwise convolution with weights +-64, so that the
/// shift is exact to 1/64 of a step of x.
void integer_lowering::affine_on_view(const operation& step, const flow& from) {
    constexpr int unit = 64;
    const nn::shape dims = m_graph.tensors[step.output].dims;
    const bool map = dims.size() == 4 && step.channel_axis == 1;
    if (!map && !(dims.size() == 2 && dims[0] == 1)) {
        m_report.fail(step.where, "works per channel on " + nn::to_string(dims) +
                                      "; supported: 1xCxHxW or 1xC");
    }
    flow pending;
    pending.kind = flow::form::pending;
    pending.where = step.where;
    pending.dims = map ? dims : nn::shape{1, dims[1], 1, 1};
    nn::node& node = pending.step;
    node.name = step.name;
    node.kind = nn::op_kind::convolution;
    node.groups = static_cast<int>(dims[1]);
    node.inputs = {from.id};
    if (!map) {
        nn::node reshape;
        reshape.name = fresh_name(step.name);
        reshape.kind = nn::op_kind::reshape;
        reshape.inputs = {from.id};
        const nn::tensor_type type = m_net.values[from.id].type;
        node.inputs = {append(std::move(reshape), fresh_name(step.name), pending.dims, type)};
        pending.tail.push_back(
            {nn::op_kind::reshape, fresh_name(step.name + "/flat"), {}, dims, {}});
    }
    nn::tensor_type type;
    type.is_signed = true;
    type.scale = 0.0F;
    for (std::size_t c = 0; c < step.shift.size(); ++c) {
        const double scale = step.scale.empty() ? 1.0 : step.scale[c];
        const double size = scale == 0.0 ? 1.0 : std::fabs(scale);
        node.weight_scales.push_back(static_cast<float>(size / unit));
        type.scale = std::max(type.scale, node.weight_scales.back());
    }
    node.weights = nn::integer_tensor({dims[1], 1, 1, 1}, type);
    for (std::size_t c = 0; c < step.shift.size(); ++c) {
        const double scale = step.scale.empty() ? 1.0 : step.scale[c];
        node.weights.set(c, scale > 0.0 ? unit : scale < 0.0 ? -unit : 0);
    }
    const std::vector<double> steps = accumulator_steps(pending);
    for (std::size_t c = 0; c < steps.size(); ++c) {
        node.bias.push_back(to_steps(step.shift[c], steps[c], step.where));
    }
    m_flows[step.output] = std::move(pending);
}

}  // namespace pimvp::onnx::detail
