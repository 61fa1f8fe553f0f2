// SPDX-License-Identifier: Apache-2.0
// Groups of DequantizeLinear -> float operators -> QuantizeLinear.
#include "model_builder.h"

#include <pimvp/nn/arithmetic.h>

#include <support/catch.h>

#include <cmath>

using onnx_test::dims;
using onnx_test::model_builder;
using onnx_test::strings;

namespace {

namespace nn = pimvp::nn;
using ints = std::vector<int>;
constexpr int u8 = ::onnx::TensorProto::UINT8;
constexpr int i8 = ::onnx::TensorProto::INT8;
constexpr int i32 = ::onnx::TensorProto::INT32;

/// x (1x2x1x2, float) quantised with scale 0.5, zero point 8 as `xq`, its reals as `xr`.
model_builder quantised_input(const dims& shape = {1, 2, 1, 2}) {
    model_builder b;
    b.input("x", shape);
    b.quantize("x", "xq", 0.5F, 8);
    b.dequantize("xq", "xr", 0.5F, 8);
    return b;
}

std::size_t count(const nn::network& net, nn::op_kind kind) {
    std::size_t found = 0;
    for (const nn::node& n : net.nodes) found += n.kind == kind ? 1 : 0;
    return found;
}

}  // namespace

TEST_CASE("onnx.group.conv_with_quantised_weights_and_bias") {
    model_builder b = quantised_input();
    b.output("y");
    b.integers("w", {2, 2, 1, 1}, {1, 2, 3, -4}, i8);
    b.reals("ws", {2}, {0.5F, 0.25F});
    b.integers("wz", {2}, {0, 0}, i8);
    b.node("DequantizeLinear", {"w", "ws", "wz"}, {"wr"}).set("axis", 0);
    b.integers("c", {2}, {3, -5}, i32);
    b.reals("cs", {2}, {0.25F, 0.125F});
    b.node("DequantizeLinear", {"c", "cs"}, {"cr"}).set("axis", 0);
    b.node("Conv", {"xr", "wr", "cr"}, {"conv"}).named("the_conv");
    b.node("Relu", {"conv"}, {"relu"});
    b.quantize("relu", "yq", 0.25F, 0);
    b.dequantize("yq", "y", 0.25F, 0);
    const auto file = b.import();
    const nn::network& net = *file.integer;
    REQUIRE(net.nodes.size() == 1);
    CHECK(net.nodes[0].name == "the_conv");
    CHECK(net.nodes[0].bias == std::vector<std::int64_t>{3, -5});
    CHECK(net.values[net.nodes[0].output].name == "yq");
    CHECK(file.notes.empty());
    // integers minus zero point: (2, -8) and (4, 1)
    CHECK(onnx_test::run(net, {{10, 0, 12, 9}}) == ints{13, 0, 0, 0});
}

TEST_CASE("onnx.group.matmul_with_float_bias_is_rounded_with_a_note") {
    model_builder b = quantised_input({1, 2});
    b.output("y");
    b.integers("w", {2, 2}, {1, 2, 3, 4}, i8);
    b.dequantize("w", "wr", 0.5F, 0, i8);
    b.node("MatMul", {"xr", "wr"}, {"m"});
    b.reals("c", {2}, {0.5F, 0.3F});
    b.node("Add", {"m", "c"}, {"s"}).named("bias_add");
    b.quantize("s", "y", 0.25F, 100);
    const auto file = b.import();
    REQUIRE(file.integer->nodes.size() == 1);
    CHECK(file.integer->nodes[0].bias == std::vector<std::int64_t>{2, 1});
    REQUIRE(file.notes.size() == 1);
    CHECK(file.notes[0].find("bias_add") != std::string::npos);
    CHECK(onnx_test::run(*file.integer, {{9, 10}}) == ints{100 + 1 + 6 + 2, 100 + 2 + 8 + 1});
}

