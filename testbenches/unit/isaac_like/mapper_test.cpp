// SPDX-License-Identifier: Apache-2.0
// Does the mapper place what the network holds, and does the loader refuse what it did not write?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/bytes.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/nn/calibration.h>
#include <pimvp/nn/npy.h>
#include <pimvp/nn/preprocess.h>
#include <pimvp/nn/quantise.h>
#include <pimvp/onnx/import.h>

#include <string>
#include <vector>

namespace {

using namespace pimvp;

nn::network glyphs() {
    const std::string folder = PIMVP_GLYPHS;
    const onnx::imported imported = onnx::import_file(folder + "/model.onnx");
    const nn::float_network& floating = *imported.floating;
    const nn::preprocessor prepare(nn::load_preprocess(folder + "/preprocess.yaml"),
                                   floating.values[floating.inputs[0]].dims);
    const nn::npy_array images = nn::read_npy(folder + "/calibrate.npy");
    nn::calibrator calibrator(floating);
    for (std::size_t i = 0; i < 4; ++i) calibrator.add({prepare(images, i)});
    return nn::quantise(floating, calibrator.result(), {});
}

/// A fully connected layer of `inputs` x `outputs`, its input as a map.
nn::network fully_connected(std::int64_t inputs, std::int64_t outputs, int weight_bits = 8,
                            int input_bits = 8) {
    nn::network net;
    net.name = "one_layer";
    net.values = {{"x", {1, inputs}, {input_bits, false, 1.0F, 0}}, {"y", {1, outputs}, {}}};
    net.inputs = {0};
    net.outputs = {1};
    nn::node n;
    n.name = "fc";
    n.kind = nn::op_kind::fully_connected;
    n.inputs = {0};
    n.output = 1;
    n.weights = nn::integer_tensor({outputs, inputs}, {weight_bits, true, 1.0F, 0});
    n.weight_scales = {1.0F};
    n.multipliers.assign(static_cast<std::size_t>(outputs), 0.001F);
    net.nodes.push_back(n);
    net.validate();
    return net;
}

}  // namespace

TEST_CASE("isaac_like.mapper.same_input_same_bytes") {
    const nn::network net = glyphs();
    const isaac_like::machine target;
    CHECK(isaac_like::map_network(net, target, {}) == isaac_like::map_network(net, target, {}));
}

TEST_CASE("isaac_like.mapper.programs_survive_the_wire") {
    const nn::network net = glyphs();
    const isaac_like::machine target;
    const isaac_like::placement placed = isaac_like::place(net, target);
    isaac_like::spatial_program read;
    isaac_like::decode_io(encode_io(placed.program), target.limits(1), read);
    isaac_like::decode_tiles(encode_tiles(placed.program), target.limits(1), read);
    CHECK(encode_io(read) == encode_io(placed.program));
    CHECK(encode_tiles(read) == encode_tiles(placed.program));
    CHECK_NOTHROW(validate(read, target.nodes(1), std::uint64_t{1} << 30));
}

TEST_CASE("isaac_like.mapper.damaged_programs_are_refused_or_harmless") {
    const nn::network net = glyphs();
    const isaac_like::machine target;
    const isaac_like::placement placed = isaac_like::place(net, target);
    const std::vector<std::uint8_t> tiles = encode_tiles(placed.program);
    support::generator random;
    unsigned refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::uint8_t> damaged = tiles;
        for (int flips = 0; flips < 3; ++flips) {
            damaged[random.below(damaged.size())] = static_cast<std::uint8_t>(random.below(256));
        }
        if (round % 5 == 0) damaged.resize(random.below(damaged.size()));
        isaac_like::spatial_program read;
        isaac_like::decode_io(encode_io(placed.program), target.limits(1), read);
        try {
            isaac_like::decode_tiles(damaged, target.limits(1), read);
            validate(read, target.nodes(1), std::uint64_t{1} << 30);
        } catch (const core::format_error&) {
            ++refused;
        }
    }
    CHECK(refused > 400);
}

