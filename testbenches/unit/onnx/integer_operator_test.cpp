// SPDX-License-Identifier: Apache-2.0
// What integer graphs become: tables, products, selections, host steps.
#include "model_builder.h"

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/function.h>

#include <support/catch.h>

#include <cmath>

namespace {

using onnx_test::dims;
using onnx_test::model_builder;
namespace nn = pimvp::nn;
using ints = std::vector<int>;
using kind = nn::function_step::kind;
constexpr int u8 = ::onnx::TensorProto::UINT8;
constexpr int i8 = ::onnx::TensorProto::INT8;

/// xq, integers of scale 0.05 and zero point 100, as the graph's input; its reals as xr.
struct group : model_builder {
    explicit group(const dims& shape, int opset = 14)
        : model_builder(opset) {
        input("xq", shape, u8).output("y", {}, u8);
        dequantize("xq", "xr", 0.05F, 100);
    }
    nn::network net() const { return *import().integer; }
};

ints all_bytes() {
    ints values;
    for (int x = 0; x < 256; ++x) values.push_back(x);
    return values;
}

nn::tensor_type byte(float scale, int zero_point) {
    nn::tensor_type type;
    type.scale = scale;
    type.zero_point = zero_point;
    return type;
}

}  // namespace

TEST_CASE("onnx.lookup.activations_between_quantisers_are_tables") {
    const struct {
        const char* op;
        nn::scalar_function function;
    } cases[] = {{"Sigmoid", {{kind::sigmoid}}},
                 {"Tanh", {{kind::tanh}}},
                 {"HardSigmoid", {{kind::hard_sigmoid, 0.2F, 0.5F}}},
                 {"HardSwish", {{kind::hard_sigmoid, 1.0F / 6, 0.5F}, {kind::times_argument}}},
                 {"LeakyRelu", {{kind::leaky_relu, 0.01F}}},
                 {"Elu", {{kind::elu, 1.0F}}},
                 {"Abs", {{kind::absolute}}}};
    for (const auto& each : cases) {
        INFO(each.op);
        group g({1, 256});
        g.node(each.op, {"xr"}, {"r"}).named("act");
        g.quantize("r", "y", 0.03F, 90);
        const nn::network net = g.net();
        REQUIRE(net.nodes.size() == 1);
        CHECK(net.nodes[0].kind == nn::op_kind::lookup);
        CHECK(net.nodes[0].name == "act");
        // Every integer, against the three steps one after the other.
        const ints y = onnx_test::run(net, {all_bytes()});
        for (int x = 0; x < 256; ++x) {
            const float real = nn::evaluate(each.function, nn::dequantise(x, byte(0.05F, 100)));
            CHECK(y[static_cast<std::size_t>(x)] == nn::quantise(real, byte(0.03F, 90)));
        }
    }
}

TEST_CASE("onnx.lookup.a_relu_behind_a_function_clips_its_table") {
    group g({1, 256});
    g.node("Tanh", {"xr"}, {"t"});
    g.node("Relu", {"t"}, {"r"});
    g.quantize("r", "y", 0.01F, 20);
    const nn::network net = g.net();
    const ints y = onnx_test::run(net, {all_bytes()});
    CHECK(y[0] == 20);  // tanh(-5), clipped to 0
    CHECK(y[100] == 20);
    CHECK(y[255] == 120);
}

TEST_CASE("onnx.lookup.one_constant_for_all_is_a_table") {
    group g({1, 256});
    g.reals("c", {}, {-2.0F});
    g.node("Mul", {"xr", "c"}, {"r"});
    g.quantize("r", "y", 0.1F, 128);
    const ints y = onnx_test::run(g.net(), {all_bytes()});
    CHECK(y[100] == 128);
    CHECK(y[120] == 108);
    CHECK(y[0] == 228);
}

