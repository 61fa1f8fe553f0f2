// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/bias_correction.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/pooling.h>
#include <pimvp/nn/single_node.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace pimvp::nn {
namespace {

/// Sums of a matrix's inputs over all windows, tap by tap.
class mean_window {
public:
    mean_window(const float_network& net, const float_node& n)
        : m_node(&n),
          m_input(net.values[n.inputs[0]].dims),
          m_output(net.values[n.output].dims) {
        const auto channels = static_cast<std::size_t>(m_input[1]);
        m_taps = n.kind == float_op::convolution
                     ? static_cast<std::size_t>(n.geometry.kernel_h * n.geometry.kernel_w)
                     : element_count(m_input) / channels;
        m_sums.resize(channels * m_taps, 0.0);
    }

    void add(const std::vector<float>& input) {
        if (m_node->kind == float_op::convolution) {
            add_windows(input);
        } else {
            for (std::size_t i = 0; i < m_sums.size(); ++i) m_sums[i] += input[i];
            m_windows += 1.0;
        }
    }
    /// Of element k of the windows of one group.
    [[nodiscard]] double mean(std::size_t group_first, std::size_t k) const {
        return m_sums[group_first + k] / m_windows;
    }

private:
    void add_windows(const std::vector<float>& input) {
        const window& w = m_node->geometry;
        const std::int64_t height = m_input[2], width = m_input[3];
        double* sum = m_sums.data();
        const float* plane = input.data();
        for (std::int64_t c = 0; c < m_input[1]; ++c, plane += height * width) {
            for (int h = 0; h < w.kernel_h; ++h) {
                const detail::tap_range rows(h, w.dilation_h, w.pad_top, w.stride_h, height,
                                             m_output[2]);
                for (int x = 0; x < w.kernel_w; ++x, ++sum) {
                    const detail::tap_range columns(x, w.dilation_w, w.pad_left, w.stride_w, width,
                                                    m_output[3]);
                    for (std::int64_t y = rows.first; y < rows.last; ++y) {
                        const float* line =
                            plane + (y * w.stride_h + rows.offset) * width + columns.offset;
                        for (std::int64_t i = columns.first; i < columns.last; ++i) {
                            *sum += line[i * w.stride_w];
                        }
                    }
                }
            }
        }
        m_windows += static_cast<double>(m_output[2] * m_output[3]);
    }

    const float_node* m_node;
    shape m_input, m_output;
    std::size_t m_taps = 1;
    std::vector<double> m_sums;
    double m_windows = 0.0;
};

/// What a matrix of the integer network was made of.
struct source {
    const float_node* real;
    mean_window window;
};

void correct(node& n, float input_scale, const source& from, const mean_window& seen) {
    const std::vector<float>& weights = from.real->weights.data;
    const std::size_t outputs = n.multipliers.size();
    const std::size_t depth = weights.size() / outputs;
    const std::size_t group_outputs = outputs / static_cast<std::size_t>(from.real->groups);
    if (n.bias.empty()) n.bias.assign(outputs, 0);
    for (std::size_t o = 0; o < outputs; ++o) {
        const float weight_scale = n.weight_scales[n.weight_scales.size() == 1 ? 0 : o];
        const std::size_t first = o / group_outputs * depth;
        double wanted = from.real->bias.empty() ? 0.0 : from.real->bias[o];
        for (std::size_t k = 0; k < depth; ++k) {
            const double integer = n.weights.at(o * depth + k);
            wanted += static_cast<double>(weights[o * depth + k]) * from.window.mean(first, k) -
                      integer * static_cast<double>(weight_scale) * seen.mean(first, k);
        }
        const float product_scale = input_scale * weight_scale;
        constexpr double largest = 1 << 30;
        const double bias = std::nearbyint(wanted / static_cast<double>(product_scale));
        n.bias[o] = static_cast<std::int64_t>(std::min(std::max(bias, -largest), largest));
    }
}

/// The float matrices behind those of the integer network, by node, with the mean of what they see.
std::map<std::size_t, source> sources_of(const network& integers, const float_network& net,
                                         const input_set& inputs) {
    std::map<std::string, const float_node*> by_name;
    for (const float_node& n : net.nodes) by_name.emplace(n.name, &n);
    std::map<std::size_t, source> sources;
    for (std::size_t i = 0; i < integers.nodes.size(); ++i) {
        const node& n = integers.nodes[i];
        if (!n.is_matrix()) continue;
        const auto found = by_name.find(n.name);
        if (found == by_name.end() || found->second->weights.dims != n.weights.dims()) {
            throw core::internal_error("'" + n.name + "' is not of network '" + net.name + "'");
        }
        sources.emplace(i, source{found->second, {net, *found->second}});
    }
    float_executor reference(net);
    for (const std::vector<float_tensor>& each : inputs) {
        reference.run(each);
        for (auto& [index, from] : sources) {
            from.window.add(reference.value(from.real->inputs[0]).data);
        }
    }
    return sources;
}

}  // namespace

void correct_biases(network& integers, const float_network& net, const input_set& inputs) {
    const std::map<std::size_t, source> sources = sources_of(integers, net, inputs);
    std::vector<std::size_t> last_reader(integers.values.size(), 0);
    for (std::size_t i = 0; i < integers.nodes.size(); ++i) {
        for (const value_id id : integers.nodes[i].inputs) last_reader[id] = i;
    }
    std::vector<std::vector<integer_tensor>> values(inputs.size());  // per input, per value
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        values[k].resize(integers.values.size());
        for (std::size_t i = 0; i < integers.inputs.size(); ++i) {
            const value_id id = integers.inputs[i];
            values[k][id] = quantise(inputs[k][i], integers.values[id].type);
        }
    }
    for (std::size_t i = 0; i < integers.nodes.size(); ++i) {
        node& n = integers.nodes[i];
        const auto from = sources.find(i);
        if (from != sources.end()) {
            mean_window seen(net, *from->second.real);
            for (const auto& of_input : values) seen.add(dequantise(of_input[n.inputs[0]]).data);
            correct(n, integers.values[n.inputs[0]].type.scale, from->second, seen);
        }
        detail::single_node alone(integers, n);
        for (auto& of_input : values) {
            of_input[n.output] = alone.run([&](value_id id) { return of_input[id]; });
            for (const value_id id : n.inputs) {
                if (last_reader[id] == i) of_input[id] = {};
            }
        }
    }
}

}  // namespace pimvp::nn