TEST_CASE("onnx.group.transposed_and_float_weights") {
    {
        model_builder b = quantised_input({1, 2});  // quantised here: Q and DQ on a constant
        b.output("y");
        b.reals("w", {2, 2}, {0.5F, 1.26F, -64.0F, 100.0F});
        b.quantize("w", "wq", 0.5F, 0, i8);
        b.dequantize("wq", "wr", 0.5F, 0, i8);
        b.node("Gemm", {"xr", "wr"}, {"g"}).set("transB", 1).set("alpha", 0.5F);
        b.quantize("g", "y", 1.0F, 0);
        const auto file = b.import();
        const nn::node& n = file.integer->nodes.at(0);
        CHECK(n.weights.at(1) == 3);
        CHECK(n.weights.at(3) == 127);
        CHECK(n.weight_scales == std::vector<float>{0.25F});
    }
    {
        model_builder b = quantised_input({1, 2});  // per row, transposed: per column
        b.output("y");
        b.integers("w", {3, 2}, {1, 2, 3, 4, 5, 6}, i8);
        b.reals("ws", {3}, {1.0F, 2.0F, 4.0F});
        b.integers("wz", {3}, {0, 0, 0}, i8);
        b.node("DequantizeLinear", {"w", "ws", "wz"}, {"wr"}).set("axis", 0);
        b.node("Transpose", {"wr"}, {"wt"});
        b.node("MatMul", {"xr", "wt"}, {"m"});
        b.quantize("m", "y", 1.0F, 0);
        const auto file = b.import();
        CHECK(file.integer->nodes.at(0).weight_scales == std::vector<float>{1, 2, 4});
        CHECK(onnx_test::run(*file.integer, {{10, 9}}) == ints{2, 10, 32});
    }
}

TEST_CASE("onnx.group.add_computes_in_float32") {
    model_builder b = quantised_input();
    b.input("z", {1, 2, 1, 2}).output("y");
    b.quantize("z", "zq", 0.3F, 0, i8);
    b.dequantize("zq", "zr", 0.3F, 0, i8);
    b.node("Add", {"xr", "zr"}, {"s"});
    b.node("Relu", {"s"}, {"r"});
    b.quantize("r", "y", 0.7F, 0);
    const auto file = b.import();
    const nn::network& net = *file.integer;
    REQUIRE(net.nodes.size() == 1);
    const ints x{0, 255, 8, 77};
    const ints z{-128, 127, 1, -3};
    ints expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
        expected.push_back(nn::add(x[i], net.values[net.inputs[0]].type, z[i],
                                   net.values[net.inputs[1]].type,
                                   net.values[net.outputs[0]].type));
    }
    CHECK(onnx_test::run(net, {x, z}) == expected);
}

TEST_CASE("onnx.group.concat_requantises_where_types_differ") {
    model_builder b = quantised_input();
    b.output("y");
    b.node("Relu", {"xr"}, {"r"});
    b.quantize("r", "rq", 0.25F, 0);
    b.dequantize("rq", "rr", 0.25F, 0);
    b.node("Concat", {"xr", "rr"}, {"c"}).set("axis", 1);
    b.quantize("c", "y", 0.5F, 8);
    const auto file = b.import();
    CHECK(count(*file.integer, nn::op_kind::requantise) == 1);
    CHECK(onnx_test::run(*file.integer, {{0, 255, 8, 9}}) ==
          ints{0, 255, 8, 9, 8, 136, 8, 9});  // 255 * 0.25 = 63.75 = 127.5 steps -> 128 (even)
}

TEST_CASE("onnx.group.average_pools") {
    for (const bool global : {true, false}) {
        model_builder b = quantised_input({1, 1, 2, 2});
        b.output("y");
        if (global) {
            b.node("GlobalAveragePool", {"xr"}, {"a"});
        } else {
            b.node("AveragePool", {"xr"}, {"a"}).set("kernel_shape", dims{2, 2});
        }
        b.quantize("a", "y", 0.25F, 3);
        const auto file = b.import();
        REQUIRE(file.integer->nodes.size() == 1);
        CHECK(onnx_test::run(*file.integer, {{8, 9, 10, 12}}) == ints{3 + 4});  // 1.75 * 2 = 3.5
    }
}

