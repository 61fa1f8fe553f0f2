// SPDX-License-Identifier: Apache-2.0
// The public test suite of ONNX operators (Debian: libonnx-testdata), where it is installed.
#include "model_builder.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/float_executor.h>

#include <support/catch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

namespace nn = pimvp::nn;

const std::filesystem::path suite = "/usr/share/libonnx-testdata/data/node";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// One test of the suite: the first inputs are fed, the others become initialisers.
struct conformance_case {
    ::onnx::ModelProto model;
    std::vector<::onnx::TensorProto> inputs;  ///< the fed ones
    ::onnx::TensorProto output;
    std::int64_t runs = 1;  ///< a batch is cut into runs of one image
};

::onnx::TensorProto tensor_file(const std::filesystem::path& path) {
    ::onnx::TensorProto tensor;
    REQUIRE(tensor.ParseFromString(read_file(path)));
    return tensor;
}

conformance_case load(const std::string& name, int fed, bool cut_batch) {
    INFO(name);
    conformance_case test;
    REQUIRE(test.model.ParseFromString(read_file(suite / name / "model.onnx")));
    // Operators unchanged since opset 1 come with that number.
    auto& opset = *test.model.mutable_opset_import(0);
    opset.set_version(std::max<std::int64_t>(opset.version(), 7));
    auto& graph = *test.model.mutable_graph();
    const auto data = suite / name / "test_data_set_0";
    for (int i = 0; i < graph.input_size(); ++i) {
        ::onnx::TensorProto tensor = tensor_file(data / ("input_" + std::to_string(i) + ".pb"));
        if (i < fed) {
            test.inputs.push_back(tensor);
        } else {
            tensor.set_name(graph.input(i).name());
            *graph.add_initializer() = tensor;
        }
    }
    test.output = tensor_file(data / "output_0.pb");
    if (cut_batch) {
        test.runs = test.output.dims(0);
        const auto to_one = [](::onnx::ValueInfoProto& info) {
            auto& shape = *info.mutable_type()->mutable_tensor_type()->mutable_shape();
            shape.mutable_dim(0)->set_dim_value(1);
        };
        for (int i = 0; i < fed; ++i) to_one(*graph.mutable_input(i));
        for (auto& info : *graph.mutable_output()) to_one(info);
    }
    return test;
}

template <class T>
std::vector<T> elements(const ::onnx::TensorProto& tensor) {
    std::vector<T> values(tensor.raw_data().size() / sizeof(T));
    if (!values.empty()) {
        std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
    }
    return values;
}

template <class T>
std::vector<T> slice(const std::vector<T>& values, std::int64_t run, std::int64_t runs) {
    const auto size = static_cast<std::ptrdiff_t>(values.size()) / runs;
    return {values.begin() + run * size, values.begin() + (run + 1) * size};
}

bool installed() {
    if (std::filesystem::exists(suite)) return true;
    WARN("libonnx-testdata is not installed: skipped");
    return false;
}

void check_float(const std::string& name, int fed, bool cut_batch) {
    const conformance_case test = load(name, fed, cut_batch);
    INFO(name);
    const auto file = pimvp::onnx::import_bytes(test.model.SerializeAsString(), name);
    REQUIRE(file.floating);
    const std::vector<float> all = elements<float>(test.output);
    for (std::int64_t r = 0; r < test.runs; ++r) {
        std::vector<std::vector<float>> inputs;
        for (const auto& input : test.inputs) {
            inputs.push_back(slice(elements<float>(input), r, test.runs));
        }
        const nn::float_tensor out = onnx_test::run(*file.floating, inputs);
        const std::vector<float> expected = slice(all, r, test.runs);
        REQUIRE(out.data.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(std::fabs(out.data[i] - expected[i]) <= 1e-5F + 1e-3F * std::fabs(expected[i]));
        }
    }
}

