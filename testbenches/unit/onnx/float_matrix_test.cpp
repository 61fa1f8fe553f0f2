// SPDX-License-Identifier: Apache-2.0
// Conv, Gemm, MatMul, BatchNormalization, Add and the ways weights are stored in float graphs.
#include "model_builder.h"

#include <support/catch.h>

#include <cmath>

using onnx_test::dims;
using onnx_test::model_builder;
using onnx_test::ramp;

namespace {

namespace nn = pimvp::nn;

void check_near(const std::vector<float>& got, const std::vector<float>& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).margin(1e-6));
}

std::size_t count(const nn::float_network& net, nn::float_op kind) {
    std::size_t found = 0;
    for (const nn::float_node& n : net.nodes) found += n.kind == kind ? 1 : 0;
    return found;
}

}  // namespace

TEST_CASE("onnx.float.conv_takes_groups_dilations_strides_pads") {
    model_builder b;
    b.input("x", {1, 2, 5, 5}).output("y", {1, 4, 2, 2});
    b.reals("w", {4, 1, 2, 2}, ramp(16));
    b.reals("bias", {4}, {1, 2, 3, 4});
    b.node("Conv", {"x", "w", "bias"}, {"y"})
        .set("group", 2)
        .set("dilations", dims{2, 2})
        .set("strides", dims{3, 3})
        .set("pads", dims{0, 0, 1, 1})
        .set("kernel_shape", dims{2, 2});
    const auto file = b.import();
    REQUIRE(file.floating);
    const nn::float_node& conv = file.floating->nodes.at(0);
    CHECK(conv.groups == 2);
    CHECK(conv.geometry.dilation_w == 2);
    CHECK(conv.geometry.stride_h == 3);
    CHECK(conv.geometry.pad_bottom == 1);
    // Channel 0, output (0, 0): taps at (0,0) (0,2) (2,0) (2,2) of the first map.
    const nn::float_tensor y = onnx_test::run(*file.floating, {ramp(50)});
    CHECK(y.data[0] == 0 * 0 + 1 * 2 + 2 * 10 + 3 * 12 + 1);
    // Channel 3, output (1, 1): the second map; only (3,3) lies inside.
    CHECK(y.data[3 * 4 + 3] == 12 * (25 + 18) + 4);
}

TEST_CASE("onnx.float.auto_pad_and_dynamic_batch") {
    for (const char* mode : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
        model_builder b;
        b.input("x", {-1, 1, 4, 4}).output("y", {-1, 1, -1, -1});
        b.reals("w", {1, 1, 2, 2}, {1, 1, 1, 1});
        b.node("Conv", {"x", "w"}, {"y"}).set("auto_pad", mode);
        const auto file = b.import();
        CHECK(file.inputs[0].dims == nn::shape{1, 1, 4, 4});
        const nn::window& w = file.floating->nodes.at(0).geometry;
        const std::string name = mode;
        CHECK(w.pad_top == (name == "SAME_LOWER" ? 1 : 0));
        CHECK(w.pad_bottom == (name == "SAME_UPPER" ? 1 : 0));
        CHECK(file.outputs[0].dims[2] == (name == "VALID" ? 3 : 4));
    }
}

TEST_CASE("onnx.float.gemm_takes_alpha_beta_and_both_layouts") {
    for (const int transposed : {0, 1}) {
        model_builder b;
        b.input("x", {1, 2}).output("y", {1, 3});
        // W = [[1 2 3] [4 5 6]] as K x N
        if (transposed == 1) {
            b.reals("w", {3, 2}, {1, 4, 2, 5, 3, 6});
        } else {
            b.reals("w", {2, 3}, {1, 2, 3, 4, 5, 6});
        }
        b.reals("c", {1, 3}, {10, 20, 30});
        b.node("Gemm", {"x", "w", "c"}, {"y"})
            .set("alpha", 0.5F)
            .set("beta", 2.0F)
            .set("transB", transposed);
        const auto file = b.import();
        check_near(onnx_test::run(*file.floating, {{1, 1}}).data, {22.5F, 43.5F, 64.5F});
    }
}