TEST_CASE("onnx.group.average_in_steps_finds_the_true_scale") {
    const auto build = [](const char* metadata) {
        model_builder b;
        b.input("x", {1, 1, 2, 2}).output("y");
        b.quantize("x", "xq", 0.5F, 8);
        b.dequantize("xq", "steps", 1.0F, 8);
        b.node("GlobalAveragePool", {"steps"}, {"a"});
        b.quantize("a", "yq", 0.5F, 3);
        b.dequantize("yq", "y", 0.25F, 3);
        if (metadata != nullptr) {
            auto& entry = *b.model.add_metadata_props();
            entry.set_key("pimvp.scale.value.yq");
            entry.set_value(metadata);
        }
        return b;
    };
    for (const char* metadata : {"0.25", static_cast<const char*>(nullptr)}) {
        const auto file = build(metadata).import();
        CHECK(file.integer->values[file.integer->outputs[0]].type.scale == 0.25F);
        CHECK(onnx_test::run(*file.integer, {{8, 9, 10, 12}}) == ints{3 + 4});
    }
    CHECK(build("0.75").refusal().find("contradicts") != std::string::npos);
    CHECK(build("abc").refusal().find("contradicts") != std::string::npos);
}

TEST_CASE("onnx.group.pools_and_reshapes_keep_the_integers") {
    model_builder b = quantised_input({1, 1, 2, 2});
    b.output("y");
    b.node("MaxPool", {"xr"}, {"m"}).set("kernel_shape", dims{2, 1});
    b.node("Flatten", {"m"}, {"f"});
    b.quantize("f", "y", 0.5F, 8);
    const auto file = b.import();
    CHECK(count(*file.integer, nn::op_kind::max_pool) == 1);
    CHECK(count(*file.integer, nn::op_kind::reshape) == 1);
    CHECK(file.integer->nodes.size() == 2);
    CHECK(onnx_test::run(*file.integer, {{1, 200, 3, 4}}) == ints{3, 200});
}

TEST_CASE("onnx.group.conv_relu_pool_in_one_group") {
    model_builder b = quantised_input({1, 1, 1, 2});
    b.output("y");
    b.integers("w", {1, 1, 1, 1}, {3}, i8);
    b.dequantize("w", "wr", 0.5F, 0, i8);
    b.node("Conv", {"xr", "wr"}, {"c"});
    b.node("Relu", {"c"}, {"r"});
    b.node("MaxPool", {"r"}, {"m"}).set("kernel_shape", dims{1, 2});
    b.quantize("m", "y", 0.25F, 0);
    const auto file = b.import();
    REQUIRE(file.integer->nodes.size() == 2);
    CHECK(file.integer->nodes[0].kind == nn::op_kind::convolution);
    CHECK(file.integer->nodes[1].kind == nn::op_kind::max_pool);
    CHECK(onnx_test::run(*file.integer, {{2, 10}}) == ints{6});
}

TEST_CASE("onnx.group.batch_norm_between_conv_and_quantise") {
    model_builder b = quantised_input({1, 1, 1, 2});
    b.output("y");
    b.integers("w", {1, 1, 1, 1}, {3}, i8);
    b.dequantize("w", "wr", 0.5F, 0, i8);
    b.node("Conv", {"xr", "wr"}, {"c"});
    b.reals("gamma", {1}, {2.0F});
    b.reals("beta", {1}, {1.0F});
    b.reals("mean", {1}, {0.0F});
    b.reals("var", {1}, {1.0F});
    b.node("BatchNormalization", {"c", "gamma", "beta", "mean", "var"}, {"n"}).set("epsilon", 0.0F);
    b.quantize("n", "y", 0.5F, 0);
    const auto file = b.import();
    REQUIRE(file.integer->nodes.size() == 1);
    CHECK(file.integer->nodes[0].weight_scales == std::vector<float>{1.0F});
    CHECK(onnx_test::run(*file.integer, {{9, 10}}) == ints{5, 8});
}

