// SPDX-License-Identifier: Apache-2.0
// Whatever is wrong with a file: place, cause, way out.
#include "model_builder.h"

#include <pimvp/core/diagnostics.h>

#include <support/catch.h>

#include <cmath>
#include <filesystem>
#include <limits>

using onnx_test::dims;
using onnx_test::model_builder;

namespace {

/// The refusal names the file and contains every one of the texts.
void check_refusal(const std::string& refusal, std::initializer_list<const char*> texts) {
    INFO(refusal);
    CHECK(refusal.find("dir/model.onnx") == 0);
    for (const char* text : texts) {
        INFO("expected: " << text);
        CHECK(refusal.find(text) != std::string::npos);
    }
}
void check_refusal(const model_builder& b, std::initializer_list<const char*> texts) {
    check_refusal(b.refusal(), texts);
}

/// x -> op -> y with one node called "n".
model_builder single(const char* op, const dims& in = {1, 2, 4, 4}, int opset = 13) {
    model_builder b(opset);
    b.input("x", in).output("y");
    b.node(op, {"x"}, {"y"}).named("n");
    return b;
}

/// A model that a single change breaks.
model_builder conv_model() {
    model_builder b;
    b.input("x", {1, 2, 4, 4}).output("y");
    b.reals("w", {3, 2, 1, 1}, onnx_test::ramp(6));
    b.node("Conv", {"x", "w"}, {"y"}).named("conv1");
    return b;
}

::onnx::NodeProto& first_node(model_builder& b) {
    return *b.model.mutable_graph()->mutable_node(0);
}

}  // namespace

TEST_CASE("onnx.error.unreadable_files") {
    check_refusal(onnx_test::refusal_of(""), {"is empty"});
    check_refusal(onnx_test::refusal_of("hello, this is text"), {"no readable ONNX model"});
    check_refusal(onnx_test::refusal_of("PK\x03\x04zip"), {"PyTorch", "export it to ONNX"});
    check_refusal(onnx_test::refusal_of("\x93NUMPY\x01"), {"NumPy array"});
    check_refusal(onnx_test::refusal_of("version https://git-lfs.github.com/spec"), {"git lfs"});
    const std::string whole = conv_model().bytes();
    check_refusal(onnx_test::refusal_of(whole.substr(0, whole.size() - 7)), {"truncated"});
    model_builder empty;
    check_refusal(empty, {"holds no graph"});
    for (const char* path : {"/nonexistent/x.onnx", "/tmp"}) {
        try {
            pimvp::onnx::import_file(path);
            FAIL("accepted");
        } catch (const pimvp::core::user_error& error) {
            CHECK_THAT(error.what(), Catch::Contains(path));
        }
    }
}

TEST_CASE("onnx.error.versions") {
    check_refusal(single("Relu", {1, 2}, 6), {"opset 6", "7 to 21"});
    check_refusal(single("Relu", {1, 2}, 22), {"opset 22", "7 to 21"});
    model_builder none = single("Relu");
    none.model.clear_opset_import();
    check_refusal(none, {"no opset"});
}

TEST_CASE("onnx.error.unsupported_operators_are_listed_together") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.node("ConvTranspose", {"x"}, {"a"}).named("up");
    b.node("LSTM", {"a"}, {"b"}).named("memory");
    b.node("Gelu", {"b"}, {"y"}).named("g").in("my.domain");
    check_refusal(b, {"node 'up' (ConvTranspose)", "run the rest on the host",
                      "node 'memory' (LSTM)", "'my.domain'", "supported are Abs"});
    model_builder made = single("Relu");
    made.node("ConstantOfShape", {"y"}, {"z"}).named("made");
    made.output("z");
    check_refusal(made, {"node 'made' (ConstantOfShape)", "on constants only"});
}

