// SPDX-License-Identifier: Apache-2.0
// What float graphs become: activations, products, arrangements, reductions, host steps.
#include "model_builder.h"

#include <pimvp/nn/float_executor.h>
#include <pimvp/nn/function.h>

#include <support/catch.h>

#include <cmath>

namespace {

using onnx_test::dims;
using onnx_test::model_builder;
using onnx_test::ramp;
using onnx_test::run;
using floats = std::vector<float>;
namespace nn = pimvp::nn;
using kind = nn::function_step::kind;

/// x -> nodes -> y, opset 18.
struct graph : model_builder {
    explicit graph(const dims& shape, int opset = 18)
        : model_builder(opset) {
        input("x", shape).output("y");
    }
    nn::float_network net() const { return *import().floating; }
};

}  // namespace

TEST_CASE("onnx.operator.activations_are_functions") {
    const struct {
        const char* op;
        double (*expected)(double);
    } cases[] = {
        {"Sigmoid", [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
        {"Tanh", [](double x) { return std::tanh(x); }},
        {"HardSigmoid", [](double x) { return std::fmax(0.0, std::fmin(1.0, 0.2 * x + 0.5)); }},
        {"HardSwish", [](double x) { return x * std::fmax(0.0, std::fmin(1.0, x / 6 + 0.5)); }},
        {"LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; }},
        {"Elu", [](double x) { return x < 0 ? std::expm1(x) : x; }},
        {"Softplus", [](double x) { return std::log1p(std::exp(x)); }},
        {"Softsign", [](double x) { return x / (1 + std::fabs(x)); }},
        {"Mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
        {"Exp", [](double x) { return std::exp(x); }},
        {"Abs", [](double x) { return std::fabs(x); }},
        {"Neg", [](double x) { return -x; }}};
    for (const auto& each : cases) {
        INFO(each.op);
        graph g({1, 41});
        g.node(each.op, {"x"}, {"y"});
        const nn::float_network net = g.net();
        REQUIRE(net.nodes.size() == 1);
        CHECK(net.nodes[0].kind == nn::float_op::function);
        const floats x = ramp(41, -10.0F, 0.5F);
        const floats y = run(net, {x}).data;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double wanted = each.expected(static_cast<double>(x[i]));
            CHECK(std::fabs(static_cast<double>(y[i]) - wanted) <= 3e-7 * std::fabs(wanted));
        }
    }
}

TEST_CASE("onnx.operator.a_product_with_a_function_of_the_same_tensor_is_a_function") {
    {
        graph g({1, 2, 2, 2});  // SiLU
        g.node("Sigmoid", {"x"}, {"s"});
        g.node("Mul", {"x", "s"}, {"y"}).named("silu");
        const nn::float_network net = g.net();
        REQUIRE(net.nodes.size() == 1);
        CHECK(net.nodes[0].name == "silu");
        CHECK(net.nodes[0].function ==
              nn::scalar_function{{kind::sigmoid}, {kind::times_argument}});
    }
    {
        graph g({1, 4});  // HardSwish as older opsets write it
        g.reals("three", {}, {3});
        g.reals("zero", {}, {0});
        g.reals("six", {}, {6});
        g.node("Add", {"x", "three"}, {"a"});
        g.node("Clip", {"a", "zero", "six"}, {"b"});
        g.node("Mul", {"x", "b"}, {"c"});
        g.node("Div", {"c", "six"}, {"y"});
        const nn::float_network net = g.net();
        REQUIRE(net.nodes.size() == 1);
        const floats y = run(net, {{-4, -1, 1, 5}}).data;
        CHECK(y[0] == 0.0F);
        CHECK(y[1] == Approx(-1.0F / 3));
        CHECK(y[2] == Approx(2.0F / 3));
        CHECK(y[3] == 5.0F);
    }
    {
        graph g({1, 2});  // somebody else reads the function: it stays
        g.output("s");
        g.node("Sigmoid", {"x"}, {"s"});
        g.node("Mul", {"s", "x"}, {"y"});
        const nn::float_network net = g.net();
        REQUIRE(net.nodes.size() == 2);
        CHECK(net.nodes[1].kind == nn::float_op::multiply);
    }
}

TEST_CASE("onnx.operator.squeeze_and_excite") {
    graph g({1, 2, 2, 2});
    g.integers("axes", {2}, {2, 3});
    g.node("ReduceMean", {"x", "axes"}, {"m"});
    g.node("Sigmoid", {"m"}, {"s"});
    g.node("Mul", {"s", "x"}, {"y"}).named("excite");  // the small factor stands first
    const nn::float_network net = g.net();
    REQUIRE(net.nodes.size() == 3);
    CHECK(net.nodes[0].kind == nn::float_op::average_pool);
    CHECK(net.nodes[2].inputs == std::vector<nn::value_id>{net.inputs[0], net.nodes[1].output});
    const floats y = run(net, {{0, 0, 0, 0, 1, 2, 3, 4}}).data;
    CHECK(y[3] == 0.0F);
    CHECK(static_cast<double>(y[7]) == Approx(4.0 / (1.0 + std::exp(-2.5))));
    graph wrong({1, 2, 2, 2});
    wrong.input("z", {1, 1, 2, 2});
    wrong.node("Mul", {"x", "z"}, {"y"}).named("spatial");
    CHECK(wrong.refusal().find("node 'spatial' (Mul): multiplies 1x2x2x2 and 1x1x2x2") !=
          std::string::npos);
}

TEST_CASE("onnx.operator.channel_shuffle_and_split_are_selections") {
    graph g({1, 6, 1, 2});
    g.integers("groups", {5}, {1, 2, 3, 1, 2});
    g.integers("whole", {4}, {1, 6, 1, 2});
    g.node("Reshape", {"x", "groups"}, {"a"});
    g.node("Transpose", {"a"}, {"b"}).set("perm", dims{0, 2, 1, 3, 4});
    g.node("Reshape", {"b", "whole"}, {"c"}).named("shuffled");
    g.integers("sizes", {2}, {2, 4});
    g.node("Split", {"c", "sizes"}, {"low", "y"}).named("split").set("axis", 1);
    const nn::float_network net = g.net();
    REQUIRE(net.nodes.size() == 2);  // the half that nobody reads is gone
    CHECK(net.nodes[0].kind == nn::float_op::select);
    CHECK(net.nodes[0].name == "shuffled");
    CHECK(net.nodes[0].channels == std::vector<std::uint32_t>{0, 3, 1, 4, 2, 5});
    CHECK(net.nodes[1].channels == std::vector<std::uint32_t>{2, 3, 4, 5});
    CHECK(run(net, {ramp(12)}).data == floats{2, 3, 8, 9, 4, 5, 10, 11});
}

TEST_CASE("onnx.operator.transpose_before_a_matrix_turns_its_weights") {
    graph g({1, 2, 1, 2});  // channels last, flattened, as TensorFlow leaves it
    g.node("Transpose", {"x"}, {"a"}).set("perm", dims{0, 2, 3, 1});
    g.node("Flatten", {"a"}, {"b"});
    g.reals("w", {4, 1}, {1, 10, 100, 1000});
    g.node("MatMul", {"b", "w"}, {"y"}).named("fc");
    const nn::float_network net = g.net();
    REQUIRE(net.nodes.size() == 2);
    CHECK(net.nodes[0].kind == nn::float_op::reshape);
    CHECK(net.nodes[1].weights.data == floats{1, 100, 10, 1000});
    // x is c0 w0, c0 w1, c1 w0, c1 w1; the matrix sees c0 w0, c1 w0, c0 w1, c1 w1.
    CHECK(run(net, {{1, 2, 3, 4}}).data == floats{1 + 30 + 200 + 4000});
}

TEST_CASE("onnx.operator.arrangements_that_cancel_vanish") {
    graph g({1, 2, 2, 2});
    g.node("Transpose", {"x"}, {"a"}).set("perm", dims{0, 2, 3, 1});
    g.node("Relu", {"a"}, {"b"}).named("act");
    g.node("Transpose", {"b"}, {"y"}).set("perm", dims{0, 3, 1, 2});
    const nn::float_network net = g.net();
    REQUIRE(net.nodes.size() == 1);
    CHECK(net.nodes[0].name == "act");
}

TEST_CASE("onnx.operator.any_other_arrangement_selects_single_elements") {
    graph g({1, 2, 2, 2});
    g.node("Transpose", {"x"}, {"y"}).set("perm", dims{0, 1, 3, 2});
    const nn::float_network net = g.net();
    REQUIRE(net.nodes.size() == 3);  // reshape, select, reshape
    CHECK(run(net, {ramp(8)}).data == floats{0, 2, 1, 3, 4, 6, 5, 7});
    graph slice({1, 1, 4, 4});
    slice.integers("starts", {2}, {-1, 1});
    slice.integers("ends", {2}, {-100, 100});
    slice.integers("axes", {2}, {2, 3});
    slice.integers("steps", {2}, {-2, 2});
    slice.node("Slice", {"x", "starts", "ends", "axes", "steps"}, {"y"});
    CHECK(run(slice.net(), {ramp(16)}).data == floats{13, 15, 5, 7});
}

TEST_CASE("onnx.operator.concat_along_any_axis") {
    for (const int axis : {0, 1, 2, -1}) {
        model_builder b(13);
        b.input("x", {1, 2, 2}).input("z", {1, 2, 2}).output("y");
        b.node("Concat", {"x", "z"}, {"y"}).set("axis", axis);
        const floats y = run(*b.import().floating, {{0, 1, 2, 3}, {4, 5, 6, 7}}).data;
        const bool last = axis == 2 || axis == -1;
        CHECK(y == (last ? floats{0, 1, 4, 5, 2, 3, 6, 7} : ramp(8)));
    }
}

TEST_CASE("onnx.operator.reductions_over_neighbouring_axes_are_pools") {
    graph g({1, 2, 3, 4});
    g.integers("axes", {1}, {1});
    g.node("ReduceMax", {"x", "axes"}, {"y"}).named("most").set("keepdims", 0);
    CHECK(g.import().outputs[0].dims == nn::shape{1, 3, 4});
    CHECK(run(g.net(), {ramp(24)}).data == ramp(12, 12.0F));
    graph apart({2, 2, 2});
    apart.integers("axes", {2}, {0, 2});
    apart.node("ReduceMean", {"x", "axes"}, {"y"}).named("mean");
    CHECK(apart.refusal().find("axes that stand side by side") != std::string::npos);
}

TEST_CASE("onnx.operator.softmax_is_a_step_of_the_host_behind_the_outputs") {
    graph g({1, 3});
    g.node("Softmax", {"x"}, {"p"}).named("soft");
    g.node("Identity", {"p"}, {"y"});
    const auto file = g.import();
    const nn::float_network& net = *file.floating;
    CHECK(net.nodes.empty());
    REQUIRE(net.host_steps.size() == 1);
    CHECK(net.host_steps[0].name == "soft");
    CHECK(net.host_steps[0].result == "y");
    CHECK(net.host_steps[0].axis == 1);
    CHECK(file.outputs[0].name == "y");
    nn::float_executor executor(net);
    executor.run({{{1, 3}, {0, 1, 2}}});
    CHECK(executor.value(net.outputs[0]).data == floats{0, 1, 2});
    const floats p = executor.output(0).data;
    CHECK(static_cast<double>(p[2]) ==
          Approx(std::exp(2.0) / (1.0 + std::exp(1.0) + std::exp(2.0))));

    graph inside({1, 3});
    inside.node("Softmax", {"x"}, {"p"}).named("attention");
    inside.node("Relu", {"p"}, {"y"}).named("act");
    CHECK(inside.refusal().find("node 'act' (Relu): its input 'p' is the result of node "
                                "'attention', a Softmax, which the host computes behind the last "
                                "layer") != std::string::npos);
    graph old({1, 3, 2, 1}, 11);
    old.node("Softmax", {"x"}, {"y"}).named("soft");
    CHECK(old.refusal().find("put a Flatten before it") != std::string::npos);
}

TEST_CASE("onnx.operator.constants_broadcast") {
    graph g({1, 2, 2});
    g.reals("c", {2}, {10, 20});
    g.node("Sub", {"c", "x"}, {"y"});
    CHECK(run(g.net(), {{1, 2, 3, 4}}).data == floats{9, 18, 7, 16});
    graph quotient({1, 2});
    quotient.reals("c", {}, {4});
    quotient.node("Div", {"x", "c"}, {"y"});
    CHECK(run(quotient.net(), {{2, 6}}).data == floats{0.5F, 1.5F});
    graph zero({1, 2});
    zero.reals("c", {}, {0});
    zero.node("Div", {"x", "c"}, {"y"}).named("n");
    CHECK(zero.refusal().find("node 'n' (Div): divides by 0") != std::string::npos);
    graph computed({1, 2});
    computed.node("Div", {"x", "x"}, {"y"});
    CHECK(computed.refusal().find("divides by a computed tensor") != std::string::npos);
}
