// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/nn/float_executor.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <limits>

using namespace pimvp::nn;

namespace {

float_tensor random_tensor(support::generator& random, const shape& dims) {
    float_tensor tensor{dims, std::vector<float>(element_count(dims))};
    for (float& x : tensor.data) {
        x = static_cast<float>(random.between(-1000, 1000)) / 333.0F;
    }
    return tensor;
}

/// One node between values 0 .. n - 1 and the output.
float_network single(float_node n, const std::vector<shape>& inputs, const shape& output) {
    float_network net;
    n.name = "node";
    for (const shape& dims : inputs) {
        n.inputs.push_back(static_cast<value_id>(net.values.size()));
        net.inputs.push_back(n.inputs.back());
        net.values.push_back({"in" + std::to_string(n.inputs.back()), dims});
    }
    n.output = static_cast<value_id>(net.values.size());
    net.values.push_back({"out", output});
    net.outputs = {n.output};
    net.nodes = {n};
    return net;
}

/// The sum in its documented order, one rounding per operation.
float convolve(const float_node& n, const float_tensor& x, std::int64_t o, std::int64_t oy,
               std::int64_t ox) {
    const shape& w = n.weights.dims;
    volatile float sum = 0.0F;
    for (std::int64_t c = 0; c < w[1]; ++c) {
        for (std::int64_t ky = 0; ky < w[2]; ++ky) {
            for (std::int64_t kx = 0; kx < w[3]; ++kx) {
                const std::int64_t y =
                    oy * n.geometry.stride_h - n.geometry.pad_top + ky * n.geometry.dilation_h;
                const std::int64_t column =
                    ox * n.geometry.stride_w - n.geometry.pad_left + kx * n.geometry.dilation_w;
                const std::int64_t channel = o / (w[0] / n.groups) * w[1] + c;
                const bool inside = y >= 0 && y < x.dims[2] && column >= 0 && column < x.dims[3];
                const float pixel = inside ? x.data[static_cast<std::size_t>(
                                                 (channel * x.dims[2] + y) * x.dims[3] + column)]
                                           : 0.0F;
                const volatile float product =
                    n.weights
                        .data[static_cast<std::size_t>(((o * w[1] + c) * w[2] + ky) * w[3] + kx)] *
                    pixel;
                sum = sum + product;
            }
        }
    }
    return sum + n.bias[static_cast<std::size_t>(o)];
}

}  // namespace

TEST_CASE("nn.float_executor.convolution_has_the_documented_order", "[nn]") {
    support::generator random(1);
    for (int trial = 0; trial < 150; ++trial) {
        float_node n;
        n.kind = float_op::convolution;
        n.groups = static_cast<int>(random.between(1, 3));
        const std::int64_t channels = n.groups * random.between(1, 4);
        const std::int64_t outputs = n.groups * random.between(1, 6);
        window& w = n.geometry;
        w.kernel_h = static_cast<int>(random.between(1, 3));
        w.kernel_w = static_cast<int>(random.between(1, 3));
        w.stride_h = w.stride_w = static_cast<int>(random.between(1, 2));
        w.dilation_w = static_cast<int>(random.between(1, 2));
        w.pad_top = static_cast<int>(random.between(0, 2));
        w.pad_right = static_cast<int>(random.between(0, 2));
        const int height = static_cast<int>(random.between(3, 9));
        const int width = static_cast<int>(random.between(5, 19));
        const int out_h = window::extent(height, w.kernel_h, w.stride_h, w.pad_top, 1);
        const int out_w = window::extent(width, w.kernel_w, w.stride_w, w.pad_right, w.dilation_w);
        n.weights = random_tensor(random, {outputs, channels / n.groups, w.kernel_h, w.kernel_w});
        n.bias = random_tensor(random, {outputs}).data;
        const float_network net =
            single(n, {{1, channels, height, width}}, {1, outputs, out_h, out_w});
        const float_tensor x = random_tensor(random, net.values[0].dims);
        float_executor reference(net);
        reference.run({x});
        const float_tensor& y = reference.value(1);
        std::size_t i = 0;
        for (std::int64_t o = 0; o < outputs; ++o) {
            for (std::int64_t row = 0; row < out_h; ++row) {
                for (std::int64_t column = 0; column < out_w; ++column, ++i) {
                    INFO("seed " << random.seed());
                    REQUIRE(y.data[i] == convolve(n, x, o, row, column));
                }
            }
        }
    }
}

