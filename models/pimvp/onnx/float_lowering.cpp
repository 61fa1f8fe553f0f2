// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/lowering.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// What a tensor of the file is in the network.
struct real_flow {
    nn::value_id id = 0;
    pending_pad pad;
    bool nonnegative = false;
};

class float_lowering {
public:
    float_lowering(const op_graph& graph, const reporter& report)
        : m_graph(graph),
          m_report(report),
          m_flows(graph.tensors.size()) {}

    nn::float_network lower() {
        for (const tensor_id id : m_graph.inputs) {
            m_flows[id].id = new_value(id);
            m_net.inputs.push_back(m_flows[id].id);
        }
        for (const operation& step : m_graph.operations) lower(step);
        m_net.host_steps = m_graph.host_steps;
        for (std::size_t i = 0; i < m_graph.outputs.size(); ++i) {
            const real_flow& flow = m_flows[m_graph.outputs[i]];
            if (flow.pad.any()) {
                m_report.fail("output " + core::quoted(m_graph.output_names[i]),
                              "is the result of a Pad; remove it from the outputs");
            }
            m_net.outputs.push_back(flow.id);
        }
        return std::move(m_net);
    }

private:
    nn::value_id new_value(tensor_id from) {
        return new_value(m_graph.tensors[from].name, m_graph.tensors[from].dims);
    }
    nn::value_id new_value(std::string name, nn::shape dims) {
        m_net.values.push_back({std::move(name), std::move(dims)});
        return static_cast<nn::value_id>(m_net.values.size() - 1);
    }

    void lower(const operation& step) {
        switch (step.kind) {
        case op::convolution:
        case op::fully_connected:
            lower_matrix(step);
            return;
        case op::affine:
            lower_affine(step);
            return;
        case op::max_pool:
        case op::average_pool:
            lower_pool(step);
            return;
        case op::clip:
            lower_clip(step);
            return;
        case op::reshape:
            lower_reshape(step);
            return;
        case op::add:
        case op::multiply:
        case op::concat:
            lower_join(step);
            return;
        case op::function:
            append_function(step, step.function);
            return;
        case op::select:
            lower_select(step);
            return;
        case op::pad:
            m_flows[step.output] = m_flows[step.inputs[0]];
            m_flows[step.output].pad.add(step.geometry);
            return;
        case op::quantise:
        case op::dequantise:
        case op::table:
            break;
        }
        throw core::internal_error("a float graph holds integers: " + step.where);
    }

    /// The input without padding.
    const real_flow& plain(const operation& step, std::size_t index) const {
        const real_flow& flow = m_flows[step.inputs[index]];
        if (flow.pad.any()) {
            m_report.fail(step.where,
                          "reads the result of a Pad; supported behind a Pad are Conv, "
                          "MaxPool and AveragePool");
        }
        return flow;
    }

    /// Appends the node with a new value for the operation's output.
    real_flow& append(const operation& step, nn::float_node&& node) {
        node.name = step.name;
        node.output = new_value(step.output);
        real_flow& flow = m_flows[step.output];
        flow.id = node.output;
        m_net.nodes.push_back(std::move(node));
        return flow;
    }

    void lower_matrix(const operation& step) {
        nn::float_node node;
        node.geometry = step.geometry;
        node.groups = step.groups;
        if (step.kind == op::convolution) {
            const real_flow& flow = m_flows[step.inputs[0]];
            node.kind = nn::float_op::convolution;
            merge_padding(flow.pad, false, step, node.geometry, node.count_include_pad, m_report);
            node.inputs = {flow.id};
        } else {
            node.kind = nn::float_op::fully_connected;
            node.inputs = {plain(step, 0).id};
        }
        node.weights.dims = step.weights.dims();
        node.weights.data = finite_reals(step.weights, step, "weights", m_report);
        if (step.weight_factor != 1.0F) {
            for (float& weight : node.weights.data) weight *= step.weight_factor;
        }
        if (step.bias) {
            node.bias = finite_reals(*step.bias, step, "bias", m_report);
            node.bias.resize(static_cast<std::size_t>(node.weights.dims[0]), node.bias[0]);
            for (float& bias : node.bias) bias *= step.bias_factor;
        }
        append(step, std::move(node));
    }

