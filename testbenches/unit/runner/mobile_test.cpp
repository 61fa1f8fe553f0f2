// SPDX-License-Identifier: Apache-2.0
// Does the shipped depthwise network keep its accuracy as integers, and what do the choices buy?
#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/layer_bits.h>
#include <pimvp/nn/range_rule.h>
#include <pimvp/runner/quantising.h>

#include <support/catch.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace {

using namespace pimvp;
namespace fs = std::filesystem;

runner::workload_options mobile() {
    runner::workload_options source;
    source.network = "glyphs_mobile";
    source.input = std::string(PIMVP_GLYPHS) + "/images.npy";
    source.labels = std::string(PIMVP_GLYPHS) + "/labels.npy";
    return source;
}

runner::quantise_report report_of(const runner::workload_options& source) {
    const fs::path out =
        fs::temp_directory_path() / ("pimvp_mobile_" + std::to_string(getpid()) + ".onnx");
    const runner::quantised_work made = runner::quantise_to(out.string(), source);
    fs::remove(out);
    return runner::study(made);
}

}  // namespace

TEST_CASE("runner.glyphs_mobile.integers_keep_the_accuracy") {
    const runner::quantise_report report = report_of(mobile());
    REQUIRE(report.on_inputs);
    const runner::closeness& near = *report.on_inputs;
    CHECK(near.inputs == 680);
    REQUIRE(near.float_top1);
    CHECK(*near.float_top1 > 0.98);
    CHECK(*near.top1 > *near.float_top1 - 0.01);
    CHECK(near.kl < 0.001);
    REQUIRE(near.sqnr_db);
    CHECK(*near.sqnr_db > 28.0);
    CHECK(report.on_calibration.inputs == 136);
    for (const auto& layer : report.layers) CHECK(layer.own_sqnr_db > 25.0);
}

TEST_CASE("runner.glyphs_mobile.one_scale_a_layer_wants_equalisation") {
    runner::workload_options source = mobile();
    source.flow.integers.bits.weights = 4;
    source.flow.integers.per_channel = false;
    source.flow.bias_correction = source.flow.equalise = false;
    const auto kl = [&] { return report_of(source).on_inputs->kl; };
    const double coarse = kl();
    source.flow.equalise = true;
    const double equalised = kl();
    source.flow.bias_correction = true;
    const double corrected = kl();
    INFO(coarse << ", equalised " << equalised << ", corrected " << corrected);
    CHECK(equalised < coarse / 2.0);
    CHECK(corrected < equalised);
    source.flow.equalise = false;
    source.flow.integers.per_channel = true;
    CHECK(kl() < coarse / 2.0);
}

TEST_CASE("runner.glyphs_mobile.shares_the_data_of_glyphs") {
    runner::workload_options source;
    source.network = "glyphs_mobile";
    source.images = "3";
    const runner::workload mine = runner::load_workload(source, true);
    source.network = "glyphs";
    const runner::workload theirs = runner::load_workload(source, true);
    REQUIRE(mine.inputs.size() == 3);
    CHECK(mine.inputs[2][0].data == theirs.inputs[2][0].data);
    CHECK(mine.labels == theirs.labels);
    CHECK(mine.network.name == "glyphs_mobile");
}
