// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <pimvp/core/diagnostics.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

/// What the integer and the float network check alike: structure (ids, order, names) and shapes.
/// Private to the room.
namespace pimvp::nn::detail {

/// How an operation relates the shapes of its values.
enum class shape_rule { convolution, matrix, elementwise, multiply, concat, pool, reshape, select };

/// The shapes of one operation, whichever network it belongs to.
struct shape_view {
    shape_rule rule = shape_rule::elementwise;
    std::size_t input_count = 1;  ///< wanted; concat: at least
    window geometry;
    int groups = 1;
    const shape* weights = nullptr;
    const std::vector<std::uint32_t>* channels = nullptr;
    std::vector<const shape*> inputs;
    const shape* output = nullptr;
};

/// What is wrong with the shapes, with the way out; empty if nothing is.
std::string shape_problem(const shape_view& view);

/// Multiply-accumulates of a convolution or a fully connected node.
std::uint64_t matrix_macs(const shape& weights, const shape& output);

/// Product of the dimensions of axes from .. to - 1.
std::size_t axis_product(const shape& dims, std::size_t from, std::size_t to);

/// Largest tensor a network may hold, in elements.
constexpr std::size_t max_tensor_elements = std::size_t{1} << 31;

/// "node 'conv1'", or "node 3" where it has no name.
std::string node_path(const std::string& name, std::size_t index);

/// Ids in range, names unique, one producer a value, topological order, sane dimensions.
/// False if ids are so wrong that the nodes cannot be looked at any further.
template <class Network>
bool check_structure(const Network& net, core::diagnostics& problems) {
    const std::size_t count = net.values.size();
    bool safe = true;
    std::unordered_set<std::string> names;
    for (const auto& v : net.values) {
        if (!v.name.empty() && !names.insert(v.name).second) {
            problems.error("value '" + v.name + "'", "the name occurs twice; rename one of them");
        }
        bool sane = true;
        for (const std::int64_t dim : v.dims) sane = sane && dim >= 1;
        if (!sane) {
            problems.error("value '" + v.name + "'",
                           "shape " + to_string(v.dims) + " has a dimension below 1");
            safe = false;
        } else {
            std::size_t elements = 1;
            for (const std::int64_t dim : v.dims) {
                elements = static_cast<std::uint64_t>(dim) > max_tensor_elements / elements
                               ? max_tensor_elements + 1
                               : elements * static_cast<std::size_t>(dim);
                if (elements > max_tensor_elements) break;
            }
            if (elements > max_tensor_elements) {
                problems.error("value '" + v.name + "'", "shape " + to_string(v.dims) +
                                                             " has more than 2^31 elements; use "
                                                             "smaller inputs");
                safe = false;
            }
        }
    }

    std::vector<bool> produced(count, false);
    const auto in_range = [&](value_id id, const std::string& path, const char* role) {
        if (id < count) return true;
        problems.error(path, std::string(role) + " " + std::to_string(id) + " is no value (0 .. " +
                                 std::to_string(count) + " - 1)");
        safe = false;
        return false;
    };
    for (const value_id id : net.inputs) {
        if (!in_range(id, "network inputs", "input")) continue;
        if (produced[id]) {
            problems.error("network inputs", "value '" + net.values[id].name + "' occurs twice");
        }
        produced[id] = true;
    }
    if (net.inputs.empty()) problems.error("network", "has no input");
    std::unordered_set<std::string> node_names;
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        const auto& n = net.nodes[i];
        const std::string path = node_path(n.name, i);
        if (!n.name.empty() && !node_names.insert(n.name).second) {
            problems.error(path, "the name occurs twice; rename one of the nodes");
        }
        for (const value_id id : n.inputs) {
            if (in_range(id, path, "input") && !produced[id]) {
                problems.error(path, "input '" + net.values[id].name +
                                         "' is not produced by an earlier node or the network's "
                                         "input; nodes must be in topological order");
            }
        }
        if (!in_range(n.output, path, "output")) continue;
        if (produced[n.output]) {
            problems.error(path, "value '" + net.values[n.output].name + "' has two producers");
        }
        produced[n.output] = true;
    }
    for (const value_id id : net.outputs) {
        if (in_range(id, "network outputs", "output") && !produced[id]) {
            problems.error("network outputs",
                           "value '" + net.values[id].name + "' is produced by no node");
        }
    }
    if (net.outputs.empty()) problems.error("network", "has no output");
    std::vector<bool> finished(net.outputs.size(), false);
    for (const host_step& step : net.host_steps) {
        const std::string path = "host step '" + step.name + "'";
        if (step.output >= net.outputs.size()) {
            problems.error(path, "takes output " + std::to_string(step.output) + " of " +
                                     std::to_string(net.outputs.size()));
        } else if (finished[step.output]) {
            problems.error(path, "takes an output that another host step takes already");
        } else if (const value_id id = net.outputs[step.output]; id < count) {
            const shape& dims = net.values[id].dims;
            if (step.axis < 0 || static_cast<std::size_t>(step.axis) >= dims.size()) {
                problems.error(path, "works along axis " + std::to_string(step.axis) + " of " +
                                         to_string(dims) + "; it has " +
                                         std::to_string(dims.size()) + " axes");
            }
            finished[step.output] = true;
        }
    }
    return safe;
}

/// The shapes of `n`, to which `rule` and the wanted number of inputs apply.
template <class Network, class Node>
shape_view view_shapes(const Network& net, const Node& n, shape_rule rule,
                       std::size_t input_count) {
    shape_view view;
    view.rule = rule;
    view.input_count = input_count;
    view.geometry = n.geometry;
    view.groups = n.groups;
    view.channels = &n.channels;
    for (const value_id id : n.inputs) view.inputs.push_back(&net.values[id].dims);
    view.output = &net.values[n.output].dims;
    return view;
}

}  // namespace pimvp::nn::detail
