// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/processor.h>

#include <array>
#include <cstddef>
#include <cstdint>

/// The inner loops of a crossbar, once per instruction set. All variants give the same bits;
/// tests force each of them.
namespace pimvp::reram {

/// The cells of one array, row by row. A byte holds cells_per_byte(cell_bits) of them in equal
/// fields, the lowest first: field f of byte i is the cell in column f * row_bytes + i.
struct cell_view {
    /// (rows + 1) * row_bytes; what is no used column is 0, and so is the last row.
    const std::uint8_t* cells = nullptr;
    unsigned cell_bits = 0;  ///< 1 .. 4
    unsigned rows = 0;       ///< used rows
    unsigned columns = 0;    ///< used columns
    unsigned row_bytes = 0;  ///< cell_row_bytes(columns, cell_bits)
};

/// Four cells of up to 2 bits, two of 3 or 4.
[[nodiscard]] constexpr unsigned cells_per_byte(unsigned cell_bits) {
    return cell_bits <= 2 ? 4 : 2;
}
/// Bytes of a row: a multiple of 32.
[[nodiscard]] constexpr unsigned cell_row_bytes(unsigned columns, unsigned cell_bits) {
    const unsigned fields = cells_per_byte(cell_bits);
    return (columns + 32 * fields - 1) / (32 * fields) * 32;
}

/// The conductances of one array, row by row, in fixed point.
struct conductance_view {
    const std::uint16_t* cells = nullptr;  ///< rows * row_cells; what is no used column is 0
    unsigned rows = 0;                     ///< used rows
    unsigned columns = 0;                  ///< used columns
    unsigned row_cells = 0;                ///< conductance_row_cells(columns)
    bool fits_16_bits = false;             ///< no column's sum can be 2^16 or more
};

/// Cells of a row: a multiple of 32, so that a vector has no end to look at.
[[nodiscard]] constexpr unsigned conductance_row_cells(unsigned columns) {
    return (columns + 31) / 32 * 32;
}

/// How a converter makes codes of sums in 16 bits, in the order of its members.
struct conversion {
    std::uint16_t gain_more = 0, gain_less = 0;      ///< by sum * gain / 2^16, one of them 0
    std::uint16_t offset_more = 0, offset_less = 0;  ///< one of them 0
    std::uint16_t codes = 2;    ///< in 2^16: a power of 2, at most 2^15; rounded half to even
    std::uint16_t highest = 0;  ///< code
    unsigned step_bits = 0;     ///< what leaves is code << step_bits
};

/// Numbers t of which z = t[a] + t[b] + t[c] + t[d], independent random nibbles, is normal: mean 0,
/// variance `noise_variance`, kurtosis 2.996, its distribution function within 0.003 of the normal
/// one, at most 4.23 deviations. Bytes, because a vector looks up 16 of them at once.
///
/// They are the quantiles (i + 1/2) / 16 of the normal distribution, stretched to its kurtosis.
constexpr std::array<std::int8_t, 16> noise_quarters{-120, -74, -54, -40, -30, -20, -12, -4,
                                                     4,    12,  20,  30,  40,  54,  74,  120};
constexpr double noise_variance = 12926.0;

using simd_variant = core::instruction_set;

struct simd_kernels {
    const char* name;

    /// sums[c] = sum over the used rows r with bit r % 64 of row_bits[r / 64] set of cell (r, c),
    /// c < columns. The work is proportional to the set bits: inputs behind a ReLU have few.
    void (*column_sums)(const cell_view& array, const std::uint64_t* row_bits, std::uint16_t* sums);

    /// sums[c] = min(sum over the used rows r with bit r % 64 of row_bits[r / 64] set of cell (r,
    /// c), 2^16 - 1), c < columns.
    void (*conductance_sums)(const conductance_view& array, const std::uint64_t* row_bits,
                             std::uint16_t* sums);

    /// sums[i] += z * scale / 2^9, rounded half up, within 0 .. 2^16 - 1; z is the sum of the
    /// noise_quarters of the four nibbles in draws[2 i] and draws[2 i + 1].
    void (*add_noise)(std::int16_t scale, const std::uint8_t* draws, std::uint16_t* sums,
                      std::size_t count);

    /// codes[i] = the code of samples[i] << up, within 16 bits at every step; returns how many were
    /// above the highest.
    std::size_t (*convert)(const conversion& rule, unsigned up, const std::uint16_t* samples,
                           std::uint16_t* codes, std::size_t count);

    /// codes[i] = min(samples[i], highest); returns how many samples were larger than `highest`.
    std::size_t (*saturate)(const std::uint16_t* samples, std::uint16_t* codes, std::size_t count,
                            std::uint16_t highest);

    /// sums[i] += codes[i] << shift, or -= if `subtract`; returns the bitwise OR of all codes.
    std::uint16_t (*shift_add)(const std::uint16_t* codes, std::int32_t* sums, std::size_t count,
                               unsigned shift, bool subtract);

    /// sums[i] += sum over the digits d of totals[i * digits + d] * factors[i * digits + d].
    void (*combine)(const std::int32_t* totals, const std::int32_t* factors, unsigned outputs,
                    unsigned digits, std::int64_t* sums);

    /// sums[i] += sum over r of inputs[r] * weights[r * outputs + i]: a plain integer product, for
    /// arrays that cannot clip. `fits_32_bits`: no partial sum leaves the range of int32.
    void (*multiply)(const std::int32_t* inputs, const std::int32_t* weights, unsigned rows,
                     unsigned outputs, bool fits_32_bits, std::int64_t* sums);
};

/// Precondition: core::processor_has(variant).
[[nodiscard]] const simd_kernels& kernels(simd_variant variant);

/// Those of core::best_instruction_set().
[[nodiscard]] const simd_kernels& best_kernels();

}  // namespace pimvp::reram
