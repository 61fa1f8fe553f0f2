// SPDX-License-Identifier: Apache-2.0
// Pools, ceil mode and Pad in float graphs.
#include "model_builder.h"

#include <support/catch.h>

using onnx_test::dims;
using onnx_test::model_builder;
using onnx_test::ramp;

namespace {

namespace nn = pimvp::nn;
using floats = std::vector<float>;

/// MaxPool or AveragePool of a 1x1x4x4 ramp from 1.
struct pool_case {
    model_builder b;
    onnx_test::node_builder node;

    explicit pool_case(const char* op, int opset = 13, std::int64_t extent = 4)
        : b(opset),
          node(b.node(op, {"x"}, {"y"})) {
        b.input("x", {1, 1, extent, extent}).output("y");
    }
    floats result(std::int64_t extent = 4) {
        return onnx_test::run(*b.import().floating,
                              {ramp(static_cast<std::size_t>(extent * extent), 1.0F)})
            .data;
    }
};

}  // namespace

TEST_CASE("onnx.float.max_pool_ceil_mode_adds_a_partial_window") {
    pool_case t("MaxPool");
    t.node.set("kernel_shape", dims{3, 3}).set("strides", dims{2, 2}).set("ceil_mode", 1);
    CHECK(t.result() == floats{11, 12, 15, 16});
}

TEST_CASE("onnx.float.ceil_mode_adds_no_window_behind_the_map") {
    pool_case t("MaxPool", 13, 3);
    t.node.set("kernel_shape", dims{1, 1}).set("strides", dims{3, 3}).set("ceil_mode", 1);
    CHECK(t.result(3) == floats{1});
}

TEST_CASE("onnx.float.average_pool_counts_what_it_should") {
    for (const int counts : {0, 1}) {
        pool_case t("AveragePool");
        t.node.set("kernel_shape", dims{3, 3})
            .set("strides", dims{3, 3})
            .set("pads", dims{1, 1, 1, 1})
            .set("count_include_pad", counts);
        const float corner = 1 + 2 + 5 + 6;
        CHECK(t.result()[0] == Approx(corner / (counts == 1 ? 9.0F : 4.0F)));
    }
    // Ceil mode without pads: the partial window divides by what lies inside, whatever
    // count_include_pad says (ONNX Runtime agrees for opset 13 and 19).
    for (const int counts : {0, 1}) {
        for (const int opset : {13, 19}) {
            pool_case t("AveragePool", opset);
            t.node.set("kernel_shape", dims{3, 3})
                .set("strides", dims{2, 2})
                .set("ceil_mode", 1)
                .set("count_include_pad", counts);
            CHECK(t.result() == floats{6, 7.5F, 12, 13.5F});
        }
    }
}

TEST_CASE("onnx.float.what_ceil_mode_adds_behind_counted_pads_is_not_counted") {
    for (const int opset : {10, 13, 19, 21}) {  // as ONNX Runtime and PyTorch do
        pool_case t("AveragePool", opset);
        t.node.set("kernel_shape", dims{2, 2})
            .set("strides", dims{2, 2})
            .set("pads", dims{1, 1, 0, 0})
            .set("ceil_mode", 1)
            .set("count_include_pad", 1);
        CHECK(t.result() == floats{0.25F, 1.25F, 2, 3.5F, 8.5F, 10, 6.5F, 14.5F, 16});
    }
}

TEST_CASE("onnx.float.global_pools_take_no_window") {
    pool_case t("GlobalMaxPool");
    CHECK(t.result() == floats{16});
}

TEST_CASE("onnx.float.global_average_pool") {
    pool_case t("GlobalAveragePool");
    CHECK(t.result() == floats{8.5F});
    CHECK(t.b.import().floating->nodes[0].geometry.kernel_h == 4);
}

namespace {

/// Pad(x) -> consumer; the pads as an input (opset 11+) or as an attribute.
model_builder padded(const char* consumer, bool relu_first, int opset = 13, float value = 0.0F) {
    model_builder b(opset);
    b.input("x", {1, 1, 2, 2}).output("y");
    std::string from = "x";
    if (relu_first) {
        b.node("Relu", {"x"}, {"r"});
        from = "r";
    }
    const dims pads{0, 0, 1, 1, 0, 0, 0, 0};
    if (opset >= 11) {
        b.integers("pads", {8}, pads);
        b.reals("fill", {}, {value});
        b.node("Pad", {from, "pads", "fill"}, {"p"}).set("mode", "constant");
    } else {
        b.node("Pad", {from}, {"p"}).set("pads", pads).set("value", value);
    }
    if (std::string(consumer) == "Conv") {
        b.reals("w", {1, 1, 2, 2}, {1, 10, 100, 1000});
        b.node("Conv", {"p", "w"}, {"y"});
    } else {
        b.node(consumer, {"p"}, {"y"}).set("kernel_shape", dims{2, 2});
    }
    return b;
}

}  // namespace

TEST_CASE("onnx.float.pad_moves_into_the_window_behind_it") {
    const std::vector<floats> x{{1, 2, 3, 4}};
    for (const int opset : {9, 13}) {
        const auto conv = padded("Conv", false, opset).import();
        REQUIRE(conv.floating->nodes.size() == 1);
        CHECK(onnx_test::run(*conv.floating, x).data == floats{1000, 2100, 3010, 4321});
    }
    const auto average = padded("AveragePool", false).import();
    CHECK(average.floating->nodes.size() == 1);
    CHECK(onnx_test::run(*average.floating, x).data == floats{0.25F, 0.75F, 1.0F, 2.5F});
    const auto most = padded("MaxPool", true).import();
    CHECK(onnx_test::run(*most.floating, x).data == floats{1, 2, 3, 4});
}

TEST_CASE("onnx.float.pad_is_refused_where_it_would_change_the_result") {
    CHECK(padded("MaxPool", false).refusal().find("may be negative") != std::string::npos);
    CHECK(padded("Conv", false, 13, 1.0F).refusal().find("only zeros") != std::string::npos);
    model_builder b;
    b.input("x", {1, 1, 2, 2}).output("y");
    b.integers("pads", {8}, {0, 0, 1, 1, 0, 0, 0, 0});
    b.node("Pad", {"x", "pads"}, {"p"});
    b.node("Relu", {"p"}, {"y"});
    CHECK(b.refusal().find("reads the result of a Pad") != std::string::npos);
}

TEST_CASE("onnx.float.a_pad_of_zero_width_is_nothing") {
    model_builder b;
    b.input("x", {1, 1, 2, 2}).output("y");
    b.integers("pads", {8}, {0, 0, 0, 0, 0, 0, 0, 0});
    b.node("Pad", {"x", "pads"}, {"p"});
    b.node("Relu", {"p"}, {"y"});
    CHECK(b.import().floating->nodes.size() == 1);
}
