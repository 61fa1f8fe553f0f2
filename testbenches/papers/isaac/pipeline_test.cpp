// SPDX-License-Identifier: Apache-2.0
// The pipeline example: a whole tile, measured by what reaches its eDRAM and when.
#include <platform/isaac_like/image_sections.h>
#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>
#include <timing/noc/endpoint.h>

#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/statistics.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/nn/executor.h>
#include <pimvp/reram/tile.h>
#include <pimvp/reram/tile_wire.h>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace {

using namespace pimvp;
using sc_core::sc_time;

constexpr std::uint32_t maps_in = 16, maps_out = 32, kernel = 4, windows = 4;

/// The worked layer: 4 x 4 kernel, 16 maps in, 32 maps out, over a map that holds four windows in a
/// row. A requantisation behind it makes the tile keep the layer's output in its own eDRAM.
nn::network worked_layer(support::generator& random, int input_bits, int weight_bits) {
    nn::network net;
    net.name = "worked_layer";
    const nn::tensor_type activation{input_bits, true, 1.0F, 0};
    net.values = {{"x", {1, maps_in, kernel, kernel + windows - 1}, activation},
                  {"y", {1, maps_out, 1, windows}, activation},
                  {"z", {1, maps_out, 1, windows}, {input_bits, true, 1.5F, 1}}};
    net.inputs = {0};
    net.outputs = {2};
    nn::node conv;
    conv.name = "conv";
    conv.kind = nn::op_kind::convolution;
    conv.inputs = {0};
    conv.output = 1;
    conv.geometry.kernel_h = conv.geometry.kernel_w = static_cast<int>(kernel);
    conv.weights =
        nn::integer_tensor({maps_out, maps_in, kernel, kernel}, {weight_bits, true, 1.0F, 0});
    for (std::size_t i = 0; i < conv.weights.size(); ++i) {
        const nn::tensor_type& type = conv.weights.type();
        conv.weights.set(i, static_cast<int>(random.between(type.lowest(), type.highest())));
    }
    conv.weight_scales = {1.0F};
    conv.multipliers.assign(maps_out, 0.1F / static_cast<float>(1 << weight_bits));
    net.nodes.push_back(std::move(conv));
    nn::node requantise;
    requantise.name = "requantise";
    requantise.kind = nn::op_kind::requantise;
    requantise.inputs = {1};
    requantise.output = 2;
    net.nodes.push_back(std::move(requantise));
    net.validate();
    return net;
}

/// One tile with its ADC banks, and what the interconnect is to it.
struct tile_bench : support::bench {
    const isaac_like::machine machine;
    const reram::tile_params params;
    reram::tile dut{
        "tile",           context, params, reram::parts::defaults(), machine.nodes(1).tile(0, 0),
        machine.limits(1)};
    std::vector<noc_test::arrival> log;
    noc_test::endpoint mesh{"mesh", context, machine.nodes(1).host(), log};

    explicit tile_bench(core::coding_style style)
        : bench(style) {
        context.service<bus::protocol_checkers>().enable(core::parse<core::duration>("1 ms"));
        bus::connect(context, mesh.out, dut.in);
        bus::connect(context, dut.out, mesh.in);
    }

    template <class Header>
    void send(reram::tile_message kind, const Header& header, const void* body, std::size_t bytes) {
        const std::uint32_t host = machine.nodes(1).host();
        mesh.out.send(
            reram::make_tile_message(mesh.out.pool(), kind, {0, host, 0, 0}, header, body, bytes));
    }
    void load(const reram::tile_program& program, const std::uint8_t* cells) {
        const std::vector<std::uint8_t> stages = encode(program);
        send(reram::tile_message::configure,
             reram::tile_configure_header{1, machine.nodes(1).host()}, stages.data(),
             stages.size());
        for (std::uint32_t i = 0; i < program.crossbars.size(); ++i) {
            send(reram::tile_message::cells, reram::tile_cells_header{1, i},
                 cells + program.crossbars[i].image_offset, program.crossbars[i].image_bytes);
        }
        while (log.empty()) wait(core::to_time(params.ima.crossbar.write_time.value));
        log.clear();
    }
    [[nodiscard]] std::uint64_t bytes_written() const {
        for (const core::statistic* s : dut.edram().stats().own()) {
            if (s->name() == "bytes_written") return dynamic_cast<const core::counter&>(*s).get();
        }
        return 0;
    }
    /// `bytes` are written at `at_fs`, none since the last call before it.
    void expect_write(std::uint64_t at_fs, std::uint64_t bytes) {
        const std::uint64_t before = bytes_written();
        wait(core::from_fs(at_fs - 1 - core::now_fs()));
        CHECK(bytes_written() == before);  // not readable at t - 1 fs ...
        wait(core::from_fs(1));
        wait(sc_core::SC_ZERO_TIME);
        CHECK(bytes_written() == before + bytes);  // ... readable at t
    }
    using sc_core::sc_module::wait;
};