TEST_CASE("onnx.group.a_value_read_by_several_groups") {
    model_builder b = quantised_input({1, 2});
    b.output("y").output("z");
    b.integers("w", {2, 1}, {1, 1}, i8);
    b.dequantize("w", "wr", 1.0F, 0, i8);
    b.node("MatMul", {"xr", "wr"}, {"m"});
    b.quantize("m", "y", 0.5F, 0);
    b.node("Relu", {"xr"}, {"r"});
    b.quantize("r", "z", 0.5F, 8);
    const auto file = b.import();
    CHECK(file.outputs.size() == 2);
    CHECK(onnx_test::run(*file.integer, {{9, 10}}) == ints{3});
}

TEST_CASE("onnx.group.pad_with_the_zero_point") {
    model_builder b = quantised_input({1, 1, 1, 2});
    b.output("y");
    b.integers("pads", {8}, {0, 0, 0, 1, 0, 0, 0, 0});
    b.integers("fill", {}, {8}, u8);
    b.node("Pad", {"xq", "pads", "fill"}, {"p"});
    b.dequantize("p", "pr", 0.5F, 8);
    b.integers("w", {1, 1, 1, 2}, {1, 2}, i8);
    b.dequantize("w", "wr", 1.0F, 0, i8);
    b.node("Conv", {"pr", "wr"}, {"c"});
    b.quantize("c", "y", 0.5F, 50);
    const auto file = b.import();
    REQUIRE(file.integer->nodes.size() == 1);
    CHECK(file.integer->nodes[0].geometry.pad_left == 1);
    CHECK(onnx_test::run(*file.integer, {{9, 11}}) == ints{52, 57});
}

TEST_CASE("onnx.group.what_is_not_quantised_is_refused") {
    {
        model_builder b = quantised_input({1, 2});
        b.output("y");
        b.integers("w", {2, 2}, {1, 1, 1, 1}, i8);
        b.dequantize("w", "wr", 1.0F, 0, i8);
        b.node("MatMul", {"xr", "wr"}, {"m"}).named("first");
        b.node("MatMul", {"m", "wr"}, {"n"}).named("second");
        b.quantize("n", "y", 1.0F, 0);
        const std::string text = b.refusal();
        CHECK(text.find("node 'second' (MatMul)") != std::string::npos);
        CHECK(text.find("node 'first' (MatMul)") != std::string::npos);
        CHECK(text.find("before it is quantised") != std::string::npos);
    }
    {
        model_builder b = quantised_input({1, 2});
        b.output("m");
        b.integers("w", {2, 2}, {1, 1, 1, 1}, i8);
        b.dequantize("w", "wr", 1.0F, 0, i8);
        b.node("MatMul", {"xr", "wr"}, {"m"});
        CHECK(b.refusal().find("output 'm'") != std::string::npos);
    }
    {
        model_builder b = quantised_input({1, 2});
        b.output("y");
        b.reals("w", {2, 2}, {1, 1, 1, 1});
        b.node("MatMul", {"xr", "w"}, {"m"});
        b.quantize("m", "y", 1.0F, 0);
        CHECK(b.refusal().find("float weights among integers") != std::string::npos);
    }
    {
        model_builder b = quantised_input({1, 2});
        b.input("z", {1, 2}).output("y");
        b.node("Add", {"xr", "z"}, {"s"});
        b.quantize("s", "y", 1.0F, 0);
        CHECK(b.refusal().find("float input 'z' of an integer graph") != std::string::npos);
    }
}
