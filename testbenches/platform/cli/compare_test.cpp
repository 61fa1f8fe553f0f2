// SPDX-License-Identifier: Apache-2.0
// Does compare say what its runs would say alone, and what failed where?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <string>
#include <vector>

using namespace pimvp;
using test::scratch_folder;
using json = nlohmann::json;

namespace {

const std::string cutting = "accelerators.npu.params.tile.quantiser.policy=fixed";
const std::string drop = "accelerators.npu.params.tile.quantiser.drop=";

test::program_result compare(std::vector<std::string> words) {
    words.insert(words.begin(), "compare");
    return test::pimvp(words);
}

void refuses(const std::vector<std::string>& words, const std::vector<std::string>& parts) {
    const test::program_result result = compare(words);
    INFO(result.text);
    CHECK(result.code == 2);
    CHECK_THAT(result.text, Catch::StartsWith("pimvp: error: "));
    for (const std::string& part : parts) CHECK_THAT(result.text, Catch::Contains(part));
}

}  // namespace

TEST_CASE("cli.compare.records_are_those_of_runs_alone", "[platform]") {
    const scratch_folder here;
    const auto result =
        compare({"--platforms", "isaac_like,redy", "--images", "4", "--out", here.path("both")});
    INFO(result.text);
    REQUIRE(result.code == 0);
    for (const std::string name : {"isaac_like", "redy"}) {
        REQUIRE(test::pimvp({"run", "--quiet", "--platform", name, "--images", "4", "--out",
                             here.path(name)})
                    .code == 0);
        CHECK(core::read_file(here.path("both") + "/" + name + "/run.json") ==
              core::read_file(here.path(name) + "/run.json"));
    }
    const std::string text = core::read_file(here.path("both") + "/compare.json");
    const json record = json::parse(text);
    const json alone = json::parse(core::read_file(here.path("redy") + "/run.json"));
    REQUIRE(record["platforms"].size() == 2);
    const json& first = record["platforms"][0];
    const json& second = record["platforms"][1];
    CHECK(first["name"] == "isaac_like");
    CHECK(first["to_first"]["total_j"] == 1.0);
    CHECK(second["total_j"] == alone["energy"]["total_j"]);
    CHECK(second["tile_dynamic_j"] == alone["energy"]["by_envelope_j"]["tile_dynamic"]);
    CHECK(second["average_bits"] == alone["precision"]["average_bits"]);
    CHECK(second["conversions"].get<double>() * 4 == alone["counts"]["adc.conversion.8b"]);
    CHECK(second["mismatches"] == 0);
    CHECK(second["to_first"]["conversions"].get<double>() ==
          second["conversions"].get<double>() / first["conversions"].get<double>());
    CHECK(second["to_first"]["conversions"] < 1.0);
}

TEST_CASE("cli.compare.reads_what_runs_left", "[platform]") {
    const scratch_folder here;
    const std::vector<std::string> words{"--platforms", "isaac_like,redy", "--images", "1"};
    std::vector<std::string> one = words, two = words;
    one.insert(one.end(), {"--out", here.path("one")});
    two.insert(two.end(), {"--out", here.path("two"), "--threads", "1"});
    const auto table = compare(one);
    REQUIRE(table.code == 0);
    REQUIRE(compare(two).code == 0);
    const auto text = [&](const std::string& folder) {
        return core::read_file(here.path(folder) + "/compare.json");
    };
    CHECK(text("one") == text("two"));
    const auto read = compare({here.path("one/isaac_like"), here.path("two/redy") + "/run.json",
                               "--out", here.path("read")});
    CHECK(read.code == 0);
    CHECK(read.text == table.text);
    CHECK(text("read") == text("one"));
}

TEST_CASE("cli.compare.one_preset_with_different_settings", "[platform]") {
    const scratch_folder here;
    const auto result =
        compare({"--platforms", "all=redy,seven=redy,six=redy", "--images", "1", "--set", cutting,
                 "--set", "all:" + drop + "0", "--set", "seven:" + drop + "1", "--set",
                 "six:" + drop + "2", "--out", here.path("out")});
    INFO(result.text);
    REQUIRE(result.code == 0);
    const json rows = json::parse(core::read_file(here.path("out") + "/compare.json"))["platforms"];
    CHECK(rows[0]["average_bits"] == 8.0);
    CHECK(rows[1]["average_bits"] < rows[0]["average_bits"]);
    CHECK(rows[2]["average_bits"] < rows[1]["average_bits"]);
    CHECK_THAT(result.text, Catch::Contains("seven / all"));
    CHECK_THAT(result.text, Catch::Contains("glyphs, 1 image, per inference"));
}

