// SPDX-License-Identifier: Apache-2.0
// Relu and Clip among integers: absorbed by the type that saturates, or expressed by zero points.
#include "model_builder.h"

#include <support/catch.h>

#include <algorithm>
#include <cmath>

using onnx_test::model_builder;

namespace {

namespace nn = pimvp::nn;
using ints = std::vector<int>;
constexpr int u8 = ::onnx::TensorProto::UINT8;
constexpr int i8 = ::onnx::TensorProto::INT8;

struct clip_case {
    float low, high;  ///< NaN: absent
    float scale;      ///< of input and output
    int zero_in, zero_out;
    int type;
    std::size_t nodes;  ///< expected
};

/// DequantizeLinear -> Clip -> QuantizeLinear, computed in floats.
int expected(int integer, const clip_case& c) {
    float real = static_cast<float>(integer - c.zero_in) * c.scale;
    if (!std::isnan(c.low)) real = std::max(real, c.low);
    if (!std::isnan(c.high)) real = std::min(real, c.high);
    const int lowest = c.type == i8 ? -128 : 0;
    const auto steps = static_cast<int>(std::nearbyint(real / c.scale));
    return std::min(std::max(steps + c.zero_out, lowest), lowest + 255);
}

}  // namespace

TEST_CASE("onnx.clip.standing_alone_equals_the_float_group_for_every_integer") {
    const float none = std::nanf("");
    const clip_case cases[] = {
        {0, none, 0.5F, 100, 0, u8, 1},    // absorbed by the new zero point
        {0, none, 0.5F, 100, 100, u8, 2},  // Relu inside the range
        {0, 6, 0.1F, 100, 0, u8, 2},       // Relu6 below the top
        {0, 6, 0.1F, 100, 20, u8, 3},     {-3, 4, 0.25F, 10, -7, i8, 3},
        {none, 4, 0.25F, 10, -7, i8, 2},  {-1000, 1000, 0.25F, 10, 10, i8, 0},  // clips nothing
        {0, 3.75F, 0.25F, 0, 0, u8, 1},                                         // four bits
        {-2, 1.75F, 0.25F, 5, 0, i8, 1}};                                       // four bits, signed
    for (const clip_case& c : cases) {
        INFO(c.low << " .. " << c.high << " zero " << c.zero_in << " -> " << c.zero_out);
        model_builder b;
        b.input("x", {1, 256}, c.type).output("y", {}, c.type);
        b.dequantize("x", "r", c.scale, c.zero_in, c.type);
        onnx_test::strings inputs{"r", "", ""};
        if (!std::isnan(c.low)) {
            b.reals("low", {}, {c.low});
            inputs[1] = "low";
        }
        if (!std::isnan(c.high)) {
            b.reals("high", {}, {c.high});
            inputs[2] = "high";
        }
        b.node("Clip", inputs, {"k"}).named("clip");
        b.quantize("k", "y", c.scale, c.zero_out, c.type);
        const auto file = b.import();
        CHECK(file.integer->nodes.size() == c.nodes);
        ints x(256);
        ints wanted(256);
        for (int i = 0; i < 256; ++i) {
            x[static_cast<std::size_t>(i)] = i + (c.type == i8 ? -128 : 0);
            wanted[static_cast<std::size_t>(i)] = expected(x[static_cast<std::size_t>(i)], c);
        }
        CHECK(onnx_test::run(*file.integer, {x}) == wanted);
    }
}

TEST_CASE("onnx.clip.behind_a_matrix") {
    // Relu6 with a scale that does not end at 6: two steps, the last carries the file's name.
    model_builder b;
    b.input("x", {1, 1}).output("y");
    b.quantize("x", "xq", 1.0F, 128);
    b.dequantize("xq", "xr", 1.0F, 128);
    b.integers("w", {1, 1}, {1}, i8);
    b.dequantize("w", "wr", 0.5F, 0, i8);
    b.node("MatMul", {"xr", "wr"}, {"m"});
    b.reals("low", {}, {0});
    b.reals("high", {}, {6});
    b.node("Clip", {"m", "low", "high"}, {"k"});
    b.quantize("k", "y", 0.125F, 0);
    const auto file = b.import();
    const nn::network& net = *file.integer;
    REQUIRE(net.nodes.size() == 2);
    CHECK(net.nodes[1].kind == nn::op_kind::requantise);
    CHECK(net.values[net.outputs[0]].name == "y");
    const std::pair<int, int> pairs[] = {{0, 0},    {128, 0},  {129, 4},
                                         {140, 48}, {141, 48}, {255, 48}};
    for (const auto& [x, y] : pairs) CHECK(onnx_test::run(net, {{x}}) == ints{y});
}

TEST_CASE("onnx.clip.at_the_network_input") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.quantize("x", "wide", 1.0F, 0);
    b.integers("low", {}, {0}, u8);
    b.integers("high", {}, {63}, u8);
    b.node("Clip", {"wide", "low", "high"}, {"xq"});
    b.dequantize("xq", "y", 1.0F, 0);
    const auto file = b.import();
    const nn::value& input = file.integer->values[file.integer->inputs[0]];
    CHECK(input.type.bits == 6);
    CHECK(input.name == "xq");
    CHECK(file.integer->nodes.empty());
}

TEST_CASE("onnx.clip.integers_from_outside_are_not_narrowed_silently") {
    model_builder b;
    b.input("x", {1, 2}, u8).output("y", {}, u8);
    b.integers("low", {}, {0}, u8);
    b.integers("high", {}, {63}, u8);
    b.node("Clip", {"x", "low", "high"}, {"y"});
    const auto file = b.import();
    CHECK(file.integer->values[file.integer->inputs[0]].type.bits == 8);
    CHECK(onnx_test::run(*file.integer, {{255, 5}}) == ints{63, 5});
}

TEST_CASE("onnx.clip.without_zero_is_refused") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.quantize("x", "q", 1.0F, 0);
    b.dequantize("q", "r", 1.0F, 0);
    b.reals("low", {}, {2});
    b.node("Clip", {"r", "low"}, {"k"});
    b.quantize("k", "y", 1.0F, 0);
    CHECK(b.refusal().find("range without zero") != std::string::npos);
}
