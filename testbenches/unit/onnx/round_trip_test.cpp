// SPDX-License-Identifier: Apache-2.0
// What export writes, import reads back: the same network.
#include "model_builder.h"
#include "random_network.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/onnx/export.h>

#include <support/catch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>

namespace {

namespace nn = pimvp::nn;

bool same(const nn::window& a, const nn::window& b) {
    return a.kernel_h == b.kernel_h && a.kernel_w == b.kernel_w && a.stride_h == b.stride_h &&
           a.stride_w == b.stride_w && a.pad_top == b.pad_top && a.pad_left == b.pad_left &&
           a.pad_bottom == b.pad_bottom && a.pad_right == b.pad_right &&
           a.dilation_h == b.dilation_h && a.dilation_w == b.dilation_w &&
           a.overhang_bottom == b.overhang_bottom && a.overhang_right == b.overhang_right;
}

void check_same(const nn::network& made, const nn::network& read) {
    CHECK(read.weights == made.weights);
    REQUIRE(read.values.size() == made.values.size());
    for (std::size_t i = 0; i < made.values.size(); ++i) {
        INFO("value " << made.values[i].name << " read as " << read.values[i].name);
        CHECK(read.values[i].name == made.values[i].name);
        CHECK(read.values[i].dims == made.values[i].dims);
        CHECK(read.values[i].type == made.values[i].type);
    }
    CHECK(read.inputs == made.inputs);
    CHECK(read.outputs == made.outputs);
    CHECK(read.host_steps == made.host_steps);
    CHECK(nn::fingerprint(read) == nn::fingerprint(made));
    REQUIRE(read.nodes.size() == made.nodes.size());
    for (std::size_t i = 0; i < made.nodes.size(); ++i) {
        const nn::node& a = made.nodes[i];
        const nn::node& b = read.nodes[i];
        INFO("node " << a.name << ", " << nn::to_string(a.kind));
        CHECK(b.name == a.name);
        CHECK(b.kind == a.kind);
        CHECK(b.inputs == a.inputs);
        CHECK(b.output == a.output);
        CHECK(same(b.geometry, a.geometry));
        CHECK(b.groups == a.groups);
        CHECK(b.count_include_pad == a.count_include_pad);
        CHECK(b.weights.type() == a.weights.type());
        CHECK(b.weights.dims() == a.weights.dims());
        CHECK(b.weights.data() == a.weights.data());
        CHECK(b.weight_scales == a.weight_scales);
        CHECK(b.bias == a.bias);
        CHECK(b.multipliers == a.multipliers);
        CHECK(b.table == a.table);
        CHECK(b.channels == a.channels);
    }
}

void check_round_trips(int most_bits, std::uint64_t stream) {
    support::generator random(stream);
    constexpr int networks = 150;
    for (int i = 0; i < networks; ++i) {
        INFO("network " << i << " of seed " << random.seed());
        const nn::network made = onnx_test::random_network(random, most_bits);
        REQUIRE_NOTHROW(made.validate());
        const auto file = pimvp::onnx::import_bytes(pimvp::onnx::export_bytes(made), "random.onnx");
        REQUIRE(file.integer);
        CHECK(file.notes.empty());
        check_same(made, *file.integer);
    }
}

}  // namespace

TEST_CASE("onnx.round_trip.eight_bits_and_fewer") {
    check_round_trips(8, 1);
}

TEST_CASE("onnx.round_trip.up_to_sixteen_bits") {
    check_round_trips(16, 2);
}

TEST_CASE("onnx.round_trip.border_is_float") {
    support::generator random(3);
    const nn::network made = onnx_test::random_network(random, 8);
    const auto file = pimvp::onnx::import_bytes(pimvp::onnx::export_bytes(made), "a/net.onnx");
    REQUIRE(file.inputs.size() == 1);
    CHECK(file.inputs[0].name == "v0_float");
    CHECK(file.inputs[0].is_float);
    CHECK(file.inputs[0].dims == made.values[0].dims);
    CHECK(file.outputs[0].is_float);
    CHECK(file.opset == 13);
    CHECK(file.ir_version == 8);
    CHECK(file.producer == "pimvp");
    CHECK(file.integer->name == "net");
    CHECK(file.integer->sha256.size() == 64);
}

TEST_CASE("onnx.export.what_onnx_cannot_say_is_refused") {
    support::generator random(4);
    const auto message = [](const nn::network& net) -> std::string {
        try {
            pimvp::onnx::export_bytes(net);
        } catch (const pimvp::core::user_error& error) {
            return error.what();
        }
        return {};
    };
    const nn::network good = onnx_test::random_network(random, 8);
    const auto matrix = std::find_if(good.nodes.begin(), good.nodes.end(),
                                     [](const nn::node& n) { return n.is_matrix(); });
    const auto at = static_cast<std::size_t>(matrix - good.nodes.begin());
    nn::network bad = good;
    bad.nodes[at].bias.assign(bad.nodes[at].multipliers.size(), std::int64_t{1} << 40);
    CHECK(message(bad).find("does not fit the int32 of ONNX") != std::string::npos);
    bad = good;
    bad.nodes[at].multipliers[0] *= 1.5F;
    CHECK(message(bad).find("multiplier 0 is") != std::string::npos);
    bad = good;
    bad.values[1].name = "pimvp/x";
    CHECK(message(bad).find("prefix of helper tensors") != std::string::npos);
    bad = good;
    bad.values[0].dims[1] += 1;
    CHECK(!message(bad).empty());
}

TEST_CASE("onnx.export.a_file_is_written_whole_or_not_at_all") {
    support::generator random(5);
    const nn::network net = onnx_test::random_network(random, 8);
    const auto folder = std::filesystem::temp_directory_path() /
                        ("pimvp_onnx_test_" + std::to_string(random.next()));
    std::filesystem::create_directory(folder);
    const std::string path = (folder / "net.onnx").string();
    pimvp::onnx::export_file(net, path);
    CHECK(std::filesystem::file_size(path) == pimvp::onnx::export_bytes(net).size());
    CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
    CHECK_THROWS_AS(pimvp::onnx::export_file(net, (folder / "none" / "x.onnx").string()),
                    pimvp::core::user_error);
    CHECK_THROWS_AS(pimvp::onnx::export_file(net, folder.string()), pimvp::core::user_error);
    std::filesystem::remove_all(folder);
}

TEST_CASE("onnx.round_trip.only_true_helpers_are_removed") {
    // The same prefix on a step that changes numbers: it stays.
    onnx_test::model_builder b;
    b.input("x", {1, 1, 1, 1}, ::onnx::TensorProto::INT8).output("y");
    b.dequantize("x", "r", 1.0F, 0, ::onnx::TensorProto::INT8);
    b.quantize("r", "pimvp/moved", 2.0F, 128);
    b.integers("w", {1, 1, 1, 1}, {1}, ::onnx::TensorProto::INT8);
    const auto w = b.quant("wq", 1.0F, 0, ::onnx::TensorProto::INT8);
    const auto y = b.quant("yq", 1.0F, 128);
    b.node("QLinearConv",
           {"pimvp/moved", "pimvp/moved_s", "pimvp/moved_z", "w", w[0], w[1], y[0], y[1]}, {"y"});
    const auto file = b.import();
    CHECK(file.integer->nodes.size() == 2);
    CHECK(onnx_test::run(*file.integer, {{10}}) == std::vector<int>{138});
    CHECK(onnx_test::run(*file.integer, {{11}}) == std::vector<int>{128 + 12});
}
