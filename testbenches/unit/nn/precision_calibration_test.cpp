// SPDX-License-Identifier: Apache-2.0
#include "network_builder.h"

#include <support/catch.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/nn/metrics.h>
#include <pimvp/nn/precision_calibration.h>
#include <pimvp/nn/quantise.h>

#include <pimvp/core/diagnostics.h>

using namespace pimvp::nn;

namespace {

/// The mixed network in integers, groups of at most `group_size`, two arrays each.
struct bench {
    network net;
    network_groups groups;
    integer_set inputs;

    explicit bench(std::uint32_t group_size = 20, int count = 8) {
        test::builder b = test::mixed_network();
        net = quantise(b.net, b.calibrate());
        for (const auto& input : b.input_sets(count)) {
            inputs.push_back({quantise(input[0], net.values[net.inputs[0]].type)});
        }
        for (std::size_t i = 0; i < net.nodes.size(); ++i) {
            const node& n = net.nodes[i];
            if (n.kind != op_kind::convolution) continue;
            const auto elements =
                static_cast<std::uint32_t>(element_count(n.weights.dims()) / n.multipliers.size());
            window_groups& all = groups[static_cast<std::uint32_t>(i)];
            for (std::uint32_t first = 0; first < elements; first += group_size) {
                all.groups.push_back({first, std::min(group_size, elements - first)});
                all.arrays.push_back(2);
            }
        }
    }
    [[nodiscard]] precision_goal goal(precision_policy policy, double budget = 0.05) const {
        precision_goal wanted;
        wanted.rule.policy = policy;
        wanted.rule.statistic = group_statistic::peak_to_mean;
        wanted.budget = budget;
        return wanted;
    }
};

/// Divergence and bits of a plan by hand.
std::pair<double, double> judge(const bench& b, const precision_plan& plan) {
    executor whole(b.net);
    executor cut(b.net, follow(b.net, plan, b.groups));
    cut.count_planes(true);
    deviation apart;
    for (const auto& input : b.inputs) {
        whole.run(input);
        cut.run(input);
        apart.add(dequantise(whole.value(b.net.outputs[0])).data,
                  dequantise(cut.value(b.net.outputs[0])).data);
    }
    double planes = 0.0;
    double all = 0.0;
    for (const auto& each : b.groups) {
        const plane_counts& counts = cut.planes(each.first);
        planes += average_planes(counts) * static_cast<double>(total(counts));
        all += static_cast<double>(total(counts));
    }
    return {apart.kl(), planes / all};
}

double bits_of(const bench& b, precision_policy policy, double budget = 0.05) {
    return calibrate_precision(b.net, b.groups, b.inputs, b.goal(policy, budget)).plan.average_bits;
}

}  // namespace

TEST_CASE("nn.precision_calibration.stays_within_the_budget_and_says_what_it_reached", "[nn]") {
    const bench b;
    for (const auto& [word, policy] : policy_words()) {
        INFO(word);
        const calibrated_precision got =
            calibrate_precision(b.net, b.groups, b.inputs, b.goal(policy));
        network planned = b.net;
        planned.precision = got.plan;
        CHECK_NOTHROW(planned.validate());
        CHECK_NOTHROW(check_plan_belongs(planned, "net"));
        CHECK(got.plan.inputs == b.inputs.size());
        CHECK(got.plan.layers.size() == b.groups.size());
        CHECK(got.layers.size() == b.groups.size());
        CHECK(got.bound <= 0.05);
        CHECK(got.plan.divergence <= got.bound);
        const auto [divergence, bits] = judge(b, got.plan);
        CHECK(divergence == Approx(got.plan.divergence));
        CHECK(bits == Approx(got.plan.average_bits));
    }
}

TEST_CASE("nn.precision_calibration.a_lossy_policy_saves_what_its_budget_allows", "[nn]") {
    const bench b;
    const double lossless = bits_of(b, precision_policy::msb_skip);
    const double dropped = bits_of(b, precision_policy::lsb_drop);
    CHECK(lossless < 8.0);
    CHECK(bits_of(b, precision_policy::lsb_drop, 0.0) <= lossless);
    CHECK(dropped < lossless - 0.5);
    CHECK(bits_of(b, precision_policy::lsb_drop, 0.5) < dropped);
    CHECK(bits_of(b, precision_policy::fixed) > dropped);
    CHECK(bits_of(b, precision_policy::plane_skip) < dropped);
    CHECK(bits_of(b, precision_policy::rescale) < lossless);
    CHECK(bits_of(b, precision_policy::threshold) < lossless);
}

TEST_CASE("nn.precision_calibration.does_not_depend_on_the_number_of_threads", "[nn]") {
    const bench b;
    for (const auto& [word, policy] : policy_words()) {
        INFO(word);
        precision_goal goal = b.goal(policy);
        const calibrated_precision one = calibrate_precision(b.net, b.groups, b.inputs, goal);
        goal.threads = 3;
        const calibrated_precision three = calibrate_precision(b.net, b.groups, b.inputs, goal);
        CHECK(one.plan.layers == three.plan.layers);
        CHECK(one.plan.divergence == three.plan.divergence);
        CHECK(one.plan.average_bits == three.plan.average_bits);
        CHECK(one.bound == three.bound);
        for (std::size_t l = 0; l < one.layers.size(); ++l) {
            CHECK(one.layers[l].alone == three.layers[l].alone);
            CHECK(one.layers[l].planes == three.layers[l].planes);
        }
    }
}

TEST_CASE("nn.precision_calibration.few_inputs_get_a_margin_and_none_are_refused", "[nn]") {
    bench b(20, 1);
    const calibrated_precision got =
        calibrate_precision(b.net, b.groups, b.inputs, b.goal(precision_policy::lsb_drop));
    CHECK(got.bound == Approx(3.0 * got.plan.divergence));
    b.inputs.clear();
    CHECK_THROWS_AS(
        calibrate_precision(b.net, b.groups, b.inputs, b.goal(precision_policy::lsb_drop)),
        pimvp::core::user_error);
}

TEST_CASE("nn.precision_calibration.says_what_goes_on", "[nn]") {
    const bench b;
    precision_goal goal = b.goal(precision_policy::lsb_drop);
    std::vector<std::string> said;
    goal.progress = [&said](const std::string& text) { said.push_back(text); };
    calibrate_precision(b.net, b.groups, b.inputs, goal);
    REQUIRE(said.size() > 2);
    CHECK(said.front() == "single layers, setting 1");
    CHECK(said.back().find("together, trial") == 0);
}

TEST_CASE("nn.precision_calibration.layers_that_a_plan_does_not_name_use_all_bits", "[nn]") {
    const bench b;
    precision_plan plan;
    plan.rule.policy = precision_policy::lsb_drop;
    CHECK(judge(b, plan).first == 0.0);
}