TEST_CASE("onnx.error.shapes_are_named_on_both_sides") {
    {
        model_builder b = conv_model();
        b.model.mutable_graph()->mutable_initializer(0)->set_dims(1, 3);
        b.model.mutable_graph()->mutable_initializer(0)->set_dims(0, 2);
        check_refusal(b, {"node 'conv1' (Conv)", "1x2x4x4", "2x3x1x1"});
    }
    {
        model_builder b;
        b.input("x", {1, 5}).output("y");
        b.reals("w", {4, 3}, onnx_test::ramp(12));
        b.node("Gemm", {"x", "w"}, {"y"}).named("fc");
        check_refusal(b, {"node 'fc' (Gemm)", "1x5", "4 inputs x 3 outputs"});
    }
    {
        model_builder b;
        b.input("x", {1, 5}).input("z", {1, 4}).output("y");
        b.node("Add", {"x", "z"}, {"y"}).named("sum");
        check_refusal(b, {"node 'sum' (Add)", "1x5", "1x4"});
    }
    {
        model_builder b;
        b.input("x", {1, 2, 3, 3}).input("z", {1, 2, 4, 3}).output("y");
        b.node("Concat", {"x", "z"}, {"y"}).named("join").set("axis", 1);
        check_refusal(b, {"node 'join' (Concat)", "1x2x3x3", "1x2x4x3"});
    }
    {
        model_builder b;
        b.input("x", {1, 6}).output("y");
        b.integers("s", {2}, {4, -1});
        b.node("Reshape", {"x", "s"}, {"y"}).named("view");
        check_refusal(b, {"node 'view' (Reshape)", "1x6", "4x-1"});
    }
    {
        model_builder b;
        b.input("x", {1, 6}).output("y", {1, 7});
        b.node("Relu", {"x"}, {"y"});
        check_refusal(b, {"output 'y'", "1x7", "1x6"});
    }
    {
        model_builder b = single("MaxPool");
        onnx_test::node_builder(first_node(b)).set("kernel_shape", dims{5, 5});
        check_refusal(b, {"node 'n' (MaxPool)", "spans 5", "1x2x4x4"});
    }
    {
        model_builder b;
        b.input("x", {1, 6}).output("y");
        b.reals("c", {1, 5}, onnx_test::ramp(5));
        b.node("Add", {"x", "c"}, {"y"}).named("bias");
        check_refusal(b, {"node 'bias' (Add)", "1x5", "1x6"});
    }
}

TEST_CASE("onnx.error.numbers_that_are_none") {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        model_builder b = conv_model();
        b.model.mutable_graph()->mutable_initializer(0)->set_float_data(4, bad);
        check_refusal(b, {"node 'conv1' (Conv)", "element 4", "NaN or infinite"});
        model_builder c = conv_model();
        c.reals("bias", {3}, {0, bad, 0});
        first_node(c).add_input("bias");
        check_refusal(c, {"node 'conv1' (Conv)", "element 1 of its bias"});
        model_builder q;
        q.input("x", {1, 2}).output("y");
        q.quantize("x", "y", bad, 0).named("quant");
        check_refusal(q, {"node 'quant' (QuantizeLinear)", "scale"});
    }
    model_builder tiny;  // the product of two positive scales that float32 cannot hold
    tiny.input("x", {1, 1}).output("y");
    tiny.quantize("x", "q", 1e-30F, 0);
    tiny.dequantize("q", "r", 1e-30F, 0);
    tiny.integers("w", {1, 1}, {1}, ::onnx::TensorProto::INT8);
    tiny.dequantize("w", "wr", 1e-30F, 0, ::onnx::TensorProto::INT8);
    tiny.node("MatMul", {"r", "wr"}, {"m"}).named("mm");
    tiny.quantize("m", "y", 1e-30F, 0);
    check_refusal(tiny, {"node 'mm' (MatMul)", "not a float32 above 0"});
    model_builder zero;
    zero.input("x", {1, 2}).output("y");
    zero.quantize("x", "y", 0.0F, 0);
    check_refusal(zero, {"a scale must be above 0"});
}

