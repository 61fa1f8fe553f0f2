// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/crossbar_simd.h>

#include <algorithm>

#if defined(__x86_64__) && defined(__GNUC__)
#define PIMVP_RERAM_X86_SIMD 1
#include <immintrin.h>
#else
#define PIMVP_RERAM_X86_SIMD 0
#endif

#define PIMVP_ALWAYS_INLINE inline __attribute__((always_inline))

namespace pimvp::reram {
namespace {

// The element-wise loops are the same text for every variant: inlined into functions of different
// targets, the compiler vectorises them for each.

PIMVP_ALWAYS_INLINE std::size_t saturate_loop(const std::uint16_t* samples, std::uint16_t* codes,
                                              std::size_t count, std::uint16_t highest) {
    constexpr std::size_t block = 4096;  // the per-block count of clipped samples fits 16 bits
    std::size_t clipped = 0;
    for (std::size_t from = 0; from < count; from += block) {
        const std::size_t to = std::min(count, from + block);
        std::uint16_t in_block = 0;
        for (std::size_t i = from; i < to; ++i) {
            const std::uint16_t sample = samples[i];
            in_block = static_cast<std::uint16_t>(in_block + (sample > highest ? 1 : 0));
            codes[i] = sample < highest ? sample : highest;
        }
        clipped += in_block;
    }
    return clipped;
}

PIMVP_ALWAYS_INLINE std::uint16_t shift_add_loop(const std::uint16_t* codes, std::int32_t* sums,
                                                 std::size_t count, unsigned shift, bool subtract) {
    std::uint16_t seen = 0;
    if (subtract) {
        for (std::size_t i = 0; i < count; ++i) {
            sums[i] -= static_cast<std::int32_t>(codes[i]) << shift;
            seen = static_cast<std::uint16_t>(seen | codes[i]);
        }
    } else {
        for (std::size_t i = 0; i < count; ++i) {
            sums[i] += static_cast<std::int32_t>(codes[i]) << shift;
            seen = static_cast<std::uint16_t>(seen | codes[i]);
        }
    }
    return seen;
}

PIMVP_ALWAYS_INLINE void multiply_loop(const std::int32_t* inputs, const std::int32_t* weights,
                                       unsigned rows, unsigned outputs, bool fits_32_bits,
                                       std::int64_t* sums) {
    constexpr unsigned block = 32;  // partial sums of a block stay in registers
    for (unsigned first = 0; first < outputs; first += block) {
        const unsigned count = std::min(block, outputs - first);
        const std::int32_t* row = weights + first;
        if (fits_32_bits && count == block) {
            std::int32_t narrow[block] = {};
            for (unsigned r = 0; r < rows; ++r, row += outputs) {
                for (unsigned i = 0; i < block; ++i) narrow[i] += inputs[r] * row[i];
            }
            for (unsigned i = 0; i < block; ++i) sums[first + i] += narrow[i];
        } else {
            for (unsigned r = 0; r < rows; ++r, row += outputs) {
                const std::int64_t input = inputs[r];
                for (unsigned i = 0; i < count; ++i) sums[first + i] += input * row[i];
            }
        }
    }
}

// ---------------------------------------------------------------------------------- portable ---

/// Population count of each byte of x.
PIMVP_ALWAYS_INLINE std::uint64_t byte_counts(std::uint64_t x) {
    x -= (x >> 1U) & 0x5555555555555555U;
    x = (x & 0x3333333333333333U) + ((x >> 2U) & 0x3333333333333333U);
    return (x + (x >> 4U)) & 0x0F0F0F0F0F0F0F0FU;
}

/// Sum of the bytes of x.
PIMVP_ALWAYS_INLINE std::uint64_t sum_bytes(std::uint64_t x) {
    x = (x & 0x00FF00FF00FF00FFU) + ((x >> 8U) & 0x00FF00FF00FF00FFU);
    return (x * 0x0001000100010001U) >> 48U;
}

void column_sums_portable(const plane_view& cells, const std::uint64_t* row_bits,
                          std::uint16_t* sums) {
    for (unsigned c = 0; c < cells.columns; ++c) {
        const std::uint64_t* word = cells.planes + c;
        std::uint64_t sum = 0;
        for (unsigned plane = 0; plane < cells.cell_bits; ++plane) {
            std::uint64_t counts = 0;  // per byte: at most 8 words * 8 bits
            for (unsigned w = 0; w < cells.words; ++w, word += cells.stride) {
                counts += byte_counts(*word & row_bits[w]);
            }
            sum += sum_bytes(counts) << plane;
        }
        sums[c] = static_cast<std::uint16_t>(sum);
    }
}

std::size_t saturate_portable(const std::uint16_t* samples, std::uint16_t* codes, std::size_t count,
                              std::uint16_t highest) {
    return saturate_loop(samples, codes, count, highest);
}

std::uint16_t shift_add_portable(const std::uint16_t* codes, std::int32_t* sums, std::size_t count,
                                 unsigned shift, bool subtract) {
    return shift_add_loop(codes, sums, count, shift, subtract);
}

void multiply_portable(const std::int32_t* inputs, const std::int32_t* weights, unsigned rows,
                       unsigned outputs, bool fits_32_bits, std::int64_t* sums) {
    multiply_loop(inputs, weights, rows, outputs, fits_32_bits, sums);
}

constexpr simd_kernels portable_kernels{"portable", column_sums_portable, saturate_portable,
                                        shift_add_portable, multiply_portable};

#if PIMVP_RERAM_X86_SIMD
#define PIMVP_AVX2 __attribute__((target("avx2")))
#define PIMVP_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vpopcntdq")))

// -------------------------------------------------------------------------------------- AVX2 ---

/// Population count of each byte (Mula): two table look-ups per byte.
PIMVP_AVX2 PIMVP_ALWAYS_INLINE __m256i byte_counts_avx2(__m256i x) {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                           0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low_nibbles = _mm256_set1_epi8(0x0F);
    const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(x, low_nibbles));
    const __m256i high =
        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low_nibbles));
    return _mm256_add_epi8(low, high);
}

