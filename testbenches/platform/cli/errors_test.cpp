// SPDX-License-Identifier: Apache-2.0
// Is every mistake of a user answered with place, cause and way out, exit code 2, nothing written?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>
#include <pimvp/nn/npy.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace pimvp;
using test::glyphs;
using test::scratch_folder;

namespace {

/// The program refuses, names all of `parts`, and leaves no folder behind.
void refuses(const scratch_folder& here, std::vector<std::string> words,
             const std::vector<std::string>& parts) {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--out", here.path("out")});
    const std::vector<std::string> before = here.names();
    const test::program_result result = test::pimvp(words);
    INFO(result.text);
    CHECK(result.code == 2);
    CHECK_THAT(result.text, Catch::StartsWith("pimvp: error: "));
    for (const std::string& part : parts) CHECK_THAT(result.text, Catch::Contains(part));
    CHECK(here.names() == before);
}

std::vector<std::string> network(const std::string& path) {
    return {"--network",    path,
            "--calibrate",  glyphs("calibrate.npy"),
            "--preprocess", glyphs("preprocess.yaml"),
            "--input",      glyphs("images.npy")};
}

std::string npy(const scratch_folder& here, const std::string& name, const nn::shape& dims,
                const std::vector<float>& values) {
    nn::write_npy(here.path(name), dims, values);
    return here.path(name);
}

}  // namespace

TEST_CASE("cli.errors.onnx_files", "[platform]") {
    const scratch_folder here;
    const std::string model = core::read_file(glyphs("model.onnx"));
    const std::string cut = here.file("cut.onnx", model.substr(0, model.size() / 2));
    refuses(here, network(cut), {cut});
    const std::string foreign = here.file("foreign.onnx", "\x89PNG\r\n\x1a\n and more of it");
    refuses(here, network(foreign), {foreign});
    const std::string empty = here.file("empty.onnx", "");
    refuses(here, network(empty), {empty});
    std::string spoilt = model;
    spoilt.replace(model.size() / 2, 8, "\xff\xff\xff\xff\xff\xff\xff\xff");
    const std::string nan = here.file("nan.onnx", spoilt);
    refuses(here, network(nan), {nan, "node 'head'", "NaN"});
    refuses(here, network(here.path("missing.onnx")), {"missing.onnx", "does not exist"});
    refuses(here, {"--network", glyphs("model.onnx")}, {"model.onnx", "--calibrate"});
    refuses(here, {"--network", "glyhps"}, {"--network", "did you mean 'glyphs'"});
}

TEST_CASE("cli.errors.unsupported_operator_is_named_with_its_node", "[platform]") {
    const scratch_folder here;
    const std::string det = "/usr/share/libonnx-testdata/data/node/test_det_2d/model.onnx";
    if (!std::filesystem::exists(det)) {
        WARN("libonnx-testdata is not installed: skipped");
        return;
    }
    refuses(here, network(det), {"node 'y' (Det)", "is not supported", "Conv"});
}

TEST_CASE("cli.errors.inputs_and_labels", "[platform]") {
    const scratch_folder here;
    refuses(here, {"--input", here.path("none.npy")}, {"none.npy"});
    refuses(here, {"--input", here.file("text.npy", "no array")}, {"text.npy"});
    refuses(here, {"--input", npy(here, "floats.npy", {1, 28, 28, 1}, std::vector<float>(784))},
            {"floats.npy", "float32", "uint8"});
    refuses(here, {"--input", glyphs("labels.npy")}, {"labels.npy", "int64"});
    refuses(here, {"--calibrate", glyphs("labels.npy")}, {"labels.npy", "int64"});
    refuses(here,
            {"--network", glyphs("model.onnx"), "--calibrate",
             npy(here, "small.npy", {2, 1, 14, 14}, std::vector<float>(392)), "--input",
             here.path("small.npy")},
            {"small.npy", "2x1x14x14", "1x1x28x28"});
    refuses(here, {"--labels", npy(here, "labels.npy", {680}, std::vector<float>(680))},
            {"labels.npy", "float32"});
    nn::write_npy(here.path("few.npy"), {2}, std::vector<std::int64_t>{1, 2});
    refuses(here, {"--labels", here.path("few.npy")}, {"few.npy", "2 labels", "680"});
    refuses(here, {"--images", "0"}, {"--images", "0-679"});
    refuses(here, {"--images", "5-700"}, {"--images", "0-679"});
    refuses(here, {"--images", "some"}, {"--images", "N or A-B"});
}

TEST_CASE("cli.errors.preprocessing", "[platform]") {
    const scratch_folder here;
    const std::string typo =
        here.file("typo.yaml", "layout: nhwc\nscale: 0.00392\nmeen: [0.1]\nstd: [0.3]\n");
    refuses(here, {"--preprocess", typo}, {"typo.yaml:3:1", "meen", "did you mean 'mean'"});
    const std::string broken = here.file("broken.yaml", "layout: [nhwc\n");
    refuses(here, {"--preprocess", broken}, {"broken.yaml:"});
}

