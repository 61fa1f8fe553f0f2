// SPDX-License-Identifier: Apache-2.0
// Do tiles that cut inputs of convolutions compute what the reference does, under every policy, and
// count what they streamed?
#include <platform/isaac_like/exact_work.h>
#include <platform/isaac_like/isaac_bench.h>
#include <support/catch.h>
#include <support/child.h>
#include <support/random.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/runner/layer_watch.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace isaac_like_test;
using namespace pimvp;
using Catch::Matchers::Contains;

namespace {

constexpr const char* policies[] = {"fixed",     "msb_skip", "lsb_drop",
                                    "threshold", "rescale",  "plane_skip"};

/// A network and the quantiser it runs on.
struct design {
    nn::network network;
    std::string quantiser;  ///< YAML
};

/// Numbers of a plan for every convolution, at random.
nn::precision_plan random_plan(const nn::network& net, const nn::precision_rule& rule,
                               support::generator& random) {
    nn::precision_plan plan;
    plan.rule = rule;
    plan.network = nn::fingerprint(net);
    for (const nn::node& n : net.nodes) {
        if (n.kind != nn::op_kind::convolution) continue;
        const nn::tensor_type& in = net.values[n.inputs[0]].type;
        nn::layer_precision layer;
        if (rule.policy != nn::precision_policy::msb_skip) {
            layer.drop = static_cast<int>(random.below(static_cast<std::uint64_t>(in.bits)));
        }
        if (rule.policy == nn::precision_policy::rescale) {
            layer.keep = static_cast<int>(random.between(0, in.bits));
        }
        if (rule.policy == nn::precision_policy::threshold) {
            for (int t = 1; t < std::min(in.bits, 4); ++t) {
                layer.thresholds.push_back(random.between(0, in.highest()));
            }
            std::sort(layer.thresholds.begin(), layer.thresholds.end());
            layer.thresholds.erase(std::unique(layer.thresholds.begin(), layer.thresholds.end()),
                                   layer.thresholds.end());
        }
        plan.layers[n.name] = layer;
    }
    return plan;
}

design random_design(std::uint64_t seed, unsigned policy) {
    support::generator random(seed);
    design made{random.chance(60) ? narrowing_network(seed) : residual_network(seed), {}};
    const char* const roundings[] = {"half_even", "half_up", "floor"};
    const char* const statistics[] = {"maximum", "mean", "variance", "peak_to_mean"};
    const char* const orders[] = {"channel_first", "kernel_first"};
    const char* const intervals[] = {"fixed", "variable"};
    const auto rounding = random.below(3), statistic = random.below(4), order = random.below(2);
    const std::uint64_t sizes[] = {32, 32, 17, 9};
    const std::uint64_t group = sizes[random.below(4)];
    const bool coarse = random.chance(30);
    made.quantiser = fmt::format(
        "policy: {}, rounding: {}, statistic: {}, order: {}, group_size: {}, interval: {}{}",
        policies[policy], roundings[rounding], statistics[statistic], orders[order], group,
        intervals[random.below(2)], coarse ? ", widths: [0, 2, 4, 8]" : "");
    nn::precision_rule rule;
    rule.policy = static_cast<nn::precision_policy>(policy);
    rule.rounding = static_cast<nn::drop_rounding>(rounding);
    rule.statistic = static_cast<nn::group_statistic>(statistic);
    rule.order = static_cast<nn::element_order>(order);
    rule.group_size = static_cast<std::uint32_t>(group);
    if (coarse) rule.widths = 0b100010101;
    made.network.precision = random_plan(made.network, rule, random);
    return made;
}

/// Runs three images together. Returns the time of the end, the mismatches of all layers, and the
/// crossbar activations weighted by planes: simulated, then of the reference.
std::vector<std::uint64_t> run(const design& of, core::coding_style style) {
    isaac_bench bench(style, {"npu"}, of.quantiser);
    isaac_like::placement placed;
    const std::vector<std::uint8_t> image = bench.image(of.network, 0, &placed);
    const exact_work work(of.network, 3, placed.precision());
    std::vector<nn::executor> references(work.inputs.size(),
                                         nn::executor(work.network, placed.precision()));
    const nn::value& in = work.network.values[work.network.inputs[0]];
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < references.size(); ++i) {
        nn::integer_tensor pixels(in.dims, in.type);
        std::copy(work.inputs[i].begin(), work.inputs[i].end(), pixels.bytes());
        references[i].count_planes(true);
        references[i].run({pixels});
        for (const isaac_like::layer_placement& layer : placed.layers) {
            if (!layer.precision) {
                expected += layer.activations * layer.input_bits;
                continue;
            }
            const nn::plane_counts& planes = references[i].planes(layer.node);
            for (std::size_t n = 0; n < planes.size(); ++n) expected += n * planes[n];
        }
    }
    runner::layer_watch watch(
        work.network, [&](std::uint32_t i) -> const nn::executor& { return references.at(i); });
    bench.unit().observe(&watch);
    std::vector<std::uint64_t> seen;
    bench.run([&] {
        bench.check_runs(bench.device().load(image), work);
        seen.push_back(core::now_fs());
    });
    std::uint64_t mismatches = 0;
    for (const isaac_like::layer_placement& layer : placed.layers) {
        mismatches += watch.of(layer.node).mismatches;
    }
    seen.push_back(mismatches);
    seen.push_back(bench.counted("crossbar_cycles"));
    seen.push_back(expected);
    return seen;
}

