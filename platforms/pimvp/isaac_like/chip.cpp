// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/chip.h>

#include <string>

namespace pimvp::isaac_like {

chip::chip(const sc_core::sc_module_name& name, core::context& context,
           const isaac_like_params& params, const reram::parts& parts, std::uint32_t index,
           std::uint32_t chips)
    : sc_module(name),
      mesh("mesh", context, params.mesh, index, chips) {
    const machine target = machine_of(params);
    const noc::node_map nodes = target.nodes(chips);
    const reram::tile_limits limits = target.limits(chips);
    for (std::uint32_t i = 0; i < target.tiles_per_chip; ++i) {
        tiles.push_back(std::make_unique<reram::tile>(("tile" + std::to_string(i)).c_str(), context,
                                                      params.tile, parts, nodes.tile(index, i),
                                                      limits));
        tiles[i]->out.bind(mesh.in[i]);
        mesh.out[i].bind(tiles[i]->in);
    }
}

/// The last one made goes first: SystemC looks for a port from the end of its list.
chip::~chip() {
    while (!tiles.empty()) tiles.pop_back();
}

void chip::abort() {
    mesh.clear();
    for (auto& t : tiles) t->abort();
}

void chip::reset() {
    mesh.clear();
    for (auto& t : tiles) t->reset();
}

}  // namespace pimvp::isaac_like
