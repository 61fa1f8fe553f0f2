// SPDX-License-Identifier: Apache-2.0
// Do copies of layers make a stream as fast as the formula says, and change nothing else?
#include <support/catch.h>
#include <support/child.h>

#include <pimvp/isaac_like/replication.h>
#include <pimvp/mapping/views.h>
#include <pimvp/runner/execute.h>
#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>
#include <pimvp/runner/zoo/zoo.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace pimvp;

/// Streams glyphs through copies from a budget of crossbars. Returns the steady interval, the
/// formula's (both in fs), mismatches, conversions per image and writes of crossbars.
std::vector<std::uint64_t> stream(const std::string& platform, std::uint64_t budget) {
    runner::workload_options wanted;
    wanted.network = "glyphs";
    wanted.images = "40";
    const runner::workload work = runner::load_workload(wanted, true);
    const std::string npu = "accelerators.npu.params.";
    runner::mapped program = runner::map_to(
        work.network,
        runner::load_platform(platform, {npu + "replication.crossbars=" + std::to_string(budget),
                                         npu + "runs_in_flight=16", "host.ring_jobs=64"}),
        runner::mapping_of::program);
    const std::uint64_t cycle = program.target.isaac().tile.ima.crossbar.cycle.value.fs;
    const std::uint64_t formula = program.placement.interval_cycles * cycle;
    const runner::run_outcome outcome = runner::execute(work, program, {});
    std::uint64_t conversions = 0;
    for (const auto& [name, count] : outcome.energy.counts) {
        if (name.rfind("adc.conversion", 0) == 0) conversions += count;
    }
    return {static_cast<std::uint64_t>(std::llround(outcome.stream.value().interval_s * 1e15)),
            formula, outcome.mismatches, conversions / outcome.images};
}

}  // namespace

TEST_CASE("isaac_interval_of_a_stream_is_the_formula", "[isaac][papers][exact]") {
    for (const char* platform : {"isaac_like", "redy"}) {
        std::uint64_t conversions = 0, slower = 0;
        for (const std::uint64_t budget : {0U, 128U, 512U}) {
            CAPTURE(platform, budget);
            const std::vector<std::uint64_t> seen =
                support::in_child([&] { return stream(platform, budget); });
            CHECK(seen.at(0) == seen.at(1));
            CHECK(seen[2] == 0);
            if (budget == 0) conversions = seen[3];
            CHECK(seen[3] == conversions);
            if (budget != 0) CHECK(seen[1] < slower);
            slower = seen[1];
        }
    }
}

TEST_CASE("D12_ideal_copies_of_the_first_layer_of_vgg16", "[isaac][papers][exact]") {
    const nn::network network = runner::zoo::outline("vgg16");
    std::vector<isaac_like::layer_load> loads;
    for (const isaac_like::layer_placement& layer : isaac_like::place(network, {}).layers) {
        if (layer.arrays == 0) continue;
        const mapping::map_dims out =
            mapping::view_values(network)[network.nodes[layer.node].output].dims;
        loads.push_back({out.height, out.width, layer.input_bits, layer.arrays});
    }
    const std::vector<isaac_like::window_deal> deals =
        isaac_like::balanced_copies(loads, std::uint64_t{1} << 50U);
    CHECK(deals.front().copies() == 50176);  // 224 x 224
    CHECK(deals.back().copies() == 1);
}
