// SPDX-License-Identifier: Apache-2.0
// Does a tile's eDRAM hold its producers back when it is full, without a change of results?
#include <platform/isaac_like/exact_work.h>
#include <platform/isaac_like/isaac_bench.h>
#include <support/catch.h>
#include <support/child.h>
#include <support/random.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/isaac_like/buffering.h>
#include <pimvp/nn/executor.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

using namespace isaac_like_test;
using namespace pimvp;

namespace {

/// Streams images through tiles with so much eDRAM, and copies from a budget of crossbars. Returns
/// the time of the end, wrong outputs, and the most live bytes of any tile.
std::vector<std::uint64_t> stream(const exact_work& work, std::uint64_t edram_bytes,
                                  std::uint64_t copies, core::coding_style style) {
    isaac_bench bench(style, {"npu"}, {},
                      {"tile.edram.size=" + std::to_string(edram_bytes) + " B",
                       "replication.crossbars=" + std::to_string(copies)});
    std::uint64_t end = 0, wrong = 0, most = 0;
    bench.run([&] {
        const board::loaded_program program = bench.device().load(bench.image(work.network));
        std::vector<board::submitted_run> runs;
        for (const board::tensor_bytes& input : work.inputs) {
            runs.push_back(bench.device().submit(program, {input}));
        }
        for (std::size_t i = 0; i < runs.size(); ++i) {
            wrong += bench.device().collect(runs[i]).outputs.at(0) == work.outputs[i] ? 0 : 1;
        }
        end = core::now_fs();
        isaac_bench::wait_fs(1'000'000'000'000);  // for pixels that no output needs
    });
    for (const auto& chip : bench.unit().chips()) {
        for (const auto& tile : chip->tiles) most = std::max(most, tile->edram().high_water());
    }
    return {end, wrong, most};
}

/// The least eDRAM with which the mapper takes a network.
std::uint64_t least_edram(const nn::network& network, std::uint64_t copies) {
    isaac_like::machine machine;  // as isaac_bench has it
    machine.chips = 8;
    machine.tiles_per_chip = 2;
    machine.imas_per_tile = 2;
    machine.crossbars_per_ima = 2;
    machine.crossbar.rows = 32;
    machine.crossbar.columns = 64;
    machine.replication.crossbars = copies;
    for (std::uint64_t bytes = 64;; bytes += 64) {
        machine.edram_bytes = bytes;
        try {
            (void)isaac_like::place(network, machine);
            return bytes;
        } catch (const core::user_error&) {  // more, then
        }
    }
}

}  // namespace

TEST_CASE("isaac_like.edram.a_small_one_holds_producers_back", "[platform]") {
    unsigned slower = 0;
    for (const auto& make : {residual_network, gated_network, narrowing_network}) {
        const exact_work work(make(7), 4);
        for (const std::uint64_t copies : {0U, 40U}) {
            const std::uint64_t least = least_edram(work.network, copies);
            CAPTURE(least, copies);
            const auto simulate = [&](std::uint64_t bytes, core::coding_style style) {
                return support::in_child([&] { return stream(work, bytes, copies, style); });
            };
            const std::vector<std::uint64_t> roomy = simulate(1U << 16U, core::coding_style::lt);
            CHECK(roomy.at(1) == 0);
            for (const std::uint64_t bytes : {least, least + 192}) {
                const std::vector<std::uint64_t> tight = simulate(bytes, core::coding_style::lt);
                CHECK(tight == simulate(bytes, core::coding_style::at));
                CHECK(tight.at(1) == 0);
                CHECK(tight[2] <= bytes);
                if (tight[0] > roomy[0]) ++slower;
            }
        }
    }
    CHECK(slower > 0);
}