/// Counts of one plane of four columns, per byte: at most 8 words * 8 bits.
PIMVP_AVX2 PIMVP_ALWAYS_INLINE __m256i plane_counts_avx2(const std::uint64_t* word, unsigned words,
                                                         std::size_t stride,
                                                         const std::uint64_t* row_bits) {
    __m256i counts = _mm256_setzero_si256();
    for (unsigned w = 0; w < words; ++w, word += stride) {
        const __m256i bits =
            _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(word)),
                             _mm256_set1_epi64x(static_cast<long long>(row_bits[w])));
        counts = _mm256_add_epi8(counts, byte_counts_avx2(bits));
    }
    return counts;
}

/// Four columns from `word` on, one per 64-bit lane; planes in pairs, so that bytes reach 3 * 64.
PIMVP_AVX2 PIMVP_ALWAYS_INLINE __m256i four_columns_avx2(const std::uint64_t* word,
                                                         unsigned cell_bits, unsigned words,
                                                         std::size_t stride,
                                                         const std::uint64_t* row_bits) {
    const std::size_t plane_words = words * stride;
    __m256i total = _mm256_setzero_si256();
    for (unsigned plane = 0; plane < cell_bits; plane += 2, word += 2 * plane_words) {
        __m256i counts = plane_counts_avx2(word, words, stride, row_bits);
        if (plane + 1 < cell_bits) {
            const __m256i twos = plane_counts_avx2(word + plane_words, words, stride, row_bits);
            counts = _mm256_add_epi8(counts, _mm256_add_epi8(twos, twos));
        }
        const __m256i sums = _mm256_sad_epu8(counts, _mm256_setzero_si256());
        const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(plane));
        total = _mm256_add_epi64(total, _mm256_sll_epi64(sums, shift));
    }
    return total;
}

