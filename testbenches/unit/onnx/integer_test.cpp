// SPDX-License-Identifier: Apache-2.0
// QLinearConv, QLinearMatMul, QLinearAdd and operators on the integers themselves.
#include "model_builder.h"

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

strings join(strings a, const strings& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

TEST_CASE("onnx.integer.qlinear_conv_per_channel_with_bias") {
    model_builder b;
    b.input("x", {1, 1, 1, 3}, u8).output("y", {1, 2, 1, 3}, u8);
    const strings x = b.quant("xq", 0.5F, 10);
    b.integers("w", {2, 1, 1, 1}, {2, -3}, i8);
    b.reals("ws", {2}, {0.25F, 0.5F});
    b.integers("wz", {2}, {0, 0}, i8);
    const strings y = b.quant("yq", 0.125F, 100);
    b.integers("bias", {2}, {7, -9}, i32);
    b.node("QLinearConv", join(join({"x", x[0], x[1], "w", "ws", "wz"}, y), {"bias"}), {"y"})
        .named("conv");
    const auto file = b.import();
    REQUIRE(file.integer);
    CHECK(!file.inputs[0].is_float);
    const nn::network& net = *file.integer;
    REQUIRE(net.nodes.size() == 1);
    CHECK(net.nodes[0].weights.type().bits == 8);
    CHECK(net.nodes[0].bias == std::vector<std::int64_t>{7, -9});
    CHECK(net.nodes[0].multipliers == std::vector<float>{1.0F, 2.0F});
    CHECK(net.values[net.inputs[0]].type == nn::tensor_type{8, false, 0.5F, 10});
    CHECK(net.values[net.outputs[0]].type == nn::tensor_type{8, false, 0.125F, 100});
    CHECK(onnx_test::run(net, {{10, 20, 255}}) == ints{107, 127, 255, 82, 22, 0});
    CHECK(file.notes.empty());
}

TEST_CASE("onnx.integer.weight_zero_points_are_subtracted") {
    const auto import = [](std::int64_t zero, const std::vector<std::int64_t>& weights) {
        model_builder b;
        b.input("x", {1, 1, 1, 1}, u8).output("y", {}, u8);
        const strings x = b.quant("xq", 1.0F, 0);
        b.integers("w", {2, 1, 1, 1}, weights, u8);
        const strings w = b.quant("wq", 1.0F, static_cast<int>(zero));
        const strings y = b.quant("yq", 1.0F, 128);
        b.node("QLinearConv", join(join(join({"x"}, x), join({"w"}, w)), y), {"y"});
        return b.import();
    };
    const auto centred = import(128, {0, 255});
    CHECK(centred.integer->nodes[0].weights.type().bits == 8);
    CHECK(onnx_test::run(*centred.integer, {{1}}) == ints{0, 255});
    const auto wide = import(3, {0, 255});
    CHECK(wide.integer->nodes[0].weights.type().bits == 9);
    CHECK(onnx_test::run(*wide.integer, {{1}}) == ints{125, 255});
}

TEST_CASE("onnx.integer.qlinear_matmul_per_column") {
    model_builder b;
    b.input("x", {1, 2}, i8).output("y", {1, 3}, i8);
    const strings x = b.quant("xq", 1.0F, -1, i8);
    b.integers("w", {2, 3}, {1, 2, 3, -4, -5, -6}, i8);
    b.reals("ws", {3}, {1.0F, 0.5F, 0.25F});
    b.integers("wz", {3}, {0, 0, 0}, i8);
    const strings y = b.quant("yq", 1.0F, 5, i8);
    b.node("QLinearMatMul", join(join({"x"}, x), join({"w", "ws", "wz"}, y)), {"y"});
    const auto file = b.import();
    REQUIRE(file.integer->nodes.size() == 1);
    CHECK(file.integer->nodes[0].kind == nn::op_kind::fully_connected);
    // (x + 1) = (10, 1): 6, 15 / 2 = 7.5 -> 8 (even), 24 / 4
    CHECK(onnx_test::run(*file.integer, {{9, 0}}) == ints{11, 13, 11});
}

TEST_CASE("onnx.integer.bias_added_behind_a_quantised_matmul") {
    // QLinearMatMul -> DequantizeLinear -> Add(constant) -> QuantizeLinear
    model_builder b;
    b.input("x", {1, 2}, u8).output("y", {1, 2}, u8);
    const strings x = b.quant("xq", 1.0F, 0);
    b.integers("w", {2, 2}, {1, 2, 3, 4}, i8);
    const strings w = b.quant("wq", 1.0F, 0, i8);
    const strings m = b.quant("mq", 2.0F, 10);
    b.node("QLinearMatMul", join(join({"x"}, x), join(join({"w"}, w), m)), {"m"});
    b.node("DequantizeLinear", join({"m"}, m), {"mr"});
    b.reals("c", {2}, {3.0F, -2.0F});
    b.node("Add", {"mr", "c"}, {"s"});
    b.quantize("s", "y", 0.5F, 0);
    const auto file = b.import();
    // x = (2, 3): 11 -> 5.5 -> 6 -> 12 real; 16 -> 8 -> 16 real.
    CHECK(onnx_test::run(*file.integer, {{2, 3}}) == ints{30, 28});
    CHECK(file.notes.empty());
}

TEST_CASE("onnx.integer.qlinear_add_of_onnx_runtime") {
    model_builder b;
    b.input("x", {1, 2}, u8).input("z", {1, 2}, u8).output("y", {}, u8);
    const strings x = b.quant("xq", 0.5F, 0);
    const strings z = b.quant("zq", 0.25F, 4);
    const strings y = b.quant("yq", 1.0F, 1);
    b.node("QLinearAdd", join(join(join({"x"}, x), join({"z"}, z)), y), {"y"}).in("com.microsoft");
    CHECK(onnx_test::run(*b.import().integer, {{4, 8}, {4, 8}}) == ints{3, 6});
}

TEST_CASE("onnx.integer.float_border_becomes_types") {
    model_builder b;
    b.input("x", {-1, 4}).output("y", {-1, 2, 2});
    b.quantize("x", "q", 0.5F, 3, i8).named("quant");
    b.integers("shape", {3}, {0, 2, 2});
    b.node("Reshape", {"q", "shape"}, {"r"});
    b.dequantize("r", "y", 0.5F, 3, i8);
    const auto file = b.import();
    REQUIRE(file.integer);
    CHECK(file.inputs[0].name == "x");
    CHECK(file.inputs[0].is_float);
    CHECK(file.outputs[0].name == "y");
    CHECK(file.outputs[0].is_float);
    CHECK(file.integer->values[file.integer->inputs[0]].name == "q");
    CHECK(file.integer->values[file.integer->inputs[0]].type == nn::tensor_type{8, true, 0.5F, 3});
    CHECK(file.integer->nodes.size() == 1);
}

TEST_CASE("onnx.integer.operators_on_integers") {
    model_builder b;
    b.input("x", {1, 1, 2, 2}, u8).output("y", {1, 3}, u8);
    b.node("MaxPool", {"x"}, {"m"}).set("kernel_shape", dims{1, 2});
    b.node("Concat", {"m", "m"}, {"c"}).set("axis", 1);
    b.integers("low", {}, {0}, u8);
    b.integers("high", {}, {15}, u8);
    b.node("Clip", {"c", "low", "high"}, {"k"});
    b.node("Flatten", {"k"}, {"f"});
    b.integers("w", {4, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, i8);
    const strings x = b.quant("xq", 1.0F, 0);
    const strings w = b.quant("wq", 1.0F, 0, i8);
    const strings y = b.quant("yq", 1.0F, 0);
    b.node("QLinearMatMul", join(join({"f"}, x), join(join({"w"}, w), y)), {"y"});
    const auto file = b.import();
    CHECK(onnx_test::run(*file.integer, {{1, 9, 200, 3}}) == ints{9, 15, 9});
    // The concat saturates to four bits itself.
    CHECK(file.integer->nodes[1].kind == nn::op_kind::concat);
    CHECK(file.integer->values[file.integer->nodes[1].output].type.bits == 4);
}

TEST_CASE("onnx.integer.sixteen_bits") {
    model_builder b(21);
    b.input("x", {1, 2}).output("y");
    b.quantize("x", "q", 0.001F, 0, ::onnx::TensorProto::INT16);
    b.dequantize("q", "d", 0.001F, 0, ::onnx::TensorProto::INT16);
    b.integers("w", {1, 2}, {1000, -2000}, ::onnx::TensorProto::INT16);
    b.reals("ws", {}, {0.001F});
    b.node("DequantizeLinear", {"w", "ws"}, {"wr"});
    b.node("Gemm", {"d", "wr"}, {"g"}).set("transB", 1);
    b.quantize("g", "y", 0.001F, 30000, ::onnx::TensorProto::UINT16);
    const auto file = b.import();
    CHECK(file.integer->values[file.integer->inputs[0]].type.bits == 16);
    CHECK(file.integer->nodes[0].weights.type().bits == 16);
    CHECK(onnx_test::run(*file.integer, {{5000, 1000}}) == ints{33000});
}

TEST_CASE("onnx.integer.a_type_said_twice_must_be_the_same") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.quantize("x", "q", 0.5F, 3);
    b.dequantize("q", "d", 0.25F, 3);
    b.node("Relu", {"d"}, {"r"});
    b.quantize("r", "y", 0.5F, 0);
    const std::string text = b.refusal();
    CHECK(text.find("scale 0.25, zero point 3") != std::string::npos);
    CHECK(text.find("scale 0.5, zero point 3") != std::string::npos);
}
