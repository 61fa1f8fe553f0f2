// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/params.h>

#include <pimvp/isaac_like/precision.h>

#include <pimvp/core/sha256.h>
#include <pimvp/mapping/program_image.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace pimvp::isaac_like {

machine machine_of(const isaac_like_params& params) {
    machine m;
    m.chips = params.chips;
    m.tiles_per_chip = params.mesh.tiles();
    m.path = params.mesh.shape().path();
    m.imas_per_tile = params.tile.imas;
    m.crossbars_per_ima = params.tile.ima.crossbars;
    m.crossbar = params.tile.ima.crossbar;
    m.cycle = params.tile.ima.crossbar.cycle.value;
    m.post = params.tile.post;
    m.pack_groups = params.pack_groups;
    m.operands = params.operands;
    m.edram_bytes = params.tile.edram.size.value.bytes;
    m.runs_in_flight = params.runs_in_flight;
    m.input_packet_bytes = params.input_packet.value.bytes;
    m.replication = params.replication;
    const reram::quantiser_params& quantiser = params.tile.quantiser;
    if (quantiser.is_there()) {
        m.precision = rule_of(quantiser);
        m.uniform.drop = static_cast<int>(quantiser.drop);
        m.uniform.keep = static_cast<int>(quantiser.keep);
    }
    return m;
}

accel::hash256 config_hash(const isaac_like_params& params) {
    const machine m = machine_of(params);
    std::string text = "isaac_like";
    for (const std::uint32_t value :
         {std::max(1U, m.chips), m.tiles_per_chip, m.imas_per_tile, m.crossbars_per_ima,
          std::uint32_t{m.crossbar.rows}, std::uint32_t{m.crossbar.columns},
          std::uint32_t{m.crossbar.cell_bits}, std::uint32_t{m.crossbar.column_flip ? 1U : 0U}}) {
        text += ' ' + std::to_string(value);
    }
    if (m.operands.weight_bits != 0 || m.operands.input_bits != 0) {
        text += " operands " + std::to_string(m.operands.weight_bits) + ' ' +
                std::to_string(m.operands.input_bits);
    }
    if (m.precision) {
        const nn::precision_rule& rule = *m.precision;
        text += " quantiser";
        for (const std::string_view word : {to_string(rule.policy), to_string(rule.statistic),
                                            to_string(rule.rounding), to_string(rule.order)}) {
            text += ' ' + std::string(word);
        }
        for (const std::uint32_t value :
             {rule.widths, rule.group_size, static_cast<std::uint32_t>(m.uniform.drop),
              static_cast<std::uint32_t>(m.uniform.keep)}) {
            text += ' ' + std::to_string(value);
        }
    }
    return mapping::parse_hash(core::sha256_hex(text));
}

}  // namespace pimvp::isaac_like