TEST_CASE("cli.compare.keeps_nothing_without_out", "[platform]") {
    const scratch_folder here;
    setenv("TMPDIR", here.path("").c_str(), 1);
    const auto result = compare({"--platforms", "isaac_like,b=isaac_like", "--images", "1"});
    CHECK(result.code == 0);
    CHECK_THAT(result.text, Catch::Contains("b / isaac_like"));
    CHECK(here.names().empty());
}

TEST_CASE("cli.compare.names_the_platform_that_failed", "[platform]") {
    const scratch_folder here;
    const auto late = compare({"--platforms", "isaac_like,slow=isaac_like", "--images", "1",
                               "--max-sim-time", "1 us", "--out", here.path("out")});
    INFO(late.text);
    CHECK(late.code == 4);  // the child's
    CHECK_THAT(late.text, Catch::StartsWith("pimvp: error: isaac_like: "));
    CHECK(here.names().empty());
    const std::string missing = here.path("missing.npy");
    refuses({"--platforms", "isaac_like,redy", "--input", missing},
            {"isaac_like: ", "missing.npy"});
}

TEST_CASE("cli.compare.refuses_what_cannot_be_compared", "[platform]") {
    const scratch_folder here;
    refuses({}, {"--platforms", "records"});
    refuses({"--platforms", "isaac_like"}, {"--platforms", "two or more"});
    refuses({"--platforms", "isaac_like,isac_like"}, {"did you mean 'isaac_like'"});
    refuses({"--platforms", "isaac_like,isaac_like"},
            {"'isaac_like' is there twice", "OTHER_NAME="});
    refuses({"--platforms", "isaac_like,,redy"}, {"--platforms", "NAME=PLATFORM"});
    refuses({"--platforms", "isaac_like,b=redy", "--set", "bb:memory.size=1 KiB"},
            {"no platform is called 'bb'", "did you mean 'b'"});
    refuses({"--platforms", "isaac_like,b=redy", "--set", "b:memry.size=1 KiB"},
            {"did you mean 'memory'"});
    refuses({"--platforms", "isaac_like,redy", "--coding-style", "xt"}, {"lt nor at"});
    refuses({"--platforms", "isaac_like,redy", "--bogus"}, {"--bogus", "pimvp compare --help"});
    refuses({"--platforms", "isaac_like,redy", here.path("some")}, {"either --platforms"});

    refuses({here.path("none"), here.path("none")}, {"none", "does not exist"});
    const std::string good = here.path("good");
    REQUIRE(test::pimvp({"run", "--quiet", "--images", "1", "--out", good}).code == 0);
    refuses({good}, {"two records"});
    refuses({good, good}, {"'good'", "LABEL="});
    refuses({good, "b=" + good, "--images", "3"}, {"--images", "--platforms"});
    const std::string record = core::read_file(good + "/run.json");
    const std::string cut = here.file("cut.json", record.substr(0, record.size() / 2));
    refuses({good, cut}, {"cut.json:", "no JSON"});
    json changed = json::parse(record);
    changed["schema"] = 99;
    const std::string newer = here.file("newer.json", changed.dump());
    refuses({good, newer}, {"newer.json: schema", "99", "known is 1"});
    changed["schema"] = 1;
    changed["latency"]["inference_s"] = "fast";
    const std::string typed = here.file("typed.json", changed.dump());
    refuses({good, typed}, {"typed.json: latency.inference_s", "\"fast\"", "a number"});
    changed = json::parse(record);
    changed["layers"][1].erase("energy_j");
    const std::string lacking = here.file("lacking.json", changed.dump());
    refuses({good, lacking}, {"lacking.json: layers[1].energy_j", "missing", "pimvp run --out"});
}