TEST_CASE("onnx.error.broken_graphs") {
    {
        model_builder b;
        b.input("x", {1, 2}).output("y");
        b.node("Relu", {"hidden_1"}, {"y"}).named("act");
        b.node("Relu", {"x"}, {"hidden1"});
        check_refusal(b, {"node 'act' (Relu)", "'hidden_1'", "did you mean 'hidden1'"});
    }
    {
        model_builder b;
        b.input("x", {1, 2}).output("y");
        b.node("Add", {"x", "b"}, {"a"}).named("one");
        b.node("Relu", {"a"}, {"b"}).named("two");
        b.node("Relu", {"b"}, {"y"});
        check_refusal(b, {"cycle"});
    }
    {
        model_builder b = single("Relu");
        b.output("z");
        check_refusal(b, {"output 'z'", "produced by no node"});
    }
    {
        model_builder b = single("Relu");
        b.node("Relu", {"x"}, {"y"}).named("again");
        check_refusal(b, {"node 'again' (Relu)", "name of another tensor"});
    }
    {
        model_builder b = conv_model();
        b.reals("w", {1}, {1});
        check_refusal(b, {"initialiser 'w'", "twice"});
    }
    {
        model_builder b = single("Relu");
        b.input("x", {1, 2, 4, 4});
        check_refusal(b, {"input 'x'", "twice"});
    }
    {
        model_builder b = single("Relu");
        b.output("y");
        check_refusal(b, {"output 'y'", "twice"});
    }
    {
        model_builder b;  // nothing depends on an input
        b.output("y");
        b.reals("w", {1}, {1});
        b.node("Identity", {"w"}, {"y"});
        check_refusal(b, {"no output depends on an input"});
    }
    {
        model_builder b = single("Relu");
        b.node("Identity", {"w"}, {"z"});
        b.reals("w", {1}, {1});
        b.output("z");
        check_refusal(b, {"output 'z'", "is a constant"});
    }
    {
        model_builder b = single("Relu");
        first_node(b).set_name(std::string("bad\xff name"));
        check_refusal(b, {"no valid UTF-8"});
    }
}

TEST_CASE("onnx.error.inputs") {
    {
        model_builder b = single("Relu", {1, 3, -1, -1});
        check_refusal(b, {"input 'x'", "axis 2", "'N'", "fixed input shape"});
    }
    {
        model_builder b;
        b.input("x", {1, 2}, ::onnx::TensorProto::INT64).output("y");
        b.node("Relu", {"x"}, {"y"});
        check_refusal(b, {"input 'x'", "int64", "float32"});
    }
    {
        model_builder b = single("Relu");
        b.model.mutable_graph()
            ->mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->clear_shape();
        check_refusal(b, {"input 'x'", "has no shape"});
    }
    {
        model_builder b = conv_model();
        b.model.mutable_graph()
            ->mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(0)
            ->set_dim_value(8);
        check_refusal(b, {"8x2x4x4"});
    }
}

TEST_CASE("onnx.error.initialisers") {
    {
        model_builder b = conv_model();
        auto& w = *b.model.mutable_graph()->mutable_initializer(0);
        w.set_data_location(::onnx::TensorProto::EXTERNAL);
        auto& entry = *w.add_external_data();
        entry.set_key("location");
        entry.set_value("weights.bin");
        check_refusal(b, {"initialiser 'w'", "'weights.bin'", "save_as_external_data=False"});
    }
    {
        model_builder b = conv_model();
        b.model.mutable_graph()->mutable_initializer(0)->mutable_float_data()->RemoveLast();
        check_refusal(b, {"initialiser 'w'", "3x2x1x1", "24 bytes", "20 bytes"});
    }
    {
        model_builder b = conv_model();
        b.model.mutable_graph()->mutable_initializer(0)->set_data_type(::onnx::TensorProto::STRING);
        check_refusal(b, {"initialiser 'w'", "element type string"});
    }
    {
        model_builder b = conv_model();
        b.integers("q", {1}, {300}, ::onnx::TensorProto::INT8);
        check_refusal(b, {"initialiser 'q'", "does not fit int8"});
    }
    for (const dims& huge : {dims{-1, 4}, dims{1 << 30, 1 << 30}, dims{1LL << 62, 1LL << 62}}) {
        model_builder b = conv_model();
        b.integers("q", huge, {}, ::onnx::TensorProto::INT8);
        check_refusal(b, {"initialiser 'q'"});
    }
    {
        model_builder b = conv_model();
        b.model.mutable_graph()->add_sparse_initializer();
        check_refusal(b, {"sparse"});
    }
}

