// SPDX-License-Identifier: Apache-2.0
// Reshaping operators, activations, Concat and the arithmetic on shapes that exporters leave.
#include "model_builder.h"

#include <support/catch.h>

using onnx_test::dims;
using onnx_test::model_builder;
using onnx_test::ramp;

namespace {

namespace nn = pimvp::nn;
using floats = std::vector<float>;

}  // namespace

TEST_CASE("onnx.float.relu_and_clip_in_all_forms") {
    {
        model_builder b(9);
        b.input("x", {1, 3}).output("y");
        b.node("Clip", {"x"}, {"y"}).set("min", -1.0F).set("max", 2.0F);
        CHECK(onnx_test::run(*b.import().floating, {{-5, 1, 5}}).data == floats{-1, 1, 2});
    }
    {
        model_builder b;
        b.input("x", {1, 3}).output("y");
        b.reals("high", {}, {6});
        b.node("Clip", {"x", "", "high"}, {"y"});
        CHECK(onnx_test::run(*b.import().floating, {{-5, 1, 9}}).data == floats{-5, 1, 6});
    }
    {
        model_builder b;  // bounds from Constant nodes, and a lower bound alone is a Relu
        b.input("x", {1, 3}).output("y");
        b.node("Constant", {}, {"low"}).set("value_float", 0.0F);
        b.node("Clip", {"x", "low"}, {"y"});
        const auto file = b.import();
        CHECK(file.floating->nodes[0].kind == nn::float_op::relu);
    }
}

TEST_CASE("onnx.float.concat_joins_channels_of_any_number_of_inputs") {
    model_builder b;
    b.input("a", {1, 1, 1, 2}).input("b", {1, 2, 1, 2}).output("y", {1, 4, 1, 2});
    b.node("Concat", {"a", "b", "a"}, {"y"}).set("axis", -3);
    CHECK(onnx_test::run(*b.import().floating, {{1, 2}, {3, 4, 5, 6}}).data ==
          floats{1, 2, 3, 4, 5, 6, 1, 2});
}

TEST_CASE("onnx.float.flatten_reshape_squeeze_unsqueeze") {
    model_builder b;
    b.input("x", {-1, 2, 1, 3}).output("y", {-1, 6});
    b.integers("one", {1}, {2});
    b.node("Squeeze", {"x", "one"}, {"s"});
    b.integers("two", {2}, {0, -1});
    b.node("Unsqueeze", {"s", "two"}, {"u"});
    b.integers("shape", {3}, {0, 3, -1});
    b.node("Reshape", {"u", "shape"}, {"r"});
    b.node("Flatten", {"r"}, {"y"});
    const auto file = b.import();
    CHECK(file.outputs[0].dims == nn::shape{1, 6});
    CHECK(onnx_test::run(*file.floating, {ramp(6)}).data == ramp(6));
}

TEST_CASE("onnx.float.axes_as_attributes_before_opset_13") {
    model_builder b(11);
    b.input("x", {1, 2, 1, 1}).output("y");
    b.node("Squeeze", {"x"}, {"s"}).set("axes", dims{2, 3});
    b.node("Unsqueeze", {"s"}, {"y"}).set("axes", dims{2});
    CHECK(b.import().outputs[0].dims == nn::shape{1, 2, 1});
}

TEST_CASE("onnx.float.identity_and_dropout_vanish") {
    model_builder b(7);
    b.input("x", {1, 2}).output("y");
    b.node("Identity", {"x"}, {"i"});
    b.node("Dropout", {"i"}, {"d", "mask"}).set("ratio", 0.5F);
    b.node("Relu", {"d"}, {"y"});
    CHECK(b.import().floating->nodes.size() == 1);
}