std::vector<int> integers(const ::onnx::TensorProto& tensor) {
    if (tensor.data_type() == ::onnx::TensorProto::INT8) {
        const auto values = elements<std::int8_t>(tensor);
        return {values.begin(), values.end()};
    }
    const auto values = elements<std::uint8_t>(tensor);
    return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("onnx.conformance.float_operators") {
    if (!installed()) return;
    const char* const whole[] = {"test_clip",
                                 "test_clip_default_inbounds",
                                 "test_clip_default_max",
                                 "test_clip_default_min",
                                 "test_clip_example",
                                 "test_clip_inbounds",
                                 "test_clip_outbounds",
                                 "test_clip_splitbounds",
                                 "test_conv_with_autopad_same",
                                 "test_conv_with_strides_and_asymmetric_padding",
                                 "test_conv_with_strides_no_padding",
                                 "test_conv_with_strides_padding",
                                 "test_basic_conv_with_padding",
                                 "test_basic_conv_without_padding",
                                 "test_dropout_default",
                                 "test_dropout_default_old",
                                 "test_dropout_default_ratio",
                                 "test_dropout_random_old",
                                 "test_flatten_axis1",
                                 "test_flatten_axis2",
                                 "test_flatten_axis3",
                                 "test_flatten_default_axis",
                                 "test_flatten_negative_axis1",
                                 "test_flatten_negative_axis2",
                                 "test_flatten_negative_axis3",
                                 "test_gemm_all_attributes_b",
                                 "test_gemm_alpha",
                                 "test_gemm_beta",
                                 "test_gemm_default_no_bias",
                                 "test_gemm_default_single_elem_vector_bias",
                                 "test_gemm_default_scalar_bias",
                                 "test_gemm_default_vector_bias",
                                 "test_gemm_default_zero_bias",
                                 "test_gemm_transposeB",
                                 "test_globalaveragepool",
                                 "test_globalaveragepool_precomputed",
                                 "test_identity",
                                 "test_matmul_2d",
                                 "test_relu",
                                 "test_reshape_extended_dims",
                                 "test_reshape_negative_dim",
                                 "test_reshape_negative_extended_dims",
                                 "test_reshape_one_dim",
                                 "test_reshape_reduced_dims",
                                 "test_reshape_reordered_all_dims",
                                 "test_reshape_reordered_last_dims",
                                 "test_reshape_zero_and_negative_dim",
                                 "test_reshape_zero_dim",
                                 "test_squeeze",
                                 "test_squeeze_negative_axes",
                                 "test_unsqueeze_axis_0",
                                 "test_unsqueeze_axis_1",
                                 "test_unsqueeze_axis_2",
                                 "test_unsqueeze_negative_axes",
                                 "test_unsqueeze_three_axes",
                                 "test_unsqueeze_two_axes",
                                 "test_unsqueeze_unsorted_axes",
                                 "test_averagepool_2d_ceil",
                                 "test_averagepool_2d_default",
                                 "test_averagepool_2d_pads",
                                 "test_averagepool_2d_pads_count_include_pad",
                                 "test_averagepool_2d_precomputed_pads",
                                 "test_averagepool_2d_precomputed_pads_count_include_pad",
                                 "test_averagepool_2d_precomputed_same_upper",
                                 "test_averagepool_2d_precomputed_strides",
                                 "test_averagepool_2d_same_lower",
                                 "test_averagepool_2d_same_upper",
                                 "test_averagepool_2d_strides",
                                 "test_maxpool_2d_ceil",
                                 "test_maxpool_2d_default",
                                 "test_maxpool_2d_dilations",
                                 "test_maxpool_2d_pads",
                                 "test_maxpool_2d_precomputed_pads",
                                 "test_maxpool_2d_precomputed_same_upper",
                                 "test_maxpool_2d_precomputed_strides",
                                 "test_maxpool_2d_same_lower",
                                 "test_maxpool_2d_same_upper",
                                 "test_maxpool_2d_strides"};
    std::size_t ran = 0;
    for (const char* name : whole) {
        if (!std::filesystem::exists(suite / name)) continue;
        check_float(name, 1, false);
        ++ran;
    }
    CHECK(ran >= 70);
    for (const char* name : {"test_batchnorm_example", "test_batchnorm_epsilon"}) {
        check_float(name, 1, true);
    }
    check_float("test_add", 2, false);
    for (const char* name : {"test_concat_2d_axis_1", "test_concat_2d_axis_negative_1",
                             "test_concat_3d_axis_1", "test_concat_3d_axis_negative_2"}) {
        check_float(name, 2, true);
    }
}

TEST_CASE("onnx.conformance.integer_operators") {
    if (!installed()) return;
    for (const char* name :
         {"test_qlinearconv", "test_qlinearmatmul_2D", "test_maxpool_2d_uint8"}) {
        INFO(name);
        const conformance_case test = load(name, 1, false);
        const auto file = pimvp::onnx::import_bytes(test.model.SerializeAsString(), name);
        REQUIRE(file.integer);
        CHECK(!file.inputs[0].is_float);
        CHECK(!file.outputs[0].is_float);
        CHECK(onnx_test::run(*file.integer, {integers(test.inputs[0])}) == integers(test.output));
    }
}

TEST_CASE("onnx.conformance.the_border_quantises") {
    if (!installed()) return;
    {
        const conformance_case test = load("test_quantizelinear", 1, false);
        const auto file = pimvp::onnx::import_bytes(test.model.SerializeAsString(), "q");
        REQUIRE(file.integer);
        CHECK(file.inputs[0].is_float);
        const nn::tensor_type& type = file.integer->values[file.integer->inputs[0]].type;
        const nn::float_tensor real{file.inputs[0].dims, elements<float>(test.inputs[0])};
        const nn::integer_tensor made = nn::quantise(real, type);
        const std::vector<int> expected = integers(test.output);
        for (std::size_t i = 0; i < expected.size(); ++i) CHECK(made.at(i) == expected[i]);
    }
    {
        const conformance_case test = load("test_dequantizelinear", 1, false);
        const auto file = pimvp::onnx::import_bytes(test.model.SerializeAsString(), "dq");
        REQUIRE(file.integer);
        CHECK(file.outputs[0].is_float);
        const nn::tensor_type& type = file.integer->values[file.integer->outputs[0]].type;
        const std::vector<int> from = integers(test.inputs[0]);
        const std::vector<float> expected = elements<float>(test.output);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(nn::dequantise(from[i], type) == expected[i]);
        }
    }
}

TEST_CASE("onnx.conformance.what_is_out_of_scope_is_refused_not_miscomputed") {
    if (!installed()) return;
    // Every model of the suite is either imported or refused with a message; nothing else.
    std::size_t imported = 0;
    std::size_t refused = 0;
    for (const auto& entry : std::filesystem::directory_iterator(suite)) {
        const auto path = entry.path() / "model.onnx";
        if (!std::filesystem::exists(path)) continue;
        INFO(path);
        try {
            pimvp::onnx::import_file(path.string());
            ++imported;
        } catch (const pimvp::core::user_error& error) {
            CHECK(std::string(error.what()).find(path.string()) == 0);
            ++refused;
        }
    }
    CHECK(imported >= 40);
    CHECK(refused >= 800);
}
