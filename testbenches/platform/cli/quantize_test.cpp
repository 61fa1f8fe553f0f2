// SPDX-License-Identifier: Apache-2.0
// Does the program write integer networks, and is the shipped one what the float one becomes?
#include "program.h"

#include <support/catch.h>

#include <pimvp/core/file.h>

using namespace pimvp;
using test::glyphs;
using test::scratch_folder;

TEST_CASE("cli.quantize.prints_layers_and_writes_the_shipped_file", "[platform]") {
    const scratch_folder here;
    const std::string out = here.path("glyphs.onnx");
    const auto result = test::pimvp({"quantize", "--network", "glyphs", "--out", out});
    INFO(result.text);
    CHECK(result.code == 0);
    CHECK_THAT(result.text, Catch::Contains("fully_connected  1x64") &&
                                Catch::Contains("8 bits per channel") &&
                                Catch::Contains("0.0535036          91"));
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
}
