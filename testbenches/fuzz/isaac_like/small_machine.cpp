// SPDX-License-Identifier: Apache-2.0
#include <fuzz/isaac_like/small_machine.h>

#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/isaac_like/mapper.h>

#include <cstddef>
#include <utility>

namespace fuzz {

using namespace pimvp;

board::board_params small_board() {
    constexpr const char* text = R"(
memory: {size: 16 MiB}
accelerators:
  npu:
    type: isaac_like
    address: 0x80000000
    params:
      chips: 4
      mesh: {tile_columns: 2, tile_rows: 1, io_router: 0}
      tile:
        imas: 2
        ima:
          crossbars: 2
          crossbar: {rows: 16, columns: 64, cycle: 1 ns}
          adc: {sample_rate: 1000 GHz}
)";
    board::accelerator_types types;
    types.add<isaac_like::accelerator, isaac_like::isaac_like_params>("isaac_like", "small");
    return board::read_board(core::document::from_text(text, "small_machine.yaml"), types);
}

const isaac_like::isaac_like_params& accelerator_of(const board::board_params& board) {
    return *board.accelerators.at("npu").settings->as<isaac_like::isaac_like_params>();
}

namespace {

/// Appends layers to a network; each names its output's shape and type.
struct builder {
    nn::network net;

    nn::value_id value(nn::shape dims, const nn::tensor_type& type) {
        net.values.push_back({"v" + std::to_string(net.values.size()), std::move(dims), type});
        return static_cast<nn::value_id>(net.values.size() - 1);
    }
    nn::node& layer(nn::op_kind kind, std::vector<nn::value_id> inputs, nn::shape dims,
                    const nn::tensor_type& type, const nn::window& geometry = {}) {
        nn::node n;
        n.name = "n" + std::to_string(net.nodes.size());
        n.kind = kind;
        n.inputs = std::move(inputs);
        n.output = value(std::move(dims), type);
        n.geometry = geometry;
        net.nodes.push_back(std::move(n));
        return net.nodes.back();
    }
    static void set_weights(nn::node& n, const nn::shape& dims) {
        n.weights = nn::integer_tensor(dims, {8, true, 0.01F, 0});
        for (std::size_t i = 0; i < n.weights.size(); ++i) {
            n.weights.set(i, static_cast<int>(i * 37 % 251) - 125);
        }
        n.weight_scales = {0.01F};
        n.multipliers.assign(static_cast<std::size_t>(dims[0]), 0.0005F);
        n.bias.assign(static_cast<std::size_t>(dims[0]), 300);
    }
    nn::network finish(const std::string& name) {
        net.name = name;
        net.inputs = {0};
        net.outputs = {net.nodes.back().output};
        net.validate();
        return std::move(net);
    }
};

nn::window square(int kernel, int stride, int pad) {
    return {kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1};
}

}  // namespace

nn::network elementwise_network() {
    const nn::tensor_type coarse{12, false, 0.5F, 7}, fine{12, true, 0.125F, -40};
    const nn::tensor_type few{4, false, 8.0F, 0};
    builder b;
    const nn::value_id in = b.value({1, 3, 4, 4}, coarse);
    const nn::value_id mean =
        b.layer(nn::op_kind::average_pool, {in}, {1, 3, 1, 1}, few, square(4, 4, 0)).output;
    nn::node& gate = b.layer(nn::op_kind::lookup, {mean}, {1, 3, 1, 1}, few);
    for (std::int32_t x = 0; x < 16; ++x) gate.table.push_back(x * 7 % 16);
    const nn::value_id gated = gate.output;
    const nn::value_id most =
        b.layer(nn::op_kind::max_pool, {in}, {1, 3, 2, 2}, coarse, square(2, 2, 0)).output;
    const nn::value_id product =
        b.layer(nn::op_kind::multiply, {most, gated}, {1, 3, 2, 2}, coarse).output;
    b.layer(nn::op_kind::concat, {most, product}, {1, 6, 2, 2}, fine);
    return b.finish("elementwise");
}

nn::network residual_network() {
    const nn::tensor_type type{8, false, 0.05F, 3};
    builder b;
    const nn::value_id in = b.value({1, 2, 4, 4}, type);
    nn::node& first = b.layer(nn::op_kind::convolution, {in}, {1, 8, 4, 4}, type, square(3, 1, 1));
    builder::set_weights(first, {8, 2, 3, 3});
    const nn::value_id pooled =
        b.layer(nn::op_kind::max_pool, {first.output}, {1, 8, 2, 2}, type, square(2, 2, 0)).output;
    nn::node& second =
        b.layer(nn::op_kind::convolution, {pooled}, {1, 8, 2, 2}, type, square(3, 1, 1));
    builder::set_weights(second, {8, 8, 3, 3});
    const nn::value_id sum =
        b.layer(nn::op_kind::add, {pooled, second.output}, {1, 8, 2, 2}, type).output;
    const nn::value_id flat = b.layer(nn::op_kind::reshape, {sum}, {1, 32}, type).output;
    builder::set_weights(b.layer(nn::op_kind::fully_connected, {flat}, {1, 20}, type), {20, 32});
    return b.finish("residual");
}

std::vector<std::uint8_t> image_of(const nn::network& network,
                                   const isaac_like::isaac_like_params& params) {
    return isaac_like::map_network(network, isaac_like::machine_of(params),
                                   isaac_like::config_hash(params));
}

std::map<std::string, std::vector<std::uint8_t>> good_images(
    const isaac_like::isaac_like_params& params) {
    isaac_like::isaac_like_params tight = params;  // copies, and buffers with capacities
    tight.replication.crossbars = 28;
    tight.tile.edram.size.set(core::byte_size{128});
    return {{"elementwise", image_of(elementwise_network(), params)},
            {"residual", image_of(residual_network(), params)},
            {"tight", image_of(residual_network(), tight)}};
}

}  // namespace fuzz
