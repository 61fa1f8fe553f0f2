// SPDX-License-Identifier: Apache-2.0
// Does quantising a network to a file give the shipped bytes, and a sentence where it cannot?
#include <pimvp/core/diagnostics.h>
#include <pimvp/runner/quantising.h>

#include <support/catch.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace pimvp;
namespace fs = std::filesystem;

const fs::path shipped = PIMVP_GLYPHS;

std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// An empty folder that goes when the test ends.
struct scratch {
    fs::path folder = fs::temp_directory_path() / ("pimvp_quantising_" + std::to_string(getpid()));
    scratch() { fs::create_directory(folder); }
    ~scratch() { fs::remove_all(folder); }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    [[nodiscard]] auto files() const { return std::distance(fs::directory_iterator(folder), {}); }
};

runner::workload_options source_of(const std::string& network) {
    runner::workload_options source;
    source.network = network;
    return source;
}

std::string refusal(const fs::path& out, const runner::workload_options& source) {
    try {
        runner::quantise_to(out.string(), source);
    } catch (const core::user_error& problem) {
        return problem.what();
    }
    return {};
}

}  // namespace

TEST_CASE("runner.quantising.gives_the_shipped_file") {
    const scratch here;
    const nn::network made =
        runner::quantise_to((here.folder / "again.onnx").string(), source_of("glyphs"))
            .work.network;
    CHECK(made.name == "glyphs");
    CHECK(here.files() == 1);
    CHECK(bytes_of(here.folder / "again.onnx") == bytes_of(shipped / "model_int8.onnx"));
}

TEST_CASE("runner.quantising.takes_any_float_file") {
    const scratch here;
    runner::workload_options source = source_of((shipped / "model.onnx").string());
    source.calibrate = (shipped / "calibrate.npy").string();
    source.preprocess = (shipped / "preprocess.yaml").string();
    const fs::path out = here.folder / "own.onnx";
    runner::quantise_to(out.string(), source);
    const nn::network read = runner::load_workload(source_of(out.string()), false).network;
    const nn::network golden =
        runner::load_workload(source_of((shipped / "model_int8.onnx").string()), false).network;
    REQUIRE(read.nodes.size() == golden.nodes.size());
    for (std::size_t i = 0; i < read.nodes.size(); ++i) {
        CHECK(read.nodes[i].weights.data() == golden.nodes[i].weights.data());
        CHECK(read.nodes[i].multipliers == golden.nodes[i].multipliers);
    }
}

TEST_CASE("runner.quantising.refuses_with_place_and_way_out_and_leaves_nothing") {
    const scratch here;
    const fs::path out = here.folder / "x.onnx";
    const auto holds = [](const std::string& message, const char* part) {
        INFO(message);
        CHECK(message.find(part) != std::string::npos);
    };
    holds(refusal(here.folder / "x.bin", source_of("glyphs")), "must end in .onnx");
    holds(refusal(here.folder / "none" / "x.onnx", source_of("glyphs")), "cannot be written");
    holds(refusal(out, source_of((shipped / "model_int8.onnx").string())), "integer network");
    holds(refusal(out, source_of((shipped / "model.onnx").string())), "--calibrate FILE.npy");
    holds(refusal(out, source_of("glyph")), "did you mean 'glyphs'?");
    CHECK(here.files() == 0);
    fs::copy_file(shipped / "model.onnx", out);
    holds(refusal(out, source_of("glyphs")), "would be lost");
    CHECK(bytes_of(out) == bytes_of(shipped / "model.onnx"));
    CHECK(here.files() == 1);
}
