// SPDX-License-Identifier: Apache-2.0
// Is a record read to the last figure, and is everything that is wrong with one named?
#include <support/catch.h>

#include "record_file.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/report/recorded_run.h>
#include <pimvp/report/study.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace pimvp;
using json = nlohmann::ordered_json;
using test::glyphs_record;
using test::passing_file;

namespace {

/// What the reader says of the record after a change.
std::string complaint(const std::function<void(json&)>& change) {
    json record = glyphs_record();
    change(record);
    const passing_file file(record.dump());
    try {
        report::read_run(file.path());
    } catch (const core::user_error& problem) {
        CHECK_THAT(problem.what(), Catch::StartsWith(file.path() + ": "));
        CHECK_THAT(problem.what(), Catch::EndsWith("pimvp run --out has written"));
        return problem.what();
    }
    return "";
}

/// Every place in the document, as JSON pointers.
void places(const json& value, const json::json_pointer& at,
            std::vector<json::json_pointer>& found) {
    if (!at.empty()) found.push_back(at);
    if (value.is_object()) {
        for (const auto& [key, each] : value.items()) places(each, at / key, found);
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) places(value[i], at / i, found);
    }
}

}  // namespace

TEST_CASE("report.recorded_run.has_what_the_record_has") {
    const json record = glyphs_record();
    const report::recorded_run run = report::read_run(PIMVP_RECORD);
    CHECK(run.label == "glyphs_isaac_like");
    CHECK(run.platform == "isaac_like");
    CHECK(run.network == "glyphs");
    CHECK(run.images == 12);
    CHECK(run.exact);
    CHECK(run.fidelity == "bit-exact");
    CHECK_FALSE(run.policy);
    CHECK(run.kl == record["results"]["kl"].get<double>());
    CHECK(run.interval_s == record["latency"]["interval_s"].get<double>());
    CHECK(run.total_j == record["energy"]["total_j"].get<double>());
    CHECK(run.stream_total_j == record["energy"]["stream"]["total_j"].get<double>());
    CHECK(run.envelope_j("array") == record["energy"]["by_envelope_j"]["array"].get<double>());
    CHECK(run.envelope_j("no such") == 0.0);
    CHECK(run.conversions() * 12 == record["counts"]["adc.conversion.8b"].get<double>());
    REQUIRE(run.layers.size() == record["layers"].size());
    for (const report::recorded_layer& layer : run.layers) {
        double sum = 0.0;
        for (const auto& part : layer.by_component_j) sum += part.second;
        CHECK(sum == layer.energy_j);  // parts add up, bit for bit
    }
    CHECK(run.layers[0].precision->histogram.size() == 9);
    CHECK_FALSE(run.layers[2].precision);
}

TEST_CASE("report.recorded_run.names_what_is_wrong") {
    using Catch::Contains;
    CHECK(complaint([](json&) {}).empty());
    CHECK(complaint([](json& r) { r["a_key_of_tomorrow"] = 1; }).empty());
    CHECK_THAT(complaint([](json& r) { r.erase("schema"); }), Contains("schema: is missing"));
    CHECK_THAT(complaint([](json& r) { r["schema"] = 2; }), Contains("schema: is 2, known is 1"));
    CHECK_THAT(complaint([](json& r) { r["schema"] = -1; }),
               Contains("schema: is -1, not a whole"));
    CHECK_THAT(complaint([](json& r) { r["energy"]["by_component_j"]["adc"] = -1e-9; }),
               Contains("energy.by_component_j.adc: is -1e-09, not a number, 0 or more"));
    CHECK_THAT(complaint([](json& r) { r["results"]["top1"] = 1.5; }),
               Contains("results.top1: is 1.5, not a number from 0 to 1"));
    CHECK_THAT(complaint([](json& r) { r["results"]["images"] = 0; }),
               Contains("results.images: is 0"));
    CHECK_THAT(complaint([](json& r) { r["layers"][3]["on"] = "moon"; }),
               Contains("layers[3].on: is neither host nor accelerator"));
    CHECK_THAT(complaint([](json& r) { r["layers"][1]["precision"]["histogram"].push_back(0.0); }),
               Contains("layers[1].precision.histogram: has 10 shares"));
    CHECK_THAT(complaint([](json& r) { r["layers"] = json::object(); }),
               Contains("layers: is an object, not an array"));
    CHECK_THAT(complaint([](json& r) { r = json::array(); }),
               Contains("is an array, not an object"));
}

