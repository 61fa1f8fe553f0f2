// SPDX-License-Identifier: Apache-2.0
// Do synthetic networks run by name, and does every report call them synthetic?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace pimvp;
using json = nlohmann::json;

TEST_CASE("cli.zoo.a_network_runs_by_name_and_equals_the_reference", "[platform]") {
    const test::scratch_folder here;
    const test::program_result run =
        test::pimvp({"run", "--network", "vgg9", "--out", here.path("run")});
    INFO(run.text);
    REQUIRE(run.code == 0);
    CHECK(run.text.find("vgg9 (synthetic weights) on isaac_like") != std::string::npos);
    const json record = json::parse(core::read_file(here.path("run") + "/run.json"));
    CHECK(record["weights"] == "synthetic");
    CHECK(record["network"]["name"] == "vgg9");
    CHECK(record["results"]["images"] == 1);
    CHECK(record["results"]["mismatches"] == 0);
    std::uint64_t macs = 0;
    for (const json& layer : record["layers"]) macs += layer["macs"].get<std::uint64_t>();
    CHECK(macs == 158'017'536);
}

TEST_CASE("cli.zoo.seed_and_images_are_chosen", "[platform]") {
    const test::scratch_folder here;
    const auto record_of = [&](const std::string& name, std::vector<std::string> options) {
        std::vector<std::string> words{"run",     "--network", "vgg9",  "--quiet",
                                       "--check", "outputs",   "--out", here.path(name)};
        words.insert(words.end(), options.begin(), options.end());
        const test::program_result run = test::pimvp(words);
        INFO(run.text);
        REQUIRE(run.code == 0);
        return core::read_file(here.path(name) + "/run.json");
    };
    const std::string first = record_of("first", {"--kernels", "portable"});
    CHECK(record_of("again", {}) == first);  // whatever the inner loops
    const json other = json::parse(record_of("seed", {"--seed", "2", "--images", "2"}));
    CHECK(other["results"]["images"] == 2);
    CHECK(other["network"]["integers_sha256"] != json::parse(first)["network"]["integers_sha256"]);
}

TEST_CASE("cli.zoo.is_listed_and_mapped", "[platform]") {
    const std::string list = test::pimvp({"list", "networks"}).text;
    for (const char* name :
         {"glyphs", "alexnet", "vgg9", "vgg11", "vgg16", "resnet18", "resnet34", "resnet50",
          "squeezenet", "mobilenet_v1", "mobilenet_v2", "googlenet"}) {
        CHECK(list.find(name) != std::string::npos);
    }
    CHECK(list.find("15 470 264 320") != std::string::npos);  // MACs of vgg16
    const test::program_result map = test::pimvp({"map", "--network", "vgg9"});
    REQUIRE(map.code == 0);
    CHECK(map.text.find("vgg9 (synthetic weights) on isaac_like") != std::string::npos);
}

TEST_CASE("cli.zoo.mistakes_are_explained", "[platform]") {
    const test::program_result name = test::pimvp({"run", "--network", "resnet19"});
    CHECK(name.code == 2);
    CHECK(name.text.find("did you mean 'resnet18'") != std::string::npos);
    const test::program_result kernels = test::pimvp({"run", "--kernels", "neon"});
    CHECK(kernels.code == 2);
    CHECK(kernels.text.find("none of best, portable, avx2 and avx512") != std::string::npos);
}
