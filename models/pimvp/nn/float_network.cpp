// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/float_network.h>

#include <pimvp/nn/graph_check.h>

#include <pimvp/core/diagnostics.h>

#include <cmath>

namespace pimvp::nn {

namespace {

detail::shape_rule rule_of(float_op kind) {
    switch (kind) {
    case float_op::convolution:
        return detail::shape_rule::convolution;
    case float_op::fully_connected:
        return detail::shape_rule::matrix;
    case float_op::concat:
        return detail::shape_rule::concat;
    case float_op::max_pool:
    case float_op::average_pool:
        return detail::shape_rule::pool;
    case float_op::reshape:
        return detail::shape_rule::reshape;
    case float_op::multiply:
        return detail::shape_rule::multiply;
    case float_op::select:
        return detail::shape_rule::select;
    case float_op::add:
    case float_op::relu:
    case float_op::clip:
    case float_op::function:
        break;
    }
    return detail::shape_rule::elementwise;
}

std::string matrix_problem(const float_node& n) {
    if (n.weights.data.size() != element_count(n.weights.dims)) {
        return "weights hold " + std::to_string(n.weights.data.size()) +
               " elements, their shape is " + to_string(n.weights.dims);
    }
    for (std::size_t i = 0; i < n.weights.data.size(); ++i) {
        if (!std::isfinite(n.weights.data[i])) {
            return "weight " + std::to_string(i) + " of " + to_string(n.weights.dims) +
                   " is not finite; was the training stable?";
        }
    }
    if (!n.bias.empty() && static_cast<std::int64_t>(n.bias.size()) != n.weights.dims[0]) {
        return std::to_string(n.bias.size()) + " bias values for " +
               std::to_string(n.weights.dims[0]) + " outputs";
    }
    for (std::size_t i = 0; i < n.bias.size(); ++i) {
        if (!std::isfinite(n.bias[i])) {
            return "bias " + std::to_string(i) + " is not finite; was the training stable?";
        }
    }
    return {};
}

}  // namespace

std::string_view to_string(float_op kind) {
    switch (kind) {
    case float_op::convolution:
        return "convolution";
    case float_op::fully_connected:
        return "fully_connected";
    case float_op::add:
        return "add";
    case float_op::concat:
        return "concat";
    case float_op::max_pool:
        return "max_pool";
    case float_op::average_pool:
        return "average_pool";
    case float_op::relu:
        return "relu";
    case float_op::clip:
        return "clip";
    case float_op::reshape:
        return "reshape";
    case float_op::function:
        return "function";
    case float_op::multiply:
        return "multiply";
    case float_op::select:
        return "select";
    }
    return "?";
}

std::uint64_t float_network::macs(const float_node& n) const {
    if (!n.is_matrix() || n.output >= values.size()) return 0;
    return detail::matrix_macs(n.weights.dims, values[n.output].dims);
}

std::uint64_t float_network::macs() const {
    std::uint64_t total = 0;
    for (const float_node& n : nodes) total += macs(n);
    return total;
}

void float_network::validate() const {
    core::diagnostics problems;
    const bool safe = detail::check_structure(*this, problems);
    for (std::size_t i = 0; safe && i < nodes.size(); ++i) {
        const float_node& n = nodes[i];
        const bool two = n.kind == float_op::add || n.kind == float_op::multiply;
        const std::size_t wanted = two ? 2 : 1;
        detail::shape_view view = detail::view_shapes(*this, n, rule_of(n.kind), wanted);
        view.weights = &n.weights.dims;
        std::string problem = detail::shape_problem(view);
        if (problem.empty() && n.is_matrix()) problem = matrix_problem(n);
        if (problem.empty() && n.kind == float_op::concat && n.axis != 1) {
            problem = "only axis 1 (channels) is supported, not axis " + std::to_string(n.axis);
        }
        if (problem.empty() && n.kind == float_op::clip && !(n.clip_low <= n.clip_high)) {
            problem = "the lower bound exceeds the upper one";
        }
        if (!problem.empty()) {
            problems.error(detail::node_path(n.name, i),
                           std::string(to_string(n.kind)) + ": " + problem);
        }
    }
    problems.throw_if_errors();
}

}  // namespace pimvp::nn
