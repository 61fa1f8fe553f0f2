// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/params.h>

#include <pimvp/noc/c_mesh.h>
#include <pimvp/reram/parts.h>
#include <pimvp/reram/tile.h>

#include <memory>
#include <systemc>
#include <vector>

namespace pimvp::isaac_like {

/// One ISAAC chip: tiles around a concentrated mesh, whose I/O port is left to the parent.
class chip : public sc_core::sc_module {
public:
    noc::c_mesh mesh;
    std::vector<std::unique_ptr<reram::tile>> tiles;

    chip(const sc_core::sc_module_name& name, core::context& context,
         const isaac_like_params& params, const reram::parts& parts, std::uint32_t index,
         std::uint32_t chips);
    ~chip() override;

    const char* kind() const override { return "pimvp::isaac_like::chip"; }

    void abort();
    void reset();
};

}  // namespace pimvp::isaac_like
