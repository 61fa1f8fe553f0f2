// SPDX-License-Identifier: Apache-2.0
// Do the tiles compute every operation of an integer network, layer by layer, at the same times in
// both coding styles?
#include <platform/isaac_like/exact_work.h>
#include <platform/isaac_like/isaac_bench.h>
#include <support/catch.h>
#include <support/child.h>

#include <pimvp/core/clock.h>
#include <pimvp/nn/executor.h>
#include <pimvp/runner/layer_watch.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace isaac_like_test;
using namespace pimvp;

namespace {

/// Runs all images together. Returns the time of the end, compared elements and mismatches of each
/// placed layer, and last by how much conversions differ from the placement's.
std::vector<std::uint64_t> run(const exact_work& work, core::coding_style style,
                               const std::vector<std::string>& settings = {}) {
    isaac_bench bench(style, {"npu"}, {}, settings);
    std::vector<nn::executor> references(work.inputs.size(), nn::executor(work.network));
    const nn::value& in = work.network.values[work.network.inputs[0]];
    for (std::size_t i = 0; i < references.size(); ++i) {
        nn::integer_tensor image(in.dims, in.type);
        std::copy(work.inputs[i].begin(), work.inputs[i].end(), image.bytes());
        references[i].run({image});
    }
    runner::layer_watch watch(
        work.network, [&](std::uint32_t i) -> const nn::executor& { return references.at(i); });
    bench.unit().observe(&watch);
    isaac_like::placement placed;
    const std::vector<std::uint8_t> image = bench.image(work.network, 0, &placed);
    std::vector<std::uint64_t> seen;
    bench.run([&] {
        bench.check_runs(bench.device().load(image), work);
        seen.push_back(core::now_fs());
    });
    std::uint64_t conversions = bench.counted("conversions");
    for (const isaac_like::layer_placement& layer : placed.layers) {
        const nn::node& node = work.network.nodes[layer.node];
        INFO(node.name << ", " << to_string(node.kind));
        CHECK(watch.of(layer.node).mismatches == 0);
        CHECK(watch.of(layer.node).compared ==
              work.inputs.size() * nn::element_count(work.network.values[node.output].dims));
        seen.push_back(watch.of(layer.node).compared);
        seen.push_back(watch.of(layer.node).mismatches);
        conversions -= layer.conversions * work.inputs.size();
    }
    seen.push_back(conversions);
    return seen;
}

/// Runs in both coding styles: no differences, the same times. Returns how many layers were placed.
std::size_t check_both_styles(const exact_work& work,
                              const std::vector<std::string>& settings = {}) {
    const auto simulate = [&](core::coding_style style) {
        return support::in_child([&] { return run(work, style, settings); });
    };
    const std::vector<std::uint64_t> lt = simulate(core::coding_style::lt);
    CHECK(lt == simulate(core::coding_style::at));
    for (std::size_t i = 2; i < lt.size(); i += 2) CHECK(lt[i] == 0);
    CHECK(lt.back() == 0);
    return lt.size() / 2 - 1;
}

}  // namespace

TEST_CASE("isaac_like.operators.inputs_travel_in_blocks_and_packets_of_any_size", "[platform]") {
    exact_work work(residual_network(5), 2);
    work.network.outputs.push_back(work.network.inputs[0]);  // and come back as they are
    for (const std::string packet : {"1 B", "64 B", "64 KiB"}) {
        for (const std::string block : {"1 B", "300 B", "1 MiB"}) {
            CAPTURE(packet, block);
            const std::vector<std::uint64_t> wrong = support::in_child([&] {
                isaac_bench bench(core::coding_style::lt, {"npu"}, {},
                                  {"input_packet=" + packet, "input_block=" + block});
                std::uint64_t differ = 0;
                bench.run([&] {
                    const auto program = bench.device().load(bench.image(work.network));
                    for (std::size_t i = 0; i < work.inputs.size(); ++i) {
                        const auto outputs =
                            bench.device()
                                .collect(bench.device().submit(program, {work.inputs[i]}))
                                .outputs;
                        differ += outputs.at(0) == work.outputs[i] ? 0 : 1;
                        differ += outputs.at(1) == work.inputs[i] ? 0 : 1;
                    }
                });
                return std::vector<std::uint64_t>{differ};
            });
            CHECK(wrong == std::vector<std::uint64_t>{0});
        }
    }
}

TEST_CASE("isaac_like.operators.gates_tables_and_shuffles_equal_the_reference", "[platform]") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        // the shuffle and the reshape are routes
        CHECK(check_both_styles(exact_work(gated_network(seed))) == 9);
    }
    CHECK(run(exact_work(gated_network(4)), core::coding_style::lt).at(0) > 0);
}

TEST_CASE("isaac_like.operators.plain_layers_equal_the_reference", "[platform]") {
    CHECK(run(exact_work(residual_network(5)), core::coding_style::at).at(0) > 0);
}

TEST_CASE("isaac_like.operators.a_machine_of_wide_operands_extends_narrow_integers", "[platform]") {
    const std::vector<std::vector<std::string>> machines{
        {"operands.weight_bits=16", "operands.input_bits=16"},
        {"operands.weight_bits=8"},
        {"operands.input_bits=11"}};
    for (const std::vector<std::string>& operands : machines) {
        CAPTURE(operands);
        check_both_styles(exact_work(narrowing_network(3), 2), operands);
    }
}

TEST_CASE("isaac_like.operators.copies_of_layers_share_their_windows", "[platform]") {
    for (const auto& make : {residual_network, gated_network, narrowing_network}) {
        for (const char* budget : {"28", "56"}) {
            CAPTURE(budget);
            check_both_styles(exact_work(make(5), 3),
                              {std::string("replication.crossbars=") + budget});
        }
    }
}

TEST_CASE("isaac_like.operators.wider_integers_than_the_operands_are_refused", "[platform]") {
    isaac_bench bench(core::coding_style::lt, {"npu"}, {}, {"operands.weight_bits=4"});
    CHECK_THROWS_WITH(bench.image(narrowing_network(3)),
                      Catch::Matchers::Contains("weights of 8 bits") &&
                          Catch::Matchers::Contains("operands have 4") &&
                          Catch::Matchers::Contains("use a platform with wider operands"));
}
