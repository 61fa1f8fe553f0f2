// SPDX-License-Identifier: Apache-2.0
#include "naive.h"

#include <support/catch.h>

#include <pimvp/nn/accumulator.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>

#include <pimvp/core/diagnostics.h>

#include <cmath>
#include <limits>

using namespace pimvp::nn;

namespace {

/// Runs random inputs through every set of kernels and compares with the nested loops.
void compare(support::generator& random, const network& net) {
    std::vector<integer_tensor> inputs;
    for (const value_id id : net.inputs) {
        inputs.push_back(naive::random_tensor(random, net.values[id].dims, net.values[id].type));
    }
    const std::vector<int> wanted = naive::run(net, net.nodes[0], inputs);
    for (const gemm::kernels& kernels : gemm::available()) {
        INFO("seed " << random.seed() << ", kernels " << kernels.name);
        executor reference(net, kernels);
        reference.run(inputs);
        const integer_tensor& output = reference.value(net.outputs[0]);
        REQUIRE(output.size() == wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (output.at(i) != wanted[i]) {
                FAIL_CHECK("element " << i << ": " << output.at(i) << " instead of " << wanted[i]);
                return;
            }
        }
    }
}

node random_matrix(support::generator& random, int outputs, int depth, int bits,
                   double output_range) {
    node n;
    n.kind = op_kind::fully_connected;
    tensor_type weight;
    weight.bits = bits;
    weight.is_signed = true;
    n.weights = naive::random_tensor(random, {outputs, depth}, weight);
    n.weight_scales = {1.0F};
    const double reach = std::sqrt(depth) * std::pow(2.0, bits + bits - 3);
    for (int o = 0; o < outputs; ++o) {
        n.multipliers.push_back(static_cast<float>(output_range / reach));
        n.bias.push_back(random.between(-1000, 1000));
    }
    return n;
}

/// Random pooling geometry in which every window touches the map.
network random_pool(support::generator& random, op_kind kind) {
    for (;;) {
        node n;
        n.kind = kind;
        n.count_include_pad = random.chance(50);
        const auto pick = [&random](int low, int high) {
            return static_cast<int>(random.between(low, high));
        };
        window& w = n.geometry;
        w.kernel_h = pick(1, 4);
        w.kernel_w = pick(1, 4);
        w.stride_h = pick(1, 3);
        w.stride_w = pick(1, 3);
        if (kind == op_kind::max_pool) w.dilation_w = pick(1, 2);
        w.pad_top = pick(0, w.kernel_h - 1);
        w.pad_left = pick(0, w.kernel_w - 1);
        w.pad_bottom = pick(0, w.kernel_h - 1);
        w.pad_right = pick(0, w.kernel_w - 1);
        if (n.count_include_pad && random.chance(40)) {
            w.overhang_bottom = pick(0, w.pad_bottom);
            w.overhang_right = pick(0, w.pad_right);
        }
        const int height = pick(1, 9);
        const int width = pick(1, 20);
        const int out_h =
            window::extent(height, w.kernel_h, w.stride_h, w.pad_top + w.pad_bottom, w.dilation_h);
        const int out_w =
            window::extent(width, w.kernel_w, w.stride_w, w.pad_left + w.pad_right, w.dilation_w);
        if (height + w.pad_top + w.pad_bottom < w.kernel_h ||
            width + w.pad_left + w.pad_right < w.dilation_w * (w.kernel_w - 1) + 1) {
            continue;
        }
        const int bits = random.chance(70) ? 8 : pick(2, 16);
        const tensor_type in = naive::random_type(random, bits, random.chance(50), 0.1F);
        const bool same = kind == op_kind::max_pool || random.chance(50);
        const tensor_type out = same ? in : naive::random_type(random, 8, random.chance(50), 0.1F);
        const std::int64_t channels = pick(1, 5);
        const network net = naive::single(n, {{"in", {1, channels, height, width}, in}},
                                          {"out", {1, channels, out_h, out_w}, out});
        try {
            net.validate();
        } catch (const pimvp::core::user_error&) {
            continue;  // a window entirely in the padding
        }
        return net;
    }
}

}  // namespace

TEST_CASE("nn.executor.convolution_8_bit", "[nn]") {
    support::generator random(1);
    for (int trial = 0; trial < 400; ++trial) {
        compare(random, naive::random_convolution(random, {8, 8, 8}));
    }
}

