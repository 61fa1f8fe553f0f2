// SPDX-License-Identifier: Apache-2.0
#include "naive.h"

#include <support/catch.h>

#include <pimvp/nn/float_network.h>
#include <pimvp/nn/network.h>

#include <pimvp/core/diagnostics.h>

#include <functional>
#include <limits>

using namespace pimvp::nn;

namespace {

/// 1x2x5x5 -> convolution 3x3, pad 1 -> 1x3x5x5 -> average 5x5 -> 1x3x1x1 -> reshape -> fc -> 1x4
network small_network() {
    network net;
    net.name = "small";
    net.values = {{"x", {1, 2, 5, 5}, {}},
                  {"c", {1, 3, 5, 5}, {}},
                  {"p", {1, 3, 1, 1}, {}},
                  {"r", {1, 3}, {}},
                  {"y", {1, 4}, {}}};
    tensor_type weight;
    weight.is_signed = true;
    node conv;
    conv.name = "conv";
    conv.kind = op_kind::convolution;
    conv.inputs = {0};
    conv.output = 1;
    conv.geometry.kernel_h = conv.geometry.kernel_w = 3;
    conv.geometry.pad_top = conv.geometry.pad_left = 1;
    conv.geometry.pad_bottom = conv.geometry.pad_right = 1;
    conv.weights = integer_tensor({3, 2, 3, 3}, weight);
    conv.weight_scales = {1.0F};
    conv.multipliers.assign(3, 0.5F);
    node pool;
    pool.name = "pool";
    pool.kind = op_kind::average_pool;
    pool.inputs = {1};
    pool.output = 2;
    pool.geometry.kernel_h = pool.geometry.kernel_w = 5;
    node reshape;
    reshape.name = "flatten";
    reshape.kind = op_kind::reshape;
    reshape.inputs = {2};
    reshape.output = 3;
    node fc;
    fc.name = "fc";
    fc.kind = op_kind::fully_connected;
    fc.inputs = {3};
    fc.output = 4;
    fc.weights = integer_tensor({4, 3}, weight);
    fc.weight_scales = {1.0F};
    fc.multipliers.assign(4, 0.5F);
    net.nodes = {conv, pool, reshape, fc};
    net.inputs = {0};
    net.outputs = {4};
    return net;
}

/// The message with which a spoilt network is refused; empty if it is not.
std::string refusal(const std::function<void(network&)>& spoil) {
    network net = small_network();
    spoil(net);
    try {
        net.validate();
    } catch (const pimvp::core::user_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("nn.network.macs", "[nn]") {
    const network net = small_network();
    CHECK_NOTHROW(net.validate());
    CHECK(net.macs(net.nodes[0]) == 3 * 25 * 18);
    CHECK(net.macs(net.nodes[1]) == 0);
    CHECK(net.macs() == 3 * 25 * 18 + 12);
}

TEST_CASE("nn.network.refusals_name_node_and_cause", "[nn]") {
    using Catch::Contains;
    CHECK(refusal([](network&) {}).empty());
    CHECK_THAT(refusal([](network& n) { n.nodes[0].inputs = {9}; }),
               Contains("node 'conv'") && Contains("9 is no value"));
    CHECK_THAT(refusal([](network& n) { n.nodes[0].inputs = {2}; }),
               Contains("node 'conv'") && Contains("topological"));
    CHECK_THAT(refusal([](network& n) { n.nodes[0].inputs.clear(); }), Contains("takes 1 input"));
    CHECK_THAT(refusal([](network& n) { n.nodes[1].output = 1; }), Contains("two producers"));
    CHECK_THAT(refusal([](network& n) { n.nodes[1].name = "conv"; }), Contains("occurs twice"));
    CHECK_THAT(refusal([](network& n) { n.values[1].dims[2] = 4; }),
               Contains("output height is 4 but the window gives 5"));
    CHECK_THAT(refusal([](network& n) { n.values[0].dims = {2, 2, 5, 5}; }), Contains("batch 1"));
    CHECK_THAT(refusal([](network& n) { n.values[0].dims[1] = 0; }), Contains("below 1"));
    CHECK_THAT(refusal([](network& n) {
                   n.values[0].dims = {1, 2, 1 << 20, 1 << 20};
               }),
               Contains("2^31"));
    CHECK_THAT(refusal([](network& n) { n.nodes[0].groups = 2; }), Contains("2 groups"));
    CHECK_THAT(refusal([](network& n) { n.nodes[0].geometry.stride_w = 0; }), Contains("stride"));
    CHECK_THAT(refusal([](network& n) { n.nodes[0].geometry.dilation_h = 9; }),
               Contains("spans 19 elements"));
    CHECK_THAT(refusal([](network& n) { n.nodes[0].geometry.pad_left = 1 << 30; }),
               Contains("padding"));
    CHECK_THAT(refusal([](network& n) { n.nodes[0].multipliers.pop_back(); }),
               Contains("2 multipliers for 3 outputs"));
    CHECK_THAT(refusal([](network& n) {
                   n.nodes[0].multipliers[0] = std::numeric_limits<float>::quiet_NaN();
               }),
               Contains("multiplier"));
    CHECK_THAT(refusal([](network& n) { n.nodes[3].bias = {1}; }), Contains("1 bias values for 4"));
    CHECK_THAT(refusal([](network& n) {
                   n.nodes[3].weights = integer_tensor({4, 3}, {});
               }),
               Contains("signed"));
    CHECK_THAT(refusal([](network& n) { n.values[3].dims = {1, 3, 1}; }), Contains("'fc'"));
    CHECK_THAT(refusal([](network& n) { n.values[3].type.zero_point = 1; }),
               Contains("'flatten'") && Contains("same type"));
    CHECK_THAT(refusal([](network& n) { n.values[2].type.scale = 0.0F; }), Contains("scale"));
    CHECK_THAT(refusal([](network& n) { n.values[2].type.zero_point = 256; }),
               Contains("zero point 256"));
    CHECK_THAT(refusal([](network& n) { n.outputs.clear(); }), Contains("no output"));
    CHECK_THAT(refusal([](network& n) { n.inputs.clear(); }), Contains("no input"));
    CHECK_THAT(refusal([](network& n) {
                   n.nodes[1].geometry = {};
                   n.nodes[1].geometry.pad_bottom = 3;
                   n.nodes[1].geometry.stride_h = n.nodes[1].geometry.stride_w = 7;
                   n.values[2].dims = {1, 3, 2, 1};
                   n.values[3].dims = {1, 6};
               }),
               Contains("entirely in the padding"));
}

TEST_CASE("nn.network.tables_products_and_selections_are_checked", "[nn]") {
    using Catch::Contains;
    /// x (1x2x1x1, 2 bits) -> node -> y
    const auto message = [](const std::function<void(network&)>& spoil) -> std::string {
        network net;
        tensor_type two_bits;
        two_bits.bits = 2;
        net.values = {{"x", {1, 2, 1, 1}, two_bits},
                      {"z", {1, 2, 1, 1}, two_bits},
                      {"y", {1, 2, 1, 1}, two_bits}};
        node n;
        n.name = "n";
        n.inputs = {0};
        n.output = 2;
        net.nodes = {n};
        net.inputs = {0, 1};
        net.outputs = {2};
        spoil(net);
        try {
            net.validate();
        } catch (const pimvp::core::user_error& error) {
            return error.what();
        }
        return {};
    };
    const auto lookup = [&](const std::vector<std::int32_t>& table) {
        return message([&](network& n) {
            n.nodes[0].kind = op_kind::lookup;
            n.nodes[0].table = table;
        });
    };
    CHECK(lookup({0, 1, 2, 3}).empty());
    CHECK_THAT(lookup({0, 1}),
               Contains("node 'n'") && Contains("2 entries") && Contains("needs 4"));
    CHECK_THAT(lookup({0, 1, 2, 4}), Contains("entry 3 of its table, 4, does not fit"));
    const auto multiply = [&](const shape& factor) {
        return message([&](network& n) {
            n.nodes[0].kind = op_kind::multiply;
            n.nodes[0].inputs = {0, 1};
            n.values[0].dims = n.values[2].dims = {1, 2, 3, 3};
            n.values[1].dims = factor;
        });
    };
    CHECK(multiply({1, 2, 3, 3}).empty());
    CHECK(multiply({1, 2, 1, 1}).empty());
    CHECK_THAT(multiply({1, 1, 3, 3}), Contains("multiply 1x2x3x3 by 1x1x3x3"));
    const auto select = [&](const std::vector<std::uint32_t>& channels) {
        return message([&](network& n) {
            n.nodes[0].kind = op_kind::select;
            n.nodes[0].channels = channels;
        });
    };
    CHECK(select({1, 1}).empty());
    CHECK_THAT(select({0}), Contains("names 1 channels for 2"));
    CHECK_THAT(select({0, 2}), Contains("selects channel 2 of 2"));
    CHECK_THAT(message([](network& n) {
                   n.nodes[0].kind = op_kind::select;
                   n.nodes[0].channels = {0, 1};
                   n.values[2].type.scale = 2.0F;
               }),
               Contains("same type"));
    const auto step = [&](std::size_t output, int axis, int times) {
        return message([&](network& n) {
            for (int i = 0; i < times; ++i) {
                host_step made;
                made.name = "soft";
                made.output = output;
                made.axis = axis;
                n.host_steps.push_back(made);
            }
        });
    };
    CHECK(step(0, 1, 1).empty());
    CHECK_THAT(step(1, 1, 1), Contains("host step 'soft'") && Contains("output 1 of 1"));
    CHECK_THAT(step(0, 4, 1), Contains("axis 4"));
    CHECK_THAT(step(0, 1, 2), Contains("takes already"));
}

TEST_CASE("nn.network.reports_everything_at_once", "[nn]") {
    const std::string text = refusal([](network& n) {
        n.nodes[0].multipliers.clear();
        n.nodes[3].bias = {1};
    });
    CHECK_THAT(text, Catch::Contains("conv") && Catch::Contains("fc"));
}

TEST_CASE("nn.float_network.refuses_what_is_not_finite", "[nn]") {
    float_network net;
    net.values = {{"x", {1, 2}}, {"y", {1, 1}}};
    float_node fc;
    fc.name = "fc";
    fc.kind = float_op::fully_connected;
    fc.inputs = {0};
    fc.output = 1;
    fc.weights = {{1, 2}, {1.0F, 2.0F}};
    net.nodes = {fc};
    net.inputs = {0};
    net.outputs = {1};
    CHECK_NOTHROW(net.validate());
    CHECK(net.macs() == 2);
    net.nodes[0].weights.data[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(net.validate(), Catch::Contains("node 'fc'") && Catch::Contains("weight 1") &&
                                          Catch::Contains("not finite"));
    net.nodes[0].weights.data = {1.0F};
    CHECK_THROWS_WITH(net.validate(), Catch::Contains("1 elements"));
}
