// SPDX-License-Identifier: Apache-2.0
// Does cutting activations save what it claims to, and nothing else?
#include <support/catch.h>
#include <support/child.h>

#include <pimvp/isaac_like/figures.h>
#include <pimvp/reram/budget.h>
#include <pimvp/runner/execute.h>
#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace pimvp;

constexpr std::size_t images = 4;
constexpr const char* quantiser = "accelerators.npu.params.tile.quantiser.";

/// What a run of some images of a shipped network counted in one layer, and of the whole.
struct layer_counts {
    std::uint64_t is_cut = 0, conversions = 0, reads = 0, latency_fs = 0;
    /// Groups by the planes they streamed, weighted by planes; the groups.
    std::uint64_t planes = 0, groups = 0;
};
constexpr std::size_t numbers_each = sizeof(layer_counts) / sizeof(std::uint64_t);

runner::workload shipped(const std::string& network) {
    runner::workload_options wanted;
    wanted.network = network;
    wanted.images = std::to_string(images);
    return runner::load_workload(wanted, true);
}

/// The inference's latency, mismatches, then the layers with crossbars.
std::vector<std::uint64_t> run(const runner::workload& work, const std::string& platform,
                               const std::vector<std::string>& overrides) {
    return support::in_child([&] {
        runner::mapped program = runner::map_to(
            work.network, runner::load_platform(platform, overrides), runner::mapping_of::program);
        const runner::run_outcome outcome = runner::execute(work, program, {});
        std::vector<std::uint64_t> seen{outcome.latency_fs, outcome.mismatches};
        for (const runner::layer_result& layer : outcome.layers) {
            if (!layer.precision) continue;
            layer_counts counts;
            counts.is_cut = layer.kind == "convolution" ? 1 : 0;
            counts.latency_fs = layer.latency_fs;
            for (const auto& [name, count] : layer.counts) {
                if (name.rfind("adc.conversion", 0) == 0) counts.conversions += count;
                if (name.rfind("crossbar.read_cycle", 0) == 0) counts.reads += count;
                const std::string group = "quantiser.group.";
                if (name.rfind(group, 0) != 0) continue;
                counts.planes += count * std::stoul(name.substr(group.size()));
                counts.groups += count;
            }
            for (const std::uint64_t number : {counts.is_cut, counts.conversions, counts.reads,
                                               counts.latency_fs, counts.planes, counts.groups}) {
                seen.push_back(number);
            }
        }
        return seen;
    });
}

layer_counts layer_of(const std::vector<std::uint64_t>& numbers, std::size_t layer) {
    const std::uint64_t* at = numbers.data() + 2 + layer * numbers_each;
    return {at[0], at[1], at[2], at[3], at[4], at[5]};
}

void check_savings(const runner::workload& work, const std::vector<std::string>& overrides) {
    const auto plain = run(work, "isaac_like", {});
    const auto cut = run(work, "redy", overrides);
    REQUIRE(plain.size() == cut.size());
    REQUIRE(plain.size() > 2);
    CHECK(cut[0] == plain[0]);  // the schedule keeps its cycles
    CHECK(plain[1] == 0);
    CHECK(cut[1] == 0);
    unsigned convolutions = 0;
    for (std::size_t l = 0; l < (plain.size() - 2) / numbers_each; ++l) {
        CAPTURE(l);
        const layer_counts before = layer_of(plain, l), after = layer_of(cut, l);
        CHECK(after.latency_fs == before.latency_fs);
        if (before.is_cut == 0) {
            CHECK(after.conversions == before.conversions);
            CHECK(after.groups == 0);
            continue;
        }
        ++convolutions;
        REQUIRE(after.groups > 0);
        // a fall by exactly 1 - n_avg / 8: before * planes == after * 8 * groups
        CHECK(before.conversions * after.planes == after.conversions * 8 * after.groups);
        CHECK(before.reads * after.planes == after.reads * 8 * after.groups);
        CHECK(after.conversions < before.conversions + (l == 0 ? 1 : 0));
    }
    CHECK(convolutions > 3);
}

}  // namespace

TEST_CASE("D16_conversions_of_convolutions_fall_by_the_planes_left_out", "[redy][papers][exact]") {
    check_savings(shipped("glyphs"), {});
}
TEST_CASE("D16_conversions_fall_where_bits_are_dropped", "[redy][papers][exact]") {
    check_savings(shipped("glyphs_mobile"), {std::string(quantiser) + "policy=plane_skip",
                                             std::string(quantiser) + "drop=2"});
}

TEST_CASE("D19_area_of_the_quantiser", "[redy][papers][consistent_with_abstract]") {
    const auto area = [](const char* platform) {
        return isaac_like::tile_budget(runner::load_platform(platform, {}).isaac())
            .total_area()
            .mm2;
    };
    const double share = area("redy") / area("isaac_like") - 1.0;
    INFO(share);
    CHECK(share > 0.0);
    CHECK(share < 0.02);
}

TEST_CASE("redy.uniform_static_bits_are_a_configuration", "[redy][papers][exact]") {
    const runner::workload work = shipped("glyphs");
    const auto five = run(
        work, "redy", {std::string(quantiser) + "policy=fixed", std::string(quantiser) + "drop=3"});
    const auto eight = run(work, "isaac_like", {});
    CHECK(five[0] == eight[0]);
    CHECK(five[1] == 0);
    for (std::size_t l = 0; l < (five.size() - 2) / numbers_each; ++l) {
        const layer_counts before = layer_of(eight, l), after = layer_of(five, l);
        CHECK(after.conversions * 8 == before.conversions * (after.is_cut != 0 ? 5 : 8));
    }
}

TEST_CASE("redy.variable_interval_is_faster_by_the_longest_group", "[redy][papers][sanity]") {
    const runner::workload work = shipped("glyphs");
    const auto fixed = run(
        work, "redy", {std::string(quantiser) + "policy=fixed", std::string(quantiser) + "drop=4"});
    const auto variable =
        run(work, "redy",
            {std::string(quantiser) + "policy=fixed", std::string(quantiser) + "drop=4",
             std::string(quantiser) + "interval=variable"});
    CHECK(variable[1] == 0);
    CHECK(variable[0] < fixed[0]);
    // The first layer decides: its windows come every 4 cycles instead of 8.
    const std::uint64_t before = layer_of(fixed, 0).latency_fs;
    const std::uint64_t after = layer_of(variable, 0).latency_fs;
    CHECK(after < before * 6 / 10);
    for (std::size_t l = 0; l < (fixed.size() - 2) / numbers_each; ++l) {
        CHECK(layer_of(variable, l).conversions == layer_of(fixed, l).conversions);
    }
}