TEST_CASE("nn.executor.convolution_narrow", "[nn]") {
    support::generator random(2);
    for (int trial = 0; trial < 150; ++trial) {
        const int bits = static_cast<int>(random.between(2, 7));
        compare(random, naive::random_convolution(random, {bits, 8 - bits + 1, bits}));
    }
}

TEST_CASE("nn.executor.convolution_16_bit", "[nn]") {
    support::generator random(3);
    for (int trial = 0; trial < 200; ++trial) {
        const int weight_bits = random.chance(50) ? 16 : 8;
        compare(random, naive::random_convolution(random, {16, weight_bits, 16}));
        compare(random, naive::random_convolution(
                            random, {static_cast<int>(random.between(9, 15)), weight_bits, 8}));
    }
}

TEST_CASE("nn.executor.fully_connected", "[nn]") {
    support::generator random(4);
    for (int trial = 0; trial < 120; ++trial) {
        const int bits = random.chance(60) ? 8 : 16;
        const int depth = static_cast<int>(random.between(1, 300));
        const int outputs = static_cast<int>(random.between(1, 40));
        const std::int64_t rows = random.between(1, 3);
        const node n = random_matrix(random, outputs, depth, bits, bits == 8 ? 60.0 : 15000.0);
        compare(
            random,
            naive::single(
                n,
                {{"in", {rows, depth}, naive::random_type(random, bits, random.chance(50), 0.1F)}},
                {"out",
                 {rows, outputs},
                 naive::random_type(random, bits, random.chance(50), 0.1F)}));
    }
}

TEST_CASE("nn.executor.sums_beyond_32_bits", "[nn]") {
    // All extremes of one sign: the sum of 70000 * 255 * 127 exceeds 2^31.
    support::generator random(5);
    const int depth = 70000;
    node n = random_matrix(random, 2, depth, 8, 1.0);
    for (std::size_t i = 0; i < n.weights.size(); ++i) n.weights.set(i, i < depth ? 127 : -128);
    n.multipliers = {1e-8F, 1e-8F};
    tensor_type in;
    tensor_type out;
    out.is_signed = true;
    const network net = naive::single(n, {{"in", {1, depth}, in}}, {"out", {1, 2}, out});
    CHECK(accumulator_bits(n, in) == 64);
    integer_tensor x({1, depth}, in);
    for (std::size_t i = 0; i < x.size(); ++i) x.set(i, 255);
    for (const gemm::kernels& kernels : gemm::available()) {
        executor reference(net, kernels);
        reference.run({x});
        CHECK(reference.value(1).at(0) == naive::run(net, net.nodes[0], {x})[0]);
        CHECK(reference.value(1).at(1) == naive::run(net, net.nodes[0], {x})[1]);
    }
}

TEST_CASE("nn.executor.extreme_weights_do_not_saturate", "[nn]") {
    // Pairs of -128 * 255 and of 16-bit extremes: where byte or word instructions would clip.
    for (const int bits : {8, 16}) {
        node n;
        n.kind = op_kind::convolution;
        n.geometry.kernel_h = n.geometry.kernel_w = 3;
        tensor_type weight;
        weight.bits = bits;
        weight.is_signed = true;
        n.weights = integer_tensor({5, 8, 3, 3}, weight);
        for (std::size_t i = 0; i < n.weights.size(); ++i) n.weights.set(i, weight.lowest());
        n.weight_scales = {1.0F};
        n.multipliers.assign(5, bits == 8 ? 4e-5F : 7e-10F);
        tensor_type in;
        in.bits = bits;
        tensor_type out;
        out.is_signed = true;
        const network net =
            naive::single(n, {{"in", {1, 8, 9, 9}, in}}, {"out", {1, 5, 7, 7}, out});
        integer_tensor x({1, 8, 9, 9}, in);
        for (std::size_t i = 0; i < x.size(); ++i) x.set(i, in.highest());
        const std::vector<int> wanted = naive::run(net, net.nodes[0], {x});
        CHECK(wanted[0] > out.lowest());  // the test would see a clipped sum
        for (const gemm::kernels& kernels : gemm::available()) {
            executor reference(net, kernels);
            reference.run({x});
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                REQUIRE(reference.value(1).at(i) == wanted[i]);
            }
        }
    }
}

