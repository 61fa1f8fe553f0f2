// SPDX-License-Identifier: Apache-2.0
// Small files that want to be big, and files with every byte damaged.
#include "model_builder.h"
#include "random_network.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/onnx/export.h>

#include <support/catch.h>
#include <support/random.h>

#include <ctime>
#include <fstream>
#include <string>

using onnx_test::dims;
using onnx_test::model_builder;

namespace {

/// Peak resident memory of this process in MiB.
std::size_t peak_mib() {
    std::ifstream status("/proc/self/status");
    std::string word;
    std::size_t kib = 0;
    while (status >> word) {
        if (word == "VmHWM:") status >> kib;
    }
    return kib / 1024;
}

/// Refused or accepted, but within 10 s and 2 GiB.
void check_bounded(const std::string& bytes) {
    REQUIRE(bytes.size() <= (std::size_t{1} << 20U));
    const std::clock_t start = std::clock();  // CPU time: the machine may be busy with others
    INFO(onnx_test::refusal_of(bytes));
    CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 10.0);
    CHECK(peak_mib() < 2048);
}

}  // namespace

TEST_CASE("onnx.hostile.every_prefix_is_refused_or_read") {
    support::generator random(6);
    const std::string whole = pimvp::onnx::export_bytes(onnx_test::random_network(random, 8));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        if (length > 4096 && length % 64 != 0) continue;
        onnx_test::refusal_of(std::string_view(whole).substr(0, length));
    }
    SUCCEED();
}

TEST_CASE("onnx.hostile.damaged_bytes_never_do_worse_than_a_refusal") {
    support::generator random(7);
    for (int model = 0; model < 4; ++model) {
        const std::string whole = pimvp::onnx::export_bytes(onnx_test::random_network(random, 16));
        for (int i = 0; i < 1500; ++i) {
            std::string damaged = whole;
            const std::uint64_t flips = 1 + random.below(3);
            for (std::uint64_t f = 0; f < flips; ++f) {
                damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
            }
            onnx_test::refusal_of(damaged);
        }
    }
    SUCCEED();
}

TEST_CASE("onnx.hostile.doubling_constants") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.integers("c0", {1}, {1});
    for (int i = 0; i < 60; ++i) {
        const std::string from = "c" + std::to_string(i);
        b.node("Concat", {from, from}, {"c" + std::to_string(i + 1)}).set("axis", 0);
    }
    b.node("Reshape", {"x", "c60"}, {"y"});
    check_bounded(b.bytes());
    CHECK(b.refusal().find("memory") != std::string::npos);
}

TEST_CASE("onnx.hostile.constants_made_from_shapes") {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    b.integers("s", {2}, {1 << 20, 1 << 10});
    b.node("ConstantOfShape", {"s"}, {"w"});
    b.node("MatMul", {"x", "w"}, {"y"});
    check_bounded(b.bytes());
    CHECK(b.refusal().find("memory") != std::string::npos);
}

TEST_CASE("onnx.hostile.one_weight_read_by_thousands") {
    model_builder b;
    constexpr std::int64_t width = 350;
    b.input("x", {1, width});
    b.reals("w", {width, width}, {}).set_raw_data(std::string(width * width * 4, '\0'));
    std::string from = "x";
    for (int i = 0; i < 9000; ++i) {
        const std::string to = std::to_string(i);
        b.node("MatMul", {from, "w"}, {to});
        from = to;
    }
    b.output(from);
    check_bounded(b.bytes());
    CHECK(b.refusal().find("memory") != std::string::npos);
}

TEST_CASE("onnx.hostile.long_chains") {
    {
        model_builder b;  // folded into one convolution
        b.input("x", {1, 300, 1, 1});
        b.reals("w", {300, 300, 1, 1}, {}).set_raw_data(std::string(300 * 300 * 4, '\0'));
        b.reals("p", {300}, std::vector<float>(300, 1.0F));
        b.node("Conv", {"x", "w"}, {"0"});
        int i = 0;
        for (; i < 8000; ++i) {
            b.node("BatchNormalization", {std::to_string(i), "p", "p", "p", "p"},
                   {std::to_string(i + 1)});
        }
        b.output(std::to_string(i));
        check_bounded(b.bytes());
    }
    {
        model_builder b;  // views of views
        b.input("x", {1, 2});
        b.quantize("x", "q", 1.0F, 0);
        b.dequantize("q", "0", 1.0F, 0);
        int i = 0;
        for (; i < 20000; ++i) b.node("Flatten", {std::to_string(i)}, {std::to_string(i + 1)});
        b.output(std::to_string(i));
        check_bounded(b.bytes());
    }
    {
        model_builder b;  // many pools over a large map
        b.input("x", {1, 1, 1 << 16, 1 << 15});
        std::string from = "x";
        for (int i = 0; i < 15000; ++i) {
            b.node("MaxPool", {from}, {std::to_string(i)}).set("kernel_shape", dims{1, 1});
            from = std::to_string(i);
        }
        b.output(from);
        check_bounded(b.bytes());
    }
}

