// SPDX-License-Identifier: Apache-2.0
#include "network_builder.h"

#include <support/catch.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/calibration.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/metrics.h>
#include <pimvp/nn/quantise.h>

#include <pimvp/core/diagnostics.h>

#include <cmath>
#include <limits>
#include <memory>

using namespace pimvp::nn;
using test::builder;
using test::mixed_network;

namespace {

const value& by_name(const network& net, const std::string& name) {
    for (const value& v : net.values) {
        if (v.name == name) return v;
    }
    FAIL("no value " << name);
    return net.values[0];
}

/// Signal to quantisation noise of the network's output, dB.
double quality(builder& b, const network& integers) {
    float_executor real(b.net);
    executor reference(integers);
    deviation apart;
    b.random = std::make_unique<support::generator>(2);
    for (int i = 0; i < 8; ++i) {
        const std::vector<float_tensor> inputs = b.inputs();
        real.run(inputs);
        std::vector<integer_tensor> quantised;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            quantised.push_back(quantise(inputs[k], integers.values[integers.inputs[k]].type));
        }
        reference.run(quantised);
        apart.add(real.value(b.net.outputs[0]).data,
                  dequantise(reference.value(integers.outputs[0])).data);
    }
    return apart.sqnr_db();
}

}  // namespace

TEST_CASE("nn.quantise.activation_types", "[nn]") {
    const tensor_type unsigned_type = activation_type({0.0F, 25.5F}, 8);
    CHECK(unsigned_type.zero_point == 0);
    CHECK(unsigned_type.scale == Approx(0.1F));
    CHECK_FALSE(unsigned_type.is_signed);
    const tensor_type shifted = activation_type({-1.0F, 3.0F}, 8);
    CHECK(shifted.zero_point == 64);  // 63.75
    CHECK(shifted.scale == Approx(4.0F / 255.0F));
    CHECK(activation_type({-1.0F, 0.0F}, 8).zero_point == 255);
    CHECK(activation_type({0.0F, 1.0F}, 16).scale == Approx(1.0F / 65535.0F));
    const tensor_type zeros = activation_type({0.0F, 0.0F}, 8);
    CHECK(zeros.scale == Approx(1.0F / 255.0F));
    CHECK(zeros.zero_point == 0);
}

TEST_CASE("nn.quantise.multiplier_bias_and_weights_by_hand", "[nn]") {
    builder b;
    const value_id x = b.input({1, 2});
    const value_id y = b.add(float_op::fully_connected, {x}, {1, 2});
    b.net.nodes[0].weights = {{2, 2}, {1.27F, -0.635F, 0.0F, 0.0F}};
    b.net.nodes[0].bias = {0.5F, -0.5F};
    b.net.outputs = {y};
    calibration seen;
    seen.inputs = 1;
    seen.ranges = {{0.0F, 2.55F}, {-1.0F, 1.55F}};
    const network net = quantise(b.net, seen);
    const node& n = net.nodes[0];
    const float sx = net.values[0].type.scale;
    const float sy = net.values[1].type.scale;
    CHECK(sx == Approx(0.01F));
    CHECK(sy == Approx(0.01F));
    CHECK(net.values[1].type.zero_point == 100);
    CHECK(n.weights.at(0) == 127);
    CHECK(n.weights.at(1) == -64);  // -63.5, ties to even
    CHECK(n.weights.at(2) == 0);
    REQUIRE(n.weight_scales.size() == 2);
    CHECK(n.weight_scales[0] == Approx(0.01F));
    const volatile float product = sx * n.weight_scales[0];
    CHECK(n.multipliers[0] == product / sy);
    CHECK(n.bias == std::vector<std::int64_t>{5000, -5000});
}