TEST_CASE("nn.executor.add", "[nn]") {
    support::generator random(6);
    for (int trial = 0; trial < 60; ++trial) {
        const int bits = random.chance(70) ? 8 : static_cast<int>(random.between(2, 16));
        const shape dims = {1, 3, random.between(1, 9), random.between(1, 9)};
        node n;
        n.kind = op_kind::add;
        compare(random,
                naive::single(n,
                              {{"a", dims, naive::random_type(random, bits, true, 0.1F)},
                               {"b", dims, naive::random_type(random, bits, false, 0.1F)}},
                              {"out", dims, naive::random_type(random, bits, false, 0.1F)}));
    }
}

TEST_CASE("nn.executor.multiply", "[nn]") {
    support::generator random(61);
    for (int i = 0; i < 120; ++i) {
        const shape dims{1, random.between(1, 6), random.between(1, 5), random.between(1, 5)};
        const shape factors = random.chance(50) ? dims : shape{1, dims[1], 1, 1};
        const auto any = [&](float scale) {
            return naive::random_type(random, static_cast<int>(random.between(2, 16)),
                                      random.chance(50), scale);
        };
        const tensor_type a = any(0.1F);
        const tensor_type b = any(0.01F);
        node n;
        n.kind = op_kind::multiply;
        tensor_type out = any(1.0F);
        out.scale = a.scale * b.scale * std::ldexp(1.0F, a.bits + b.bits - out.bits);
        compare(random, naive::single(n, {{"a", dims, a}, {"b", factors, b}}, {"y", dims, out}));
    }
}

TEST_CASE("nn.executor.select", "[nn]") {
    support::generator random(62);
    for (int i = 0; i < 60; ++i) {
        const tensor_type type = naive::random_type(random, static_cast<int>(random.between(2, 16)),
                                                    random.chance(50), 0.1F);
        const shape in{1, random.between(1, 9), random.between(1, 4), random.between(1, 4)};
        shape out = in;
        out[1] = random.between(1, 12);
        node n;
        n.kind = op_kind::select;
        for (std::int64_t c = 0; c < out[1]; ++c) {
            n.channels.push_back(static_cast<std::uint32_t>(random.between(0, in[1] - 1)));
        }
        compare(random, naive::single(n, {{"x", in, type}}, {"y", out, type}));
    }
}

TEST_CASE("nn.executor.concat_copies_or_requantises", "[nn]") {
    support::generator random(7);
    for (int trial = 0; trial < 60; ++trial) {
        const tensor_type type = naive::random_type(random, 8, random.chance(50), 0.1F);
        const tensor_type other = naive::random_type(random, 8, random.chance(50), 0.1F);
        node n;
        n.kind = op_kind::concat;
        compare(random, naive::single(n,
                                      {{"a", {1, 2, 3, 4}, type},
                                       {"b", {1, 5, 3, 4}, other},
                                       {"c", {1, 1, 3, 4}, type}},
                                      {"out", {1, 8, 3, 4}, type}));
    }
}

TEST_CASE("nn.executor.max_pool", "[nn]") {
    support::generator random(8);
    for (int trial = 0; trial < 200; ++trial) {
        compare(random, random_pool(random, op_kind::max_pool));
    }
}

TEST_CASE("nn.executor.average_pool", "[nn]") {
    support::generator random(9);
    for (int trial = 0; trial < 200; ++trial) {
        compare(random, random_pool(random, op_kind::average_pool));
    }
}

TEST_CASE("nn.executor.requantise_and_reshape", "[nn]") {
    support::generator random(10);
    for (int trial = 0; trial < 40; ++trial) {
        node n;
        n.kind = op_kind::requantise;
        const tensor_type in = naive::random_type(random, 8, random.chance(50), 0.1F);
        compare(random,
                naive::single(n, {{"in", {1, 40}, in}},
                              {"out", {1, 40}, naive::random_type(random, 6, false, 0.2F)}));
        n.kind = op_kind::reshape;
        compare(random, naive::single(n, {{"in", {1, 2, 4, 5}, in}}, {"out", {1, 40}, in}));
    }
}

TEST_CASE("nn.executor.copies_are_independent", "[nn]") {
    support::generator random(11);
    const network net = naive::random_convolution(random, {8, 8, 8});
    executor first(net);
    executor second = first;
    const auto a = naive::random_tensor(random, net.values[0].dims, net.values[0].type);
    const auto b = naive::random_tensor(random, net.values[0].dims, net.values[0].type);
    first.run({a});
    const integer_tensor kept = first.value(1);
    second.run({b});
    CHECK(count_mismatches(first.value(1), kept) == 0);
    second.run({a});
    CHECK(count_mismatches(second.value(1), kept) == 0);
}