TEST_CASE("onnx.hostile.arrangements_and_tables") {
    const auto chain = [](model_builder& b, const std::string& first, int count, const char* op,
                          const char* last) {
        std::string from = first;
        for (int i = 0; i < count; ++i) {
            const std::string to = std::string(last) + std::to_string(i);
            b.node(op, {from}, {to});
            from = to;
        }
        return from;
    };
    {
        model_builder b;  // functions of functions of functions
        b.input("x", {1, 2});
        b.output(chain(b, "x", 20000, "Sigmoid", "s"));
        check_bounded(b.bytes());
        CHECK(b.refusal().empty());
    }
    {
        model_builder b;  // a large map, turned again and again
        b.input("x", {1, 512, 256, 256});
        b.output(chain(b, "x", 10000, "Transpose", "t"));
        check_bounded(b.bytes());
        CHECK(b.refusal().find("memory") != std::string::npos);
    }
    {
        model_builder b;  // turned once, looked at often
        b.input("x", {1, 2, 512, 512});
        b.node("Transpose", {"x"}, {"t"}).set("perm", dims{0, 1, 3, 2});
        b.output(chain(b, "t", 10000, "Flatten", "f"));
        check_bounded(b.bytes());
    }
    {
        model_builder b;  // every function of 16 bits asks for a table
        b.input("x", {1, 2}, ::onnx::TensorProto::INT16);
        b.dequantize("x", "r", 0.01F, 0, ::onnx::TensorProto::INT16);
        for (int i = 0; i < 2000; ++i) {
            const std::string name = std::to_string(i);
            b.node("Sigmoid", {"r"}, {"s" + name});
            b.quantize("s" + name, "y" + name, 0.01F, 0, ::onnx::TensorProto::INT16);
            b.output("y" + name, {}, ::onnx::TensorProto::INT16);
        }
        check_bounded(b.bytes());
        CHECK(b.refusal().find("more than 2^25 entries") != std::string::npos);
    }
}

TEST_CASE("onnx.hostile.what_is_written_can_be_read_again") {
    // Rows put beside each other are written as a list of single elements.
    const auto beside = [](std::int64_t width) {
        model_builder b;
        b.input("x", {1, 1, 2, width});
        b.quantize("x", "q", 1.0F, 0);
        b.dequantize("q", "r", 1.0F, 0);
        b.node("Concat", {"r", "r"}, {"two"}).set("axis", std::int64_t{3});
        b.quantize("two", "y", 1.0F, 0);
        b.output("y", {}, ::onnx::TensorProto::INT8);
        return b.bytes();
    };
    for (const std::int64_t width : {3, 2000, 30000}) {
        const pimvp::onnx::imported file = pimvp::onnx::import_bytes(beside(width), "beside.onnx");
        REQUIRE(file.integer.has_value());
        const pimvp::onnx::imported again =
            pimvp::onnx::import_bytes(pimvp::onnx::export_bytes(*file.integer), "again.onnx");
        REQUIRE(again.integer.has_value());
        CHECK(pimvp::nn::fingerprint(*again.integer) == pimvp::nn::fingerprint(*file.integer));
    }
}

TEST_CASE("onnx.hostile.absurd_dimensions") {
    const dims shapes[] = {{1, 1LL << 62},
                           {1, 1LL << 31, 1LL << 31, 1LL << 31},
                           {1, 3, 1 << 20, 1 << 20},
                           {1, 1, 1, 1, 1, 1, 1, 1, 1}};
    for (const dims& shape : shapes) {
        model_builder b;
        b.input("x", shape).output("y");
        b.node("Relu", {"x"}, {"y"});
        check_bounded(b.bytes());
        CHECK(!b.refusal().empty());
    }
    model_builder wide;  // an affine layer over two thousand million channels
    wide.input("x", {1, (1LL << 31) - 1}).output("y");
    wide.reals("c", {1}, {1});
    wide.node("Add", {"x", "c"}, {"y"});
    check_bounded(wide.bytes());
}

TEST_CASE("onnx.hostile.nested_messages") {
    // Graphs in attributes of nodes of graphs ...: deeper than any parser should go.
    const auto field = [](int number, const std::string& body) {
        std::string out(1, static_cast<char>(number * 8 + 2));
        for (std::size_t size = body.size();; size /= 128) {
            out += static_cast<char>(size % 128 + (size > 127 ? 128 : 0));
            if (size < 128) break;
        }
        return out + body;
    };
    std::string bytes;
    for (int depth = 0; depth < 2000; ++depth) bytes = field(1, field(5, field(6, bytes)));
    bytes = field(7, bytes);
    check_bounded(bytes);
    CHECK(!onnx_test::refusal_of(bytes).empty());
}
