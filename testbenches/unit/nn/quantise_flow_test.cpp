// SPDX-License-Identifier: Apache-2.0
// Do equalisation, bias correction, bits of single layers and the study of layers do what they say?
#include "network_builder.h"

#include <support/catch.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/bias_correction.h>
#include <pimvp/nn/equalise.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/layer_study.h>
#include <pimvp/nn/quantise_flow.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace pimvp;
using namespace pimvp::nn;
using test::builder;

namespace {

/// Weights and bias of one output channel.
void scale_row(float_node& n, std::size_t row, float factor) {
    const std::size_t depth = n.weights.data.size() / static_cast<std::size_t>(n.weights.dims[0]);
    for (std::size_t k = 0; k < depth; ++k) n.weights.data[row * depth + k] *= factor;
    n.bias[row] *= factor;
}

/// Channels of very different size before and after a depthwise convolution, pooling, a classifier.
builder depthwise_network(float_op activation, float clip_high) {
    builder b;
    const auto act = [&](value_id from) {
        const value_id to = b.same(activation, from);
        if (activation == float_op::clip) {
            b.net.nodes.back().clip_low = 0.0F;
            b.net.nodes.back().clip_high = clip_high;
        }
        return to;
    };
    const value_id x = b.input({1, 3, 6, 6});
    const value_id expand = b.convolution(x, 8);
    const value_id a = act(expand);
    const value_id depthwise = b.add(float_op::convolution, {a}, {1, 8, 6, 6});
    float_node& n = b.net.nodes.back();
    n.groups = 8;
    n.geometry = b.net.nodes[0].geometry;
    b.fill(n, {8, 1, 3, 3});
    const value_id filtered = act(depthwise);
    const value_id pooled = b.add(float_op::max_pool, {filtered}, {1, 8, 3, 3});
    b.net.nodes.back().geometry.kernel_h = b.net.nodes.back().geometry.kernel_w = 2;
    b.net.nodes.back().geometry.stride_h = b.net.nodes.back().geometry.stride_w = 2;
    const value_id project = b.convolution(pooled, 4);
    const value_id mean = b.add(float_op::average_pool, {project}, {1, 4, 1, 1});
    b.net.nodes.back().geometry.kernel_h = b.net.nodes.back().geometry.kernel_w = 3;
    const value_id flat = b.add(float_op::reshape, {mean}, {1, 4});
    b.net.outputs = {b.add(float_op::fully_connected, {flat}, {1, 5})};
    b.fill(b.net.nodes.back(), {5, 4});
    // What one matrix gains the next one loses: 1 to 64 times, behind a Relu the same function.
    for (std::size_t c = 0; c < 8; ++c) {
        const float gain = std::ldexp(1.0F, static_cast<int>(c * 3 % 7));
        const float other = std::ldexp(1.0F, static_cast<int>(c * 5 % 7));
        scale_row(b.net.nodes[0], c, gain);
        scale_row(b.net.nodes[2], c, other);
        for (std::size_t k = 0; k < 9; ++k) {
            b.net.nodes[2].weights.data[c * 9 + k] /= gain;
            for (std::size_t o = 0; o < 4; ++o) {
                b.net.nodes[5].weights.data[(o * 8 + c) * 9 + k] /= other;
            }
        }
    }
    return b;
}

/// Largest difference of the outputs, relative to the largest output.
double difference(const float_network& a, const float_network& b, const input_set& inputs) {
    float_executor one(a), other(b);
    double largest = 0.0, apart = 0.0;
    for (const auto& each : inputs) {
        one.run(each);
        other.run(each);
        const std::vector<float>& x = one.value(a.outputs[0]).data;
        const std::vector<float>& y = other.value(b.outputs[0]).data;
        for (std::size_t i = 0; i < x.size(); ++i) {
            largest = std::max(largest, std::fabs(static_cast<double>(x[i])));
            apart = std::max(apart, std::fabs(static_cast<double>(x[i]) - y[i]));
        }
    }
    return apart / largest;
}

/// Largest weight of an output channel.
float row_peak(const float_node& n, std::size_t row) {
    const std::size_t depth = n.weights.data.size() / static_cast<std::size_t>(n.weights.dims[0]);
    float peak = 0.0F;
    for (std::size_t k = 0; k < depth; ++k) {
        peak = std::max(peak, std::fabs(n.weights.data[row * depth + k]));
    }
    return peak;
}

double quality(const float_network& net, const input_set& inputs, const quantise_flow& flow) {
    const quantised made = quantise(net, inputs, flow);
    layer_study study(net, made.integers);
    for (const auto& each : inputs) study.add(each);
    return study.scores().sqnr_db();
}

network_bits read_bits(const std::string& text) {
    return core::read_yaml<network_bits>(text, "bits.yaml");
}

}  // namespace

