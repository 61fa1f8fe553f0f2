// SPDX-License-Identifier: Apache-2.0
// Does the shipped network give the reference's integers in every layer, at the same times in LT
// and AT, with every payload home and no protocol broken?
#include <support/catch.h>
#include <support/child.h>

#include <pimvp/board/board.h>
#include <pimvp/board/device.h>
#include <pimvp/bus/payload_pool.h>
#include <pimvp/core/clock.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/nn/executor.h>
#include <pimvp/runner/expectations.h>
#include <pimvp/runner/layer_watch.h>
#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <string>
#include <vector>

namespace {

using namespace pimvp;

/// Runs some images one after the other; returns the latency of each in fs.
std::vector<std::uint64_t> run(core::coding_style style) {
    runner::workload_options wanted;
    wanted.network = "glyphs";
    wanted.images = "3";
    const runner::workload work = runner::load_workload(wanted, true);
    const runner::mapped mapped =
        runner::map_to(work.network, runner::load_platform("isaac_like", {"check_protocol=true"}),
                       runner::mapping_of::program);
    const std::size_t images = work.inputs.size();
    runner::expectations expected(work, {}, images, 1);

    core::context context{{1, style, 0}};
    board::board board{"board", context, mapped.target.params};
    runner::layer_watch watch(work.network, [&](std::uint32_t i) -> const nn::executor& {
        return *expected.of(i).reference;
    });
    auto& npu = dynamic_cast<isaac_like::accelerator&>(board.accelerator_named("npu"));
    npu.observe(&watch);
    std::vector<std::uint64_t> latencies;
    board.run(
        [&] {
            board::device& device = board.device_named("npu");
            const board::loaded_program program = device.load(mapped.image);
            for (std::size_t i = 0; i < images; ++i) {
                const board::run_result result = device.run(program, expected.of(i).inputs);
                const nn::integer_tensor& out =
                    expected.of(i).reference->value(work.network.outputs[0]);
                CHECK(result.outputs.at(0) ==
                      board::tensor_bytes(out.bytes(), out.bytes() + out.byte_count()));
                latencies.push_back(result.interrupt_fs - result.doorbell_fs);
            }
        },
        sc_core::sc_time(1, sc_core::SC_SEC));

    // conversions = windows x row blocks x column blocks x columns x input bits
    std::uint64_t conversions = 0;
    for (const isaac_like::layer_placement& layer : mapped.placement.layers) {
        const nn::node& node = work.network.nodes[layer.node];
        INFO(node.name);
        CHECK(watch.of(layer.node).mismatches == 0);
        CHECK(watch.of(layer.node).compared ==
              images * nn::element_count(work.network.values[node.output].dims));
        CHECK(watch.of(layer.node).latency_fs() > 0);
        conversions += layer.conversions;
    }
    std::uint64_t counted = 0;
    const auto now = context.ledger().snapshot(core::now_fs());
    for (const auto& [name, count] : context.ledger().price(now).counts) {
        if (name.rfind("adc.conversion", 0) == 0) counted += count;
    }
    CHECK(counted == conversions * images);
    CHECK(context.service<bus::payload_pool>().outstanding() == 0);
    return latencies;
}

}  // namespace

TEST_CASE("isaac_like.glyphs.every_layer_equals_the_reference", "[platform]") {
    const std::vector<std::uint64_t> lt =
        support::in_child([] { return run(core::coding_style::lt); });
    const std::vector<std::uint64_t> at = run(core::coding_style::at);
    CHECK(at.at(0) > 0);
    CHECK(at[1] == at[2]);
    CHECK(lt == at);  // a static schedule
}

TEST_CASE("isaac_like.glyphs.lt", "[platform]") {
    const std::vector<std::uint64_t> latencies = run(core::coding_style::lt);
    CHECK(latencies[0] > 0);
    CHECK(latencies[1] == latencies[2]);
}
