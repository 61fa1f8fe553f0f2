// SPDX-License-Identifier: Apache-2.0
// Does a whole network come out the same, at the same time and for the same counts, when every ADC
// bank of the accelerator is Verilog?
#include <support/catch.h>
#include <support/child.h>

#include "outside/rtl_adc_bank.h"

#include <pimvp/runner/execute.h>
#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace pimvp;

namespace {

struct figures {
    std::uint64_t mismatches, compared, conversions, latency_fs;
    std::vector<std::uint64_t> counts;  ///< of every event of the ledger, by name
};

/// One image of glyphs with ADC banks of that type, in a process of its own.
figures run(const std::string& type, core::coding_style style) {
    std::vector<std::uint64_t> words = support::in_child([&type, style] {
        runner::workload_options wanted;
        wanted.network = "glyphs";
        wanted.images = "1";
        const runner::workload work = runner::load_workload(wanted, true);
        runner::mapped program =
            runner::map_to(work.network,
                           runner::load_platform(
                               "isaac_like", {"accelerators.npu.params.tile.ima.adc.type=" + type},
                               types_with_rtl()),
                           runner::mapping_of::program);
        runner::execute_options options;
        options.context.style = style;
        const runner::run_outcome outcome = runner::execute(work, program, options);
        std::vector<std::uint64_t> seen{outcome.mismatches, outcome.outputs.size(),
                                        outcome.energy.counts.at("adc.conversion.8b"),
                                        outcome.latency_fs};
        for (const auto& [name, count] : outcome.energy.counts) seen.push_back(count);
        return seen;
    });
    return {words.at(0), words.at(1), words.at(2), words.at(3), {words.begin() + 4, words.end()}};
}

void compare(core::coding_style style) {
    const figures model = run("saturating", style);
    const figures rtl = run("rtl", style);
    CHECK(rtl.mismatches == 0);
    CHECK(rtl.compared > 0);
    CHECK(rtl.conversions > 1'000'000);
    CHECK(rtl.conversions == model.conversions);
    CHECK(rtl.counts == model.counts);
    CHECK(rtl.latency_fs > 0);
    CHECK(rtl.latency_fs == model.latency_fs);
}

}  // namespace

TEST_CASE("cosim.rtl.glyphs.every_layer_count_and_time_equals_the_model_lt", "[cosim]") {
    compare(core::coding_style::lt);
}
TEST_CASE("cosim.rtl.glyphs.every_layer_count_and_time_equals_the_model_at", "[cosim]") {
    compare(core::coding_style::at);
}
