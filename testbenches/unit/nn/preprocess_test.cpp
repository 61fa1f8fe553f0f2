// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/nn/preprocess.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>

using namespace pimvp::nn;

namespace {

npy_array images(const shape& dims) {
    std::vector<std::uint8_t> bytes(element_count(dims));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    return {"images.npy", npy_type::u8, dims, bytes};
}

}  // namespace

TEST_CASE("nn.preprocess.nhwc_bgr", "[nn]") {
    const auto params = pimvp::core::read_yaml<preprocess_params>(
        "layout: nhwc\nchannel_order: bgr\nmean: [104, 117, 123]\n", "p.yaml");
    const preprocessor convert(params, {1, 3, 1, 2});
    const float_tensor x = convert(images({2, 1, 2, 3}), 1);  // pixels (6,7,8), (9,10,11)
    CHECK(x.dims == shape{1, 3, 1, 2});
    CHECK(x.data == std::vector<float>{8 - 104, 11 - 104, 7 - 117, 10 - 117, 6 - 123, 9 - 123});
}

TEST_CASE("nn.preprocess.nchw_scale_mean_std", "[nn]") {
    const auto params = pimvp::core::read_yaml<preprocess_params>(
        "layout: nchw\nscale: 0.5\nmean: [1, 2]\nstd: [0.25]\n", "p.yaml");
    const preprocessor convert(params, {1, 2, 1, 2});
    const float_tensor x = convert(images({3, 2, 1, 2}), 2);  // 8 9 | 10 11
    CHECK(x.data == std::vector<float>{12.0F, 14.0F, 12.0F, 14.0F});
}

TEST_CASE("nn.preprocess.grey_images_may_leave_out_the_channel", "[nn]") {
    const preprocessor convert(preprocess_params{}, {1, 1, 2, 2});
    CHECK(convert(images({2, 2, 2}), 1).data == std::vector<float>{4, 5, 6, 7});
    CHECK(convert(images({2, 2, 2, 1}), 1).data == std::vector<float>{4, 5, 6, 7});
}

TEST_CASE("nn.preprocess.refusals", "[nn]") {
    using Catch::Contains;
    using pimvp::core::read_yaml;
    CHECK_THROWS_WITH(read_yaml<preprocess_params>("layuot: nhwc\n", "p.yaml"),
                      Contains("p.yaml:1") && Contains("layout"));
    CHECK_THROWS_WITH(read_yaml<preprocess_params>("std: [1, 0, 1]\n", "p.yaml"),
                      Contains("std[1]"));
    CHECK_THROWS_WITH(read_yaml<preprocess_params>("mean: [1, 2]\nstd: [1, 1, 1]\n", "p.yaml"),
                      Contains("one a channel"));
    CHECK_THROWS_WITH(load_preprocess("/nowhere/p.yaml"), Contains("/nowhere/p.yaml"));

    preprocess_params params;
    params.mean = {1, 2};
    CHECK_THROWS_WITH(preprocessor(params, {1, 3, 2, 2}), Contains("mean has 2 numbers"));
    params = {};
    params.channel_order = preprocess_params::order::bgr;
    CHECK_THROWS_WITH(preprocessor(params, {1, 1, 2, 2}), Contains("bgr"));
    CHECK_THROWS_WITH(preprocessor({}, {1, 10}), Contains("1x10"));

    const preprocessor convert(preprocess_params{}, {1, 3, 2, 2});
    CHECK_THROWS_WITH(convert(images({2, 3, 2, 2}), 0), Contains("resize"));
    CHECK_THROWS_WITH(convert(images({2, 2, 2, 3}), 2), Contains("2 images"));
    CHECK_THROWS_WITH(
        convert({"f.npy", npy_type::f32, {1, 2, 2, 3}, std::vector<std::uint8_t>(48)}, 0),
        Contains("float32"));
    CHECK_THROWS_AS(convert(images({}), 0), pimvp::core::user_error);
}
