// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/operand_params.h>
#include <pimvp/isaac_like/replication.h>
#include <pimvp/isaac_like/spatial_program.h>
#include <pimvp/mapping/lowering.h>
#include <pimvp/mapping/program_image.h>
#include <pimvp/mem/edram_params.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/precision.h>
#include <pimvp/noc/c_mesh_params.h>
#include <pimvp/noc/node_map.h>
#include <pimvp/reram/tile_params.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::isaac_like {

/// What the mapper must know of the machine. A plain copy of the parameters, so that mapping needs
/// no module.
struct machine {
    std::uint32_t chips = 0;  ///< 0: as many as the network needs
    std::uint32_t tiles_per_chip = noc::c_mesh_params{}.tiles();
    std::uint32_t imas_per_tile = reram::tile_params{}.imas;
    std::uint32_t crossbars_per_ima = reram::ima_params{}.crossbars;
    reram::crossbar_shape crossbar;
    core::duration cycle = reram::crossbar_params{}.cycle.value;
    post::post_params post;   ///< of a tile
    bool pack_groups = true;  ///< depthwise: several groups block-diagonally in one crossbar
    operand_params operands;
    replication_params replication;
    std::uint64_t edram_bytes = mem::edram_params{}.size.value.bytes;  ///< of a tile
    std::uint32_t runs_in_flight = 4;
    std::uint64_t input_packet_bytes = 64;
    /// Tiles of a chip in the order in which layers take them; empty: by number.
    std::vector<std::uint32_t> path;
    std::uint32_t first_tile = 0;  ///< tiles on the path before it are left to other programs
    /// How the tiles' quantisers cut inputs of convolutions; none without quantisers.
    std::optional<nn::precision_rule> precision;
    nn::layer_precision uniform;  ///< for networks without a precision plan

    /// Whether its quantisers cut the inputs of a node.
    [[nodiscard]] bool cuts(const nn::node& n) const {
        return precision && n.kind == nn::op_kind::convolution;
    }
    [[nodiscard]] noc::node_map nodes(std::uint32_t used_chips) const {
        return {used_chips, tiles_per_chip};
    }
    /// What a tile program may name on this machine.
    [[nodiscard]] reram::tile_limits limits(std::uint32_t used_chips) const {
        return {imas_per_tile,        crossbars_per_ima,  crossbar.rows,
                crossbar.columns,     crossbar.cell_bits, nodes(used_chips).nodes(),
                precision.has_value()};
    }
};

/// Where one layer went, for people and reports.
struct layer_placement {
    std::uint32_t node = 0;         ///< index into network::nodes
    std::uint32_t weight_bits = 0;  ///< in the arrays
    std::uint32_t cells_per_weight = 0;
    std::uint32_t row_blocks = 0, column_blocks = 0;
    std::uint64_t arrays = 0;  ///< of a copy
    std::uint32_t copies = 1;  ///< which share the windows
    std::uint32_t imas = 0;    ///< of all copies
    std::uint64_t windows = 0;
    std::uint64_t used_columns = 0;  ///< cell columns in use, summed over the arrays of a copy
    /// Per inference, by the formula of docs/models/adc_bank.md, if all bits are streamed.
    std::uint64_t conversions = 0;
    std::uint32_t input_bits = 0;   ///< to stream, if all are
    std::uint64_t activations = 0;  ///< per inference: one crossbar working on one window
    /// How its inputs are cut, as the reference executor wants to know it; none if they are not.
    std::optional<nn::input_precision> precision;
    std::uint64_t macs = 0;
    std::vector<std::uint32_t> tiles;  ///< rising
};

struct placement {
    spatial_program program;
    std::vector<layer_placement> layers;  ///< in network order; reshapes and free concats left out
    std::uint32_t tiles = 0, chips = 0;
    std::uint64_t arrays = 0;  ///< of all copies
    /// Between images in a stream if nothing but the layers' crossbars takes time.
    std::uint64_t interval_cycles = 0;

    /// For the reference executor: how the layers' inputs are cut; empty if none are.
    [[nodiscard]] nn::network_precision precision() const;
};

/// How large a block of a layer's weights one crossbar takes. Throws core::user_error if that is
/// not even one weight.
[[nodiscard]] mapping::array_shape array_shape_of(const nn::node& n, std::uint32_t weight_bits,
                                                  const machine& target);

/// Places a network: im2col windows -> row blocks x column blocks -> crossbars -> IMAs -> tiles ->
/// chips, each layer resident, in network order and without gaps a layer could fill.
///
/// With a budget for replication, layers get the copies that balance them (replication.h); the
/// copies of a layer share its windows by stripes and rows.
///
/// Column blocks stay in one tile where their row blocks fit one; larger ones (huge fully connected
/// layers) spread, and one tile, the home, collects the partial sums. Element-wise and pooling
/// stages run where their first input is made.
///
/// Where a tile's eDRAM does not hold the maps of all inferences in flight, its buffers get
/// capacities that hold the windows of their readers and the lag of longer branches, and share what
/// is left; layers are spread so that they fit. Deterministic.
/// Throws core::user_error if the machine is too small (with the number of chips that would do),
/// the budget is below one copy of each layer, windows do not fit the eDRAM, groups do not fit the
/// crossbars, or a layer cannot run on the machine.
placement place(const nn::network& network, const machine& target);

/// The whole program image: place(), cells encoded, packed with hashes; `more` sections follow.
/// The placement is returned through `placed` if not null.
std::vector<std::uint8_t> map_network(const nn::network& network, const machine& target,
                                      const accel::hash256& config_hash,
                                      placement* placed = nullptr,
                                      const std::vector<mapping::section>& more = {});

}  // namespace pimvp::isaac_like
