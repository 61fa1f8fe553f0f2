// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/precision.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/sha256.h>
#include <pimvp/isaac_like/params.h>
#include <pimvp/mapping/lowering.h>
#include <pimvp/mapping/views.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/metrics.h>
#include <pimvp/nn/precision_text.h>

#include <set>
#include <string>
#include <utility>

namespace pimvp::runner {
namespace {

using json = nlohmann::ordered_json;

nn::integer_set quantised(const nn::network& net, const nn::input_set& inputs) {
    nn::integer_set result;
    for (const auto& input : inputs) {
        result.emplace_back();
        for (std::size_t i = 0; i < input.size(); ++i) {
            result.back().push_back(nn::quantise(input[i], net.values[net.inputs[i]].type));
        }
    }
    return result;
}

/// Inputs of `scored` whose integers are in `seen` too.
std::size_t count_common(const nn::integer_set& seen, const nn::integer_set& scored) {
    const auto hash = [](const std::vector<nn::integer_tensor>& input) {
        std::vector<core::sha256_digest> of_each;
        for (const nn::integer_tensor& each : input) {
            of_each.push_back(core::sha256(each.bytes(), each.byte_count()));
        }
        return of_each;
    };
    std::set<std::vector<core::sha256_digest>> known;
    for (const auto& input : seen) known.insert(hash(input));
    std::size_t common = 0;
    for (const auto& input : scored) common += known.count(hash(input));
    return common;
}

cut_quality judge(const nn::network& net, const nn::network_precision& precision,
                  const nn::integer_set& inputs, const std::vector<std::int64_t>& labels) {
    nn::executor whole(net);
    nn::executor cut(net, precision);
    cut.count_planes(true);
    nn::deviation apart;
    nn::accuracy whole_right, right;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        whole.run(inputs[i]);
        cut.run(inputs[i]);
        const std::vector<float> wanted = nn::dequantise(whole.value(net.outputs[0])).data;
        const std::vector<float> got = nn::dequantise(cut.value(net.outputs[0])).data;
        apart.add(wanted, got);
        if (labels.empty()) continue;
        whole_right.add(wanted, labels[i]);
        right.add(got, labels[i]);
    }
    nn::plane_counts all{};
    for (const auto& each : precision) nn::add(all, cut.planes(each.first));
    cut_quality result{
        apart.count(), nn::average_planes(all), apart.kl(), apart.agreement(), {}, {}};
    if (!labels.empty()) {
        result.top1 = right.top1();
        result.whole_top1 = whole_right.top1();
    }
    return result;
}

json quality_record(const cut_quality& seen) {
    const auto or_null = [](const std::optional<double>& value) {
        return value ? json(*value) : json(nullptr);
    };
    return {{"inputs", seen.inputs},
            {"average_bits", seen.average_bits},
            {"kl", seen.kl},
            {"agreement", seen.agreement},
            {"top1", or_null(seen.top1)},
            {"static_top1", or_null(seen.whole_top1)}};
}

}  // namespace

nn::network_groups groups_of(const nn::network& network, const nn::precision_rule& rule) {
    isaac_like::machine machine = isaac_like::machine_of(isaac_like::isaac_like_params{});
    machine.crossbar.rows = rule.group_size;
    machine.precision = rule;
    const std::vector<mapping::value_view> views = mapping::view_values(network);
    nn::network_groups all;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const nn::node& n = network.nodes[i];
        if (n.kind != nn::op_kind::convolution) continue;
        const auto bits = static_cast<std::uint32_t>(n.weights.type().bits);
        all.emplace(
            static_cast<std::uint32_t>(i),
            mapping::groups_of(mapping::lower(n, views[n.inputs[0]].dims, views[n.output].dims,
                                              isaac_like::array_shape_of(n, bits, machine))));
    }
    return all;
}

precision_study plan_precision(workload& work, const nn::input_set& calibration,
                               const nn::precision_goal& goal) {
    nn::network& net = work.network;
    const nn::network_groups groups = groups_of(net, goal.rule);
    const nn::integer_set seen = quantised(net, calibration);
    const nn::integer_set scored = quantised(net, work.inputs);
    if (const std::size_t common = count_common(seen, scored); common != 0) {
        throw core::user_error("--input", std::to_string(common) + " of its " +
                                              std::to_string(scored.size()) +
                                              " inputs are calibration inputs too: a plan does "
                                              "well where it was calibrated, so score others (see "
                                              "--images and --calibrate-images)");
    }
    precision_study study;
    study.calibrated = nn::calibrate_precision(net, groups, seen, goal);
    net.precision = study.calibrated.plan;
    const nn::network_precision precision = nn::follow(net, *net.precision, groups);
    study.on_calibration = judge(net, precision, seen, {});
    if (!scored.empty()) study.on_inputs = judge(net, precision, scored, work.labels);
    return study;
}

json precision_record(const nn::network& network, const precision_study& study) {
    const nn::precision_plan& plan = study.calibrated.plan;
    const nn::precision_rule& rule = plan.rule;
    json layers = json::array();
    for (const nn::layer_calibration& layer : study.calibrated.layers) {
        layers.push_back({{"name", network.nodes[layer.node].name},
                          {"drop", layer.numbers.drop},
                          {"keep", layer.numbers.keep},
                          {"thresholds", layer.numbers.thresholds},
                          {"average_bits", nn::average_planes(layer.planes)},
                          {"share", layer.share},
                          {"kl_alone", layer.alone},
                          {"planes", layer.planes}});
    }
    return {{"policy", to_string(rule.policy)},
            {"statistic", to_string(rule.statistic)},
            {"rounding", to_string(rule.rounding)},
            {"widths", nn::widths_text(rule.widths)},
            {"group_size", rule.group_size},
            {"order", to_string(rule.order)},
            {"budget", plan.budget},
            {"kl_with_margin", study.calibrated.bound},
            {"on_calibration", quality_record(study.on_calibration)},
            {"on_inputs", study.on_inputs ? quality_record(*study.on_inputs) : json(nullptr)},
            {"layers", layers}};
}

}  // namespace pimvp::runner