    /// The matrix node that alone feeds this tensor, if there is one.
    nn::float_node* matrix_before(const operation& step) {
        const tensor& from = m_graph.tensors[step.inputs[0]];
        const real_flow& flow = m_flows[step.inputs[0]];
        if (from.uses != 1 || flow.pad.any() || m_net.nodes.empty()) return nullptr;
        if (from.producer >= m_graph.operations.size()) return nullptr;
        const op kind = m_graph.operations[from.producer].kind;
        if (kind != op::convolution && kind != op::fully_connected && kind != op::affine) {
            return nullptr;
        }
        // Nodes are appended in order, so the producer is found from the back at once in practice.
        const auto found =
            std::find_if(m_net.nodes.rbegin(), m_net.nodes.rend(),
                         [&](const nn::float_node& n) { return n.output == flow.id; });
        if (found == m_net.nodes.rend() || !found->is_matrix()) return nullptr;
        const bool dense = found->kind == nn::float_op::fully_connected;
        if (step.channel_axis != (dense ? from.dims.size() - 1 : 1)) return nullptr;
        return &*found;
    }

    void lower_affine(const operation& step) {
        if (nn::float_node* matrix = matrix_before(step); matrix != nullptr) {
            const std::size_t outputs = step.shift.size();
            const std::size_t inner = matrix->weights.data.size() / outputs;
            if (matrix->bias.empty()) matrix->bias.assign(outputs, 0.0F);
            for (std::size_t o = 0; o < outputs; ++o) {
                const double scale = step.scale.empty() ? 1.0 : step.scale[o];
                for (std::size_t i = 0; !step.scale.empty() && i < inner; ++i) {
                    float& weight = matrix->weights.data[o * inner + i];
                    weight = finite(static_cast<double>(weight) * scale, step);
                }
                const double bias = static_cast<double>(matrix->bias[o]);
                matrix->bias[o] = finite(bias * scale + step.shift[o], step);
            }
            m_flows[step.output].id = matrix->output;
            m_net.values[matrix->output].name = m_graph.tensors[step.output].name;
            return;
        }
        if (step.is_uniform()) {
            using kind = nn::function_step::kind;
            nn::scalar_function steps;
            if (!step.scale.empty()) steps.push_back({kind::scale, finite(step.scale[0], step)});
            steps.push_back({kind::offset, finite(step.shift[0], step)});
            append_function(step, std::move(steps));
            return;
        }
        append_depthwise(step);
    }

    void append_function(const operation& step, nn::scalar_function steps) {
        nn::float_node node;
        node.kind = nn::float_op::function;
        node.function = std::move(steps);
        node.inputs = {plain(step, 0).id};
        append(step, std::move(node));
    }

    void lower_select(const operation& step) {
        const real_flow from = plain(step, 0);
        nn::float_node node;
        node.kind = nn::float_op::select;
        node.channels = step.channels;
        node.inputs = {from.id};
        append(step, std::move(node)).nonnegative = from.nonnegative;
    }

    float finite(double value, const operation& step) const {
        if (std::fabs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
            m_report.fail(step.where,
                          "folding it into the weights exceeds float32; check its "
                          "parameters");
        }
        return static_cast<float>(value);
    }

