// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/cards/isaac_32nm_card.h>

#include <algorithm>

namespace pimvp::reram {

/// Where the sum of the input bits comes from, which undoes column flip and weight bias.
enum class unit_column_kind {
    counter,  ///< a digital population count of the input bits; nothing is converted
    own_adc   ///< a column of ones with a converter of its own: one conversion more per cycle
};

/// What an encoder, a kernel and a mapper must know of an array; defaults are ISAAC's.
struct crossbar_shape {
    unsigned rows = static_cast<unsigned>(cards::isaac_32nm::crossbar_rows.value);
    unsigned columns = static_cast<unsigned>(cards::isaac_32nm::crossbar_columns.value);
    unsigned cell_bits = static_cast<unsigned>(cards::isaac_32nm::cell_bits.value);
    bool column_flip = true;
    unit_column_kind unit_column = unit_column_kind::counter;
    bool convert_unused_columns = true;

    [[nodiscard]] unsigned highest_cell() const { return (1U << cell_bits) - 1U; }
    /// 64-bit words that hold one bit per row.
    [[nodiscard]] unsigned row_words() const { return (rows + 63U) / 64U; }
    [[nodiscard]] bool unit_is_converted() const {
        return unit_column == unit_column_kind::own_adc;
    }

    /// Bits of a code that distinguishes every possible sum of 1-bit inputs: ceil(log2 rows) +
    /// cell_bits (9 for 128 rows of 2-bit cells).
    [[nodiscard]] unsigned full_resolution_bits() const {
        unsigned bits = cell_bits;
        while ((rows - 1U) >> (bits - cell_bits) != 0) ++bits;
        return bits;
    }
    /// Bits with which no code can clip: the column flip saves one, and a converted unit column
    /// holds up to `rows`.
    [[nodiscard]] unsigned required_adc_bits() const {
        unsigned bits = full_resolution_bits() - (column_flip ? 1U : 0U);
        while (unit_is_converted() && rows >> bits != 0) ++bits;
        return bits;
    }
    /// Fraction bits of analog sums, which are held in 16 bits: ideal ones of full resolution fit.
    [[nodiscard]] unsigned sum_fraction_bits() const {
        return std::min(8U, 16U - full_resolution_bits());
    }
};

}  // namespace pimvp::reram
