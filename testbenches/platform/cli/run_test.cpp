// SPDX-License-Identifier: Apache-2.0
// Does a run leave the record its manual promises, to the byte, whatever the host does?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>
#include <pimvp/nn/npy.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace pimvp;
using test::scratch_folder;
using json = nlohmann::json;

namespace {

/// Runs glyphs; returns run.json as text.
std::string record_of(const scratch_folder& here, const std::string& name,
                      std::vector<std::string> options) {
    std::vector<std::string> words{"run", "--quiet", "--images", "12", "--out", here.path(name)};
    words.insert(words.end(), options.begin(), options.end());
    const test::program_result result = test::pimvp(words);
    INFO(result.text);
    REQUIRE(result.code == 0);
    CHECK(result.text.empty());
    return core::read_file(here.path(name) + "/run.json");
}

const std::string of_ima = "accelerators.npu.params.tile.ima.";

double sum(const json& parts) {
    double total = 0.0;
    for (const auto& part : parts) total += part.get<double>();
    return total;
}

}  // namespace

TEST_CASE("cli.run.record_is_the_expected_one_to_the_byte", "[platform]") {
    const scratch_folder here;
    // Refreshed by scripts/refresh_expected.sh; a change needs a reason in its commit.
    CHECK(record_of(here, "run", {}) == core::read_file(PIMVP_EXPECTED "/glyphs_isaac_like.json"));
}

TEST_CASE("cli.run.record_does_not_depend_on_the_number_of_threads", "[platform]") {
    const scratch_folder here;
    const std::string one = record_of(here, "one", {"--threads", "1"});
    CHECK(record_of(here, "again", {"--threads", "1"}) == one);
    CHECK(record_of(here, "five", {"--threads", "5"}) == one);
    CHECK(core::read_file(here.path("five") + "/outputs.npy") ==
          core::read_file(here.path("one") + "/outputs.npy"));
}

TEST_CASE("cli.run.dumped_configuration_gives_the_same_record", "[platform]") {
    const scratch_folder here;
    const test::program_result dump = test::pimvp({"run", "--dump-config"});
    REQUIRE(dump.code == 0);
    const std::string platform = here.file("isaac_like.yaml", dump.text);
    CHECK(record_of(here, "dumped", {"--platform", platform}) == record_of(here, "preset", {}));
}

TEST_CASE("cli.run.coding_styles_agree_on_everything", "[platform]") {
    const scratch_folder here;
    json lt = json::parse(record_of(here, "lt", {}));
    json at = json::parse(record_of(here, "at", {"--coding-style", "at"}));
    CHECK(lt["coding_style"] == "lt");
    CHECK(at["coding_style"] == "at");
    at["coding_style"] = "lt";
    CHECK(lt == at);  // a static schedule: values, counts and times
}

TEST_CASE("cli.run.analog_reality_is_recorded_and_counted_as_deviations", "[platform]") {
    const scratch_folder here;
    const json ideal = json::parse(record_of(here, "ideal", {}));
    CHECK(ideal["fidelity"] == "bit-exact");
    CHECK(ideal["results"]["deviations"] == 0);
    for (const std::string kind : {"crossbar.conductance_sigma=0.05", "crossbar.stuck_at_zero=0.01",
                                   "crossbar.stuck_at_max=0.01", "crossbar.read_noise=0.5",
                                   "adc.offset_sigma=0.5", "adc.gain_sigma=0.02", "adc.bits=5"}) {
        const json record = json::parse(record_of(here, "analog", {"--set", of_ima + kind}));
        CAPTURE(kind);
        CHECK_THAT(record["fidelity"].get<std::string>(),
                   Catch::StartsWith("analog: " + kind.substr(0, kind.find('='))));
        const json& results = record["results"];
        CHECK(results["exact"] == false);
        CHECK(results["mismatches"] == 0);
        CHECK(results["deviations"] > 0);
        std::uint64_t of_layers = 0;
        for (const json& layer : record["layers"]) {
            CHECK(layer["mismatches"] == 0);
            of_layers += layer["deviations"].get<std::uint64_t>();
        }
        CHECK(of_layers > 0);
        CHECK(results["kl"] != ideal["results"]["kl"]);  // of the machine's outputs
        CHECK(record["latency"] == ideal["latency"]);
    }
}

