// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/crossbar_kernel.h>
#include <pimvp/reram/crossbar_params.h>

#include <pimvp/core/random_field.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Arrays as they are made: cells that vary or are stuck, and columns that are read with noise.
///
/// A cell of level w that is not stuck conducts w * exp(sigma * z), z normal, one of level 0
/// nothing; a stuck one conducts 0 or the highest level. In each read, a column's sum of its driven
/// cells gets noise * z more, and is held in 16 bits: never below 0, nor 2^16 or more. All numbers
/// are fixed-point, `sum_fraction_bits()` of the shape, so that sums do not depend on their order.
namespace pimvp::reram {

/// Random words for the noise of so many reads.
[[nodiscard]] constexpr std::size_t noise_words(std::size_t reads) {
    return (reads + 1) / 2;
}

/// What is the same for all arrays of these parameters: made once.
class analog_rule {
public:
    explicit analog_rule(const crossbar_params& params);

    [[nodiscard]] unsigned fraction_bits() const { return m_fraction_bits; }
    [[nodiscard]] bool has_noise() const { return m_has_noise; }

    /// What a cell of this level conducts, from two random words of its own.
    [[nodiscard]] std::uint16_t conductance(unsigned level, std::uint32_t fate,
                                            std::uint32_t variation) const;
    /// Adds the noise of `count` reads, of which the first is read number `first` of the draws.
    void add_noise(const std::uint32_t* draws, std::size_t first, std::uint16_t* sums,
                   std::size_t count, const simd_kernels& simd = best_kernels()) const;

private:
    unsigned m_fraction_bits;
    unsigned m_highest_level;
    bool m_has_noise;
    std::int16_t m_noise_scale;                     ///< of z of the noise quarters, in 2^-9
    std::uint64_t m_stuck_at_zero, m_stuck_at_any;  ///< of 2^32 cells
    std::array<double, 256> m_factors{};            ///< exp(sigma * normal_halves())
};

/// The conductances of a programmed array, and of its unit column if that has a converter: a column
/// of cells of level 1. What is drawn belongs to the cell (row, column) of the array, whatever is
/// written into it and how often.
///
/// **Example**
/// \code
///     const reram::analog_rule rule{params};
///     const reram::analog_crossbar array{rule, params, cells, seed, "ima.crossbar0"};
///     std::vector<std::uint16_t> samples(array.columns());
///     array.column_sums(row_bits, samples.data());
///     std::vector<std::uint32_t> draws(reram::noise_words(samples.size()));
///     array.draw_noise(sequence, samples.size(), draws.data());
///     rule.add_noise(draws.data(), 0, samples.data(), samples.size());
/// \endcode
class analog_crossbar {
public:
    /// `name` is that of the array in its hierarchy.
    analog_crossbar(const analog_rule& rule, const crossbar_shape& shape,
                    const programmed_crossbar& cells, std::uint64_t seed, const std::string& name);

    /// Used columns, and a converted unit column behind them.
    [[nodiscard]] unsigned columns() const { return m_columns; }

    /// sums[c] = what column c conducts for one vector of row bits, at most 2^16 - 1.
    void column_sums(const std::uint64_t* row_bits, std::uint16_t* sums,
                     const simd_kernels& simd = best_kernels()) const;
    /// Random words for the noise of `reads` columns in multiply `sequence`: two bytes for each.
    void draw_noise(std::uint64_t sequence, std::size_t reads, std::uint32_t* draws) const;

private:
    [[nodiscard]] conductance_view view() const;

    unsigned m_rows, m_columns;
    bool m_fits_16_bits = true;          ///< no column's sum can be 2^16 or more
    std::vector<std::uint16_t> m_cells;  ///< as conductance_view wants them
    core::random_field m_noise;
};

}  // namespace pimvp::reram