void check_policy(unsigned policy) {
    for (std::uint64_t round = 1; round <= 4; ++round) {
        const design of = random_design(round * 10 + policy, policy);
        INFO(of.quantiser);
        const auto simulate = [&](core::coding_style style) {
            return support::in_child([&] { return run(of, style); });
        };
        const std::vector<std::uint64_t> lt = simulate(core::coding_style::lt);
        REQUIRE(lt.size() == 4);
        CHECK(lt[0] > 0);
        CHECK(lt[1] == 0);
        CHECK(lt[2] == lt[3]);
        CHECK(lt == simulate(core::coding_style::at));
    }
}

}  // namespace

TEST_CASE("isaac_like.redy.fixed_equals_the_reference", "[platform]") {
    check_policy(0);
}
TEST_CASE("isaac_like.redy.msb_skip_equals_the_reference", "[platform]") {
    check_policy(1);
}
TEST_CASE("isaac_like.redy.lsb_drop_equals_the_reference", "[platform]") {
    check_policy(2);
}
TEST_CASE("isaac_like.redy.threshold_equals_the_reference", "[platform]") {
    check_policy(3);
}
TEST_CASE("isaac_like.redy.rescale_equals_the_reference", "[platform]") {
    check_policy(4);
}
TEST_CASE("isaac_like.redy.plane_skip_equals_the_reference", "[platform]") {
    check_policy(5);
}

TEST_CASE("isaac_like.redy.a_plan_for_another_quantiser_is_refused", "[platform]") {
    support::generator random(1);
    nn::network net = residual_network(3);
    isaac_like::machine machine;
    machine.precision = nn::precision_rule{};
    machine.precision->policy = nn::precision_policy::threshold;
    CHECK_THROWS_WITH(isaac_like::place(net, machine), Contains("pimvp quantize --redy threshold"));
    net.precision = random_plan(net, *machine.precision, random);
    CHECK_NOTHROW(isaac_like::place(net, machine));
    const auto refused = [&](const char* what) {
        CHECK_THROWS_WITH(isaac_like::place(net, machine), Contains(what));
    };
    machine.precision->group_size = 64;
    refused("calibrated for group_size 128, the platform's quantiser has 64");
    machine.precision->group_size = 129;
    refused("the platform's quantiser has groups of 129 elements, the crossbars have 128 rows");
    machine.precision->group_size = 64;
    machine.crossbar.rows = 64;
    refused(
        "has groups of 128 elements, the crossbars have 64 rows: calibrate it with pimvp "
        "quantize --redy-group 64 or less");
    machine.crossbar.rows = 128;
    machine.precision->policy = nn::precision_policy::rescale;
    refused("calibrated for policy threshold, the platform's quantiser has rescale");
    machine.precision = net.precision->rule;
    machine.precision->rounding = nn::drop_rounding::floor;
    refused("calibrated for rounding half_even, the platform's quantiser has floor");
    machine.precision->rounding = nn::drop_rounding::half_even;
    machine.precision->order = nn::element_order::kernel_first;
    refused("calibrated for order channel_first, the platform's quantiser has kernel_first");
    machine.precision->policy = nn::precision_policy::msb_skip;
    CHECK_NOTHROW(isaac_like::place(net, machine));  // loses nothing, needs nothing
}