TEST_CASE("cli.errors.platforms", "[platform]") {
    const scratch_folder here;
    const auto platform = [&](const std::string& name, const std::string& text) {
        return std::vector<std::string>{"--platform", here.file(name, text)};
    };
    refuses(here, {"--platform", "isac_like"}, {"did you mean 'isaac_like'"});
    refuses(here, {"--platform", here.path("none.yaml")}, {"none.yaml", "does not exist"});
    refuses(here,
            platform("typo.yaml",
                     "extends: isaac_like\naccelerators:\n  npu:\n    params:\n"
                     "      tile: {imaas: 3}\n"),
            {"typo.yaml:5:", "accelerators.npu.params.tile", "imaas", "did you mean 'imas'"});
    refuses(here, platform("unit.yaml", "extends: isaac_like\nmemory: {latency: 5 pJ, size: 12}\n"),
            {"unit.yaml:2:", "memory.latency", "memory.size"});  // both, in one go
    refuses(here,
            platform("twice.yaml", "extends: isaac_like\nmemory: {size: 1 MiB}\nmemory: {}\n"),
            {"twice.yaml:3:", "memory"});
    refuses(here,
            platform("type.yaml", "accelerators: {npu: {type: isaak, address: 0x80000000}}\n"),
            {"type.yaml:1:", "isaak", "isaac_like"});
    refuses(here, platform("none.yaml", "accelerators: {}\n"), {"none.yaml", "accelerators"});
    refuses(here, {"--set", "accelerators.npu.params.tile.imas=0"}, {"out of range", "1 .. 64"});
    refuses(here, {"--set", "accelerators.npu.params.chps=1"}, {"did you mean 'chips'"});
    refuses(here,
            {"--set", "accelerators.npu.params.tile.ima.adc.saturation=forbid", "--set",
             "accelerators.npu.params.tile.ima.adc.bits=7"},
            {"accelerators.npu.params.tile.ima.adc.bits", "7 bits", "128 rows of 2-bit cells",
             "need 8", "forbidden", "range: full_scale"});
    refuses(here,
            {"--set", "accelerators.npu.params.tile.ima.crossbar.stuck_at_zero=0.9", "--set",
             "accelerators.npu.params.tile.ima.crossbar.stuck_at_max=0.2"},
            {"crossbar.stuck_at_max", "stuck_at_zero"});
    refuses(here, {"--set", "accelerators.npu.params.tile.ima.crossbar.read_noise=-1"},
            {"crossbar.read_noise", "out of range", "0 .. 16"});
    refuses(
        here,
        {"--platform", "redy", "--set", "accelerators.npu.params.tile.quantiser.group_size=256"},
        {"accelerators.npu.params.tile.quantiser.group_size", "groups of 256 elements",
         "crossbars of 128 rows", "use 1 .. 128"});
    refuses(here,
            {"--platform", "redy", "--set", "accelerators.npu.params.tile.ima.crossbar.rows=64"},
            {"accelerators.npu.params.tile.quantiser.group_size", "groups of 128 elements",
             "crossbars of 64 rows", "use 1 .. 64"});
    refuses(here, {"--set", "memory.latency=5parsec"}, {"unknown unit 'parsec'"});
    refuses(here, {"--set", "memory.size=1 KiB"}, {"memory"});
    refuses(here, {"--set", "memory.address=0x7FFFF000"}, {"memory", "npu"});  // overlap
    refuses(here,
            {"--set", "accelerators.npu.params.mesh.tile_columns=1", "--set",
             "accelerators.npu.params.mesh.tile_rows=1", "--set",
             "accelerators.npu.params.tile.imas=2", "--set", "accelerators.npu.params.chips=1"},
            {"chips"});  // the machine is too small: how many would do
}

TEST_CASE("cli.errors.options", "[platform]") {
    const scratch_folder here;
    refuses(here, {"--bogus"}, {"--bogus", "pimvp run --help"});
    refuses(here, {"--coding-style", "xt"}, {"--coding-style", "lt nor at"});
    refuses(here, {"--check", "some"}, {"--check", "layers nor outputs"});
    refuses(here, {"--seed", "-1"}, {"--seed", "'-1'"});
    refuses(here, {"--threads", "0"}, {"--threads", "1 to 256"});
    refuses(here, {"--in-flight", "-3"}, {"--in-flight", "'-3'"});
    refuses(here, {"--max-sim-time", "5"}, {"--max-sim-time", "the unit is missing"});
    CHECK_THAT(test::pimvp({"quantize", "--bogus"}).text,
               Catch::Contains("see pimvp quantize --help"));
    CHECK(test::pimvp({"rnu"}).code == 2);
    CHECK(test::pimvp({}).code == 2);
    CHECK(test::pimvp({"list", "netwroks"}).code == 2);
    CHECK(test::pimvp({"list", "networks", "more"}).code == 2);
    CHECK(test::pimvp({"run", "--trace"}).code == 2);  // needs --out
}

TEST_CASE("cli.errors.unwritable_folder", "[platform]") {
    const scratch_folder here;
    const std::string file = here.file("file", "in the way");
    const auto blocked = test::pimvp({"run", "--images", "1", "--out", file});
    CHECK(blocked.code == 2);
    CHECK_THAT(blocked.text, Catch::Contains(file) && Catch::Contains("cannot be written"));
    CHECK(core::read_file(file) == "in the way");
    const auto nowhere = test::pimvp({"run", "--images", "1", "--out", "/proc/pimvp"});
    CHECK(nowhere.code == 2);
    CHECK_THAT(nowhere.text, Catch::Contains("/proc/pimvp"));
    const auto map = test::pimvp({"map", "--out", here.path("no/folder/p.bin")});
    CHECK(map.code == 2);
    CHECK_THAT(map.text, Catch::Contains("no/folder/p.bin"));
}

TEST_CASE("cli.errors.no_progress_says_who_waits", "[platform]") {
    const auto loading = test::pimvp({"run", "--images", "1", "--max-sim-time", "1 us"});
    CHECK(loading.code == 4);
    CHECK_THAT(loading.text, Catch::Contains("no progress"));
    const auto running = test::pimvp({"run", "--images", "1", "--max-sim-time", "620 us"});
    CHECK(running.code == 4);
    CHECK_THAT(running.text, Catch::Contains("no progress") &&
                                 Catch::Contains("tile0: layer 0, inference 0: window ") &&
                                 Catch::Contains("waits for pixel ") && Catch::Contains("\n  ..."));
}
