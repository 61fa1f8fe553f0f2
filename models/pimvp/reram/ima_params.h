// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/adc_params.h>
#include <pimvp/reram/cards/isaac_32nm_card.h>
#include <pimvp/reram/crossbar_params.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/quantity.h>

#include <string>

namespace pimvp::reram {

/// An in-situ multiply-accumulate unit (IMA) with its ADC bank. Defaults: ISAAC, 32 nm.
struct ima_params {
    unsigned crossbars = static_cast<unsigned>(cards::isaac_32nm::crossbars_per_ima.value);
    unsigned combine_cycles = static_cast<unsigned>(cards::isaac_32nm::combine_cycles.value);
    crossbar_params crossbar;
    adc_params adc;
    core::graded<core::energy> shift_add = cards::isaac_32nm::ima_shift_add;
    core::graded<core::energy> input_register_cycle = cards::isaac_32nm::ima_input_register_cycle;
    core::graded<core::energy> output_register_cycle = cards::isaac_32nm::ima_output_register_cycle;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("crossbars", p.crossbars, {1, 32}, "Arrays, each with a converter.",
                 core::published("ISAAC, ISCA 2016, Table I"));
        v.member(
            "combine_cycles", p.combine_cycles, {0, 16},
            "Crossbar cycles from the last code to the result: shift-and-add, output register.",
            core::published("ISAAC, ISCA 2016, 22-cycle pipeline example"));
        v.group("crossbar", p.crossbar, "The arrays.");
        v.group("adc", p.adc, "The converters.");
        v.member("shift_add", p.shift_add, "Adding one code to its sum.");
        v.member("input_register_cycle", p.input_register_cycle,
                 "The input register while the IMA streams, per cycle.");
        v.member("output_register_cycle", p.output_register_cycle,
                 "The output register while the IMA streams, per cycle.");
    }
    void validate(core::diagnostics& found) const {
        const unsigned needed = crossbar.required_adc_bits();
        if (!loses_sums() || adc.range == adc_range::full_scale) return;
        const std::string numbers =
            std::to_string(adc.bits) + " bits can clip: sums of " + std::to_string(crossbar.rows) +
            " rows of " + std::to_string(crossbar.cell_bits) + "-bit cells, " +
            (crossbar.column_flip ? "columns flipped" : "columns not flipped") +
            (crossbar.unit_is_converted() ? " and the unit column converted" : "") + ", need " +
            std::to_string(needed);
        if (adc.saturation == adc_saturation::forbid) {
            found.error("adc.bits", numbers + ", and saturation is forbidden: use " +
                                        std::to_string(needed) +
                                        " bits, fewer rows, range: full_scale or saturation: "
                                        "allow");
        } else {
            found.warning("adc.bits", numbers);
        }
    }

    /// Whether the converters tell fewer sums apart than the arrays have: they clip, or their steps
    /// are coarser than a cell's.
    [[nodiscard]] bool loses_sums() const { return adc.bits < crossbar.required_adc_bits(); }
    /// Whether every result is the integer product.
    [[nodiscard]] bool is_exact() const {
        return crossbar.is_ideal() && adc.is_ideal() && !loses_sums();
    }
};

}  // namespace pimvp::reram
