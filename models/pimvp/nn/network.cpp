// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/network.h>

#include <pimvp/nn/graph_check.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cmath>

namespace pimvp::nn {

namespace {

detail::shape_rule rule_of(op_kind kind) {
    switch (kind) {
    case op_kind::convolution:
        return detail::shape_rule::convolution;
    case op_kind::fully_connected:
        return detail::shape_rule::matrix;
    case op_kind::concat:
        return detail::shape_rule::concat;
    case op_kind::max_pool:
    case op_kind::average_pool:
        return detail::shape_rule::pool;
    case op_kind::reshape:
        return detail::shape_rule::reshape;
    case op_kind::multiply:
        return detail::shape_rule::multiply;
    case op_kind::select:
        return detail::shape_rule::select;
    case op_kind::add:
    case op_kind::lookup:
    case op_kind::requantise:
        break;
    }
    return detail::shape_rule::elementwise;
}

std::string type_problem(const tensor_type& type) {
    if (type.bits < 1 || type.bits > 16) {
        return "has " + std::to_string(type.bits) + " bits; 1 .. 16 are supported";
    }
    if (!(type.scale > 0.0F) || !std::isfinite(type.scale)) {
        return "has scale " + std::to_string(type.scale) + "; a scale is finite and above 0";
    }
    if (type.zero_point < type.lowest() || type.zero_point > type.highest()) {
        return "has zero point " + std::to_string(type.zero_point) + " outside " +
               std::to_string(type.lowest()) + " .. " + std::to_string(type.highest());
    }
    return {};
}

std::string matrix_problem(const node& n) {
    const integer_tensor& weights = n.weights;
    const tensor_type& type = weights.type();
    if (!type.is_signed || type.zero_point != 0) {
        return "weights must be signed with zero point 0; subtract the zero point (9 bits hold an "
               "unsigned byte minus any zero point)";
    }
    if (weights.size() != element_count(weights.dims())) {
        return "weights hold " + std::to_string(weights.size()) + " elements, their shape is " +
               to_string(weights.dims());
    }
    const bool any_fits = type.bits == 8 * static_cast<int>(type.bytes());
    for (std::size_t i = 0; !any_fits && i < weights.size(); ++i) {
        if (weights.at(i) < type.lowest() || weights.at(i) > type.highest()) {
            return "weight " + std::to_string(i) + " = " + std::to_string(weights.at(i)) +
                   " does not fit " + std::to_string(type.bits) + " bits";
        }
    }
    const auto outputs = static_cast<std::size_t>(weights.dims()[0]);
    if (n.multipliers.size() != outputs) {
        return std::to_string(n.multipliers.size()) + " multipliers for " +
               std::to_string(outputs) + " outputs";
    }
    for (const float multiplier : n.multipliers) {
        if (!(multiplier >= 0.0F) || !std::isfinite(multiplier)) {
            return "a multiplier is negative or not finite";
        }
    }
    if (n.weight_scales.size() != 1 && n.weight_scales.size() != outputs) {
        return std::to_string(n.weight_scales.size()) + " weight scales: 1 or " +
               std::to_string(outputs) + " are needed";
    }
    if (!n.bias.empty() && n.bias.size() != outputs) {
        return std::to_string(n.bias.size()) + " bias values for " + std::to_string(outputs) +
               " outputs";
    }
    constexpr std::int64_t max_bias = std::int64_t{1} << 48;
    for (const std::int64_t bias : n.bias) {
        if (bias > max_bias || bias < -max_bias) return "a bias exceeds 2^48";
    }
    return {};
}

std::string table_problem(const node& n, const tensor_type& from, const tensor_type& to) {
    if (from.bits < 1 || from.bits > 16) return {};  // reported as a problem of the value
    const std::size_t entries = std::size_t{1} << static_cast<unsigned>(from.bits);
    if (n.table.size() != entries) {
        return "its table has " + std::to_string(n.table.size()) + " entries; an input of " +
               std::to_string(from.bits) + " bits needs " + std::to_string(entries);
    }
    for (std::size_t i = 0; i < entries; ++i) {
        if (n.table[i] < to.lowest() || n.table[i] > to.highest()) {
            return "entry " + std::to_string(i) + " of its table, " + std::to_string(n.table[i]) +
                   ", does not fit the output's " + std::to_string(to.bits) + " bits";
        }
    }
    return {};
}

void check_plan(const network& net, const precision_plan& plan, core::diagnostics& problems) {
    const std::string problem = problem_of(plan.rule);
    if (!problem.empty()) problems.error("precision", problem);
    std::vector<std::string> convolutions;
    for (const node& n : net.nodes) {
        if (n.kind == op_kind::convolution) convolutions.push_back(n.name);
    }
    for (const auto& [name, layer] : plan.layers) {
        const std::string path = "precision.layers." + name;
        // A capture of its own: C++17 has none of a structured binding.
        const auto found =
            std::find_if(net.nodes.begin(), net.nodes.end(), [&wanted = name](const node& n) {
                return n.name == wanted && n.kind == op_kind::convolution;
            });
        if (found == net.nodes.end()) {
            problems.error(
                path, "is no convolution of the network" + core::did_you_mean(name, convolutions));
            continue;
        }
        const std::string wrong =
            problem_of(layer, plan.rule.policy, net.values[found->inputs[0]].type.bits);
        if (!wrong.empty()) problems.error(path, wrong);
    }
}

/// Kinds that move integers and leave them as they are.
bool keeps_type(op_kind kind) {
    return kind == op_kind::max_pool || kind == op_kind::reshape || kind == op_kind::select;
}

}  // namespace

std::string_view to_string(op_kind kind) {
    switch (kind) {
    case op_kind::convolution:
        return "convolution";
    case op_kind::fully_connected:
        return "fully_connected";
    case op_kind::add:
        return "add";
    case op_kind::concat:
        return "concat";
    case op_kind::max_pool:
        return "max_pool";
    case op_kind::average_pool:
        return "average_pool";
    case op_kind::requantise:
        return "requantise";
    case op_kind::reshape:
        return "reshape";
    case op_kind::lookup:
        return "lookup";
    case op_kind::multiply:
        return "multiply";
    case op_kind::select:
        return "select";
    }
    return "?";
}

std::uint64_t network::macs(const node& n) const {
    if (!n.is_matrix() || n.output >= values.size()) return 0;
    return detail::matrix_macs(n.weights.dims(), values[n.output].dims);
}

std::uint64_t network::macs() const {
    std::uint64_t total = 0;
    for (const node& n : nodes) total += macs(n);
    return total;
}

void network::validate() const {
    core::diagnostics problems;
    const bool safe = detail::check_structure(*this, problems);
    for (const value& v : values) {
        const std::string problem = type_problem(v.type);
        if (!problem.empty()) problems.error("value '" + v.name + "'", problem);
    }
    for (std::size_t i = 0; safe && i < nodes.size(); ++i) {
        const node& n = nodes[i];
        const bool two = n.kind == op_kind::add || n.kind == op_kind::multiply;
        const std::size_t wanted = two ? 2 : 1;
        detail::shape_view view = detail::view_shapes(*this, n, rule_of(n.kind), wanted);
        view.weights = &n.weights.dims();
        std::string problem = detail::shape_problem(view);
        if (problem.empty() && n.is_matrix()) problem = matrix_problem(n);
        if (problem.empty() && n.kind == op_kind::lookup) {
            problem = table_problem(n, values[n.inputs[0]].type, values[n.output].type);
        }
        if (problem.empty() && keeps_type(n.kind) &&
            values[n.inputs[0]].type != values[n.output].type) {
            problem = "input and output must have the same type; put a requantise node behind it";
        }
        if (!problem.empty()) {
            problems.error(detail::node_path(n.name, i),
                           std::string(to_string(n.kind)) + ": " + problem);
        }
    }
    if (safe && precision) check_plan(*this, *precision, problems);
    problems.throw_if_errors();
}

}  // namespace pimvp::nn