TEST_CASE("isaac_like.mapper.large_layers_spread_over_tiles") {
    // 25088 inputs are 196 row blocks; a tile has 96 crossbars.
    const isaac_like::placement placed = isaac_like::place(fully_connected(25088, 64), {});
    REQUIRE(placed.layers.size() == 1);
    CHECK(placed.layers[0].row_blocks == 196);
    CHECK(placed.layers[0].column_blocks == 2);
    CHECK(placed.arrays == 392);
    CHECK(placed.tiles == 5);  // 392 / 96, without gaps
    CHECK(placed.layers[0].conversions == std::uint64_t{392} * 128 * 8);
    CHECK_NOTHROW(validate(placed.program, isaac_like::machine{}.nodes(1), std::uint64_t{1} << 40));
}

TEST_CASE("isaac_like.mapper.first_tiles_are_left_to_other_programs") {
    isaac_like::machine target;
    target.chips = 1;
    const isaac_like::placement first = isaac_like::place(fully_connected(25088, 64), target);
    target.first_tile = first.tiles;
    const isaac_like::placement second = isaac_like::place(fully_connected(25088, 64), target);
    CHECK(second.tiles == first.tiles);
    for (std::size_t i = 0; i < first.program.tiles.size(); ++i) {
        CHECK(second.program.tiles[i].node == first.program.tiles[i].node + first.tiles);
    }
    target.first_tile = target.tiles_per_chip - 1;
    CHECK_THROWS_WITH(isaac_like::place(fully_connected(25088, 64), target),
                      Catch::Matchers::Contains("needs 2 chips"));
}

TEST_CASE("isaac_like.mapper.operations_become_stages_or_routes") {
    const auto placed_as = [](nn::op_kind kind) {
        nn::network net;
        net.values = {{"x", {1, 2, 1, 1}, {}}, {"y", {1, 2, 1, 1}, {}}};
        nn::node n;
        n.name = "act";
        n.kind = kind;
        n.inputs = {0};
        if (kind == nn::op_kind::multiply) n.inputs = {0, 0};
        n.output = 1;
        n.table.assign(256, 7);
        n.channels = {1, 0};
        net.nodes = {n};
        net.inputs = {0};
        net.outputs = {1};
        return isaac_like::place(net, {});
    };
    const isaac_like::placement lookup = placed_as(nn::op_kind::lookup);
    REQUIRE(lookup.program.tiles.size() == 1);
    REQUIRE(lookup.program.tiles[0].stages.size() == 1);
    CHECK(lookup.program.tiles[0].stages[0].table == std::vector<std::int32_t>(256, 7));
    const isaac_like::placement multiply = placed_as(nn::op_kind::multiply);
    REQUIRE(multiply.program.tiles.size() == 1);
    CHECK(multiply.program.tiles[0].buffers.size() == 1);  // a value times itself
    // A selection takes no tile: the host's pixels come back with their channels exchanged.
    const isaac_like::placement select = placed_as(nn::op_kind::select);
    CHECK(select.layers.empty());
    CHECK(select.program.tiles.empty());
    const std::vector<reram::route>& routes = select.program.inputs.at(0).routes;
    REQUIRE(routes.size() == 2);
    for (const reram::route& r : routes) CHECK(r.from_channel == 1 - r.to_channel);
}

TEST_CASE("isaac_like.mapper.too_small_a_machine_names_the_way_out") {
    isaac_like::machine target;
    target.chips = 1;
    target.tiles_per_chip = 2;
    CHECK_THROWS_WITH(
        isaac_like::place(fully_connected(25088, 64), target),
        Catch::Matchers::Contains("needs 3 chips") && Catch::Matchers::Contains("raise `chips`"));
}

TEST_CASE("isaac_like.mapper.narrow_weights_take_few_cells_and_narrow_inputs_few_cycles") {
    for (int weight_bits = 2; weight_bits <= 16; ++weight_bits) {  // 2: ternary
        for (int input_bits = 1; input_bits <= 16; ++input_bits) {
            CAPTURE(weight_bits, input_bits);
            const isaac_like::placement placed =
                isaac_like::place(fully_connected(128, 128, weight_bits, input_bits), {});
            const auto cells = static_cast<std::uint64_t>((weight_bits + 1) / 2);
            CHECK(placed.layers[0].cells_per_weight == cells);
            const std::uint64_t outputs = 128 / cells;  // of a crossbar
            CHECK(placed.arrays == (128 + outputs - 1) / outputs);
            CHECK(placed.layers[0].conversions ==
                  placed.arrays * 128 * static_cast<std::uint64_t>(input_bits));
            CHECK(placed.program.tiles.at(0).stages.at(0).input_bits ==
                  static_cast<std::uint32_t>(input_bits));
        }
    }
}