TEST_CASE("nn.quantise.functions_products_and_selections", "[nn]") {
    builder b;
    const value_id x = b.input({1, 2, 2, 2});
    const value_id s = b.same(float_op::function, x);
    b.net.nodes.back().function = {{function_step::kind::sigmoid}};
    const value_id p = b.add(float_op::multiply, {x, s}, {1, 2, 2, 2});
    const value_id y = b.add(float_op::select, {p}, {1, 3, 2, 2});
    b.net.nodes.back().channels = {1, 0, 1};
    b.net.outputs = {y};
    host_step step;
    step.name = "soft";
    b.net.host_steps = {step};
    calibrator watch(b.net);
    watch.add({{{1, 2, 2, 2}, {-2, -1, 0, 1, 2, 3, 4, 5}}});
    const network net = quantise(b.net, watch.result());
    REQUIRE(net.nodes.size() == 3);
    CHECK(net.nodes[0].kind == op_kind::lookup);
    CHECK(net.nodes[0].table == tabulate(b.net.nodes[0].function, net.values[0].type,
                                         net.values[net.nodes[0].output].type));
    CHECK(net.nodes[1].kind == op_kind::multiply);
    CHECK(net.nodes[2].kind == op_kind::select);
    CHECK(net.nodes[2].channels == std::vector<std::uint32_t>{1, 0, 1});
    CHECK(net.values[net.nodes[1].output].type == net.values[net.nodes[2].output].type);
    CHECK(net.host_steps == b.net.host_steps);
    executor reference(net);
    float_executor wanted(b.net);
    const float_tensor input{{1, 2, 2, 2}, {-2, -1, 0, 1, 2, 3, 4, 5}};
    reference.run({quantise(input, net.values[0].type)});
    wanted.run({input});
    const std::vector<float> got = reference.output(0).data;
    const std::vector<float> expected = wanted.output(0).data;
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::fabs(got[i] - expected[i]) < 0.02F);
}

TEST_CASE("nn.quantise.relu_vanishes_behind_matrix_and_add", "[nn]") {
    builder b = mixed_network();
    const network net = quantise(b.net, b.calibrate());
    CHECK_NOTHROW(net.validate());
    for (const node& n : net.nodes) CHECK(n.kind != op_kind::requantise);
    CHECK(net.nodes.size() == b.net.nodes.size() - 4);
    CHECK(by_name(net, "v2").type.zero_point == 0);
    CHECK(by_name(net, "v5").type.zero_point == 0);
}

TEST_CASE("nn.quantise.concat_max_pool_and_reshape_keep_types", "[nn]") {
    builder b = mixed_network();
    const network net = quantise(b.net, b.calibrate());
    const tensor_type& type = by_name(net, "v7").type;  // left branch
    for (const char* name : {"v9", "v10", "v11"}) CHECK(by_name(net, name).type == type);
    CHECK(by_name(net, "v12").type.scale < type.scale);  // the average
    CHECK(by_name(net, "v13").type == by_name(net, "v12").type);
}

TEST_CASE("nn.quantise.concat_of_different_bounds_requantises", "[nn]") {
    builder b;
    const value_id x = b.input({1, 2, 4, 4});
    const value_id left = b.same(float_op::relu, b.convolution(x, 3));
    const value_id right = b.convolution(x, 3);
    b.net.outputs = {b.add(float_op::concat, {left, right}, {1, 6, 4, 4})};
    const network net = quantise(b.net, b.calibrate());
    CHECK(by_name(net, "v2").type.zero_point == 0);  // still a Relu
    CHECK(by_name(net, "v3").type.zero_point != 0);
    CHECK(by_name(net, "v2").type != by_name(net, "v4").type);
    CHECK(quality(b, net) > 30.0);
}

TEST_CASE("nn.quantise.relu_that_nothing_absorbs_requantises", "[nn]") {
    builder b;
    const value_id x = b.input({1, 2, 4, 4});
    const value_id c = b.convolution(x, 3);
    const value_id r = b.same(float_op::relu, c);
    b.net.outputs = {b.add(float_op::add, {c, r}, b.net.values[c].dims)};  // c has two consumers
    const network net = quantise(b.net, b.calibrate());
    REQUIRE(net.nodes.size() == 3);
    CHECK(net.nodes[1].kind == op_kind::requantise);
    CHECK(by_name(net, "v2").type.zero_point == 0);
    CHECK(quality(b, net) > 25.0);
}

