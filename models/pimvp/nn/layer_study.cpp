// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/layer_study.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/single_node.h>

#include <pimvp/core/diagnostics.h>

#include <map>
#include <string>

namespace pimvp::nn {
namespace {

/// Elements that integers of `type` would miss by more than half a step.
std::uint64_t clipped(const std::vector<float>& elements, const tensor_type& type) {
    constexpr float half = 0.5F;
    const float low = (static_cast<float>(type.lowest() - type.zero_point) - half) * type.scale;
    const float high = (static_cast<float>(type.highest() - type.zero_point) + half) * type.scale;
    std::uint64_t count = 0;
    for (const float x : elements) count += x < low || x > high ? 1U : 0U;
    return count;
}

double clipped_weights(const float_node& real, const node& n) {
    const std::size_t depth = real.weights.data.size() / n.multipliers.size();
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < real.weights.data.size(); i += depth) {
        tensor_type type = n.weights.type();
        type.scale = n.weight_scales[n.weight_scales.size() == 1 ? 0 : i / depth];
        const auto row = real.weights.data.begin() + static_cast<std::ptrdiff_t>(i);
        count += clipped({row, row + static_cast<std::ptrdiff_t>(depth)}, type);
    }
    return static_cast<double>(count) / static_cast<double>(real.weights.data.size());
}

}  // namespace

struct layer_study::watched {
    explicit watched(value_id value)
        : output(value) {}

    value_id output;
    std::unique_ptr<detail::single_node> own;  // none for a network input
    std::optional<double> clipped_weights;
    std::uint64_t clipped = 0, elements = 0;
    noise_ratio accumulated, by_itself;
};

layer_study::layer_study(const float_network& net, const network& integers)
    : m_network(integers),
      m_real(net),
      m_integers(integers) {
    std::map<std::string, value_id> values;
    for (std::size_t v = 0; v < net.values.size(); ++v) {
        values.emplace(net.values[v].name, static_cast<value_id>(v));
    }
    std::map<std::string, const float_node*> nodes;
    for (const float_node& n : net.nodes) nodes.emplace(n.name, &n);
    for (const value& v : integers.values) {
        const auto found = values.find(v.name);
        if (found == values.end()) {
            throw core::internal_error("value '" + v.name + "' is not of network '" + net.name +
                                       "'");
        }
        m_real_of.push_back(found->second);
    }
    for (const value_id id : integers.inputs) m_layers.push_back(std::make_unique<watched>(id));
    for (const node& n : integers.nodes) {
        m_layers.push_back(std::make_unique<watched>(n.output));
        m_layers.back()->own = std::make_unique<detail::single_node>(integers, n);
        if (n.is_matrix()) {
            m_layers.back()->clipped_weights = clipped_weights(*nodes.at(n.name), n);
        }
    }
}

layer_study::~layer_study() = default;

void layer_study::add(const std::vector<float_tensor>& inputs) {
    m_real.run(inputs);
    const auto real = [this](value_id id) -> const float_tensor& {
        return m_real.value(m_real_of[id]);
    };
    std::vector<integer_tensor> taken;
    for (const value_id id : m_network.inputs) {
        taken.push_back(quantise(real(id), m_network.values[id].type));
    }
    m_integers.run(taken);
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        watched& layer = *m_layers[i];
        const std::vector<float>& wanted = real(layer.output).data;
        layer.clipped += clipped(wanted, m_network.values[layer.output].type);
        layer.elements += wanted.size();
        layer.accumulated.add(wanted, dequantise(m_integers.value(layer.output)).data);
        if (layer.own == nullptr) continue;
        const auto exact = [&](value_id id) {
            return quantise(real(id), m_network.values[id].type);
        };
        layer.by_itself.add(wanted, dequantise(layer.own->run(exact)).data);
    }
    m_scores.add(real(m_network.outputs[0]).data,
                 dequantise(m_integers.value(m_network.outputs[0])).data);
}

layer_study::figures layer_study::figures_of(const watched& layer) {
    figures result;
    result.clipped_activations =
        static_cast<double>(layer.clipped) / static_cast<double>(layer.elements);
    result.clipped_weights = layer.clipped_weights;
    result.sqnr_db = layer.accumulated.db();
    result.own_sqnr_db = layer.own != nullptr ? layer.by_itself.db() : result.sqnr_db;
    return result;
}

layer_study::figures layer_study::of(std::size_t node) const {
    return figures_of(*m_layers.at(m_network.inputs.size() + node));
}

layer_study::figures layer_study::of_input(std::size_t input) const {
    return figures_of(*m_layers.at(input));
}

}  // namespace pimvp::nn