TEST_CASE("onnx.lookup.a_gather_from_a_constant_table") {
    model_builder b;
    b.input("x", {1, 4}, i8).output("y", {}, u8);
    std::vector<float> reals(256);
    for (std::size_t i = 0; i < reals.size(); ++i) reals[i] = static_cast<float>(i);
    b.reals("t", {256}, reals);
    b.node("Cast", {"x"}, {"i"}).set("to", 6);
    b.node("Gather", {"t", "i"}, {"r"}).named("table");
    b.quantize("r", "y", 1.0F, 0);
    // Negative indices count from the end.
    CHECK(onnx_test::run(*b.import().integer, {{0, 127, -1, -128}}) == ints{0, 127, 255, 128});
    b.model.mutable_graph()->mutable_initializer(0)->set_dims(0, 100);
    b.model.mutable_graph()->mutable_initializer(0)->mutable_float_data()->Truncate(100);
    CHECK(b.refusal().find("node 'table' (Gather): picks from 100 numbers by integers from -128 to "
                           "127") != std::string::npos);
    model_builder stray;
    stray.input("x", {1, 4}, u8).output("y");
    stray.node("Cast", {"x"}, {"i"}).set("to", 7);
    stray.node("Relu", {"i"}, {"y"}).named("act");
    CHECK(stray.refusal().find("node 'act' (Relu): its input 'i' is integers that a Cast made") !=
          std::string::npos);
}

TEST_CASE("onnx.multiply.computes_in_float32") {
    model_builder b;
    b.input("a", {1, 2, 1, 2}, u8).input("b", {1, 2, 1, 1}, u8).output("y", {}, u8);
    b.dequantize("a", "ar", 0.1F, 100);
    b.dequantize("b", "br", 0.01F, 0);
    b.node("Mul", {"br", "ar"}, {"r"}).named("excite");
    b.quantize("r", "y", 0.05F, 100);
    const nn::network net = *b.import().integer;
    REQUIRE(net.nodes.size() == 1);
    CHECK(net.nodes[0].kind == nn::op_kind::multiply);
    const ints a{0, 255, 100, 120};
    const ints factors{50, 255};
    ints wanted;
    for (std::size_t i = 0; i < 4; ++i) {
        wanted.push_back(
            nn::multiply(a[i], byte(0.1F, 100), factors[i / 2], byte(0.01F, 0), byte(0.05F, 100)));
    }
    CHECK(onnx_test::run(net, {a, factors}) == wanted);
    CHECK(wanted == ints{0, 255, 100, 202});
}

TEST_CASE("onnx.qlinear.operators_of_onnx_runtime") {
    const auto domain = "com.microsoft";
    {
        model_builder b;
        b.input("a", {1, 3}, u8).input("b", {1, 3}, u8).output("y", {}, u8);
        const auto a = b.quant("a", 0.5F, 10);
        const auto c = b.quant("b", 0.25F, 0);
        const auto y = b.quant("y", 0.5F, 5);
        b.node("QLinearMul", {"a", a[0], a[1], "b", c[0], c[1], y[0], y[1]}, {"y"}).in(domain);
        CHECK(onnx_test::run(*b.import().integer, {{14, 10, 6}, {8, 9, 4}}) == ints{13, 5, 1});
    }
    for (const char* op : {"QLinearSigmoid", "QLinearLeakyRelu"}) {
        model_builder b;
        b.input("x", {1, 2}, u8).output("y", {}, u8);
        const auto x = b.quant("x", 0.5F, 10);
        const auto y = b.quant("y", 0.01F, 50);
        b.node(op, {"x", x[0], x[1], y[0], y[1]}, {"y"}).in(domain);
        const bool sigmoid = std::string(op) == "QLinearSigmoid";
        CHECK(onnx_test::run(*b.import().integer, {{10, 0}}) ==
              (sigmoid ? ints{100, 51} : ints{50, 45}));
    }
    {
        model_builder b;
        b.input("x", {1, 1, 2, 2}, u8).output("y", {}, u8);
        const auto x = b.quant("x", 1.0F, 0);
        const auto y = b.quant("y", 0.5F, 0);
        b.node("QLinearGlobalAveragePool", {"x", x[0], x[1], y[0], y[1]}, {"y"}).in(domain);
        CHECK(onnx_test::run(*b.import().integer, {{1, 2, 3, 4}}) == ints{5});
    }
    {
        model_builder b;
        b.input("x", {1, 1, 2, 2}, u8).output("y", {}, u8);
        const auto x = b.quant("x", 1.0F, 0);
        const auto y = b.quant("y", 0.5F, 0);
        b.node("QLinearAveragePool", {"x", x[0], x[1], y[0], y[1]}, {"y"})
            .in(domain)
            .set("kernel_shape", dims{1, 2});
        CHECK(onnx_test::run(*b.import().integer, {{1, 2, 3, 4}}) == ints{3, 7});
    }
    {
        model_builder b;
        b.input("a", {1, 1}, u8).input("b", {1, 2}, u8).output("y", {}, u8);
        const auto a = b.quant("a", 0.5F, 10);
        const auto c = b.quant("b", 1.0F, 0);
        const auto y = b.quant("y", 0.5F, 10);
        b.node("QLinearConcat", {y[0], y[1], "a", a[0], a[1], "b", c[0], c[1]}, {"y"})
            .in(domain)
            .set("axis", 1);
        CHECK(onnx_test::run(*b.import().integer, {{7}, {1, 2}}) == ints{7, 12, 14});
        b.model.mutable_graph()->mutable_node(0)->mutable_input()->RemoveLast();
        CHECK(b.refusal().find("three a tensor") != std::string::npos);
    }
}

