// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/quantise.h>

#include <pimvp/nn/arithmetic.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace pimvp::nn {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();
constexpr double largest_bias = 1 << 30;  // leaves as much again for the products in 32 bits

constexpr double smallest_product = 1e-30;  // of scales: stays a normal float32

/// What activations guarantee about a value.
struct bounds {
    float low = -infinity;
    float high = infinity;

    friend bool operator==(const bounds& a, const bounds& b) {
        return a.low == b.low && a.high == b.high;
    }
};

bounds bounds_of(const float_node& n) {
    if (n.kind == float_op::relu) return {0.0F, infinity};
    if (n.clip_low > 0.0F || n.clip_high < 0.0F) {
        throw core::user_error("node '" + n.name +
                               "': a Clip that excludes 0 cannot be quantised; shift the values");
    }
    return {n.clip_low, n.clip_high};
}

/// Which float values exist as integers, which node produces them, and which share a type.
class plan {
public:
    std::vector<value_id> output_of;  ///< per node; an id that does not exist: the node vanishes
    std::vector<bool> exists;         ///< per value
    std::vector<int> bits;            ///< per value
    std::vector<real_range> ranges;   ///< per class

    plan(const float_network& net, const calibration& seen, const network_bits& wanted)
        : output_of(net.nodes.size()),
          exists(net.values.size(), true),
          bits(net.values.size(), wanted.activations),
          ranges(net.values.size()),
          m_net(net),
          m_wanted(wanted),
          m_bounds(net.values.size()),
          m_consumers(net.values.size(), 0),
          m_class(net.values.size()),
          m_producer(net.values.size(), nobody) {
        std::iota(m_class.begin(), m_class.end(), value_id{0});
        for (const float_node& n : net.nodes) {
            for (const value_id id : n.inputs) ++m_consumers[id];
        }
        for (const value_id id : net.outputs) ++m_consumers[id];
        for (const value_id id : net.inputs) bits[id] = wanted.activations_of(net.values[id].name);
        for (std::size_t i = 0; i < net.nodes.size(); ++i) place(i);
        for (std::size_t v = 0; v < net.values.size(); ++v) {
            if (!exists[v]) continue;
            real_range& range = ranges[class_of(static_cast<value_id>(v))];
            range = unite(range, seen.range_of(static_cast<value_id>(v), bits[v]));
        }
    }

    /// The representative of all values that have the type of this one.
    [[nodiscard]] value_id class_of(value_id id) const {
        while (m_class[id] != id) id = m_class[id];
        return id;
    }

private:
    void place(std::size_t index) {
        const float_node& n = m_net.nodes[index];
        const value_id input = n.inputs[0];
        output_of[index] = n.output;
        m_producer[n.output] = index;
        bits[n.output] = m_wanted.activations_of(n.name);
        switch (n.kind) {
        case float_op::convolution:
        case float_op::fully_connected:
        case float_op::add:
        case float_op::multiply:
        case float_op::function:
            break;
        case float_op::max_pool:
        case float_op::reshape:
        case float_op::select:
            m_bounds[n.output] = m_bounds[input];
            bits[n.output] = bits[input];
            unify(input, n.output);
            break;
        case float_op::average_pool:  // a mean reaches less far than its inputs: a finer scale
            m_bounds[n.output] = m_bounds[input];
            break;
        case float_op::concat:
            place_concat(n);
            break;
        case float_op::relu:
        case float_op::clip:
            place_activation(n, index);
            break;
        }
    }

    void place_concat(const float_node& n) {
        bool equal = true;
        bounds hull = m_bounds[n.inputs[0]];
        for (const value_id id : n.inputs) {
            equal = equal && m_bounds[id] == hull && bits[id] == bits[n.output];
            hull = {std::min(hull.low, m_bounds[id].low), std::max(hull.high, m_bounds[id].high)};
        }
        m_bounds[n.output] = hull;
        for (const value_id id : n.inputs) {
            if (equal) unify(id, n.output);
        }
    }