TEST_CASE("onnx.float.matmul_with_add_is_one_node") {
    for (const bool constant_first : {false, true}) {
        model_builder b;
        b.input("x", {1, 2}).output("y");
        b.reals("w", {2, 2}, {1, 2, 3, 4});
        b.reals("c", {2}, {10, 20});
        b.node("MatMul", {"x", "w"}, {"m"});
        b.node("Add", constant_first ? onnx_test::strings{"c", "m"} : onnx_test::strings{"m", "c"},
               {"y"});
        const auto file = b.import();
        REQUIRE(file.floating->nodes.size() == 1);
        CHECK(file.floating->values[file.floating->outputs[0]].name == "y");
        check_near(onnx_test::run(*file.floating, {{1, 1}}).data, {14, 26});
    }
}

TEST_CASE("onnx.float.transposed_constants_are_folded") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.reals("w", {3, 2}, {1, 4, 2, 5, 3, 6});
    b.node("Transpose", {"w"}, {"wt"}).set("perm", dims{1, 0});
    b.node("MatMul", {"x", "wt"}, {"y"});
    check_near(onnx_test::run(*b.import().floating, {{1, 2}}).data, {9, 12, 15});
}

namespace {

model_builder& batch_norm(model_builder& b, const char* from, const char* to,
                          std::int64_t channels) {
    const auto n = static_cast<std::size_t>(channels);
    b.reals("gamma", {channels}, ramp(n, 1.0F));
    b.reals("beta", {channels}, ramp(n, -1.0F));
    b.reals("mean", {channels}, ramp(n, 0.5F));
    b.reals("var", {channels}, ramp(n, 3.0F));
    b.node("BatchNormalization", {from, "gamma", "beta", "mean", "var"}, {to})
        .set("epsilon", 1.0F)
        .set("momentum", 0.9F);
    return b;
}

float normalised(float x, float channel) {
    return (x - (0.5F + channel)) / std::sqrt(4.0F + channel) * (1.0F + channel) + channel - 1.0F;
}

}  // namespace

TEST_CASE("onnx.float.batch_norm_folds_into_conv_and_gemm") {
    {
        model_builder b;
        b.input("x", {1, 1, 1, 2}).output("y");
        b.reals("w", {2, 1, 1, 1}, {3, -2});
        b.reals("c", {2}, {0.25F, 0.5F});
        b.node("Conv", {"x", "w", "c"}, {"m"});
        const auto file = batch_norm(b, "m", "y", 2).import();
        REQUIRE(file.floating->nodes.size() == 1);
        check_near(onnx_test::run(*file.floating, {{1, 2}}).data,
                   {normalised(3.25F, 0), normalised(6.25F, 0), normalised(-1.5F, 1),
                    normalised(-3.5F, 1)});
    }
    {
        model_builder b;
        b.input("x", {1, 1}).output("y");
        b.reals("w", {1, 2}, {3, -2});
        b.node("MatMul", {"x", "w"}, {"m"});
        const auto file = batch_norm(b, "m", "y", 2).import();
        REQUIRE(file.floating->nodes.size() == 1);
        check_near(onnx_test::run(*file.floating, {{1}}).data,
                   {normalised(3, 0), normalised(-2, 1)});
    }
}

TEST_CASE("onnx.float.batch_norm_alone_is_a_depthwise_convolution") {
    {
        model_builder b;
        b.input("x", {1, 2, 1, 2}).output("y");
        const auto file = batch_norm(b, "x", "y", 2).import();
        REQUIRE(file.floating->nodes.size() == 1);
        CHECK(file.floating->nodes[0].groups == 2);
        check_near(onnx_test::run(*file.floating, {{1, 2, 3, 4}}).data,
                   {normalised(1, 0), normalised(2, 0), normalised(3, 1), normalised(4, 1)});
    }
    {
        model_builder b;
        b.input("x", {1, 3}).output("y");
        const auto file = batch_norm(b, "x", "y", 3).import();
        CHECK(count(*file.floating, nn::float_op::reshape) == 2);
        check_near(onnx_test::run(*file.floating, {{1, 2, 3}}).data,
                   {normalised(1, 0), normalised(2, 1), normalised(3, 2)});
    }
}

