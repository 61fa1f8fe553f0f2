// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

/// The innermost loops of the reference executor: exact products of 16-bit integers summed in 32
/// bits. Operands are widened to 16 bits, because the byte instruction (maddubs) saturates.
namespace pimvp::nn::gemm {

/// Columns of a panel: what one tile computes at a time.
constexpr std::size_t panel_width = 16;
/// Most rows of a tile.
constexpr std::size_t tile_rows = 4;

/// c[r][j] = sum over p of a[p][r][0] * b[p][j][0] + a[p][r][1] * b[p][j][1], r < rows, j < 16.
/// The caller guarantees that no sum of absolute products exceeds 2^31 - 1.
using tile_function = void (*)(std::size_t pairs, const std::int16_t* a, const std::int16_t* b,
                               std::int32_t* c);

/// One set of loops for one instruction set; all give the same integers.
struct kernels {
    std::string_view name;          ///< "portable", "sse2", "avx2"
    tile_function tile[tile_rows];  ///< [rows - 1]
    /// sum of w[i] * x[i], under the same guarantee.
    std::int32_t (*dot8)(const std::int8_t* w, const std::int16_t* x, std::size_t count);
    std::int32_t (*dot16)(const std::int16_t* w, const std::int16_t* x, std::size_t count);
};

/// The kernels this CPU can run, slowest first; the first is plain C++.
const std::vector<kernels>& available();

/// The fastest of available() that core::best_instruction_set() allows; with `portable`, what every
/// x86-64 has.
const kernels& best();

}  // namespace pimvp::nn::gemm