TEST_CASE("nn.equalise.keeps_the_function_and_evens_the_weights", "[nn]") {
    builder b = depthwise_network(float_op::relu, 0.0F);
    const input_set inputs = b.input_sets(6);
    const float_network even = equalise(b.net, {});  // a Relu needs no inputs
    CHECK(difference(b.net, even, inputs) < 1e-5);
    CHECK(even.nodes[0].weights.data != b.net.nodes[0].weights.data);
    const float_node& expand = even.nodes[0];
    const float_node& depthwise = even.nodes[2];
    for (std::size_t c = 0; c < 8; ++c) {
        INFO("channel " << c);
        CHECK(row_peak(expand, c) == Approx(row_peak(depthwise, c)).epsilon(0.05));
    }
}

TEST_CASE("nn.equalise.helps_one_scale_a_layer", "[nn]") {
    builder b = depthwise_network(float_op::relu, 0.0F);
    const input_set inputs = b.input_sets(6);
    quantise_flow flow;
    flow.integers.per_channel = false;
    flow.bias_correction = false;
    flow.equalise = false;
    const double before = quality(b.net, inputs, flow);
    flow.equalise = true;
    const double after = quality(b.net, inputs, flow);
    INFO(before << " dB, equalised " << after << " dB");
    CHECK(after > before + 6.0);
}

TEST_CASE("nn.equalise.a_clip_that_acts_keeps_its_channel", "[nn]") {
    builder b = depthwise_network(float_op::clip, 6.0F);
    const input_set inputs = b.input_sets(6);
    const float_network even = equalise(b.net, inputs);
    CHECK(difference(b.net, even, inputs) < 1e-5);
    float_executor before(b.net), after(even);
    std::vector<bool> acts(8, false);
    float highest = 0.0F;
    for (const auto& each : inputs) {
        before.run(each);
        after.run(each);
        const std::vector<float>& seen = before.value(b.net.nodes[1].output).data;
        for (std::size_t i = 0; i < seen.size(); ++i) {
            if (seen[i] == 6.0F) acts[i / 36] = true;
        }
        for (const float x : after.value(even.nodes[0].output).data) {
            highest = std::max(highest, x);
        }
    }
    CHECK(std::count(acts.begin(), acts.end(), true) > 0);
    CHECK(std::count(acts.begin(), acts.end(), false) > 0);
    CHECK(highest > 6.0F);
    for (std::size_t c = 0; c < 8; ++c) {
        const bool same = row_peak(even.nodes[0], c) == row_peak(b.net.nodes[0], c);
        INFO("channel " << c);
        CHECK(same == acts[c]);
    }
}

TEST_CASE("nn.equalise.leaves_alone_what_others_read", "[nn]") {
    builder b;
    const value_id c = b.convolution(b.input({1, 2, 4, 4}), 3);
    const value_id r = b.same(float_op::relu, c);
    const value_id d = b.convolution(r, 3);
    b.net.outputs = {b.add(float_op::add, {r, d}, b.net.values[r].dims)};
    CHECK(equalise(b.net, {}).nodes[0].weights.data == b.net.nodes[0].weights.data);
}