PIMVP_AVX2 void column_sums_avx2(const plane_view& cells, const std::uint64_t* row_bits,
                                 std::uint16_t* sums) {
    const __m256i pick =
        _mm256_setr_epi8(0, 1, 8, 9, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 8, 9, -1,
                         -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const bool published = cells.words == 2 && cells.cell_bits == 2;  // constants unroll the loops
    for (unsigned c = 0; c < cells.columns; c += 4) {
        const std::uint64_t* word = cells.planes + c;
        const __m256i columns = published ? four_columns_avx2(word, 2, 2, cells.stride, row_bits)
                                          : four_columns_avx2(word, cells.cell_bits, cells.words,
                                                              cells.stride, row_bits);
        const __m256i packed = _mm256_shuffle_epi8(columns, pick);
        const __m128i four =
            _mm_unpacklo_epi32(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
        if (cells.columns - c >= 4) {
            _mm_storel_epi64(reinterpret_cast<__m128i*>(sums + c), four);
        } else {
            alignas(16) std::uint16_t tail[8];
            _mm_store_si128(reinterpret_cast<__m128i*>(tail), four);
            std::copy(tail, tail + (cells.columns - c), sums + c);
        }
    }
}

PIMVP_AVX2 std::size_t saturate_avx2(const std::uint16_t* samples, std::uint16_t* codes,
                                     std::size_t count, std::uint16_t highest) {
    return saturate_loop(samples, codes, count, highest);
}

PIMVP_AVX2 std::uint16_t shift_add_avx2(const std::uint16_t* codes, std::int32_t* sums,
                                        std::size_t count, unsigned shift, bool subtract) {
    return shift_add_loop(codes, sums, count, shift, subtract);
}

PIMVP_AVX2 void multiply_avx2(const std::int32_t* inputs, const std::int32_t* weights,
                              unsigned rows, unsigned outputs, bool fits_32_bits,
                              std::int64_t* sums) {
    multiply_loop(inputs, weights, rows, outputs, fits_32_bits, sums);
}

constexpr simd_kernels avx2_kernels{"avx2", column_sums_avx2, saturate_avx2, shift_add_avx2,
                                    multiply_avx2};

// ----------------------------------------------------------------------------------- AVX-512 ---

PIMVP_AVX512 PIMVP_ALWAYS_INLINE __m512i masked_count(const std::uint64_t* word, __m512i rows) {
    return _mm512_popcnt_epi64(_mm512_and_si512(_mm512_loadu_si512(word), rows));
}

PIMVP_AVX512 PIMVP_ALWAYS_INLINE void store_columns(const plane_view& cells, unsigned first,
                                                    __m512i total, std::uint16_t* sums) {
    const unsigned left = cells.columns - first;
    const auto mask = static_cast<__mmask8>(left >= 8 ? 0xFFU : (1U << left) - 1U);
    _mm512_mask_cvtepi64_storeu_epi16(sums + first, mask, total);
}

PIMVP_AVX512 void column_sums_avx512(const plane_view& cells, const std::uint64_t* row_bits,
                                     std::uint16_t* sums) {
    if (cells.words == 2 && cells.cell_bits == 2) {  // the published array: everything in registers
        const __m512i low = _mm512_set1_epi64(static_cast<long long>(row_bits[0]));
        const __m512i high = _mm512_set1_epi64(static_cast<long long>(row_bits[1]));
        const std::size_t stride = cells.stride;
        for (unsigned c = 0; c < cells.columns; c += 8) {
            const std::uint64_t* word = cells.planes + c;
            const __m512i ones =
                _mm512_add_epi64(masked_count(word, low), masked_count(word + stride, high));
            const __m512i twos = _mm512_add_epi64(masked_count(word + 2 * stride, low),
                                                  masked_count(word + 3 * stride, high));
            store_columns(cells, c, _mm512_add_epi64(ones, _mm512_add_epi64(twos, twos)), sums);
        }
        return;
    }
    for (unsigned c = 0; c < cells.columns; c += 8) {
        const std::uint64_t* word = cells.planes + c;
        __m512i total = _mm512_setzero_si512();
        for (unsigned plane = 0; plane < cells.cell_bits; ++plane) {
            __m512i counts = _mm512_setzero_si512();
            for (unsigned w = 0; w < cells.words; ++w, word += cells.stride) {
                const __m512i rows = _mm512_set1_epi64(static_cast<long long>(row_bits[w]));
                counts = _mm512_add_epi64(counts, masked_count(word, rows));
            }
            total = _mm512_add_epi64(
                total,
                _mm512_maskz_sll_epi64(0xFFU, counts, _mm_cvtsi32_si128(static_cast<int>(plane))));
        }
        store_columns(cells, c, total, sums);
    }
}

PIMVP_AVX512 std::size_t saturate_avx512(const std::uint16_t* samples, std::uint16_t* codes,
                                         std::size_t count, std::uint16_t highest) {
    return saturate_loop(samples, codes, count, highest);
}

PIMVP_AVX512 std::uint16_t shift_add_avx512(const std::uint16_t* codes, std::int32_t* sums,
                                            std::size_t count, unsigned shift, bool subtract) {
    return shift_add_loop(codes, sums, count, shift, subtract);
}

PIMVP_AVX512 void multiply_avx512(const std::int32_t* inputs, const std::int32_t* weights,
                                  unsigned rows, unsigned outputs, bool fits_32_bits,
                                  std::int64_t* sums) {
    multiply_loop(inputs, weights, rows, outputs, fits_32_bits, sums);
}

constexpr simd_kernels avx512_kernels{"avx512", column_sums_avx512, saturate_avx512,
                                      shift_add_avx512, multiply_avx512};
#endif

simd_variant best_variant() {
    if (available(simd_variant::avx512)) return simd_variant::avx512;
    if (available(simd_variant::avx2)) return simd_variant::avx2;
    return simd_variant::portable;
}

}  // namespace

bool available(simd_variant variant) {
#if PIMVP_RERAM_X86_SIMD
    switch (variant) {
    case simd_variant::portable:
        return true;
    case simd_variant::avx2:
        return __builtin_cpu_supports("avx2") != 0;
    case simd_variant::avx512:
        return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
               __builtin_cpu_supports("avx512vl") != 0 &&
               __builtin_cpu_supports("avx512vpopcntdq") != 0;
    }
    return false;
#else
    return variant == simd_variant::portable;
#endif
}

const simd_kernels& kernels(simd_variant variant) {
#if PIMVP_RERAM_X86_SIMD
    if (variant == simd_variant::avx512) return avx512_kernels;
    if (variant == simd_variant::avx2) return avx2_kernels;
#else
    static_cast<void>(variant);
#endif
    return portable_kernels;
}

const simd_kernels& best_kernels() {
    static const simd_kernels& best = kernels(best_variant());
    return best;
}

}  // namespace pimvp::reram