struct expected_pipeline {
    std::uint64_t latency_cycles, interval_cycles;
    std::uint32_t row_blocks, column_blocks;
};

void check_pipeline(core::coding_style style, int input_bits, int weight_bits,
                    const expected_pipeline& expected) {
    support::generator random;
    const nn::network net = worked_layer(random, input_bits, weight_bits);
    tile_bench b(style);

    isaac_like::placement placed;
    const std::vector<std::uint8_t> image = isaac_like::map_network(net, b.machine, {}, &placed);
    CHECK(placed.layers[0].row_blocks == expected.row_blocks);
    CHECK(placed.layers[0].column_blocks == expected.column_blocks);
    CHECK(placed.layers[0].arrays == expected.row_blocks * expected.column_blocks);
    CHECK(placed.layers[0].imas == 1);
    REQUIRE(placed.program.tiles.size() == 1);

    nn::integer_tensor input(net.values[0].dims, net.values[0].type);
    for (std::size_t i = 0; i < input.size(); ++i) {
        input.set(i,
                  static_cast<int>(random.between(input.type().lowest(), input.type().highest())));
    }
    nn::executor reference(net);
    reference.run({input});

    const std::size_t element = input.type().bytes();
    const std::uint32_t pixels = kernel * (kernel + windows - 1);
    const std::uint64_t cycle = b.params.ima.crossbar.cycle.value.fs;
    CHECK(cycle == 100'000'000);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.load(placed.program.tiles[0],
               image.data() + isaac_like_test::offset_of(image, isaac_like::section_kind::cells));
        const std::uint64_t arrival_fs = core::now_fs();
        for (std::uint32_t p = 0; p < pixels; ++p) {
            std::vector<std::uint8_t> pixel(maps_in * element);
            for (std::uint32_t c = 0; c < maps_in; ++c) {
                std::memcpy(pixel.data() + c * element,
                            input.bytes() + (std::size_t{c} * pixels + p) * element, element);
            }
            b.send(reram::tile_message::pixels, reram::tile_pixels_header{1, 0, 0, p, 0, maps_in},
                   pixel.data(), pixel.size());
        }
        // The last pixel is readable a cycle after it has arrived; the pipeline counts from there.
        const std::uint64_t readable_fs = arrival_fs + cycle;
        b.expect_write(readable_fs, std::uint64_t{pixels} * maps_in * element);
        for (std::uint64_t w = 0; w < windows; ++w) {
            CAPTURE(w);
            b.expect_write(
                readable_fs + (expected.latency_cycles + w * expected.interval_cycles) * cycle,
                maps_out * element);
        }
        b.wait(sc_time(10, sc_core::SC_US));
    });

    // and the integers are right
    const nn::integer_tensor& output = reference.value(2);
    REQUIRE(b.log.size() == windows);
    for (std::uint32_t w = 0; w < windows; ++w) {
        REQUIRE(b.log[w].bytes.size() == sizeof(reram::tile_pixels_header) + maps_out * element);
        for (std::uint32_t c = 0; c < maps_out; ++c) {
            const std::uint8_t* const got =
                b.log[w].bytes.data() + sizeof(reram::tile_pixels_header) + c * element;
            CHECK(std::memcmp(got, output.bytes() + (std::size_t{c} * windows + w) * element,
                              element) == 0);
        }
    }
    CHECK(b.context.service<bus::payload_pool>().outstanding() == 0);
    CHECK(b.context.service<bus::protocol_checkers>().breaches() == 0);
}

}  // namespace

TEST_CASE("D5_worked_layer_takes_22_cycles_every_16_lt", "[isaac][papers][matches_published]") {
    check_pipeline(core::coding_style::lt, 16, 16, {22, 16, 2, 2});
}
TEST_CASE("D5_worked_layer_takes_22_cycles_every_16_at", "[isaac][papers][matches_published]") {
    check_pipeline(core::coding_style::at, 16, 16, {22, 16, 2, 2});
}
TEST_CASE("D5_with_8_bit_inputs_14_cycles_every_8_lt", "[isaac][papers][exact]") {
    check_pipeline(core::coding_style::lt, 8, 16, {14, 8, 2, 2});
}
TEST_CASE("D5_with_8_bit_inputs_14_cycles_every_8_at", "[isaac][papers][exact]") {
    check_pipeline(core::coding_style::at, 8, 16, {14, 8, 2, 2});
}
TEST_CASE("D5_with_8_bit_operands_14_cycles_every_8_lt", "[isaac][papers][exact]") {
    check_pipeline(core::coding_style::lt, 8, 8, {14, 8, 2, 1});
}
TEST_CASE("D5_with_8_bit_operands_14_cycles_every_8_at", "[isaac][papers][exact]") {
    check_pipeline(core::coding_style::at, 8, 8, {14, 8, 2, 1});
}
