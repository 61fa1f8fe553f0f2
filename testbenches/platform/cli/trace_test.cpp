// SPDX-License-Identifier: Apache-2.0
// Is the trace of a run what its viewers accept, complete, small, and true to the record?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace pimvp;
using test::scratch_folder;
using json = nlohmann::json;

namespace {

/// A trace.json after its rules have been checked: the Trace Event Format of Chrome, as far as
/// Perfetto reads it.
class checked_trace {
public:
    using track = std::pair<std::uint64_t, std::uint64_t>;  ///< process, thread

    explicit checked_trace(const std::string& text) {
        const json whole = json::parse(text);
        CHECK(whole.at("displayTimeUnit") == "ns");
        for (const json& event : whole.at("traceEvents")) take(event);
        CHECK(m_flows_open.empty());
        for (const auto& slices : m_slices) nest(slices.second);
    }

    /// By "group: name of the track", the slices on it in the order of their begins.
    [[nodiscard]] std::map<std::string, std::vector<json>> slices() const {
        std::map<std::string, std::vector<json>> named;
        for (const auto& [where, slices] : m_slices) named[m_threads.at(where)] = slices;
        return named;
    }
    /// By group, then by name.
    [[nodiscard]] std::map<std::string, std::map<std::string, std::vector<json>>> counters() const {
        std::map<std::string, std::map<std::string, std::vector<json>>> named;
        for (const auto& [where, events] : m_counters) {
            named[m_processes.at(where.first)][where.second] = events;
        }
        return named;
    }

private:
    void take(const json& event) {
        const std::string phase = event.at("ph");
        const std::string name = event.at("name");
        const std::uint64_t process = event.at("pid");
        CHECK_FALSE(name.empty());
        if (phase == "M") {
            const json& value = event.at("args");
            if (name == "process_name") {
                CHECK(m_processes.emplace(process, value.at("name")).second);
            } else if (name == "thread_name") {
                CHECK(m_threads.emplace(track{process, event.at("tid")}, value.at("name")).second);
            } else {
                CHECK(name == "thread_sort_index");
                CHECK(value.at("sort_index").is_number_unsigned());
            }
            return;
        }
        CHECK(m_processes.count(process) == 1);  // announced before it is used
        const double at = event.at("ts");
        CHECK(at >= 0.0);
        if (phase == "C") {
            std::vector<json>& seen = m_counters[{process, name}];
            if (!seen.empty()) CHECK(seen.back().at("ts").get<double>() < at);
            for (const json& value : event.at("args")) CHECK(value.is_number());
            CHECK_FALSE(event.at("args").empty());
            seen.push_back(event);
            return;
        }
        const track where{process, event.at("tid")};
        CHECK(m_threads.count(where) == 1);
        if (phase == "X") {
            CHECK(event.at("dur").get<double>() >= 0.0);
            m_slices[where].push_back(event);
        } else if (phase == "s") {
            CHECK(m_flows_open.insert(event.at("id").get<std::uint64_t>()).second);
        } else if (phase == "f") {
            CHECK(m_flows_open.erase(event.at("id").get<std::uint64_t>()) == 1);
        } else {
            CHECK(phase == "i");
        }
    }

    /// Every slice lies wholly inside of one that is still open, or behind it.
    static void nest(std::vector<json> slices) {
        const auto begin = [](const json& s) { return s.at("ts").get<double>(); };
        const auto end = [&](const json& s) { return begin(s) + s.at("dur").get<double>(); };
        std::stable_sort(slices.begin(), slices.end(), [&](const json& a, const json& b) {
            return begin(a) != begin(b) ? begin(a) < begin(b) : end(a) > end(b);
        });
        std::vector<double> open;
        for (const json& each : slices) {
            while (!open.empty() && open.back() <= begin(each)) open.pop_back();
            if (!open.empty()) CHECK(end(each) <= open.back());
            open.push_back(end(each));
        }
    }

    std::map<std::uint64_t, std::string> m_processes;
    std::map<track, std::string> m_threads;
    std::map<track, std::vector<json>> m_slices;
    std::map<std::pair<std::uint64_t, std::string>, std::vector<json>> m_counters;
    std::set<std::uint64_t> m_flows_open;
};

struct traced_run {
    std::string trace, record;
};

traced_run run(const scratch_folder& here, const std::string& name,
               const std::vector<std::string>& more) {
    std::vector<std::string> words{"run", "--quiet", "--trace", "--out", here.path(name)};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = test::pimvp(words);
    INFO(result.text);
    REQUIRE(result.code == 0);
    return {core::read_file(here.path(name) + "/trace.json"),
            core::read_file(here.path(name) + "/run.json")};
}

/// A board that begins without LOAD, whose traffic is in no count of the record.
std::string loaded_board(const scratch_folder& here) {
    const std::string file = here.path("board.pimvp");
    REQUIRE(test::pimvp({"run", "--quiet", "--images", "1", "--save", file}).code == 0);
    return file;
}

std::uint64_t sum(const std::map<std::string, std::vector<json>>& counters,
                  const std::string& what) {
    std::uint64_t total = 0;
    for (const auto& counter : counters) {
        for (const json& event : counter.second) {
            total += event.at("args").at(what).get<std::uint64_t>();
        }
    }
    return total;
}

}  // namespace