    void place_activation(const float_node& n, std::size_t index) {
        const value_id input = n.inputs[0];
        const bounds own = bounds_of(n);
        const bounds before = m_bounds[input];
        m_bounds[n.output] = {std::max(own.low, before.low), std::min(own.high, before.high)};
        const std::size_t producer = m_producer[input];
        if (producer != nobody && m_consumers[input] == 1 && saturates(producer)) {
            // The producer's output type does the activation: its value takes the place of both.
            exists[input] = false;
            bits[n.output] = bits[input];
            output_of[producer] = n.output;
            m_producer[n.output] = producer;
            output_of[index] = input;  // marks a node that vanishes
        } else if (m_bounds[n.output] == before && bits[n.output] == bits[input]) {
            unify(input, n.output);  // changes nothing
        }
    }

    [[nodiscard]] bool saturates(std::size_t index) const {
        switch (m_net.nodes[index].kind) {
        case float_op::convolution:
        case float_op::fully_connected:
        case float_op::add:
        case float_op::multiply:
        case float_op::function:
        case float_op::average_pool:
        case float_op::relu:
        case float_op::clip:
            return true;
        default:
            return false;
        }
    }

    void unify(value_id a, value_id b) { m_class[class_of(a)] = class_of(b); }

    const float_network& m_net;
    const network_bits& m_wanted;
    std::vector<bounds> m_bounds;
    std::vector<std::size_t> m_consumers;
    std::vector<value_id> m_class;
    std::vector<std::size_t> m_producer;
};

void quantise_matrix(const float_node& from, float input_scale, float output_scale,
                     const quantise_options& options, node& to) {
    const auto outputs = static_cast<std::size_t>(from.weights.dims[0]);
    const std::size_t inner = outputs == 0 ? 0 : from.weights.data.size() / outputs;
    tensor_type type;
    type.bits = options.bits.weights_of(from.name);
    type.is_signed = true;

    std::vector<double> largest(outputs, 0.0);
    for (std::size_t i = 0; i < from.weights.data.size(); ++i) {
        double& row = largest[i / inner];
        row = std::max(row, std::fabs(static_cast<double>(from.weights.data[i])));
    }
    const double overall = *std::max_element(largest.begin(), largest.end());
    std::vector<float>& scales = to.weight_scales;
    for (std::size_t o = 0; o < outputs; ++o) {
        // A channel of zeros has no scale of its own: it takes that of the largest.
        double reach = options.per_channel && largest[o] > 0.0 ? largest[o] : overall;
        if (reach == 0.0) reach = 1.0;
        double scale = reach / type.highest();
        if (!from.bias.empty()) {
            const double bias = std::fabs(static_cast<double>(from.bias[o]));
            scale = std::max(scale, bias / (static_cast<double>(input_scale) * largest_bias));
        }
        scale = std::max(scale, smallest_product / static_cast<double>(input_scale));
        scales.push_back(static_cast<float>(scale));
    }
    if (!options.per_channel) {
        scales.assign(1, *std::max_element(scales.begin(), scales.end()));
    }
    type.scale = *std::max_element(scales.begin(), scales.end());
    to.weights = integer_tensor(from.weights.dims, type);
    const int limit = type.highest();  // symmetric: the lowest integer stays unused
    for (std::size_t o = 0; o < outputs; ++o) {
        const float weight_scale = scales[options.per_channel ? o : 0];
        tensor_type row = type;
        row.scale = weight_scale;
        for (std::size_t i = o * inner; i < (o + 1) * inner; ++i) {
            to.weights.set(i, std::max(-limit, quantise(from.weights.data[i], row)));
        }
        const float product_scale = input_scale * weight_scale;
        to.multipliers.push_back(product_scale / output_scale);
        if (!from.bias.empty()) {
            const double bias =
                static_cast<double>(from.bias[o]) / static_cast<double>(product_scale);
            to.bias.push_back(static_cast<std::int64_t>(std::nearbyint(bias)));
        }
    }
}

op_kind kind_of(float_op kind) {
    switch (kind) {
    case float_op::convolution:
        return op_kind::convolution;
    case float_op::fully_connected:
        return op_kind::fully_connected;
    case float_op::add:
        return op_kind::add;
    case float_op::concat:
        return op_kind::concat;
    case float_op::max_pool:
        return op_kind::max_pool;
    case float_op::average_pool:
        return op_kind::average_pool;
    case float_op::reshape:
        return op_kind::reshape;
    case float_op::function:
        return op_kind::lookup;
    case float_op::multiply:
        return op_kind::multiply;
    case float_op::select:
        return op_kind::select;
    case float_op::relu:
    case float_op::clip:
        break;
    }
    return op_kind::requantise;
}