TEST_CASE("nn.executor.refuses_wrong_inputs", "[nn]") {
    support::generator random(12);
    const network net = naive::random_convolution(random, {8, 8, 8});
    executor reference(net);
    CHECK_THROWS_AS(reference.run({}), pimvp::core::user_error);
    shape dims = net.values[0].dims;
    dims[3] += 1;
    CHECK_THROWS_AS(reference.run({integer_tensor(dims, net.values[0].type)}),
                    pimvp::core::user_error);
    tensor_type type = net.values[0].type;
    type.scale *= 2.0F;
    CHECK_THROWS_AS(reference.run({integer_tensor(net.values[0].dims, type)}),
                    pimvp::core::user_error);
}

TEST_CASE("nn.arithmetic.rounds_ties_to_even", "[nn]") {
    tensor_type type;
    type.is_signed = true;
    CHECK(requantise(1, 0.5F, type) == 0);
    CHECK(requantise(3, 0.5F, type) == 2);
    CHECK(requantise(5, 0.5F, type) == 2);
    CHECK(requantise(-1, 0.5F, type) == 0);
    CHECK(requantise(-3, 0.5F, type) == -2);
    CHECK(requantise(-5, 0.5F, type) == -2);
    CHECK(quantise(2.5F, type) == 2);
    CHECK(quantise(3.5F, type) == 4);
}

TEST_CASE("nn.arithmetic.saturates", "[nn]") {
    tensor_type type;
    type.zero_point = 7;
    CHECK(requantise(1000, 1.0F, type) == 255);
    CHECK(requantise(-1000, 1.0F, type) == 0);
    CHECK(requantise(247, 1.0F, type) == 254);
    CHECK(requantise(248, 1.0F, type) == 255);
    CHECK(requantise(std::int64_t{1} << 60, 3e38F, type) == 255);
    CHECK(quantise(std::numeric_limits<float>::infinity(), type) == 255);
    CHECK(quantise(-std::numeric_limits<float>::infinity(), type) == 0);
    CHECK(quantise(std::numeric_limits<float>::quiet_NaN(), type) == 0);
}

TEST_CASE("nn.arithmetic.converts_accumulators_with_one_rounding", "[nn]") {
    // 2^24 + 1 is a tie between two floats, 2^25 + 3 rounds up: as cvtsi2ss does.
    tensor_type type;
    type.bits = 16;
    CHECK(requantise((1 << 24) + 1, 1.0F / 1024.0F, type) == 1 << 14);
    support::generator random(13);
    for (int trial = 0; trial < 100000; ++trial) {
        const auto acc =
            static_cast<std::int64_t>(random.next()) >> static_cast<int>(random.between(20, 62));
        const auto multiplier = static_cast<float>(random.below(1 << 24)) *
                                std::pow(2.0F, static_cast<float>(random.between(-50, -20)));
        if (requantise(acc, multiplier, type) != naive::requantise(acc, multiplier, type)) {
            FAIL("seed " << random.seed() << ": acc " << acc << ", multiplier " << multiplier);
        }
    }
}

TEST_CASE("nn.arithmetic.average_with_equal_scales_is_the_rounded_mean", "[nn]") {
    tensor_type type;
    type.scale = 0.3F;
    type.zero_point = 10;
    CHECK(average(5, 2, 1.0F, type) == 12);    // 2.5 -> 2
    CHECK(average(7, 2, 1.0F, type) == 14);    // 3.5 -> 4
    CHECK(average(-5, 2, 1.0F, type) == 8);    // -2.5 -> -2
    CHECK(average(32, 64, 1.0F, type) == 10);  // 0.5 -> 0
}

TEST_CASE("nn.accumulator.bound_is_reached", "[nn]") {
    node n;
    n.kind = op_kind::fully_connected;
    tensor_type weight;
    weight.is_signed = true;
    n.weights = integer_tensor({2, 3}, weight);
    const int weights[] = {1, -2, 3, 100, -100, 100};
    for (std::size_t i = 0; i < 6; ++i) n.weights.set(i, weights[i]);
    n.bias = {1000000, -7};
    tensor_type in;
    in.zero_point = 55;
    CHECK(magnitude(in) == 200);
    CHECK(accumulator_bound(n, in) == 1001200);
    n.bias = {0, -7};
    CHECK(accumulator_bound(n, in) == 60007);
    CHECK(accumulator_bits(n, in) == 32);
    n.bias = {std::numeric_limits<std::int32_t>::max(), 0};
    CHECK(accumulator_bits(n, in) == 64);
}