TEST_CASE("cli.run.analog_reality_depends_on_the_seed_only", "[platform]") {
    const scratch_folder here;
    std::vector<std::string> words;
    for (const std::string setting :
         {"crossbar.conductance_sigma=0.05", "crossbar.stuck_at_zero=0.001",
          "crossbar.stuck_at_max=0.001", "crossbar.read_noise=0.3", "adc.offset_sigma=0.2",
          "adc.gain_sigma=0.01", "adc.bits=7", "adc.range=full_scale"}) {
        words.insert(words.end(), {"--set", of_ima + setting});
    }
    const std::string text = record_of(here, "analog", words);
    CHECK_THAT(json::parse(text)["fidelity"].get<std::string>(),
               Catch::EndsWith("adc.bits 7 of 8 (full_scale); seed 1"));
    words.insert(words.end(), {"--kernels", "portable", "--threads", "3"});
    CHECK(record_of(here, "portable", words) == text);
    words.insert(words.end(), {"--coding-style", "at"});
    json at = json::parse(record_of(here, "at", words));
    at["coding_style"] = "lt";
    CHECK(at == json::parse(text));
    words.insert(words.end(), {"--seed", "2"});
    const json other = json::parse(record_of(here, "other", words));
    CHECK(other["results"]["kl"] != at["results"]["kl"]);
    CHECK_THAT(other["fidelity"].get<std::string>(), Catch::EndsWith("; seed 2"));
}

TEST_CASE("cli.run.record_adds_up", "[platform]") {
    const scratch_folder here;
    const json record = json::parse(record_of(here, "run", {}));
    CHECK(record["results"]["images"] == 12);
    CHECK(record["results"]["exact"] == true);
    CHECK(record["results"]["mismatches"] == 0);

    const json& energy = record["energy"];
    CHECK(sum(energy["by_component_j"]) == energy["dynamic_j"].get<double>());
    CHECK(energy["dynamic_j"].get<double>() + energy["static_j"].get<double>() ==
          energy["total_j"].get<double>());
    CHECK(sum(energy["grades"]) == Approx(1.0));
    double layers = 0.0;
    std::uint64_t layer_conversions = 0;
    for (const json& layer : record["layers"]) {
        layers += layer["energy_j"].get<double>();
        layer_conversions += layer["counts"].value("adc.conversion.8b", std::uint64_t{0});
        CHECK(layer["latency_s"].get<double>() > 0.0);
    }
    CHECK(layers <= energy["dynamic_j"].get<double>());
    CHECK(layers > 0.9 * energy["dynamic_j"].get<double>());  // the rest is transport to memory
    CHECK(record["counts"]["adc.conversion.8b"] == layer_conversions);
    CHECK(layer_conversions == 12 * 3815424);  // the mapper's formula, see cli.map.*

    // 784 windows of 8 bits, 100 ns each, in the first two layers: nothing else bounds a stream.
    CHECK(record["latency"]["interval_s"].get<double>() == Approx(784 * 8 * 100e-9).epsilon(1e-12));
    CHECK(record["latency"]["inference_s"] > record["latency"]["interval_s"]);
    CHECK(record["latency"]["in_flight"] == 5);
    CHECK(nn::read_npy(here.path("run") + "/outputs.npy").dims() == nn::shape{12, 34});
    const json host = json::parse(core::read_file(here.path("run") + "/host.json"));
    CHECK(host["cpu_s"].get<double>() > 0.0);
    CHECK(host["peak_memory_bytes"].get<std::uint64_t>() > 0);
}

TEST_CASE("cli.run.few_images_have_no_interval", "[platform]") {
    const scratch_folder here;
    const auto interval = [&](const std::string& images) {
        const auto result =
            test::pimvp({"run", "--quiet", "--images", images, "--out", here.path("n" + images)});
        REQUIRE(result.code == 0);
        return json::parse(
            core::read_file(here.path("n" + images) + "/run.json"))["latency"]["interval_s"];
    };
    CHECK(interval("1").is_null());
    CHECK(interval("3").is_null());
    CHECK(interval("4").is_number());
}

TEST_CASE("cli.run.images_can_be_a_range", "[platform]") {
    const scratch_folder here;
    const std::vector<float> all =
        (record_of(here, "all", {}), nn::read_npy(here.path("all") + "/outputs.npy").as<float>());
    const auto part =
        test::pimvp({"run", "--quiet", "--images", "3-4", "--out", here.path("part")});
    REQUIRE(part.code == 0);
    const std::vector<float> two = nn::read_npy(here.path("part") + "/outputs.npy").as<float>();
    CHECK(two == std::vector<float>(all.begin() + 3 * 34, all.begin() + 5 * 34));
}

TEST_CASE("cli.run.prints_a_table_of_layers_and_totals", "[platform]") {
    const auto result = test::pimvp({"run", "--images", "4"});
    CHECK(result.code == 0);
    for (const char* part : {"glyphs on isaac_like, 1 tile", "residual_add", "4 923 736", "top-1",
                             "latency", "interval", "adc", "derived"}) {
        CHECK_THAT(result.text, Catch::Contains(part));
    }
    CHECK_THAT(result.text, !Catch::Contains("\r"));  // no progress where nobody watches
}
