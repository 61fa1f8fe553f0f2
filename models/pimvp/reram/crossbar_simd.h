// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// The inner loops of a crossbar, once per instruction set. All variants give the same bits;
/// tests force each of them.
namespace pimvp::reram {

/// Bit planes of the cells of one array. Bit r % 64 of
/// `planes[(plane * words + r / 64) * stride + column]` is bit `plane` of the cell in row r.
struct plane_view {
    const std::uint64_t* planes = nullptr;
    unsigned cell_bits = 0;
    unsigned words = 0;    ///< 64-bit words that hold the rows
    unsigned columns = 0;  ///< used columns
    unsigned stride = 0;   ///< columns rounded up to a multiple of 8; padding is 0
};

enum class simd_variant {
    portable,  ///< plain C++, any x86-64
    avx2,      ///< nibble-table population count
    avx512     ///< VPOPCNTDQ
};

struct simd_kernels {
    const char* name;

    /// sums[c] = sum over the rows r with bit r of row_bits set of cell (r, c), c < columns.
    void (*column_sums)(const plane_view& cells, const std::uint64_t* row_bits,
                        std::uint16_t* sums);

    /// codes[i] = min(samples[i], highest); returns how many samples were larger than `highest`.
    std::size_t (*saturate)(const std::uint16_t* samples, std::uint16_t* codes, std::size_t count,
                            std::uint16_t highest);

    /// sums[i] += codes[i] << shift, or -= if `subtract`; returns the bitwise OR of all codes.
    std::uint16_t (*shift_add)(const std::uint16_t* codes, std::int32_t* sums, std::size_t count,
                               unsigned shift, bool subtract);

    /// sums[i] += sum over r of inputs[r] * weights[r * outputs + i]: a plain integer product, for
    /// arrays that cannot clip. `fits_32_bits`: no partial sum leaves the range of int32.
    void (*multiply)(const std::int32_t* inputs, const std::int32_t* weights, unsigned rows,
                     unsigned outputs, bool fits_32_bits, std::int64_t* sums);
};

/// Whether this processor can run a variant.
[[nodiscard]] bool available(simd_variant variant);

/// Precondition: available(variant).
[[nodiscard]] const simd_kernels& kernels(simd_variant variant);

/// The fastest variant of this processor.
[[nodiscard]] const simd_kernels& best_kernels();

}  // namespace pimvp::reram