TEST_CASE("report.recorded_run.survives_any_change_of_one_value") {
    const json record = glyphs_record();
    std::vector<json::json_pointer> all;
    places(record, json::json_pointer(), all);
    REQUIRE(all.size() > 400);
    const std::vector<json> hostile{nullptr,        -1,  1e300, "text", json::array(),
                                    json::object(), true};
    std::size_t refused = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        json changed = record;
        changed[all[i]] = hostile[i % hostile.size()];
        const passing_file file(changed.dump());
        try {
            report::read_run(file.path());
        } catch (const core::user_error&) {
            ++refused;  // anything else ends the test
        }
    }
    CHECK(refused > all.size() / 2);
}

TEST_CASE("report.recorded_run.files_that_are_no_records") {
    const auto refused = [](const std::string& path, const std::string& part) {
        CHECK_THROWS_WITH(report::read_run(path), Catch::Contains(part));
    };
    refused("/no/such/run.json", "does not exist");
    const std::string text = core::read_file(PIMVP_RECORD);
    for (std::size_t bytes = 0; bytes < text.size() - 2; bytes += 97) {
        const passing_file cut(text.substr(0, bytes));
        CHECK_THROWS_AS(report::read_run(cut.path()), core::user_error);
    }
    const passing_file third_line("{\n  \"schema\": 1,\n  \"a\" 2\n}");
    refused(third_line.path(), third_line.path() + ":3:7: ");
    const passing_file large("{\"schema\": 1e999}");
    refused(large.path(), "too large");
    const passing_file bytes("{\"schema\": \"\xff\"}");
    refused(bytes.path(), "no JSON");
    const passing_file deep(std::string(200000, '['));
    refused(deep.path(), "no JSON");
}

TEST_CASE("report.recorded_run.labels") {
    const auto split = [](const std::string& text) {
        const report::labelled named = report::split_label(text);
        return named.label + "|" + named.rest;
    };
    CHECK(split("before=out/a") == "before|out/a");
    CHECK(split("out/a=b") == "|out/a=b");  // a path with a =, no label
    CHECK(split("./a=b") == "|./a=b");
    CHECK(split("..=b") == "|..=b");
    CHECK(split("=b") == "|=b");
    CHECK(split("a=") == "|a=");
    CHECK(split("v1.2-x_y=z") == "v1.2-x_y|z");
    CHECK_THROWS_WITH(report::read_runs({PIMVP_RECORD, PIMVP_RECORD}), Catch::Contains("LABEL="));
    const auto runs = report::read_runs({PIMVP_RECORD, std::string("after=") + PIMVP_RECORD});
    CHECK(runs[1].label == "after");
}

TEST_CASE("report.study.values_may_be_missing") {
    const passing_file file(R"({"schema": 1, "network": "n", "series": [
        {"name": "a", "static": true, "points": [
            {"label": "x", "average_bits": 5.5, "kl": null, "images": 400,
             "energy_j": {"array": 1e-6, "chip": null}}, {}]},
        {"name": "b", "points": []}]})");
    const report::study read = report::read_study(file.path());
    REQUIRE(read.series.size() == 2);
    CHECK(read.series[0].is_static);
    CHECK_FALSE(read.series[1].is_static);
    const report::study_point& point = read.series[0].points.at(0);
    CHECK(point.average_bits == 5.5);
    CHECK_FALSE(point.kl);
    CHECK(point.energy_j == std::map<std::string, double>{{"array", 1e-6}});
    const passing_file wrong(
        R"({"schema":1,"network":"n","series":[{"name":"a","points":[{"kl":"?"}]}]})");
    CHECK_THROWS_WITH(report::read_study(wrong.path()),
                      Catch::Contains("series[0].points[0].kl: is \"?\", not a number"));
    const passing_file other(R"({"schema":7,"network":"n","series":[]})");
    CHECK_THROWS_WITH(report::read_study(other.path()), Catch::Contains("schema: is 7"));
}