TEST_CASE("onnx.float.batch_norm_does_not_fold_into_a_conv_with_other_readers") {
    model_builder b;
    b.input("x", {1, 1, 1, 1}).output("y").output("m");
    b.reals("w", {1, 1, 1, 1}, {3});
    b.node("Conv", {"x", "w"}, {"m"});
    const auto file = batch_norm(b, "m", "y", 1).import();
    REQUIRE(file.floating->nodes.size() == 2);
    check_near(onnx_test::run(*file.floating, {{1}}).data, {normalised(3, 0)});
}

TEST_CASE("onnx.float.add_of_maps_and_of_constants") {
    model_builder b;
    b.input("a", {1, 2, 1, 1}).input("b", {1, 2, 1, 1}).output("y");
    b.reals("c", {1, 2, 1, 1}, {10, 20});
    b.node("Add", {"a", "b"}, {"s"});
    b.node("Relu", {"s"}, {"r"});
    b.node("Add", {"r", "c"}, {"y"});
    const auto file = b.import();
    CHECK(file.inputs.size() == 2);
    check_near(onnx_test::run(*file.floating, {{1, -5}, {2, 3}}).data, {13, 20});
}

TEST_CASE("onnx.float.weights_in_every_element_type") {
    const auto result = [](model_builder& b) {
        b.input("x", {1, 2}).output("y");
        b.node("MatMul", {"x", "w"}, {"y"});
        return onnx_test::run(*b.import().floating, {{2, 4}}).data;
    };
    {
        model_builder b;  // raw float
        const float values[] = {0.5F, -1.5F};
        b.reals("w", {2, 1}, {}).set_raw_data(values, sizeof values);
        check_near(result(b), {-5});
    }
    {
        model_builder b;  // double, typed
        auto& w = b.reals("w", {2, 1}, {});
        w.set_data_type(::onnx::TensorProto::DOUBLE);
        w.add_double_data(0.5);
        w.add_double_data(-1.5);
        check_near(result(b), {-5});
    }
    {
        model_builder b;  // half, in int32_data: 0.5 and -1.5; and raw: 2^-24 (subnormal), 65504
        b.integers("w", {2, 1}, {0x3800, 0xBE00}, ::onnx::TensorProto::FLOAT16);
        check_near(result(b), {-5});
        model_builder raw;
        const std::uint16_t values[] = {0x0001, 0x7BFF};
        raw.integers("w", {2, 1}, {}, ::onnx::TensorProto::FLOAT16)
            .set_raw_data(values, sizeof values);
        check_near(result(raw), {2.0F * std::ldexp(1.0F, -24) + 4.0F * 65504.0F});
    }
    {
        model_builder b;  // integers behind a DequantizeLinear: still a float network
        b.integers("q", {2, 1}, {3, -5}, ::onnx::TensorProto::INT8);
        b.dequantize("q", "w", 0.5F, 1, ::onnx::TensorProto::INT8);
        check_near(result(b), {2 * 1 + 4 * -3});
    }
}

TEST_CASE("onnx.float.names_and_shapes_come_from_the_file") {
    model_builder b;
    b.input("x", {-1, 1, 2, 2}).output("y");
    b.reals("w", {1, 1, 1, 1}, {1});
    b.node("Conv", {"x", "w"}, {"c"}).named("first");
    b.node("Relu", {"c"}, {"y"});
    const auto file = b.import();
    const nn::float_network& net = *file.floating;
    CHECK(net.name == "model");
    CHECK(net.nodes[0].name == "first");
    CHECK(net.nodes[1].name == "y");  // unnamed: named after its output
    CHECK(net.values[net.nodes[0].output].name == "c");
    CHECK(file.outputs[0].name == "y");
    CHECK(net.weights == "trained");
}
