// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/noc/c_mesh.h>
#include <pimvp/reram/tile.h>

using namespace pimvp;

/// One tile on a mesh of one; the I/O port is yours.
struct small_chip : sc_core::sc_module {
    noc::c_mesh mesh;
    reram::tile tile;

    small_chip(const sc_core::sc_module_name& name, core::context& context,
               const noc::c_mesh_params& one_by_one, const reram::tile_limits& limits)
        : sc_module(name),
          mesh("mesh", context, one_by_one),
          tile("tile", context, {}, reram::parts::defaults(), 0, limits) {
        tile.out.bind(mesh.in[0]);
        mesh.out[0].bind(tile.in);
    }  // bind mesh.in[1] and mesh.out[1]: what sends programs and takes results
};
// page ends
