// SPDX-License-Identifier: Apache-2.0
// A precision plan travels with the integers it was made for.
#include "model_builder.h"
#include "random_network.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/nn/precision_text.h>
#include <pimvp/onnx/export.h>

#include <support/catch.h>
#include <support/random.h>

#include <algorithm>
#include <string>

namespace {

namespace nn = pimvp::nn;

/// A random network with convolutions, and numbers for all of them.
nn::network planned_network(support::generator& random, nn::precision_policy policy) {
    for (;;) {
        nn::network net = onnx_test::random_network(random, 8);
        nn::precision_plan plan;
        plan.rule.policy = policy;
        plan.rule.rounding = nn::drop_rounding::floor;
        plan.rule.statistic = nn::group_statistic::variance;
        plan.rule.widths = 0x115U;
        plan.rule.group_size = 64;
        plan.rule.order = nn::element_order::kernel_first;
        plan.network = nn::integers_fingerprint(net);
        plan.inputs = 12;
        plan.budget = 0.02;
        plan.divergence = 0.1 / 7.0;
        plan.average_bits = 5.125;
        for (const nn::node& n : net.nodes) {
            if (n.kind != nn::op_kind::convolution) continue;
            nn::layer_precision layer;
            const auto bits = static_cast<std::uint64_t>(net.values[n.inputs[0]].type.bits);
            if (policy != nn::precision_policy::msb_skip) {
                layer.drop = static_cast<int>(random.below(bits));
            }
            if (policy == nn::precision_policy::rescale) layer.keep = 1;
            if (policy == nn::precision_policy::threshold && bits > 2) layer.thresholds = {-3, 70};
            plan.layers[n.name] = layer;
        }
        if (plan.layers.empty()) continue;
        net.precision = plan;
        return net;
    }
}

void check_same(const nn::precision_plan& a, const nn::precision_plan& b) {
    CHECK(a.rule.policy == b.rule.policy);
    CHECK(a.rule.statistic == b.rule.statistic);
    CHECK(a.rule.rounding == b.rule.rounding);
    CHECK(a.rule.widths == b.rule.widths);
    CHECK(a.rule.group_size == b.rule.group_size);
    CHECK(a.rule.order == b.rule.order);
    CHECK(a.network == b.network);
    CHECK(a.layers == b.layers);
    CHECK(a.inputs == b.inputs);
    CHECK(a.budget == b.budget);
    CHECK(a.divergence == b.divergence);
    CHECK(a.average_bits == b.average_bits);
}

/// What import says of `net` with this text in place of its plan.
std::string refusal(const nn::network& net, const std::string& text) {
    ::onnx::ModelProto model;
    REQUIRE(model.ParseFromString(pimvp::onnx::export_bytes(net)));
    bool found = false;
    for (auto& entry : *model.mutable_metadata_props()) {
        if (entry.key() != "pimvp.precision") continue;
        entry.set_value(text);
        found = true;
    }
    REQUIRE(found);
    return onnx_test::refusal_of(model.SerializeAsString());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

void check_contains(const std::string& text, const std::string& wanted) {
    INFO(text);
    CHECK(text.find(wanted) != std::string::npos);
}

}  // namespace

TEST_CASE("onnx.precision.a_plan_comes_back_as_it_was") {
    support::generator random(41);
    for (const auto& [word, policy] : nn::policy_words()) {
        for (int i = 0; i < 5; ++i) {
            INFO(word << ", seed " << random.seed());
            const nn::network made = planned_network(random, policy);
            REQUIRE_NOTHROW(made.validate());
            const auto file = pimvp::onnx::import_bytes(pimvp::onnx::export_bytes(made), "x.onnx");
            REQUIRE(file.integer->precision);
            check_same(*made.precision, *file.integer->precision);
            CHECK(nn::fingerprint(*file.integer) == nn::fingerprint(made));
        }
    }
}

TEST_CASE("onnx.precision.the_fingerprint_covers_rule_and_layers_only") {
    support::generator random(42);
    const nn::network made = planned_network(random, nn::precision_policy::lsb_drop);
    nn::network other = made;
    other.precision.reset();
    CHECK(nn::fingerprint(other) == nn::integers_fingerprint(made));
    CHECK(nn::fingerprint(made) != nn::integers_fingerprint(made));
    other = made;
    other.precision->inputs += 1;
    CHECK(nn::fingerprint(other) == nn::fingerprint(made));
    other.precision->rule.group_size += 1;
    CHECK(nn::fingerprint(other) != nn::fingerprint(made));
    other = made;
    other.precision->layers.erase(other.precision->layers.begin());
    CHECK(nn::fingerprint(other) != nn::fingerprint(made));
}

TEST_CASE("onnx.precision.a_plan_of_other_integers_is_refused") {
    support::generator random(43);
    nn::network made = planned_network(random, nn::precision_policy::lsb_drop);
    const std::string hash = made.precision->network;
    const std::string text = nn::to_text(*made.precision);
    const std::string said = refusal(made, replaced(text, hash, "00ff"));
    check_contains(said, hash);
    check_contains(said, "'00ff'");
    check_contains(said, "pimvp quantize --redy");
    made.precision->network = "00ff";
    CHECK_THROWS_AS(pimvp::onnx::export_bytes(made), pimvp::core::user_error);
}

TEST_CASE("onnx.precision.hostile_plans_are_refused_with_their_place") {
    support::generator random(44);
    const nn::network made = planned_network(random, nn::precision_policy::lsb_drop);
    const std::string text = nn::to_text(*made.precision);
    const auto [name, layer] = *made.precision->layers.begin();
    const std::string drop = "drop: " + std::to_string(layer.drop);
    CHECK(refusal(made, text).empty());
    check_contains(refusal(made, ""), "pimvp.precision");
    check_contains(refusal(made, "{"), "pimvp.precision");
    check_contains(refusal(made, replaced(text, "lsb_drop", "lsb_dorp")),
                   "is not one of: fixed, msb_skip");
    check_contains(refusal(made, replaced(text, drop, "drop: 8")), "use 0 .. 7");
    check_contains(refusal(made, replaced(text, drop, "drop: -1")), "layers." + name);
    check_contains(refusal(made, replaced(text, drop, "drop: x")), "integer");
    check_contains(refusal(made, replaced(text, drop, "dorp: 1")), "dorp");
    check_contains(refusal(made, replaced(text, drop, drop + "\n    " + drop)), "drop");
    check_contains(refusal(made, replaced(text, name, "no_such_layer")), "no_such_layer");
    check_contains(refusal(made, replaced(text, "group_size: 64", "group_size: 513")), "512");
    check_contains(refusal(made, replaced(text, "- 8", "- 17")), "widths");
    check_contains(refusal(made, replaced(text, "keep: 0", "keep: 3")), "kept bits");
    check_contains(refusal(made, replaced(text, "thresholds: []", "thresholds: [1, 2]")),
                   "thresholds");
    check_contains(refusal(made, replaced(text, "budget: 0.02", "budget: .nan")), "budget");
    for (std::size_t length = 0; length < text.size(); ++length) {
        refusal(made, text.substr(0, length));
    }
}

TEST_CASE("onnx.precision.float_networks_take_no_plan") {
    onnx_test::model_builder b;
    b.input("x", {1, 2, 1, 1}).output("y");
    b.node("Relu", {"x"}, {"y"});
    auto& entry = *b.model.add_metadata_props();
    entry.set_key("pimvp.precision");
    entry.set_value("policy: msb_skip");
    check_contains(b.refusal(), "float");
}

TEST_CASE("onnx.precision.widths_are_read_from_a_list") {
    CHECK(nn::parse_widths("--redy-widths", "0,2,4,8") == 0x115U);
    CHECK(nn::parse_widths("--redy-widths", "16") == 1U << 16U);
    CHECK(nn::widths_text(0x115U) == "0,2,4,8");
    CHECK(nn::widths_text(0x1FFFFU, 3) == "0,1,2,3");
    for (const char* bad : {"", ",", "1,", "17", "-1", "2-4", "a"}) {
        CHECK_THROWS_AS(nn::parse_widths("--redy-widths", bad), pimvp::core::user_error);
    }
}
