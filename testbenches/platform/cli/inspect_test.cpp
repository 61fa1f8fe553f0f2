// SPDX-License-Identifier: Apache-2.0
// Does the program tell what a network's weights and activations look like?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

using namespace pimvp;
using test::scratch_folder;
using json = nlohmann::json;

namespace {

std::uint64_t sum(const json& counts) {
    const auto values = counts.get<std::vector<std::uint64_t>>();
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("cli.inspect.record_counts_every_weight_value_and_group", "[platform]") {
    const scratch_folder here;
    const auto result = test::pimvp(
        {"inspect", "--images", "3", "--group", "64", "--out", here.path("glyphs.json")});
    INFO(result.text);
    REQUIRE(result.code == 0);
    CHECK_THAT(result.text, Catch::Contains("4 923 736") && Catch::Contains("43 432"));
    const json record = json::parse(core::read_file(here.path("glyphs.json")));
    CHECK(record["images"] == 3);
    std::uint64_t weights = 0;
    for (const json& layer : record["layers"]) {
        INFO(layer["name"]);
        std::uint64_t elements = 3;
        for (const json& extent : layer["output"]) elements *= extent.get<std::uint64_t>();
        CHECK(sum(layer["output_histogram"]["counts"]) == elements);
        if (!layer.contains("weights")) continue;
        const json& w = layer["weights"];
        CHECK(sum(w["histogram"]["counts"]) == w["count"]);
        CHECK(w["unique_per_output_mean"] <= w["unique_per_output_max"]);
        CHECK(w["unique_per_output_max"] <= w["unique"]);
        CHECK(w["unique_per_input_max"] <= w["unique"]);
        weights += w["count"].get<std::uint64_t>();
        if (layer["name"] == "stem") {  // 28 x 28 windows of 9 elements: one group each
            CHECK(sum(layer["input_groups"]["groups_by_bits"]) == 3 * 784);
        }
        if (layer["name"] == "widen") {  // two convolution groups of 72 elements: 64 + 8 each
            CHECK(sum(layer["input_groups"]["groups_by_bits"]) == 3 * 784 * 4);
        }
    }
    CHECK(weights == 43432);
    CHECK(core::read_file(here.path("glyphs.json")) ==
          (test::pimvp({"inspect", "--images", "3", "--group", "64", "--threads", "1", "--quiet",
                        "--out", here.path("again.json")}),
           core::read_file(here.path("again.json"))));
}

TEST_CASE("cli.inspect.mistakes_are_refused", "[platform]") {
    const auto group = test::pimvp({"inspect", "--group", "0"});
    CHECK(group.code == 2);
    CHECK_THAT(group.text, Catch::Contains("--group") && Catch::Contains("1 to 65536"));
    const auto out = test::pimvp({"inspect", "--images", "1", "--out", "/nowhere/x.json"});
    CHECK(out.code == 2);
    CHECK_THAT(out.text, Catch::Contains("cannot be written"));
}
