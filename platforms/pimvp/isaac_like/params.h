// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/mapper.h>
#include <pimvp/isaac_like/operand_params.h>
#include <pimvp/isaac_like/replication.h>

#include <pimvp/accel/front_end_params.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>
#include <pimvp/noc/c_mesh_params.h>
#include <pimvp/noc/hyper_transport_params.h>
#include <pimvp/reram/tile_params.h>

#include <cstdint>
#include <string>

namespace pimvp::isaac_like {

/// An ISAAC-like accelerator. Defaults: ISAAC-CE at 32 nm (ISCA 2016), operands as wide as the
/// layers' integers.
struct isaac_like_params {
    std::uint32_t chips = 0;
    bool pack_groups = true;
    std::uint32_t runs_in_flight = 4;
    core::graded<core::byte_size> input_block{
        {4096}, core::assumed("a page; ISAAC, ISCA 2016 states no buffer of the I/O interface")};
    core::graded<core::byte_size> input_packet{
        {64}, core::assumed("the longest data packet of HyperTransport")};
    operand_params operands;
    replication_params replication;
    reram::tile_params tile;
    noc::c_mesh_params mesh;
    noc::hyper_transport_params hyper_transport;
    core::graded<core::power> ima_leakage{
        {0.0}, core::assumed("ISAAC states no leakage; PUMA takes a tenth of the power")};
    bool gate_idle_imas = true;
    accel::front_end_params front_end;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("chips", p.chips, {0, 64},
                 "Chips; 0 = as many as the network needs (one if it is not known).");
        v.member("pack_groups", p.pack_groups,
                 "Grouped convolutions: several groups block-diagonally in one crossbar.");
        v.member("runs_in_flight", p.runs_in_flight, {1, 64},
                 "Inferences that stream through the tiles together.");
        v.member(
            "input_block", p.input_block,
            {core::byte_size{1}, core::byte_size{std::uint64_t{1} << 20U}},
            "Bytes of an input that are read from memory at a time: whole rows, at least one.");
        v.member("input_packet", p.input_packet,
                 {core::byte_size{1}, core::byte_size{std::uint64_t{1} << 16U}},
                 "Bytes of input pixels that follow each other in one message to a tile: whole "
                 "pixels, at least one.");
        v.group("operands", p.operands, "Widths of weights and inputs.");
        v.group("replication", p.replication, "Copies of layers.");
        v.group("tile", p.tile, "Each tile.");
        v.group("mesh", p.mesh, "The concentrated mesh of a chip.");
        v.group("hyper_transport", p.hyper_transport, "Links between chips and to the host.");
        v.member("ima_leakage", p.ima_leakage,
                 "One IMA's power at rest; counts in the envelope of the chip only.");
        v.member("gate_idle_imas", p.gate_idle_imas, "IMAs without weights do not leak.",
                 core::assumed("ISAAC states no leakage"));
        v.group("front_end", p.front_end, "Registers, job ring, DMA.");
    }
    void validate(core::diagnostics& found) const {
        if (operands.input_bits != 0 && tile.quantiser.is_there()) {
            found.error("operands.input_bits",
                        std::to_string(operands.input_bits) +
                            " bits for every input contradict a quantiser, which finds the bits of "
                            "each group: use 0");
        }
    }
};

/// The mapper's view of the machine.
machine machine_of(const isaac_like_params& params);

/// What a program depends on: its loader refuses one mapped for another machine.
accel::hash256 config_hash(const isaac_like_params& params);

}  // namespace pimvp::isaac_like
