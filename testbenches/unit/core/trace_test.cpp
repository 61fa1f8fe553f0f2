// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/trace.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace core = pimvp::core;
using json = nlohmann::json;

namespace {

constexpr std::uint64_t ns = 1'000'000;

std::vector<json> events_of(const std::string& text, const std::string& phase) {
    std::vector<json> found;
    const json whole = json::parse(text);
    for (const json& event : whole.at("traceEvents")) {
        if (event.at("ph") == phase) found.push_back(event);
    }
    return found;
}

}  // namespace

TEST_CASE("core.trace.off_ignores_everything") {
    core::trace trace;
    const auto track = trace.track("top.dma");
    CHECK_FALSE(trace.enabled());
    CHECK_FALSE(track);
    trace.slice(track, "x", 0, 1);
    trace.counter(track, "x", 0, 1);
    trace.flow("x", track, 0, track, 1);
    trace.close();
    CHECK(trace.events() == 0);
}

TEST_CASE("core.trace.is_well_formed_json_with_nested_slices") {
    std::ostringstream out;
    {
        core::trace trace(out);
        const auto dma = trace.track("board.dma");
        const auto tile = trace.track("board.chip.tile0");
        CHECK(trace.track("board.dma").index == dma.index);
        trace.slice(dma, "read \"x\"\n", 0, 100 * ns,
                    {{"bytes", 64U}, {"share", 0.5}, {"delta", -1}, {"what", "weights"}});
        trace.slice(dma, "burst", 10 * ns + 999'999, 20 * ns + 1);  // whole ns
        trace.slice(tile, "multiply", 30 * ns, 60 * ns);
        trace.instant(tile, "irq", 60 * ns);
        trace.counter(tile, "queue", 30 * ns, 3);
        trace.flow("data", dma, 50 * ns, tile, 30 * ns + 50 * ns);
    }
    const auto slices = events_of(out.str(), "X");
    REQUIRE(slices.size() == 3);
    CHECK(slices[0].at("name") == "read \"x\"\n");
    CHECK(slices[0].at("args") ==
          json{{"bytes", 64}, {"share", 0.5}, {"delta", -1}, {"what", "weights"}});
    CHECK(slices[1].at("ts").get<double>() == 0.01);
    CHECK(slices[1].at("dur").get<double>() == 0.009);  // a ns less, see trace.cpp
    const double outer_end = slices[0].at("ts").get<double>() + slices[0].at("dur").get<double>();
    CHECK(slices[1].at("ts").get<double>() + slices[1].at("dur").get<double>() <= outer_end);
    CHECK(slices[0].at("tid") == slices[1].at("tid"));
    CHECK(slices[0].at("tid") != slices[2].at("tid"));
    CHECK(events_of(out.str(), "i").size() == 1);
    CHECK(events_of(out.str(), "C").front().at("args").at("value") == 3);
    const auto start = events_of(out.str(), "s");
    const auto end = events_of(out.str(), "f");
    REQUIRE((start.size() == 1 && end.size() == 1));
    CHECK(start[0].at("id") == end[0].at("id"));
    CHECK(events_of(out.str(), "M").size() == 5);  // one process; name and order of two tracks
}

TEST_CASE("core.trace.empty_and_closed_twice") {
    std::ostringstream out;
    core::trace trace(out);
    trace.close();
    trace.close();
    trace.slice(trace.track("a"), "x", 0, 1);
    CHECK(json::parse(out.str()).at("traceEvents").empty());
}

TEST_CASE("core.trace.a_track_outlives_close_without_harm") {
    std::ostringstream out;
    core::trace trace(out);
    const auto track = trace.track("a");
    trace.close();
    const std::string before = out.str();
    trace.slice(track, "x", 0, 1);
    CHECK(out.str() == before);
}

TEST_CASE("core.trace.globs_and_window_bound_the_size") {
    std::ostringstream out;
    core::trace_options options;
    options.globs = {"*.dma", "top.tile?"};
    options.from_fs = 100;
    options.to_fs = 200;
    core::trace trace(out, options);
    CHECK_FALSE(trace.track("top.adc"));
    CHECK_FALSE(trace.track("top.tile10"));
    const auto dma = trace.track("top.dma");
    REQUIRE(trace.track("top.tile1"));
    trace.slice(dma, "before", 0, 99);
    trace.slice(dma, "into", 0, 100);
    trace.slice(dma, "inside", 150, 160);
    trace.slice(dma, "out of", 200, 300);
    trace.slice(dma, "after", 201, 300);
    trace.close();
    const auto slices = events_of(out.str(), "X");
    REQUIRE(slices.size() == 3);
    CHECK(slices[0].at("name") == "into");
    CHECK(slices[2].at("name") == "out of");
}

TEST_CASE("core.trace.limit_ends_it_audibly") {
    std::ostringstream out;
    core::trace_options options;
    options.max_events = 3;
    core::trace trace(out, options);
    const auto track = trace.track("a");
    for (std::uint64_t i = 0; i < 10; ++i) trace.slice(track, "x", i, i + 1);
    trace.close();
    CHECK(events_of(out.str(), "X").size() == 3);
    CHECK_THAT(events_of(out.str(), "i").at(0).at("name").get<std::string>(),
               Catch::Matchers::Contains("limit of 3 events"));
}

TEST_CASE("core.trace.glob") {
    CHECK(core::glob_matches("*", ""));
    CHECK(core::glob_matches("a*c", "abbc"));
    CHECK(core::glob_matches("*tile?.ima*", "top.tile3.ima12"));
    CHECK_FALSE(core::glob_matches("tile", "tile1"));
    CHECK_FALSE(core::glob_matches("?", ""));
    CHECK_FALSE(core::glob_matches("a*b*c", "aXbX"));
    CHECK_FALSE(core::glob_matches(std::string(40, '*') + "b", std::string(100'000, 'a')));
}