TEST_CASE("cli.trace.shows_layers_converters_and_mesh_as_the_record_counts_them", "[platform]") {
    const scratch_folder here;
    const traced_run seen = run(here, "run", {"--images", "12", "--restore", loaded_board(here)});
    const checked_trace trace(seen.trace);
    const json record = json::parse(seen.record);
    CHECK(seen.trace.size() < 1'000'000);

    // (1) every layer works on every image, in order; alone, for as long as the record says
    const auto slices = trace.slices();
    for (const json& layer : record["layers"]) {
        const std::string name = layer["name"];
        INFO(name);
        REQUIRE(slices.count("layers." + name) == 1);
        const std::vector<json>& images = slices.at("layers." + name);
        REQUIRE(images.size() == 12);
        double end = 0.0;
        for (std::size_t i = 0; i < images.size(); ++i) {
            CHECK(images[i].at("args").at("image") == i);
            CHECK(images[i].at("ts").get<double>() >= end);
            end = images[i].at("ts").get<double>() + images[i].at("dur").get<double>();
        }
        CHECK(images[0].at("dur").get<double>() * 1e-6 ==
              Approx(layer["latency_s"].get<double>()).margin(3e-9));
    }
    // (2) layers overlap: the second begins before the first ends
    const json& first = slices.at("layers.stem")[0];
    const json& second = slices.at("layers.widen")[0];
    CHECK(second.at("ts").get<double>() <
          first.at("ts").get<double>() + first.at("dur").get<double>());
    // (3) what the meters show adds up to the counts
    const auto counters = trace.counters();
    CHECK(sum(counters.at("conversions"), "conversions") == record["counts"]["adc.conversion.8b"]);
    CHECK(sum(counters.at("flits"), "flits") == record["counts"]["c_mesh.flit.router"]);
    double busiest = 0.0;
    for (const auto& counter : counters.at("conversions")) {
        for (const json& event : counter.second) {
            busiest = std::max(busiest, event.at("args").at("busy_percent").get<double>());
        }
    }
    CHECK(busiest > 1.0);
    CHECK(busiest <= 100.0);
    // (4) the overview alone: no track of an IMA, no empty ones
    CHECK(counters.size() == 2);
    for (const auto& track : slices) {
        CHECK_FALSE(track.second.empty());
        const bool is_overview = track.first.rfind("layers.", 0) == 0 ||
                                 track.first.rfind("board.npu.job", 0) == 0 ||
                                 track.first == "board.npu.irq";
        CHECK(is_overview);
    }
}

TEST_CASE("cli.trace.costs_nothing_and_is_the_same_every_time", "[platform]") {
    const scratch_folder here;
    const traced_run one = run(here, "one", {"--images", "3"});
    const traced_run two = run(here, "two", {"--images", "3", "--threads", "1"});
    CHECK(one.trace == two.trace);
    REQUIRE(test::pimvp({"run", "--quiet", "--images", "3", "--out", here.path("plain")}).code ==
            0);
    CHECK(one.record == core::read_file(here.path("plain") + "/run.json"));
}

TEST_CASE("cli.trace.also_shows_what_a_glob_names", "[platform]") {
    const scratch_folder here;
    const traced_run seen =
        run(here, "run", {"--images", "1", "--trace-also", "board.npu.chip0.tile0*"});
    const checked_trace trace(seen.trace);
    const json record = json::parse(seen.record);
    const auto slices = trace.slices();
    CHECK(slices.count("board.npu.chip0.tile0.stage0") == 1);
    CHECK(slices.count("board.npu.chip0.tile0.ima0") == 1);
    CHECK(slices.count("board.npu.dma[0]") == 0);
    const auto counters = trace.counters();
    // glyphs stands on one tile: its banks convert everything
    CHECK(sum(counters.at("conversions of an IMA"), "conversions of an IMA") ==
          record["counts"]["adc.conversion.8b"]);

    const traced_run all =
        run(here, "all", {"--images", "1", "--trace-also", "*", "--restore", loaded_board(here)});
    const checked_trace everything(all.trace);
    CHECK(everything.slices().count("board.npu.dma[0]") == 1);
    CHECK(sum(everything.counters().at("flits of a link"), "flits of a link") ==
          record["counts"]["c_mesh.flit.link"]);
}

TEST_CASE("cli.trace.refuses_tracks_without_a_trace", "[platform]") {
    const scratch_folder here;
    const auto alone = test::pimvp({"run", "--trace-also", "*", "--out", here.path("run")});
    CHECK(alone.code == 2);
    CHECK_THAT(alone.text, Catch::Contains("--trace-also") && Catch::Contains("--trace, too"));
    const auto nowhere = test::pimvp({"run", "--trace"});
    CHECK(nowhere.code == 2);
    CHECK_THAT(nowhere.text, Catch::Contains("needs --out DIR"));
}
