// SPDX-License-Identifier: Apache-2.0
// Does the program write integer networks, and is the shipped one what the float one becomes?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <nlohmann/json.hpp>

using namespace pimvp;
using test::glyphs;
using test::scratch_folder;

TEST_CASE("cli.quantize.prints_layers_and_writes_the_shipped_file", "[platform]") {
    const scratch_folder here;
    const std::string out = here.path("glyphs.onnx");
    const auto result = test::pimvp({"quantize", "--network", "glyphs", "--out", out});
    INFO(result.text);
    CHECK(result.code == 0);
    CHECK_THAT(result.text, Catch::Contains("fully_connected") &&
                                Catch::Contains("8 per channel") &&
                                Catch::Contains("0.0526676          91") &&
                                Catch::Contains("on 136 calibration inputs: KL"));
    CHECK(core::read_file(out) == core::read_file(glyphs("model_int8.onnx")));
}

TEST_CASE("cli.quantize.integer_file_gives_the_same_outputs", "[platform]") {
    const scratch_folder here;
    const auto run = [&](const std::string& name, std::vector<std::string> words) {
        words.insert(words.end(), {"--images", "3", "--quiet", "--out", here.path(name)});
        words.insert(words.begin(), "run");
        const auto result = test::pimvp(words);
        INFO(result.text);
        REQUIRE(result.code == 0);  // no layer differs from the reference
        return core::read_file(here.path(name) + "/outputs.npy");
    };
    CHECK(run("float", {"--network", "glyphs"}) ==
          run("integer", {"--network", glyphs("model_int8.onnx"), "--preprocess",
                          glyphs("preprocess.yaml"), "--input", glyphs("images.npy")}));
}

TEST_CASE("cli.quantize.reports_layers_and_the_flow", "[platform]") {
    const scratch_folder here;
    const std::string bits =
        here.file("bits.yaml", "weights: 6\nlayers:\n  stem: {weights: 3, activations: 16}\n");
    const auto report_of = [&](const std::string& name) {
        const auto result = test::pimvp({"quantize",
                                         "--network",
                                         "glyphs",
                                         "--out",
                                         here.path("out.onnx"),
                                         "--report",
                                         here.path(name),
                                         "--quiet",
                                         "--calibrator",
                                         "percentile:99.9",
                                         "--per-tensor",
                                         "--equalise",
                                         "on",
                                         "--bias-correction",
                                         "on",
                                         "--bits",
                                         bits,
                                         "--input",
                                         glyphs("images.npy"),
                                         "--labels",
                                         glyphs("labels.npy"),
                                         "--images",
                                         "20"});
        INFO(result.text);
        CHECK(result.code == 0);
        CHECK(result.text.empty());
        return core::read_file(here.path(name));
    };
    const std::string text = report_of("a.json");
    CHECK(report_of("b.json") == text);
    const auto report = nlohmann::json::parse(text);
    CHECK(report["precision"] ==
          nlohmann::json::parse(R"({"calibrator": "percentile:99.9", "calibration_inputs": 136,
              "weight_scales": "per tensor", "equalise": true, "bias_correction": true,
              "bits": {"weights": 6, "activations": 8,
                       "layers": {"stem": {"weights": 3, "activations": 16}}}})"));
    CHECK(report["on_inputs"]["inputs"] == 20);
    CHECK(report["on_inputs"]["float_top1"] == 1.0);
    CHECK(report["layers"][0]["kind"] == "input");
    CHECK(report["layers"][1]["clipped_activations"] > 0.0);
    CHECK(report["layers"][1]["name"] == "stem");
    CHECK(report["layers"][1]["weight_bits"] == 3);
    CHECK(report["layers"][1]["activation_bits"] == 16);
    CHECK(report["layers"][1]["own_sqnr_db"] < report["layers"][2]["own_sqnr_db"]);
    CHECK(report["layers"][3]["weight_bits"].is_null());  // a max-pool
}

TEST_CASE("cli.quantize.the_flow_is_in_the_record_of_a_run", "[platform]") {
    const scratch_folder here;
    const auto result =
        test::pimvp({"run", "--network", "glyphs_mobile", "--images", "2", "--quiet",
                     "--calibrator", "mse", "--bias-correction", "on", "--out", here.path("out")});
    INFO(result.text);
    REQUIRE(result.code == 0);
    const auto record = nlohmann::json::parse(core::read_file(here.path("out") + "/run.json"));
    CHECK(record["precision"]["weight_bits"] == 8);
    CHECK(record["precision"]["flow"]["calibrator"] == "mse");
    CHECK(record["precision"]["flow"]["bias_correction"] == true);
}

TEST_CASE("cli.quantize.mistakes_are_refused", "[platform]") {
    const scratch_folder here;
    const auto refuses = [&](std::vector<std::string> words, const std::string& part) {
        words.insert(words.begin(), "quantize");
        const auto result = test::pimvp(words);
        CHECK(result.code == 2);
        CHECK_THAT(result.text, Catch::Contains(part));
        CHECK(here.names().empty());
    };
    refuses({"--network", "glyphs"}, "'--out' is required");
    refuses({"--network", "glyphs", "--out", here.path("no/where.onnx")}, "cannot be written");
    refuses({"--network", "glyphs", "--out", here.path("text.txt")}, "must end in .onnx");
    refuses({"--network", glyphs("model_int8.onnx"), "--out", here.path("x.onnx")},
            "is an integer network already");
    refuses({"--network", glyphs("model.onnx"), "--out", here.path("x.onnx")}, "--calibrate");
    const auto refuses_option = [&](const std::string& option, const std::string& value,
                                    const std::string& part) {
        refuses({"--network", "glyphs", "--out", here.path("x.onnx"), option, value}, part);
    };
    refuses_option("--calibrator", "minmax", "did you mean 'min-max'");
    refuses_option("--equalise", "yes", "neither on nor off");
    refuses_option("--bits", "/nowhere.yaml", "/nowhere.yaml");
}

TEST_CASE("cli.quantize.unknown_layers_are_refused", "[platform]") {
    const scratch_folder here;
    const std::string bits = here.file("bits.yaml", "layers:\n  stm: {weights: 4}\n");
    const auto result = test::pimvp(
        {"quantize", "--network", "glyphs", "--out", here.path("x.onnx"), "--bits", bits});
    CHECK(result.code == 2);
    CHECK_THAT(result.text, Catch::Contains("did you mean 'stem'"));
}