TEST_CASE("onnx.float.view_of_pytorch_is_folded") {
    // x.view(x.size(0), -1) as PyTorch exports it.
    model_builder b;
    b.input("x", {-1, 2, 2, 2}).output("y", {-1, 8});
    b.node("Shape", {"x"}, {"shape"});
    b.integers("zero", {}, {0});
    b.node("Gather", {"shape", "zero"}, {"batch"}).set("axis", 0);
    b.integers("axis0", {1}, {0});
    b.node("Unsqueeze", {"batch", "axis0"}, {"batch1"});
    b.node("Constant", {}, {"minus"}).set("value_ints", dims{-1});
    b.node("Concat", {"batch1", "minus"}, {"target"}).set("axis", 0);
    b.node("Reshape", {"x", "target"}, {"y"});
    const auto file = b.import();
    CHECK(file.floating->nodes.size() == 1);
    CHECK(file.outputs[0].dims == nn::shape{1, 8});
}

TEST_CASE("onnx.float.shape_arithmetic_with_slices_casts_and_products") {
    // Flatten of a Keras exporter: product of the last three dimensions.
    model_builder b;
    b.input("x", {1, 2, 3, 4}).output("y");
    b.node("Shape", {"x"}, {"s"});
    b.node("Cast", {"s"}, {"s32"}).set("to", int{::onnx::TensorProto::INT32});
    b.integers("from", {1}, {1});
    b.integers("to", {1}, {4});
    b.node("Slice", {"s32", "from", "to"}, {"tail"});
    b.integers("i0", {1}, {0});
    b.integers("i1", {1}, {1});
    b.integers("i2", {1}, {-1});
    b.node("Gather", {"tail", "i0"}, {"c"});
    b.node("Gather", {"tail", "i1"}, {"h"});
    b.node("Gather", {"tail", "i2"}, {"w"});
    b.node("Mul", {"c", "h"}, {"ch"});
    b.node("Mul", {"ch", "w"}, {"chw"});
    b.integers("ones", {1}, {1}, ::onnx::TensorProto::INT32);
    b.node("Sub", {"ones", "ones"}, {"nought"});
    b.node("Add", {"nought", "ones"}, {"one"});
    b.node("Div", {"one", "ones"}, {"batch"});
    b.node("Concat", {"batch", "chw"}, {"shape32"}).set("axis", 0);
    b.node("Cast", {"shape32"}, {"shape"}).set("to", int{::onnx::TensorProto::INT64});
    b.node("Reshape", {"x", "shape"}, {"y"});
    CHECK(b.import().outputs[0].dims == nn::shape{1, 24});
}

TEST_CASE("onnx.float.constant_of_shape_makes_weights") {
    model_builder b;
    b.input("x", {1, 3}).output("y");
    b.integers("shape", {2}, {3, 2});
    auto& value = *b.node("ConstantOfShape", {"shape"}, {"w"}).proto().add_attribute();
    value.set_name("value");
    value.set_type(::onnx::AttributeProto::TENSOR);
    value.mutable_t()->set_data_type(::onnx::TensorProto::FLOAT);
    value.mutable_t()->add_dims(1);
    value.mutable_t()->add_float_data(2.0F);
    b.node("MatMul", {"x", "w"}, {"y"});
    CHECK(onnx_test::run(*b.import().floating, {{1, 2, 3}}).data == floats{12, 12});
}

TEST_CASE("onnx.float.nodes_are_sorted_and_dead_ones_left_out") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.node("Relu", {"a"}, {"y"});
    b.node("Identity", {"x"}, {"a"});
    b.node("Softmax", {"a"}, {"nobody_reads_this"});
    CHECK(b.import().floating->nodes.size() == 1);
}

TEST_CASE("onnx.float.unused_inputs_are_left_out_with_a_note") {
    model_builder b;
    b.input("x", {1, 2}).input("spare", {1, 7}).output("y");
    b.node("Relu", {"x"}, {"y"});
    const auto file = b.import();
    CHECK(file.inputs.size() == 1);
    REQUIRE(file.notes.size() == 1);
    CHECK(file.notes[0].find("'spare'") != std::string::npos);
}

TEST_CASE("onnx.float.an_input_with_an_initialiser_is_a_weight") {
    model_builder b;
    b.input("x", {1, 1}).input("w", {1, 1}).output("y");
    b.reals("w", {1, 1}, {3});
    b.node("MatMul", {"x", "w"}, {"y"});
    const auto file = b.import();
    CHECK(file.inputs.size() == 1);
    CHECK(onnx_test::run(*file.floating, {{2}}).data == floats{6});
}