void check(const float_network& net, const calibration& seen, const quantise_options& options) {
    core::diagnostics problems;
    const auto check_bits = [&](const std::string& path, int bits) {
        if (bits < 2 || bits > 16) {
            problems.error(path, std::to_string(bits) + " is out of range, allowed 2 .. 16");
        }
    };
    check_bits("weights", options.bits.weights);
    check_bits("activations", options.bits.activations);
    for (const auto& [name, layer] : options.bits.layers) {
        check_bits("layers." + name + ".weights", layer.weights.value_or(options.bits.weights));
        check_bits("layers." + name + ".activations",
                   layer.activations.value_or(options.bits.activations));
    }
    if (seen.ranges.size() != net.values.size()) {
        problems.error("calibration", "belongs to another network: it knows " +
                                          std::to_string(seen.ranges.size()) + " values, '" +
                                          net.name + "' has " + std::to_string(net.values.size()));
    }
    problems.throw_if_errors();
}

/// Bits were given to layers that are there and can have them.
void check_layers(const network& made, const network_bits& bits) {
    core::diagnostics problems;
    std::map<std::string, const node*> layers;  // none for the inputs
    for (const value_id id : made.inputs) layers.emplace(made.values[id].name, nullptr);
    for (const node& n : made.nodes) layers[n.name] = &n;
    std::vector<std::string> known;
    for (const auto& layer : layers) known.push_back(layer.first);
    for (const auto& [name, wanted] : bits.layers) {
        const auto found = layers.find(name);
        if (found == layers.end()) {
            problems.error("layers." + name, "network '" + made.name + "' has no layer " +
                                                 core::quoted(name) + " of integers" +
                                                 core::did_you_mean(name, known));
            continue;
        }
        const node* n = found->second;
        if (wanted.weights && (n == nullptr || !n->is_matrix())) {
            problems.error("layers." + name + ".weights", "the layer has no weights: leave it out");
        }
        if (wanted.activations && n != nullptr &&
            *wanted.activations != made.values[n->output].type.bits) {
            problems.error("layers." + name + ".activations",
                           "the layer keeps the integers of its input: name the layer before it");
        }
    }
    problems.throw_if_errors();
}

}  // namespace

network quantise(const float_network& net, const calibration& seen,
                 const quantise_options& options) {
    net.validate();
    check(net, seen, options);
    const plan layout(net, seen, options.bits);

    network result;
    result.name = net.name;
    result.sha256 = net.sha256;
    result.weights = net.weights;
    std::vector<value_id> id_of(net.values.size(), 0);
    for (std::size_t v = 0; v < net.values.size(); ++v) {
        if (!layout.exists[v]) continue;
        const real_range& range = layout.ranges[layout.class_of(static_cast<value_id>(v))];
        id_of[v] = static_cast<value_id>(result.values.size());
        result.values.push_back(
            {net.values[v].name, net.values[v].dims, activation_type(range, layout.bits[v])});
    }
    for (const value_id id : net.inputs) result.inputs.push_back(id_of[id]);
    for (const value_id id : net.outputs) result.outputs.push_back(id_of[id]);
    result.host_steps = net.host_steps;

    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        if (!layout.exists[layout.output_of[i]]) continue;
        const float_node& from = net.nodes[i];
        node to;
        to.name = from.name;
        to.kind = kind_of(from.kind);
        for (const value_id id : from.inputs) to.inputs.push_back(id_of[id]);
        to.output = id_of[layout.output_of[i]];
        to.geometry = from.geometry;
        to.groups = from.groups;
        to.count_include_pad = from.count_include_pad;
        to.channels = from.channels;
        if (to.kind == op_kind::lookup) {
            to.table = tabulate(from.function, result.values[to.inputs[0]].type,
                                result.values[to.output].type);
        }
        if (from.is_matrix()) {
            quantise_matrix(from, result.values[to.inputs[0]].type.scale,
                            result.values[to.output].type.scale, options, to);
        }
        result.nodes.push_back(std::move(to));
    }
    check_layers(result, options.bits);
    result.validate();
    return result;
}

}  // namespace pimvp::nn
