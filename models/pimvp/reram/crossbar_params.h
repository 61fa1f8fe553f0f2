// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/cards/isaac_32nm_card.h>
#include <pimvp/reram/crossbar_shape.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/quantity.h>

#include <string>

namespace pimvp::reram {

/// A crossbar with its DACs and sample-and-holds: shape, speed and energy. Defaults: ISAAC, 32 nm.
struct crossbar_params : crossbar_shape {
    core::graded<core::duration> cycle = cards::isaac_32nm::crossbar_cycle;
    core::graded<core::energy> cell_read_cycle = cards::isaac_32nm::cell_read_cycle;
    core::graded<core::energy> dac_row_cycle = cards::isaac_32nm::dac_row_cycle;
    core::graded<core::energy> sample_hold_sample = cards::isaac_32nm::sample_hold_sample;
    core::graded<core::duration> write_time = cards::isaac_32nm::array_write_time;
    core::graded<core::energy> write_energy = cards::isaac_32nm::array_write_energy;
    double conductance_sigma = 0.0;
    double stuck_at_zero = 0.0;
    double stuck_at_max = 0.0;
    double read_noise = 0.0;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        const core::source table = core::published("ISAAC, ISCA 2016, Table I");
        v.member("rows", p.rows, {8, 512}, "Word-lines; a multiple of 8.", table);
        v.member("columns", p.columns, {1, 512}, "Bit-lines, the unit column not counted.", table);
        v.member("cell_bits", p.cell_bits, {1, 4}, "Bits per cell.", table);
        v.member("column_flip", p.column_flip,
                 "Store a column complemented if its worst-case sum sets the top bit; saves an ADC "
                 "bit.",
                 core::published("ISAAC, ISCA 2016"));
        v.choice(
            "unit_column", p.unit_column,
            {{"counter", unit_column_kind::counter}, {"own_adc", unit_column_kind::own_adc}},
            "Where the sum of the input bits comes from: a digital counter, or a column with a "
            "converter of its own.",
            core::assumed("129 conversions do not fit the cycle of the shared ADC"));
        v.member("convert_unused_columns", p.convert_unused_columns,
                 "Whether the ADC also converts columns that hold no weights.",
                 core::assumed("the ADC steps through all columns of a static schedule"));
        v.member("cycle", p.cycle, {1_ps, 1_s}, "One read of the array.");
        v.member("cell_read_cycle", p.cell_read_cycle, "Reading one cell for one cycle.");
        v.member("dac_row_cycle", p.dac_row_cycle, "Driving one row for one cycle.");
        v.member("sample_hold_sample", p.sample_hold_sample, "Holding one column.");
        v.member("write_time", p.write_time, "Writing a whole array.");
        v.member("write_energy", p.write_energy, "Writing a whole array.");
        const core::source ideal = core::assumed("0: ideal, as in the paper");
        v.member("conductance_sigma", p.conductance_sigma, {0.0, 1.0},
                 "Deviation of ln(conductance) from cell to cell.", ideal);
        v.member("stuck_at_zero", p.stuck_at_zero, {0.0, 1.0},
                 "Share of the cells that never conduct.", ideal);
        v.member("stuck_at_max", p.stuck_at_max, {0.0, 1.0},
                 "Share of the cells that always conduct as the highest level.", ideal);
        v.member("read_noise", p.read_noise, {0.0, 16.0},
                 "Deviation of a column's sum from read to read, in cell steps.", ideal);
    }
    void validate(core::diagnostics& found) const {
        if (stuck_at_zero + stuck_at_max > 1.0) {
            found.error("stuck_at_max",
                        "with stuck_at_zero, more cells are stuck than there are: "
                        "the two shares are 1 at most together");
        }
        if (rows % 8 != 0) {
            found.error("rows",
                        std::to_string(rows) + " is not a multiple of 8: use 8, 16 ... 512");
        }
    }

    [[nodiscard]] bool is_ideal() const {
        return conductance_sigma == 0.0 && stuck_at_zero == 0.0 && stuck_at_max == 0.0 &&
               read_noise == 0.0;
    }
    /// One cycle of the whole array.
    [[nodiscard]] core::graded<core::energy> array_read_cycle() const {
        return {{cell_read_cycle.value.joules * rows * columns}, cell_read_cycle.origin};
    }
};

}  // namespace pimvp::reram
