// SPDX-License-Identifier: Apache-2.0
// Does a meter keep every count, where it belongs, in a bounded number of bins?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/trace.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <sstream>
#include <vector>

namespace core = pimvp::core;
using json = nlohmann::json;

namespace {

constexpr std::uint64_t bin = 100'000'000;  // 100 ns, as wide as bins begin

std::uint64_t total(const core::trace_meter& meter) {
    return std::accumulate(meter.bins().begin(), meter.bins().end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("core.trace_meter.spreads_counts_over_time") {
    core::trace_meter meter("things");
    meter.add(0, bin, 10);
    CHECK(meter.bins() == std::vector<std::uint64_t>{10});
    meter.add(bin / 2, 2 * bin + bin / 2, 40);  // a quarter, a half, a quarter
    CHECK(meter.bins() == std::vector<std::uint64_t>{20, 20, 10});
    meter.add(3 * bin, 3 * bin, 7);  // at an instant
    CHECK(meter.bins() == std::vector<std::uint64_t>{20, 20, 10, 7});
    meter.add(2 * bin, 4 * bin, 1);  // cannot be shared
    CHECK(total(meter) == 58);
    meter.add(9 * bin, 10 * bin, 0);  // nothing
    CHECK(meter.bins().size() == 4);
}

TEST_CASE("core.trace_meter.never_loses_a_count_nor_grows_without_bound") {
    support::generator random;
    for (int round = 0; round < 50; ++round) {
        core::trace_meter meter("things");
        std::uint64_t added = 0;
        std::uint64_t latest = 0;
        for (int i = 0; i < 300; ++i) {
            const std::uint64_t start = random.below(std::uint64_t{1} << (20U + random.below(35)));
            const std::uint64_t end = start + random.below(50 * bin);
            const std::uint64_t count = random.below(1'000'000);
            meter.add(start, end, count);
            added += count;
            latest = std::max(latest, end);
            REQUIRE(meter.bins().size() <= core::trace_meter::most_bins);
        }
        CHECK(total(meter) == added);
        CHECK(meter.bins().size() * meter.width_fs() + meter.width_fs() > latest);
        meter.shrink(20);
        CHECK(meter.bins().size() <= 20);
        CHECK(total(meter) == added);
    }
}

TEST_CASE("core.trace_meter.is_written_as_a_counter") {
    std::ostringstream out;
    core::trace_options options;
    options.globs = {"*.kept"};
    core::trace trace(out, options);
    CHECK(trace.meter("a.dropped", "flits", 0.0) == nullptr);
    REQUIRE(trace.meter("a.kept", "flits", 0.0) != nullptr);
    core::trace_meter* const meter =
        trace.meter("a.adc", "conversions", 1e9, core::trace_level::overview);
    REQUIRE(meter != nullptr);
    CHECK(trace.meter("a.adc", "conversions", 1e9, core::trace_level::overview) == meter);
    meter->add(0, bin, 100);            // of 2e9 a second: half
    meter->add(3 * bin, 4 * bin, 200);  // all
    trace.close();
    std::vector<json> counters;
    const json whole = json::parse(out.str());
    for (const json& event : whole["traceEvents"]) {
        if (event["ph"] == "C") counters.push_back(event);
    }
    REQUIRE(counters.size() == 4);  // up, down, up, down
    CHECK(counters[0]["name"] == "a.adc");
    CHECK(counters[0]["args"] == json{{"conversions", 100}, {"busy_percent", 50.0}});
    CHECK(counters[1]["args"]["conversions"] == 0);
    CHECK(counters[1]["ts"] == 0.1);
    CHECK(counters[2]["args"]["busy_percent"] == 100.0);
    CHECK(counters[3]["ts"] == 0.4);
    core::trace off;
    CHECK(off.meter("a", "b", 1.0, core::trace_level::overview) == nullptr);
}