TEST_CASE("onnx.error.attributes") {
    const auto with = [](const char* name, const dims& values) {
        model_builder b = conv_model();
        onnx_test::node_builder(first_node(b)).set(name, values);
        return b;
    };
    check_refusal(with("strides", {1, 1, 1}), {"node 'conv1'", "strides has 3 values"});
    check_refusal(with("strides", {0, 1}), {"strides is 0x1"});
    check_refusal(with("dilations", {1, 1 << 20}), {"dilations"});
    check_refusal(with("pads", {0, 0, -1, 0}), {"pads are"});
    check_refusal(with("kernel_shape", {3, 3}), {"kernel_shape 3x3", "3x2x1x1"});
    check_refusal(with("surprise", {1}), {"attribute 'surprise' does not exist in opset 13"});
    {
        model_builder b = conv_model();
        onnx_test::node_builder(first_node(b)).set("group", 3);
        check_refusal(b, {"3 group(s)"});
    }
    {
        model_builder b = conv_model();
        onnx_test::node_builder(first_node(b)).set("group", 1.0F);
        check_refusal(b, {"attribute 'group' is of type FLOAT, not INT"});
    }
    {
        model_builder b = conv_model();
        onnx_test::node_builder(first_node(b)).set("auto_pad", "SOMEHOW");
        check_refusal(b, {"'SOMEHOW'", "SAME_UPPER"});
    }
    {
        model_builder b = conv_model();
        onnx_test::node_builder(first_node(b)).set("group", 1).set("group", 1);
        check_refusal(b, {"attribute 'group' twice"});
    }
    check_refusal(single("Conv"), {"node 'n' (Conv)", "has 1 inputs; 2 to 3"});
}

TEST_CASE("onnx.error.every_opset_has_its_own_form_of_an_operator") {
    check_refusal(single("HardSwish", {1, 2}, 13), {"exists since opset 14, the file says 13"});
    CHECK(single("HardSwish", {1, 2}, 14).refusal().empty());
    const auto squeeze = [](int opset, bool as_input) {
        model_builder b(opset);
        b.input("x", {1, 1, 2}).output("y");
        b.integers("axes", {1}, {1});
        if (as_input) {
            b.node("Squeeze", {"x", "axes"}, {"y"});
        } else {
            b.node("Squeeze", {"x"}, {"y"}).set("axes", dims{1});
        }
        return b;
    };
    CHECK(squeeze(12, false).refusal().empty());
    CHECK(squeeze(13, true).refusal().empty());
    check_refusal(squeeze(13, false), {"attribute 'axes' does not exist in opset 13"});
    check_refusal(squeeze(12, true), {"has 2 inputs; 1 are expected in opset 12"});
}

TEST_CASE("onnx.error.what_the_operators_do_not_cover") {
    {
        model_builder b;  // a computed weight
        b.input("x", {1, 2}).input("w", {2, 2}).output("y");
        b.node("MatMul", {"x", "w"}, {"y"}).named("mm");
        check_refusal(b, {"node 'mm' (MatMul)", "'w'", "must be a constant"});
    }
    {
        model_builder b;  // one spatial axis
        b.input("x", {1, 2, 4}).output("y");
        b.reals("w", {3, 2, 1}, onnx_test::ramp(6));
        b.node("Conv", {"x", "w"}, {"y"});
        check_refusal(b, {"1x2x4", "two spatial axes"});
    }
    {
        model_builder b;  // an optional output that somebody reads
        b.input("x", {1, 1, 4, 4}).output("i");
        b.node("MaxPool", {"x"}, {"m", "i"}).named("pool").set("kernel_shape", dims{2, 2});
        check_refusal(b, {"output of indices", "node 'pool' (MaxPool)"});
    }
    {
        model_builder b(14);
        b.input("x", {1, 2}).output("y");
        b.reals("p", {2}, {1, 1});
        b.node("BatchNormalization", {"x", "p", "p", "p", "p"}, {"y"}).set("training_mode", 1);
        check_refusal(b, {"training mode", "model.eval()"});
    }
    {
        model_builder b;  // constants from the left
        b.input("x", {2, 2}).output("y");
        b.reals("w", {2, 2}, {1, 2, 3, 4});
        b.node("MatMul", {"w", "x"}, {"y"});
        check_refusal(b, {"from the left"});
    }
    {
        model_builder b;  // quantisation along an axis of an activation
        b.input("x", {1, 2}).output("y");
        b.reals("s", {2}, {1, 2});
        b.integers("z", {2}, {0, 0}, ::onnx::TensorProto::UINT8);
        b.node("QuantizeLinear", {"x", "s", "z"}, {"y"}).set("axis", 1);
        check_refusal(b, {"QuantizeLinear"});
    }
    {
        model_builder b;  // float operator on integers
        b.input("x", {1, 2}, ::onnx::TensorProto::UINT8).output("y");
        b.node("Add", {"x", "x"}, {"y"}).named("raw");
        check_refusal(b, {"node 'raw' (Add)", "holds integers"});
    }
}
