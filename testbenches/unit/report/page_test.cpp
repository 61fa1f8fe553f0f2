// SPDX-License-Identifier: Apache-2.0
// Is the page whole, alone, well-formed and the same every time, whatever names its record holds?
#include <support/catch.h>

#include "record_file.h"

#include <pimvp/report/page.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace pimvp;
using json = nlohmann::ordered_json;

namespace {

/// Every element that is opened is closed, in order; counts them by name.
std::map<std::string, int> elements_of(const std::string& page) {
    const std::set<std::string> void_elements{"meta"};
    std::map<std::string, int> counts;
    std::vector<std::string> open;
    const std::regex tag("<(/?)([a-z0-9]+)((?:\"[^\"]*\"|[^>\"])*)>");
    for (std::sregex_iterator at(page.begin(), page.end(), tag), end; at != end; ++at) {
        const std::string name = (*at)[2];
        if ((*at)[1].length() == 0) {
            ++counts[name];
            if (void_elements.count(name) == 0) open.push_back(name);
            continue;
        }
        REQUIRE_FALSE(open.empty());
        CHECK(open.back() == name);
        open.pop_back();
    }
    CHECK(open.empty());
    return counts;
}

void stands_alone(const std::string& page) {
    for (const char* outside : {"http:", "https:", "url(", "@import", "<script", "<link", "src="}) {
        INFO(outside);
        CHECK(page.find(outside) == std::string::npos);
    }
    CHECK(page.find("nan") == std::string::npos);
}

}  // namespace

TEST_CASE("report.page.one_run") {
    const auto runs = report::read_runs({PIMVP_RECORD});
    const std::string page = report::page(runs, std::nullopt);
    stands_alone(page);
    auto counts = elements_of(page);
    CHECK(counts["svg"] == 5);  // grades, components, energy, latency, utilisation of layers
    CHECK(counts["h1"] == 1);
    CHECK(page.find("glyphs on isaac_like") != std::string::npos);
    CHECK(page.find(runs[0].config_hash.substr(0, 12)) != std::string::npos);
    for (const report::recorded_layer& layer : runs[0].layers) {
        CHECK(page.find(">" + layer.name + "<") != std::string::npos);
    }
    CHECK(page == report::page(runs, std::nullopt));
}

TEST_CASE("report.page.before_and_after_with_curves") {
    json after = test::glyphs_record();
    after["precision"]["policy"] = "msb_skip";
    after["energy"]["total_j"] = 0.5 * after["energy"]["total_j"].get<double>();
    after["layers"].erase(1);  // a layer that one run lacks
    const test::passing_file file(after.dump());
    const auto runs =
        report::read_runs({std::string("before=") + PIMVP_RECORD, "after=" + file.path()});
    report::study study;
    study.network = "glyphs";
    study.series = {{"static", true, {{"5 bits", 5.0, 0.01, 0.9, {}, {}, {{"array", 1e-6}}}}},
                    {"dynamic", false, {{}}}};
    const std::string page = report::page(runs, study);
    stands_alone(page);
    auto counts = elements_of(page);
    // As above; a histogram a layer with crossbars; bits and energy against divergence, top-1.
    const auto crossbars = std::count_if(runs[1].layers.begin(), runs[1].layers.end(),
                                         [](const auto& l) { return l.precision.has_value(); });
    CHECK(counts["svg"] == 5 + crossbars + 3);
    CHECK(page.find("−50.0 %") != std::string::npos);
}

TEST_CASE("report.page.hostile_names_stay_text") {
    const std::string hostile = "</style></title><script>alert('1')</script>&\"";
    json record = test::glyphs_record();
    for (const char* key :
         {"platform", "config_hash", "weights", "pimvp_version", "coding_style"}) {
        record[key] = hostile;
    }
    record["network"]["name"] = hostile;
    record["precision"]["policy"] = hostile;
    record["energy"]["by_component_j"][hostile] = 1.0;
    record["energy"]["apart_static_j"][hostile] = 1.0;
    record["layers"][0]["name"] = hostile;
    record["layers"][0]["kind"] = hostile;
    record["layers"][0]["by_component_j"][hostile] = 1.0;
    const test::passing_file file(record.dump());
    report::study study;
    study.network = hostile;
    study.series = {{hostile, false, {{hostile, 5.0, 0.01, 0.9, {}, {}, {}}}}};
    const std::string page = report::page(report::read_runs({file.path()}), study);
    stands_alone(page);
    CHECK(page.find("alert(&#39;1&#39;)") != std::string::npos);
    elements_of(page);
}
