// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/equalise.h>

#include <pimvp/nn/float_executor.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace pimvp::nn {
namespace {

constexpr std::size_t nobody = static_cast<std::size_t>(-1);

/// Two matrices with channels in common.
struct pair_of_layers {
    std::size_t first, second;        ///< nodes
    std::optional<value_id> clipped;  ///< output of the Clip between them
    float bound = 0.0F;               ///< of that Clip
    std::vector<float> peaks;         ///< per channel: largest clipped value that was seen
};

std::vector<std::size_t> only_consumers(const float_network& net) {
    std::vector<std::size_t> consumer(net.values.size(), nobody);
    std::vector<int> uses(net.values.size(), 0);
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        for (const value_id id : net.nodes[i].inputs) {
            consumer[id] = i;
            ++uses[id];
        }
    }
    for (const value_id id : net.outputs) ++uses[id];
    for (std::size_t v = 0; v < uses.size(); ++v) {
        if (uses[v] != 1) consumer[v] = nobody;
    }
    return consumer;
}

/// Elements of a value that belong to one channel.
std::size_t channel_size(const float_network& net, value_id id) {
    const shape& dims = net.values[id].dims;
    return element_count(dims) / static_cast<std::size_t>(dims[1]);
}

/// True if scaling channels and this node can change places.
bool keeps_channels(const float_network& net, const float_node& n) {
    switch (n.kind) {
    case float_op::relu:
    case float_op::max_pool:
    case float_op::average_pool:
        return true;
    case float_op::clip:
        return n.clip_low == 0.0F;
    case float_op::reshape:
        return net.values[n.output].dims.size() > 1 &&
               net.values[n.output].dims[1] == net.values[n.inputs[0]].dims[1];
    default:
        return false;
    }
}

std::vector<pair_of_layers> find_pairs(const float_network& net) {
    const std::vector<std::size_t> consumer = only_consumers(net);
    std::vector<pair_of_layers> pairs;
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        if (!net.nodes[i].is_matrix()) continue;
        pair_of_layers found{i, consumer[net.nodes[i].output], {}, 0.0F, {}};
        bool one_clip = true;
        while (found.second != nobody && keeps_channels(net, net.nodes[found.second])) {
            const float_node& between = net.nodes[found.second];
            if (between.kind == float_op::clip) {
                one_clip = one_clip && !found.clipped;
                found.clipped = between.output;
                found.bound = between.clip_high;
            }
            found.second = consumer[between.output];
        }
        if (one_clip && found.second != nobody && net.nodes[found.second].is_matrix()) {
            pairs.push_back(std::move(found));
        }
    }
    return pairs;
}

void see_peaks(const float_network& net, const input_set& inputs,
               std::vector<pair_of_layers>& pairs) {
    const auto clipped = [](const pair_of_layers& p) { return p.clipped.has_value(); };
    if (std::none_of(pairs.begin(), pairs.end(), clipped)) return;
    float_executor reference(net);
    for (const std::vector<float_tensor>& each : inputs) {
        reference.run(each);
        for (pair_of_layers& p : pairs) {
            if (!p.clipped) continue;
            const float_tensor& seen = reference.value(*p.clipped);
            const std::size_t size = channel_size(net, *p.clipped);
            p.peaks.resize(seen.data.size() / size, 0.0F);
            for (std::size_t k = 0; k < seen.data.size(); ++k) {
                p.peaks[k / size] = std::max(p.peaks[k / size], seen.data[k]);
            }
        }
    }
}

/// Calls visit(weight) for every weight of an input channel.
template <class Visit>
void for_input_channel(float_node& n, std::size_t inputs, std::size_t channel, Visit&& visit) {
    const auto outputs = static_cast<std::size_t>(n.weights.dims[0]);
    const auto groups = static_cast<std::size_t>(n.groups);
    const std::size_t depth = n.weights.data.size() / outputs;
    const std::size_t group_inputs = inputs / groups;
    const std::size_t taps = depth / group_inputs;
    const std::size_t group = channel / group_inputs;
    const std::size_t first = group * (outputs / groups);
    for (std::size_t o = first; o < first + outputs / groups; ++o) {
        float* weight = n.weights.data.data() + o * depth + channel % group_inputs * taps;
        for (std::size_t k = 0; k < taps; ++k) visit(weight[k]);
    }
}

/// One pair; returns whether anything changed by more than a hundredth.
bool balance(float_network& net, pair_of_layers& p) {
    float_node& first = net.nodes[p.first];
    float_node& second = net.nodes[p.second];
    const auto channels = static_cast<std::size_t>(first.weights.dims[0]);
    const auto inputs = static_cast<std::size_t>(net.values[second.inputs[0]].dims[1]);
    const std::size_t depth = first.weights.data.size() / channels;
    bool changed = false;
    for (std::size_t c = 0; c < channels; ++c) {
        float* row = first.weights.data.data() + c * depth;
        float a = 0.0F, b = 0.0F;
        for (std::size_t k = 0; k < depth; ++k) a = std::max(a, std::fabs(row[k]));
        for_input_channel(second, inputs, c, [&](float w) { b = std::max(b, std::fabs(w)); });
        if (a == 0.0F || b == 0.0F) continue;
        auto s = static_cast<float>(std::sqrt(static_cast<double>(a) / static_cast<double>(b)));
        if (!p.peaks.empty()) {
            if (p.peaks[c] >= p.bound) continue;
            s = std::max(s, p.peaks[c] / p.bound);
            p.peaks[c] /= s;
        }
        constexpr float enough = 0.01F;
        changed = changed || std::fabs(s - 1.0F) > enough;
        for (std::size_t k = 0; k < depth; ++k) row[k] /= s;
        if (!first.bias.empty()) first.bias[c] /= s;
        for_input_channel(second, inputs, c, [&](float& w) { w *= s; });
    }
    return changed;
}

}  // namespace

float_network equalise(float_network net, const input_set& inputs) {
    std::vector<pair_of_layers> pairs = find_pairs(net);
    see_peaks(net, inputs, pairs);
    constexpr int most_sweeps = 20;
    bool changed = true;
    for (int sweep = 0; changed && sweep < most_sweeps; ++sweep) {
        changed = false;
        for (pair_of_layers& p : pairs) changed = balance(net, p) || changed;
    }
    return net;
}

}  // namespace pimvp::nn