TEST_CASE("nn.float_executor.fully_connected_has_the_documented_order", "[nn]") {
    support::generator random(2);
    float_node n;
    n.kind = float_op::fully_connected;
    n.weights = random_tensor(random, {13, 37});
    n.bias = random_tensor(random, {13}).data;
    const float_network net = single(n, {{2, 37}}, {2, 13});
    const float_tensor x = random_tensor(random, {2, 37});
    float_executor reference(net);
    reference.run({x});
    for (std::size_t row = 0; row < 2; ++row) {
        for (std::size_t o = 0; o < 13; ++o) {
            volatile float sum = 0.0F;
            for (std::size_t k = 0; k < 37; ++k) {
                const volatile float product = n.weights.data[o * 37 + k] * x.data[row * 37 + k];
                sum = sum + product;
            }
            CHECK(reference.value(1).data[row * 13 + o] == sum + n.bias[o]);
        }
    }
}

TEST_CASE("nn.float_executor.other_operators", "[nn]") {
    const float_tensor x{{1, 2, 2, 2}, {1, -2, 3, 4, -5, 6, 7, -8}};
    const auto result = [&x](const float_node& n, const shape& output, std::size_t inputs = 1) {
        const float_network net = single(n, std::vector<shape>(inputs, x.dims), output);
        float_executor reference(net);
        reference.run(std::vector<float_tensor>(inputs, x));
        return reference.value(net.outputs[0]).data;
    };
    float_node n;
    n.kind = float_op::relu;
    CHECK(result(n, x.dims) == std::vector<float>{1, 0, 3, 4, 0, 6, 7, 0});
    n.kind = float_op::clip;
    n.clip_low = -1.0F;
    n.clip_high = 6.0F;
    CHECK(result(n, x.dims) == std::vector<float>{1, -1, 3, 4, -1, 6, 6, -1});
    n.kind = float_op::reshape;
    CHECK(result(n, {1, 8}) == x.data);
    n.kind = float_op::add;
    CHECK(result(n, x.dims, 2)[7] == -16.0F);
    n.kind = float_op::concat;
    CHECK(result(n, {1, 4, 2, 2}, 2)[15] == -8.0F);
    n.kind = float_op::max_pool;
    n.geometry.kernel_h = n.geometry.kernel_w = 2;
    CHECK(result(n, {1, 2, 1, 1}) == std::vector<float>{4, 7});
    n.kind = float_op::average_pool;
    CHECK(result(n, {1, 2, 1, 1}) == std::vector<float>{1.5F, 0.0F});
    n.geometry.pad_top = n.geometry.pad_left = 1;
    n.geometry.stride_h = n.geometry.stride_w = 2;
    CHECK(result(n, {1, 2, 1, 1}) == std::vector<float>{1.0F, -5.0F});
    n.count_include_pad = true;
    CHECK(result(n, {1, 2, 1, 1}) == std::vector<float>{0.25F, -1.25F});
}

TEST_CASE("nn.float_executor.refuses_wrong_inputs", "[nn]") {
    const float_network net = single(float_node{}, {{1, 3}}, {1, 3});
    float_executor reference(net);
    CHECK_THROWS_AS(reference.run({}), pimvp::core::user_error);
    CHECK_THROWS_WITH(reference.run({{{1, 4}, std::vector<float>(4)}}), Catch::Contains("1x3"));
}
