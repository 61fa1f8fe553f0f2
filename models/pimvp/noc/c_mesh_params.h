// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/noc/cards/isaac_32nm_card.h>
#include <pimvp/noc/mesh_kernel.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>

namespace pimvp::noc {

/// A concentrated mesh: the tiles of one chip and its I/O port around routers in a grid.
struct c_mesh_params {
    core::graded<std::uint32_t> tile_columns = cards::isaac_32nm::tile_columns;
    core::graded<std::uint32_t> tile_rows = cards::isaac_32nm::tile_rows;
    core::graded<std::uint32_t> concentration_columns = cards::isaac_32nm::concentration_columns;
    core::graded<std::uint32_t> concentration_rows = cards::isaac_32nm::concentration_rows;
    core::graded<std::uint32_t> io_router = cards::isaac_32nm::io_router;
    core::graded<core::frequency> clock = cards::isaac_32nm::mesh_clock;
    core::graded<core::byte_size> flit_size = cards::isaac_32nm::flit_size;
    core::graded<std::uint32_t> head_flits = cards::isaac_32nm::head_flits;
    core::graded<std::uint32_t> router_cycles = cards::isaac_32nm::router_cycles;
    core::graded<core::energy> router_flit = cards::isaac_32nm::router_flit;
    core::graded<core::energy> link_flit = cards::isaac_32nm::link_flit;
    core::graded<core::power> router_power = cards::isaac_32nm::router_power;
    core::graded<core::area> router_area = cards::isaac_32nm::router_area;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("tile_columns", p.tile_columns, {1, 256}, "Tiles of a chip from west to east.");
        v.member("tile_rows", p.tile_rows, {1, 256}, "Tiles of a chip from north to south.");
        v.member("concentration_columns", p.concentration_columns, {1, 16},
                 "Tiles at one router from west to east.");
        v.member("concentration_rows", p.concentration_rows, {1, 16},
                 "Tiles at one router from north to south.");
        v.member("io_router", p.io_router, "Router of the off-chip interface, row after row.");
        v.member("clock", p.clock, {core::frequency{1'000'000}, core::frequency{100'000'000'000}},
                 "One flit per link and cycle.");
        v.member("flit_size", p.flit_size, {core::byte_size{1}, core::byte_size{4096}},
                 "Width of a link.");
        v.member("head_flits", p.head_flits, {0, 16}, "Flits of a message before its data.");
        v.member("router_cycles", p.router_cycles, {0, 64},
                 "From the arrival of a head flit to its departure.");
        v.member("router_flit", p.router_flit, "A flit through one router.");
        v.member("link_flit", p.link_flit, "A flit over one link.");
        v.member("router_power", p.router_power, "One router at peak, for budgets.");
        v.member("router_area", p.router_area, "One router.");
    }

    void validate(core::diagnostics& d) const {
        if (io_router.value >= shape().routers()) {
            d.error("io_router", "there are only routers 0 .. " +
                                     std::to_string(shape().routers() - 1) + " in this mesh");
        }
    }

    [[nodiscard]] mesh_shape shape() const {
        return {tile_columns.value, tile_rows.value, concentration_columns.value,
                concentration_rows.value, io_router.value};
    }
    [[nodiscard]] std::uint32_t tiles() const { return tile_columns.value * tile_rows.value; }
};

}  // namespace pimvp::noc