TEST_CASE("onnx.select.shuffles_between_quantisers_move_integers") {
    group g({1, 4, 1, 1});  // quantisers between all steps, as tools place them
    g.integers("groups", {5}, {1, 2, 2, 1, 1});
    g.integers("whole", {4}, {1, 4, 1, 1});
    g.node("Reshape", {"xr", "groups"}, {"a"});
    g.quantize("a", "aq", 0.05F, 100);
    g.dequantize("aq", "ar", 0.05F, 100);
    g.node("Transpose", {"ar"}, {"t"}).set("perm", dims{0, 2, 1, 3, 4});
    g.quantize("t", "tq", 0.05F, 100);
    g.dequantize("tq", "tr", 0.05F, 100);
    g.node("Reshape", {"tr", "whole"}, {"b"});
    g.quantize("b", "y", 0.05F, 100);
    const nn::network net = g.net();
    REQUIRE(net.nodes.size() == 1);
    CHECK(net.nodes[0].kind == nn::op_kind::select);
    CHECK(net.nodes[0].channels == std::vector<std::uint32_t>{0, 2, 1, 3});
    CHECK(onnx_test::run(net, {{1, 2, 3, 4}}) == ints{1, 3, 2, 4});
}

TEST_CASE("onnx.select.slices_of_integers_and_behind_a_matrix") {
    group g({1, 4, 1, 1});
    g.integers("starts", {1}, {1});
    g.integers("ends", {1}, {3});
    g.integers("axes", {1}, {1});
    g.node("Slice", {"xq", "starts", "ends", "axes"}, {"s"});
    g.integers("w", {2, 2, 1, 1}, {1, 0, 1, 1}, i8);
    g.dequantize("w", "wr", 1.0F, 0, i8);
    g.dequantize("s", "sr", 0.05F, 100);
    g.node("Conv", {"sr", "wr"}, {"c"});
    g.integers("last", {1}, {1});
    g.node("Gather", {"c", "last"}, {"p"}).set("axis", 1);  // before it is quantised
    g.quantize("p", "y", 0.05F, 0);
    CHECK(onnx_test::run(g.net(), {{0, 101, 105, 0}}) == ints{6});
}

TEST_CASE("onnx.host_step.softmax_behind_an_integer_network") {
    group g({1, 3});
    g.model.mutable_graph()->clear_output();
    g.output("p");
    g.node("Softmax", {"xr"}, {"p"}).named("soft");
    const auto file = g.import();
    const nn::network& net = *file.integer;
    REQUIRE(net.host_steps.size() == 1);
    CHECK(file.outputs[0].name == "p");
    CHECK(file.outputs[0].is_float);
    nn::executor executor(net);
    nn::integer_tensor x({1, 3}, net.values[net.inputs[0]].type);
    x.set(0, 120);
    x.set(1, 100);
    x.set(2, 100);
    executor.run({x});
    const std::vector<float> p = executor.output(0).data;
    CHECK(static_cast<double>(p[0]) == Approx(std::exp(1.0) / (std::exp(1.0) + 2.0)));
}
