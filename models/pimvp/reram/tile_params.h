// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/cards/isaac_32nm_card.h>
#include <pimvp/reram/ima_params.h>
#include <pimvp/reram/quantiser_params.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/quantity.h>
#include <pimvp/mem/edram_params.h>
#include <pimvp/post/post_params.h>

#include <string>

namespace pimvp::reram {

/// A tile. Defaults: ISAAC, 32 nm.
struct tile_params {
    unsigned imas = static_cast<unsigned>(cards::isaac_32nm::imas_per_tile.value);
    ima_params ima;
    quantiser_params quantiser;
    mem::edram_params edram;
    post::post_params post;
    core::graded<core::energy> edram_bus_byte = cards::isaac_32nm::edram_bus_byte;
    core::graded<core::energy> output_register_cycle =
        cards::isaac_32nm::tile_output_register_cycle;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("imas", p.imas, {1, 64}, "IMAs of a tile.",
                 core::published("ISAAC, ISCA 2016, Table I"));
        v.group("ima", p.ima, "Each IMA.");
        v.group("quantiser", p.quantiser, "What cuts inputs of convolutions to fewer bits.");
        v.group("edram", p.edram, "The buffer of the tile.");
        v.group("post", p.post, "The units behind the IMAs.");
        v.member("edram_bus_byte", p.edram_bus_byte, "A byte on the bus from eDRAM to the IMAs.");
        v.member("output_register_cycle", p.output_register_cycle,
                 "The tile's output register, per window.");
    }
    void validate(core::diagnostics& found) const {
        if (quantiser.is_there() && quantiser.group_size > ima.crossbar.rows) {
            found.error("quantiser.group_size",
                        "groups of " + std::to_string(quantiser.group_size) +
                            " elements do not fit crossbars of " +
                            std::to_string(ima.crossbar.rows) + " rows: use 1 .. " +
                            std::to_string(ima.crossbar.rows));
        }
    }
};

}  // namespace pimvp::reram