TEST_CASE("isaac_like.edram.inputs_do_not_wait_for_each_other", "[platform]") {
    // A sum of two inputs of 256 pixels, in eDRAM for 32 of each: neither can be sent as a whole.
    nn::network net;
    const nn::tensor_type type{8, false, 0.5F, 3};
    for (const char* name : {"a", "b", "sum"}) net.values.push_back({name, {1, 2, 16, 16}, type});
    nn::node sum;
    sum.name = "sum";
    sum.kind = nn::op_kind::add;
    sum.inputs = {0, 1};
    sum.output = 2;
    net.nodes.push_back(sum);
    net.name = "sum";
    net.inputs = {0, 1};
    net.outputs = {2};
    net.validate();
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    std::vector<board::tensor_bytes> inputs(2, board::tensor_bytes(512));
    std::vector<nn::integer_tensor> tensors;
    for (board::tensor_bytes& bytes : inputs) {
        for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random.below(256));
        tensors.emplace_back(net.values[0].dims, type);
        std::copy(bytes.begin(), bytes.end(), tensors.back().bytes());
    }
    nn::executor reference(net);
    reference.run(tensors);
    const nn::integer_tensor& expected = reference.value(2);
    isaac_bench bench(core::coding_style::lt, {"npu"}, {}, {"tile.edram.size=128 B"});
    bench.run([&] {
        const board::loaded_program program = bench.device().load(bench.image(net));
        for (int i = 0; i < 3; ++i) {
            const auto outputs =
                bench.device().collect(bench.device().submit(program, inputs)).outputs;
            CHECK(std::equal(outputs.at(0).begin(), outputs.at(0).end(), expected.bytes()));
        }
    });
    for (const auto& chip : bench.unit().chips()) {
        for (const auto& tile : chip->tiles) CHECK(tile->edram().high_water() <= 128);
    }
}

TEST_CASE("isaac_like.edram.windows_that_do_not_fit_are_refused_with_the_numbers", "[platform]") {
    isaac_like::machine machine;
    machine.edram_bytes = 64;
    CHECK_THROWS_WITH(isaac_like::place(residual_network(1), machine),
                      Catch::Matchers::Contains("windows on a tile must hold") &&
                          Catch::Matchers::Contains("its eDRAM has 64") &&
                          Catch::Matchers::Contains("raise tile.edram.size"));
}

TEST_CASE("isaac_like.edram.a_reader_holds_its_window_and_the_lag_of_the_longer_branch",
          "[platform]") {
    using isaac_like::stream_actor;
    const auto walker = [](std::uint32_t nx, std::uint32_t ny, std::uint32_t k, std::int32_t pad) {
        reram::stage_record s;
        s.window.kernel_h = s.window.kernel_w = k;
        s.window.pad_top = s.window.pad_left = pad;
        s.window.output_h = ny + 2 * static_cast<std::uint32_t>(pad) - k + 1;
        s.window.output_w = nx + 2 * static_cast<std::uint32_t>(pad) - k + 1;
        reram::tensor_buffer map;
        map.height = ny;
        map.width = nx;
        return reram::window_walker(s, map);
    };
    for (std::uint32_t nx = 3; nx < 9; ++nx) {
        for (std::uint32_t k = 1; k <= 3; ++k) {  // nx x (ky - 1) + kx
            const reram::window_walker window = walker(nx, 6, k, 0);
            std::vector<stream_actor> layers{{nx * 6, {}},
                                             {window.windows(), {{{0}, window, false, 1}}}};
            isaac_like::count_held_pixels(layers);
            CHECK(layers[1].reads[0].held == nx * (k - 1) + k);
        }
        // A padded 3 x 3 convolution beside the way around it: the sum waits for the window.
        const reram::window_walker same = walker(nx, 6, 3, 1), point = walker(nx, 6, 1, 0);
        std::vector<stream_actor> residual{
            {nx * 6, {}},
            {nx * 6, {{{0}, same, false, 1}}},
            {nx * 6, {{{0}, point, false, 1}, {{1}, point, false, 1}}}};
        isaac_like::count_held_pixels(residual);
        CHECK(residual[2].reads[0].held == nx + 2);
        CHECK(residual[2].reads[1].held == 1);
    }
}
