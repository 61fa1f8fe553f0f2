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

TEST_CASE("cli.quantize.redy_calibrates_the_precision_of_streamed_inputs", "[platform]") {
    const scratch_folder here;
    const auto quantize = [&](const std::string& name, const std::string& threads) {
        const auto result = test::pimvp(
            {"quantize", "--network", "glyphs", "--out", here.path(name + ".onnx"), "--report",
             here.path(name + ".json"), "--input", glyphs("images.npy"), "--labels",
             glyphs("labels.npy"), "--images", "40", "--redy", "lsb_drop", "--threads", threads});
        INFO(result.text);
        REQUIRE(result.code == 0);
        return result.text;
    };
    const std::string text = quantize("one", "1");
    CHECK_THAT(text, Catch::Contains("inputs cut by lsb_drop, groups of 128, channel_first") &&
                         Catch::Contains("KL alone, nat") && Catch::Contains("drop ") &&
                         Catch::Contains("budget 0.02 nat") &&
                         Catch::Contains("on 136 calibration inputs: ") &&
                         Catch::Contains("on 40 other inputs: "));
    quantize("two", "2");
    CHECK(core::read_file(here.path("one.onnx")) == core::read_file(here.path("two.onnx")));
    CHECK(core::read_file(here.path("one.json")) == core::read_file(here.path("two.json")));

    const auto report = nlohmann::json::parse(core::read_file(here.path("one.json")));
    CHECK(report["layers"][1]["name"] == "stem");
    const auto& redy = report["redy"];
    CHECK(redy["policy"] == "lsb_drop");
    CHECK(redy["kl_with_margin"] <= 0.02);
    CHECK(redy["on_calibration"]["inputs"] == 136);
    CHECK(redy["on_calibration"]["kl"] < redy["kl_with_margin"]);
    CHECK(redy["on_inputs"]["inputs"] == 40);
    CHECK(redy["on_inputs"]["static_top1"] == 1.0);
    CHECK(redy["on_inputs"]["average_bits"] < 6.0);
    double share = 0.0;
    for (const auto& layer : redy["layers"]) share += layer["share"].get<double>();
    CHECK(share == Approx(1.0));
    CHECK(redy["layers"][0]["name"] == "stem");
}

TEST_CASE("cli.quantize.redy_takes_integers_that_are_there", "[platform]") {
    const scratch_folder here;
    const auto quantize = [&](const std::string& network, const std::string& name,
                              std::vector<std::string> words) {
        words.insert(words.begin(),
                     {"quantize", "--network", network, "--calibrate", glyphs("calibrate.npy"),
                      "--preprocess", glyphs("preprocess.yaml"), "--out", here.path(name + ".onnx"),
                      "--report", here.path(name + ".json")});
        const auto result = test::pimvp(words);
        INFO(result.text);
        REQUIRE(result.code == 0);
        return nlohmann::json::parse(core::read_file(here.path(name + ".json")));
    };
    const auto lossless = quantize(glyphs("model_int8.onnx"), "lossless",
                                   {"--redy", "msb_skip", "--calibrate-images", "0-9"});
    CHECK(lossless["redy"]["on_calibration"]["inputs"] == 10);
    CHECK(lossless["redy"]["on_calibration"]["kl"] == 0.0);
    CHECK(lossless["redy"]["on_calibration"]["agreement"] == 1.0);
    CHECK(lossless["redy"]["on_calibration"]["average_bits"] < 8.0);
    CHECK(lossless["redy"]["on_inputs"].is_null());
    CHECK(lossless["precision"].is_null());
    CHECK_FALSE(lossless.contains("layers"));

    // A plan takes the place of another; the integers stay.
    const auto other = quantize(here.path("lossless.onnx"), "other",
                                {"--redy",        "threshold",     "--redy-statistic",
                                 "mean",          "--redy-group",  "32",
                                 "--redy-order",  "kernel_first",  "--redy-rounding",
                                 "half_up",       "--redy-widths", "0,2,4,6,8",
                                 "--redy-budget", "0.05",          "--calibrate-images",
                                 "10-19",         "--input",       glyphs("calibrate.npy"),
                                 "--images",      "20-29"});
    CHECK(other["network"]["integers_sha256"] == lossless["network"]["integers_sha256"]);
    CHECK(other["redy"]["statistic"] == "mean");
    CHECK(other["redy"]["group_size"] == 32);
    CHECK(other["redy"]["order"] == "kernel_first");
    CHECK(other["redy"]["rounding"] == "half_up");
    CHECK(other["redy"]["widths"] == "0,2,4,6,8");
    CHECK(other["redy"]["budget"] == 0.05);
    CHECK(other["redy"]["on_inputs"]["inputs"] == 10);
}

TEST_CASE("cli.quantize.redy_mistakes_are_refused", "[platform]") {
    const scratch_folder here;
    const auto refuses = [&](std::vector<std::string> words, const std::string& part) {
        words.insert(words.begin(), {"quantize", "--network", "glyphs"});
        words.insert(words.end(), {"--out", here.path("x.onnx")});
        const auto result = test::pimvp(words);
        INFO(result.text);
        CHECK(result.code == 2);
        CHECK_THAT(result.text, Catch::Contains(part));
        CHECK(here.names().empty());
    };
    refuses({"--redy", "lsb-drop"}, "did you mean 'lsb_drop'");
    refuses({"--redy-budget", "0.1"}, "needs --redy POLICY");
    const auto refuses_option = [&](const std::string& option, const std::string& value,
                                    const std::string& part) {
        refuses({"--redy", "lsb_drop", option, value}, part);
    };
    refuses_option("--redy-budget", "-1", "0 .. 1000 nats");
    refuses_option("--redy-budget", "nan", "0 .. 1000 nats");
    refuses_option("--redy-group", "0", "1 to 512");
    refuses_option("--redy-group", "513", "1 to 512");
    refuses_option("--redy-order", "kernel-first", "did you mean 'kernel_first'");
    refuses_option("--redy-rounding", "up", "half_even, half_up, floor");
    refuses_option("--redy-statistic", "meen", "did you mean 'mean'");
    refuses_option("--redy-widths", "0,17", "'17' is no width");
    refuses_option("--threads", "0", "--threads");
    refuses_option("--calibrate-images", "9-9999", "--calibrate-images");
    refuses_option("--input", glyphs("calibrate.npy"),
                   "136 of its 136 inputs are calibration inputs too");
    const std::string integers = glyphs("model_int8.onnx");
    const auto missing = test::pimvp(
        {"quantize", "--network", integers, "--redy", "lsb_drop", "--out", here.path("x.onnx")});
    CHECK(missing.code == 2);
    CHECK_THAT(missing.text, Catch::Contains("--calibrate FILE.npy"));
    const std::string copy = here.file("copy.onnx", core::read_file(integers));
    const auto lost = test::pimvp({"quantize", "--network", copy, "--redy", "lsb_drop",
                                   "--calibrate", glyphs("calibrate.npy"), "--preprocess",
                                   glyphs("preprocess.yaml"), "--out", copy});
    CHECK(lost.code == 2);
    CHECK_THAT(lost.text, Catch::Contains("is the integer network, which would be lost"));
}

TEST_CASE("cli.quantize.unknown_layers_are_refused", "[platform]") {
    const scratch_folder here;
    const std::string bits = here.file("bits.yaml", "layers:\n  stm: {weights: 4}\n");
    const auto result = test::pimvp(
        {"quantize", "--network", "glyphs", "--out", here.path("x.onnx"), "--bits", bits});
    CHECK(result.code == 2);
    CHECK_THAT(result.text, Catch::Contains("did you mean 'stem'"));
}