TEST_CASE("nn.quantise.clip_bounds_the_type", "[nn]") {
    builder b;
    const value_id c = b.convolution(b.input({1, 2, 4, 4}), 3);
    const value_id y = b.same(float_op::clip, c);
    b.net.nodes.back().clip_low = 0.0F;
    b.net.nodes.back().clip_high = 0.75F;
    b.net.outputs = {y};
    const network net = quantise(b.net, b.calibrate());
    CHECK(net.nodes.size() == 1);
    const tensor_type& type = net.values[net.outputs[0]].type;
    CHECK(type.zero_point == 0);
    CHECK(type.scale * 255.0F == Approx(0.75F));
    b.net.nodes.back().clip_low = 0.5F;
    CHECK_THROWS_WITH(quantise(b.net, b.calibrate()), Catch::Contains("excludes 0"));
}

TEST_CASE("nn.quantise.a_value_that_is_an_output_stays", "[nn]") {
    builder b;
    const value_id c = b.convolution(b.input({1, 2, 4, 4}), 3);
    const value_id r = b.same(float_op::relu, c);
    b.net.outputs = {r, c};
    const network net = quantise(b.net, b.calibrate());
    CHECK(net.outputs.size() == 2);
    CHECK(net.values[net.outputs[1]].name == "v1");
    CHECK(net.nodes.size() == 2);
}

TEST_CASE("nn.quantise.more_bits_are_better", "[nn]") {
    double before = 0.0;
    for (const int bits : {4, 8, 16}) {
        builder b = mixed_network();
        quantise_options options;
        options.bits.weights = options.bits.activations = bits;
        const double db = quality(b, quantise(b.net, b.calibrate(), options));
        INFO(bits << " bits: " << db << " dB");
        CHECK(db > before + 10.0);
        before = db;
    }
    CHECK(before > 60.0);
}

TEST_CASE("nn.quantise.per_tensor_has_one_weight_scale", "[nn]") {
    builder b = mixed_network();
    quantise_options options;
    options.per_channel = false;
    const network net = quantise(b.net, b.calibrate(), options);
    for (const node& n : net.nodes) {
        if (n.is_matrix()) CHECK(n.weight_scales.size() == 1);
    }
    CHECK(quality(b, net) > 20.0);
}

TEST_CASE("nn.quantise.large_bias_fits_32_bits", "[nn]") {
    builder b;
    const value_id x = b.input({1, 1});
    const value_id y = b.add(float_op::fully_connected, {x}, {1, 1});
    b.net.nodes[0].weights = {{1, 1}, {1e-6F}};
    b.net.nodes[0].bias = {1000.0F};
    b.net.outputs = {y};
    calibration seen;
    seen.ranges = {{0.0F, 1e-3F}, {0.0F, 1000.0F}};
    const network net = quantise(b.net, seen);
    CHECK(net.nodes[0].bias[0] <= std::numeric_limits<std::int32_t>::max());
    executor reference(net);
    reference.run({integer_tensor({1, 1}, net.values[0].type)});
    CHECK(reference.value(1).at(0) == 255);
}

TEST_CASE("nn.quantise.refusals", "[nn]") {
    builder b = mixed_network();
    const calibration seen = b.calibrate();
    for (const int bits : {1, 17}) {
        quantise_options options;
        options.bits.weights = bits;
        CHECK_THROWS_WITH(quantise(b.net, seen, options), Catch::Contains("2 .. 16"));
    }
    calibration other = seen;
    other.ranges.pop_back();
    CHECK_THROWS_WITH(quantise(b.net, other), Catch::Contains("another network"));
    CHECK_THROWS_WITH(calibrator(b.net).result(), Catch::Contains("no calibration input"));
    CHECK_THROWS_WITH(range_rule::parse("minmax"), Catch::Contains("min-max"));
    calibrator watch(b.net);
    std::vector<float_tensor> inputs = b.inputs();
    inputs[0].data[3] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(watch.add(inputs), Catch::Contains("x0") && Catch::Contains("NaN"));
    CHECK_THROWS_WITH(quantise(inputs[0], tensor_type{}), Catch::Contains("element 3"));
}