TEST_CASE("nn.bias_correction.removes_the_mean_error_of_every_channel", "[nn]") {
    builder b = test::mixed_network();
    const input_set inputs = b.input_sets(8);
    quantise_options options;
    options.bits.weights = 3;
    network plain = quantise(b.net, calibrate(b.net, inputs), options);
    network corrected = plain;
    correct_biases(corrected, b.net, inputs);
    CHECK(fingerprint(plain) != fingerprint(corrected));
    // The first convolution sees exact inputs: its output's mean is compared where nothing clips.
    const auto mean_error = [&](const network& net) {
        executor reference(net);
        float_executor real(b.net);
        const node& n = net.nodes[1];  // behind the Relu of the first
        std::vector<double> sums(6, 0.0);
        for (const auto& each : inputs) {
            real.run(each);
            reference.run({quantise(each[0], net.values[0].type)});
            const std::vector<float> got = dequantise(reference.value(n.output)).data;
            const std::vector<float>& want = real.value(b.net.nodes[2].output).data;
            for (std::size_t i = 0; i < got.size(); ++i) {
                sums[i / 64] += static_cast<double>(want[i]) - got[i];
            }
        }
        double worst = 0.0;
        for (const double sum : sums) worst += std::fabs(sum) / (8.0 * 64.0);
        return worst / 6.0;
    };
    INFO(mean_error(plain) << " -> " << mean_error(corrected));
    CHECK(mean_error(corrected) < mean_error(plain) / 2.0);
}

TEST_CASE("nn.bias_correction.is_exact_for_one_layer", "[nn]") {
    for (const bool convolution : {true, false}) {
        builder b;
        if (convolution) {
            b.net.outputs = {b.convolution(b.input({1, 4, 5, 5}), 3)};
        } else {
            b.net.outputs = {b.add(float_op::fully_connected, {b.input({1, 40})}, {1, 3})};
            b.fill(b.net.nodes.back(), {3, 40});
        }
        b.net.nodes[0].bias.clear();
        const input_set inputs = b.input_sets(5);
        quantise_options options;
        options.bits.weights = 3;
        options.bits.activations = 16;
        calibration seen = calibrate(b.net, inputs);
        real_range& output = seen.ranges[b.net.outputs[0]];  // room for the coarse weights
        output = {3.0F * output.low, 3.0F * output.high};
        network net = quantise(b.net, seen, options);
        correct_biases(net, b.net, inputs);
        executor reference(net);
        float_executor real(b.net);
        std::vector<double> sums(3, 0.0);
        std::size_t each_channel = 1;
        for (const auto& each : inputs) {
            real.run(each);
            reference.run({quantise(each[0], net.values[0].type)});
            const std::vector<float> got = dequantise(reference.value(net.outputs[0])).data;
            const std::vector<float>& want = real.value(b.net.outputs[0]).data;
            each_channel = got.size() / 3;
            for (std::size_t i = 0; i < got.size(); ++i) {
                sums[i / each_channel] += static_cast<double>(want[i]) - got[i];
            }
        }
        for (const double sum : sums) {
            CHECK(std::fabs(sum) / static_cast<double>(5 * each_channel) <
                  2.0 * static_cast<double>(net.values[1].type.scale));
        }
    }
}

TEST_CASE("nn.quantise.bits_of_single_layers", "[nn]") {
    builder b = test::mixed_network();
    quantise_options options;
    options.bits = read_bits(
        "activations: 7\n"
        "layers:\n"
        "  x0: {activations: 16}\n"
        "  convolution0: {weights: 4}\n"
        "  convolution5: {activations: 4}\n");
    const network net = quantise(b.net, b.calibrate(), options);
    CHECK(net.values[net.inputs[0]].type.bits == 16);
    CHECK(net.nodes[0].weights.type().bits == 4);
    CHECK(net.nodes[1].weights.type().bits == 8);
    CHECK(net.values[net.nodes[0].output].type.bits == 7);
    for (const node& n : net.nodes) {
        if (n.name == "convolution5") CHECK(net.values[n.output].type.bits == 4);
        if (n.kind != op_kind::concat) continue;  // gets 4 and 7 bits, gives 7
        CHECK(net.values[n.output].type.bits == 7);
    }
}

