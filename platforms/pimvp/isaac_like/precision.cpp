// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/precision.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace pimvp::isaac_like {
namespace {

/// The tiles count from one policy more, `none`.
constexpr std::uint32_t number_of(nn::precision_policy policy) {
    return static_cast<std::uint32_t>(policy) + 1;
}
template <class Theirs, class Ours>
constexpr bool are_same(Theirs one, Ours other) {
    return static_cast<std::uint32_t>(one) == static_cast<std::uint32_t>(other);
}

// Names of one are those of the other.
static_assert(are_same(reram::group_policy::fixed, number_of(nn::precision_policy::fixed)) &&
              are_same(reram::group_policy::msb_skip, number_of(nn::precision_policy::msb_skip)) &&
              are_same(reram::group_policy::lsb_drop, number_of(nn::precision_policy::lsb_drop)) &&
              are_same(reram::group_policy::threshold,
                       number_of(nn::precision_policy::threshold)) &&
              are_same(reram::group_policy::rescale, number_of(nn::precision_policy::rescale)) &&
              are_same(reram::group_policy::plane_skip,
                       number_of(nn::precision_policy::plane_skip)));
static_assert(are_same(reram::group_statistic::maximum, nn::group_statistic::maximum) &&
              are_same(reram::group_statistic::mean, nn::group_statistic::mean) &&
              are_same(reram::group_statistic::variance, nn::group_statistic::variance) &&
              are_same(reram::group_statistic::peak_to_mean, nn::group_statistic::peak_to_mean));
static_assert(are_same(reram::drop_rounding::half_even, nn::drop_rounding::half_even) &&
              are_same(reram::drop_rounding::half_up, nn::drop_rounding::half_up) &&
              are_same(reram::drop_rounding::floor, nn::drop_rounding::floor));
static_assert(are_same(reram::window_order::channel_first, nn::element_order::channel_first) &&
              are_same(reram::window_order::kernel_first, nn::element_order::kernel_first));

void check_fit(const std::string& whose, std::uint32_t group_size, std::uint32_t rows,
               const std::string& way_out) {
    if (group_size <= rows) return;
    throw core::user_error(whose + " has groups of " + std::to_string(group_size) +
                           " elements, the crossbars have " + std::to_string(rows) +
                           " rows: " + way_out + std::to_string(rows) + " or less");
}

}  // namespace

nn::precision_rule rule_of(const reram::quantiser_params& params) {
    nn::precision_rule rule;
    rule.policy = static_cast<nn::precision_policy>(static_cast<std::uint32_t>(params.policy) - 1);
    rule.statistic = static_cast<nn::group_statistic>(params.statistic);
    rule.rounding = static_cast<nn::drop_rounding>(params.rounding);
    rule.widths = params.width_mask();
    rule.group_size = params.group_size;
    rule.order = static_cast<nn::element_order>(params.order);
    return rule;
}

reram::group_rule rule_of(const nn::input_precision& precision, const nn::tensor_type& input) {
    reram::group_rule rule;
    rule.policy = number_of(precision.rule.policy);
    rule.statistic = static_cast<std::uint32_t>(precision.rule.statistic);
    rule.rounding = static_cast<std::uint32_t>(precision.rule.rounding);
    rule.widths = precision.rule.widths;
    rule.drop = static_cast<std::uint32_t>(precision.layer.drop);
    rule.keep = static_cast<std::uint32_t>(precision.layer.keep);
    rule.is_asymmetric = input.zero_point == 0 ? 0 : 1;
    rule.thresholds = precision.layer.thresholds;
    return rule;
}

nn::layer_precision layer_precision_of(const nn::network& network, const nn::node& convolution,
                                       const nn::precision_rule& rule,
                                       const nn::layer_precision& uniform) {
    if (rule.policy == nn::precision_policy::msb_skip) return {};
    nn::layer_precision layer =
        network.precision ? network.precision->of(convolution.name) : uniform;
    const int bits = network.values[convolution.inputs[0]].type.bits;
    layer.drop = std::min(layer.drop, bits - 1);
    layer.keep = std::min(layer.keep, bits);
    return layer;
}

void check_plan(const nn::network& network, const nn::precision_rule& rule, std::uint32_t rows) {
    check_fit("the platform's quantiser", rule.group_size, rows, "set quantiser.group_size to ");
    if (rule.policy == nn::precision_policy::msb_skip) return;
    const std::string policy(nn::to_string(rule.policy));
    if (!network.precision) {
        if (rule.policy != nn::precision_policy::threshold) return;
        throw core::user_error("network '" + network.name +
                               "' says nothing of thresholds, which quantiser.policy threshold "
                               "needs: calibrate it with pimvp quantize --redy threshold");
    }
    const nn::precision_rule& plan = network.precision->rule;
    const auto compare = [&](const char* what, const std::string& calibrated,
                             const std::string& asked) {
        if (calibrated == asked) return;
        throw core::user_error("network '" + network.name + "' is calibrated for " + what + ' ' +
                               calibrated + ", the platform's quantiser has " + asked +
                               ": set quantiser." + what + " to " + calibrated +
                               ", or calibrate the network for the platform");
    };
    const auto word = [](auto value) { return std::string(nn::to_string(value)); };
    compare("policy", word(plan.policy), policy);
    compare("rounding", word(plan.rounding), word(rule.rounding));
    const bool judges = rule.policy == nn::precision_policy::threshold;
    if (judges) compare("statistic", word(plan.statistic), word(rule.statistic));
    if (judges || rule.policy == nn::precision_policy::rescale) {
        check_fit("network '" + network.name + "'", plan.group_size, rows,
                  "calibrate it with pimvp quantize --redy-group ");
        compare("group_size", std::to_string(plan.group_size), std::to_string(rule.group_size));
        compare("order", word(plan.order), word(rule.order));
    }
}

}  // namespace pimvp::isaac_like