    /// y = scale * x + shift as a convolution of every channel with one weight.
    void append_depthwise(const operation& step) {
        const nn::shape& dims = m_graph.tensors[step.output].dims;
        const bool map = dims.size() == 4 && step.channel_axis == 1;
        if (!map && !(dims.size() == 2 && dims[0] == 1)) {
            m_report.fail(step.where, "works per channel on " + nn::to_string(dims) +
                                          "; supported: 1xCxHxW, or 1xC, or directly behind a "
                                          "Conv, Gemm or MatMul");
        }
        nn::value_id from = plain(step, 0).id;
        const nn::shape as_map{1, dims[1], 1, 1};
        if (!map) from = append_reshape(step.name + "/to_map", from, as_map);
        nn::float_node node;
        node.kind = nn::float_op::convolution;
        node.groups = static_cast<int>(dims[1]);
        node.inputs = {from};
        node.weights.dims = {dims[1], 1, 1, 1};
        for (std::size_t c = 0; c < step.shift.size(); ++c) {
            node.weights.data.push_back(finite(step.scale.empty() ? 1.0 : step.scale[c], step));
            node.bias.push_back(finite(step.shift[c], step));
        }
        if (map) {
            append(step, std::move(node));
            return;
        }
        node.name = step.name;
        node.output = new_value(step.name + "/map", as_map);
        const nn::value_id result = node.output;
        m_net.nodes.push_back(std::move(node));
        nn::float_node back;
        back.kind = nn::float_op::reshape;
        back.inputs = {result};
        append(step, std::move(back));
        m_net.nodes.back().name = step.name + "/from_map";
    }

    nn::value_id append_reshape(const std::string& name, nn::value_id from, const nn::shape& dims) {
        nn::float_node node;
        node.kind = nn::float_op::reshape;
        node.name = name;
        node.inputs = {from};
        node.output = new_value(name, dims);
        m_net.nodes.push_back(std::move(node));
        return static_cast<nn::value_id>(m_net.values.size() - 1);
    }

    void lower_pool(const operation& step) {
        const real_flow from = m_flows[step.inputs[0]];
        nn::float_node node;
        node.kind = step.kind == op::max_pool ? nn::float_op::max_pool : nn::float_op::average_pool;
        node.geometry = step.geometry;
        node.count_include_pad = step.count_include_pad;
        merge_padding(from.pad, from.nonnegative, step, node.geometry, node.count_include_pad,
                      m_report);
        node.inputs = {from.id};
        append(step, std::move(node)).nonnegative = from.nonnegative;
    }

    void lower_clip(const operation& step) {
        const real_flow from = plain(step, 0);
        if (std::isinf(step.low) && std::isinf(step.high)) {
            m_flows[step.output] = from;
            return;
        }
        nn::float_node node;
        node.kind = step.is_relu ? nn::float_op::relu : nn::float_op::clip;
        if (!step.is_relu) {
            node.clip_low = step.low;
            node.clip_high = step.high;
        }
        node.inputs = {from.id};
        append(step, std::move(node)).nonnegative = from.nonnegative || step.low >= 0.0F;
    }

    void lower_reshape(const operation& step) {
        const real_flow from = plain(step, 0);
        if (m_graph.tensors[step.inputs[0]].dims == m_graph.tensors[step.output].dims) {
            m_flows[step.output] = from;
            return;
        }
        nn::float_node node;
        node.kind = nn::float_op::reshape;
        node.inputs = {from.id};
        append(step, std::move(node)).nonnegative = from.nonnegative;
    }

    void lower_join(const operation& step) {
        nn::float_node node;
        node.kind = step.kind == op::add        ? nn::float_op::add
                    : step.kind == op::multiply ? nn::float_op::multiply
                                                : nn::float_op::concat;
        bool nonnegative = true;
        for (std::size_t i = 0; i < step.inputs.size(); ++i) {
            node.inputs.push_back(plain(step, i).id);
            nonnegative = nonnegative && plain(step, i).nonnegative;
        }
        append(step, std::move(node)).nonnegative = nonnegative;
    }

    const op_graph& m_graph;
    const reporter& m_report;
    nn::float_network m_net;
    std::vector<real_flow> m_flows;
};

}  // namespace

nn::float_network lower_float(const op_graph& graph, const reporter& report) {
    return float_lowering(graph, report).lower();
}

}  // namespace pimvp::onnx::detail