TEST_CASE("nn.quantise.bits_that_cannot_be", "[nn]") {
    builder b = test::mixed_network();
    const calibration seen = b.calibrate();
    const auto refuses = [&](const std::string& text, const std::string& part) {
        quantise_options options;
        options.bits = read_bits(text);
        CHECK_THROWS_WITH(quantise(b.net, seen, options), Catch::Contains(part));
    };
    refuses("layers: {convolution_0: {weights: 4}}", "did you mean 'convolution0'");
    refuses("layers: {relu1: {activations: 4}}", "no layer 'relu1' of integers");
    refuses("layers: {x0: {weights: 4}}", "has no weights");
    refuses("layers: {add3: {weights: 4}}", "has no weights");
    refuses("layers: {max_pool10: {activations: 4}}", "keeps the integers of its input");
    CHECK_THROWS_WITH(read_bits("weights: 1"), Catch::Contains("2 .. 16"));
    CHECK_THROWS_WITH(read_bits("weights: 12"), Catch::Contains("say 16"));
    CHECK_THROWS_WITH(read_bits("layers: {a: {wieghts: 4}}"),
                      Catch::Contains("did you mean 'weights'"));
    CHECK_THROWS_WITH(read_bits("layers: {a: {weights: four}}"), Catch::Contains("bits.yaml:1"));
}

TEST_CASE("nn.quantise_flow.same_inputs_same_integers", "[nn]") {
    for (const char* rule : {"min-max", "percentile:99.9", "mse", "entropy"}) {
        builder b = depthwise_network(float_op::clip, 6.0F);
        const input_set inputs = b.input_sets(4);
        quantise_flow flow;
        flow.ranges = range_rule::parse(rule);
        flow.equalise = flow.bias_correction = true;
        const std::string once = fingerprint(quantise(b.net, inputs, flow).integers);
        CHECK(fingerprint(quantise(b.net, inputs, flow).integers) == once);
        flow.equalise = false;
        CHECK(fingerprint(quantise(b.net, inputs, flow).integers) != once);
    }
}

TEST_CASE("nn.layer_study.shows_where_accuracy_is_lost", "[nn]") {
    builder b = test::mixed_network();
    const input_set inputs = b.input_sets(6);
    quantise_options options;
    options.bits = read_bits("layers: {convolution2: {weights: 2}}");
    const network net = quantise(b.net, calibrate(b.net, inputs), options);
    layer_study study(b.net, net);
    for (const auto& each : inputs) study.add(each);
    std::size_t worst = 0;
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        INFO(net.nodes[i].name);
        CHECK(study.of(i).clipped_weights.has_value() == net.nodes[i].is_matrix());
        CHECK(study.of(i).clipped_activations == 0.0);  // min-max on these very inputs
        if (study.of(i).own_sqnr_db < study.of(worst).own_sqnr_db) worst = i;
    }
    CHECK(net.nodes[worst].name == "convolution2");
    CHECK(study.of(net.nodes.size() - 1).sqnr_db == Approx(study.scores().sqnr_db()));
    CHECK(study.scores().count() == 6);
    CHECK(study.of_input(0).sqnr_db > 40.0);
}

TEST_CASE("nn.layer_study.counts_what_is_clipped", "[nn]") {
    builder b;
    const value_id x = b.input({1, 4});
    b.net.outputs = {b.add(float_op::fully_connected, {x}, {1, 2})};
    b.net.nodes[0].weights = {{2, 4}, {1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 1.0F, 0.0F, 0.0F}};
    calibration seen;
    seen.inputs = 1;
    seen.ranges = {{0.0F, 2.55F}, {0.0F, 1.275F}};
    const network net = quantise(b.net, seen);
    layer_study study(b.net, net);
    study.add({{{1, 4}, {1.0F, 2.0F, 3.0F, 2.554F}}});
    CHECK(study.of_input(0).clipped_activations == 0.25);  // 3; 2.554 is within half a step
    CHECK(study.of(0).clipped_activations == 0.5);         // 2
    CHECK(study.of(0).clipped_weights == 0.0);
}
