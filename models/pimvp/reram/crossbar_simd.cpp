// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/crossbar_simd.h>

#include <algorithm>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define PIMVP_RERAM_X86_SIMD 1
#include <immintrin.h>
#else
#define PIMVP_RERAM_X86_SIMD 0
#endif

#define PIMVP_ALWAYS_INLINE inline __attribute__((always_inline))

namespace pimvp::reram {
namespace {

// The loops are the same text for every variant: inlined into functions of different targets, the
// compiler vectorises them for each. Tables are what it cannot: they have intrinsics.

PIMVP_ALWAYS_INLINE std::size_t saturate_loop(const std::uint16_t* samples, std::uint16_t* codes,
                                              std::size_t count, std::uint16_t highest) {
    std::uint16_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, samples[i]);
    std::size_t clipped = 0;
    if (largest > highest) {  // rare: published arrays never clip
        for (std::size_t i = 0; i < count; ++i) clipped += samples[i] > highest ? 1U : 0U;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint16_t sample = samples[i];
        codes[i] = sample < highest ? sample : highest;
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

template <unsigned Digits>
PIMVP_ALWAYS_INLINE void combine_digits(const std::int32_t* totals, const std::int32_t* factors,
                                        unsigned outputs, unsigned digits, std::int64_t* sums) {
    if (Digits != 0) digits = Digits;
    for (unsigned i = 0; i < outputs; ++i, totals += digits, factors += digits) {
        std::int64_t sum = 0;
        for (unsigned d = 0; d < digits; ++d) sum += std::int64_t{totals[d]} * factors[d];
        sums[i] += sum;
    }
}

PIMVP_ALWAYS_INLINE void combine_loop(const std::int32_t* totals, const std::int32_t* factors,
                                      unsigned outputs, unsigned digits, std::int64_t* sums) {
    if (digits == 4) {  // 8-bit weights in 2-bit cells, as constants
        combine_digits<4>(totals, factors, outputs, digits, sums);
    } else {
        combine_digits<0>(totals, factors, outputs, digits, sums);
    }
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

// Column sums: the rows that are driven are added up, many cells at a time. Cells of up to 2 bits
// are spread to fields of 4 bits; a few rows fill those, a few of their sums the 8 bits of a byte,
// and those are widened to 16.

constexpr unsigned most_rows = 512;
constexpr unsigned block_bytes = 32;  // of a row: what one vector holds
/// Sums of 4 bits that fit a byte: 17 * 15 = 255.
constexpr unsigned nibbles_per_byte = 17;

using vector = std::uint64_t __attribute__((vector_size(block_bytes)));
using byte_vector = std::uint8_t __attribute__((vector_size(block_bytes)));
using word_vector = std::uint16_t __attribute__((vector_size(2 * block_bytes)));
using half_word_vector = std::uint16_t __attribute__((vector_size(block_bytes)));
using eight_rows = std::uint16_t __attribute__((vector_size(16)));

/// The places of the bits of a byte, lowest first, and how many they are.
struct bit_places {
    std::uint16_t places[256][8] = {};
    std::uint8_t counts[256] = {};

    constexpr bit_places() {
        for (unsigned byte = 0; byte < 256; ++byte) {
            for (unsigned bit = 0; bit < 8; ++bit) {
                if ((byte >> bit & 1U) == 0) continue;
                places[byte][counts[byte]++] = static_cast<std::uint16_t>(bit);
            }
        }
    }
};
constexpr bit_places set_bits;

/// Lists the driven rows; returns how many they are. Writes up to 7 entries too many.
PIMVP_ALWAYS_INLINE unsigned find_rows(unsigned used_rows, const std::uint64_t* row_bits,
                                       std::uint16_t* rows) {
    unsigned count = 0;
    for (unsigned first = 0; first < used_rows; first += 64) {
        std::uint64_t bits = row_bits[first / 64];
        if (used_rows - first < 64) bits &= (std::uint64_t{1} << (used_rows - first)) - 1U;
        if (bits == 0) continue;
        for (unsigned byte = 0; byte < 8; ++byte, bits >>= 8U) {
            const std::uint64_t eight = bits & 0xFFU;
            eight_rows places;
            std::memcpy(&places, set_bits.places[eight], sizeof(places));
            places += static_cast<std::uint16_t>(first + 8 * byte);
            std::memcpy(rows + count, &places, sizeof(places));
            count += set_bits.counts[eight];
        }
    }
    return count;
}

/// sums[i] = or += byte i of `from`, i < count <= 32.
PIMVP_ALWAYS_INLINE void widen(const vector& from, std::uint16_t* sums, unsigned count, bool add) {
    const auto& bytes = reinterpret_cast<const byte_vector&>(from);
    const auto words = __builtin_convertvector(bytes, word_vector);
    if (count == block_bytes && !add) {
        std::memcpy(sums, &words, sizeof(words));
        return;
    }
    for (unsigned i = 0; i < count; ++i) {
        sums[i] = static_cast<std::uint16_t>(words[i] + (add ? sums[i] : 0));
    }
}

/// The columns whose cells lie in bytes first .. first + 31 of the rows. `PerNibble` rows add up to
/// 15 at most; the list holds a multiple of them.
template <unsigned Fields, unsigned PerNibble>
PIMVP_ALWAYS_INLINE void sum_block(const cell_view& array, unsigned row_bytes, unsigned first,
                                   const std::uint16_t* rows, unsigned count, std::uint16_t* sums) {
    constexpr unsigned parts = Fields / 2;  // a byte has a low and a high nibble
    constexpr std::uint64_t low_nibbles = 0x0F0F0F0F0F0F0F0FU;
    constexpr std::uint64_t even_cells = 0x3333333333333333U;
    constexpr unsigned most = nibbles_per_byte * PerNibble;
    const std::uint8_t* cells = array.cells + first;
    for (unsigned from = 0; from < count; from += most) {
        vector low[parts] = {};
        vector high[parts] = {};
        const std::uint16_t* const end = rows + std::min(count, from + most);
        for (const std::uint16_t* row = rows + from; row != end; row += PerNibble) {
            vector nibbles[parts] = {};
            for (unsigned i = 0; i < PerNibble; ++i) {
                vector packed;
                std::memcpy(&packed, cells + std::size_t{row[i]} * row_bytes, sizeof(packed));
                if constexpr (parts == 1) {
                    nibbles[0] += packed;
                } else {
                    nibbles[0] += packed & even_cells;
                    nibbles[1] += packed >> 2 & even_cells;
                }
            }
            for (unsigned part = 0; part < parts; ++part) {
                low[part] += nibbles[part] & low_nibbles;
                high[part] += nibbles[part] >> 4 & low_nibbles;
            }
        }
        for (unsigned field = 0; field < Fields; ++field) {
            const unsigned column = field * row_bytes + first;
            if (column >= array.columns) break;
            widen(field < parts ? low[field] : high[field - parts], sums + column,
                  std::min(block_bytes, array.columns - column), from != 0);
        }
    }
}

template <unsigned Fields, unsigned PerNibble>
PIMVP_ALWAYS_INLINE void sum_columns(const cell_view& array, std::uint16_t* rows, unsigned count,
                                     std::uint16_t* sums) {
    while (count % PerNibble != 0) rows[count++] = static_cast<std::uint16_t>(array.rows);
    if (array.row_bytes == block_bytes) {  // the published array, as constants
        sum_block<Fields, PerNibble>(array, block_bytes, 0, rows, count, sums);
        return;
    }
    for (unsigned first = 0; first < array.row_bytes; first += block_bytes) {
        sum_block<Fields, PerNibble>(array, array.row_bytes, first, rows, count, sums);
    }
}

PIMVP_ALWAYS_INLINE void column_sums_loop(const cell_view& array, const std::uint64_t* row_bits,
                                          std::uint16_t* sums) {
    std::uint16_t rows[most_rows + 16];
    const unsigned count = find_rows(array.rows, row_bits, rows);
    if (count == 0) {
        std::fill_n(sums, array.columns, std::uint16_t{0});
        return;
    }
    switch (array.cell_bits) {
    case 1:
        return sum_columns<4, 15>(array, rows, count, sums);
    case 2:
        return sum_columns<4, 5>(array, rows, count, sums);
    case 3:
        return sum_columns<2, 2>(array, rows, count, sums);
    default:
        return sum_columns<2, 1>(array, rows, count, sums);
    }
}

// Analog arrays: conductances are added in 16 bits, the columns of as many vectors as stay in
// registers at a time.

template <class Vector, unsigned Vectors>
PIMVP_ALWAYS_INLINE void sum_conductances(const conductance_view& array, unsigned first,
                                          const std::uint16_t* rows, unsigned count,
                                          std::uint16_t* sums) {
    constexpr unsigned cells_each = sizeof(Vector) / sizeof(std::uint16_t);
    constexpr unsigned block = Vectors * cells_each;
    for (; array.row_cells - first >= block; first += block) {
        Vector sum[Vectors] = {};
        const std::uint16_t* const cells = array.cells + first;
        for (unsigned i = 0; i < count; ++i) {
            const std::uint16_t* row = cells + std::size_t{rows[i]} * array.row_cells;
            for (unsigned v = 0; v < Vectors; ++v) {
                Vector some;
                std::memcpy(&some, row + v * cells_each, sizeof(some));
                sum[v] += some;
            }
        }
        const unsigned columns = array.columns - first;
        if (columns >= block) {
            std::memcpy(sums + first, sum, sizeof(sum));
        } else {
            std::memcpy(sums + first, sum, columns * sizeof(*sums));
        }
    }
    if constexpr (block > conductance_row_cells(1)) {
        sum_conductances<Vector, Vectors / 2>(array, first, rows, count, sums);
    }
}

/// Sums that may need more than 16 bits: rare.
PIMVP_ALWAYS_INLINE void sum_wide_conductances(const conductance_view& array,
                                               const std::uint16_t* rows, unsigned count,
                                               std::uint16_t* sums) {
    for (unsigned c = 0; c < array.columns; ++c) {
        std::uint32_t sum = 0;
        for (unsigned i = 0; i < count; ++i) {
            sum += array.cells[std::size_t{rows[i]} * array.row_cells + c];
        }
        sums[c] = static_cast<std::uint16_t>(std::min(sum, std::uint32_t{0xFFFF}));
    }
}

template <class Vector, unsigned Vectors>
PIMVP_ALWAYS_INLINE void conductance_sums_loop(const conductance_view& array,
                                               const std::uint64_t* row_bits, std::uint16_t* sums) {
    std::uint16_t rows[most_rows + 16];
    const unsigned count = find_rows(array.rows, row_bits, rows);
    if (!array.fits_16_bits) return sum_wide_conductances(array, rows, count, sums);
    sum_conductances<Vector, Vectors>(array, 0, rows, count, sums);
}

PIMVP_ALWAYS_INLINE void add_noise_loop(std::int16_t scale, const std::uint8_t* draws,
                                        std::uint16_t* sums, std::size_t count) {
    const auto& quarters = noise_quarters;
    for (std::size_t i = 0; i < count; ++i, draws += 2) {
        const int z = quarters[draws[0] & 0xFU] + quarters[draws[0] >> 4U] +
                      quarters[draws[1] & 0xFU] + quarters[draws[1] >> 4U];
        const int sum = sums[i] + ((z * scale + 256) >> 9);
        sums[i] = static_cast<std::uint16_t>(std::min(std::max(sum, 0), 0xFFFF));
    }
}

/// a + b or a - b, as far as 16 bits go.
PIMVP_ALWAYS_INLINE std::uint16_t raised(std::uint16_t a, std::uint16_t b) {
    const auto room = static_cast<std::uint16_t>(~a);
    return static_cast<std::uint16_t>(a + (b < room ? b : room));
}
PIMVP_ALWAYS_INLINE std::uint16_t lowered(std::uint16_t a, std::uint16_t b) {
    return static_cast<std::uint16_t>(a - (b < a ? b : a));
}
PIMVP_ALWAYS_INLINE std::uint16_t upper_half(std::uint16_t a, std::uint16_t b) {
    return static_cast<std::uint16_t>(std::uint32_t{a} * b >> 16U);
}

/// Shifts are products: compilers multiply 16 bits in vectors of 16, but shift them in 32.
PIMVP_ALWAYS_INLINE std::uint16_t convert_some(const conversion& rule, unsigned up,
                                               const std::uint16_t* samples, std::uint16_t* codes,
                                               std::uint16_t count) {
    const conversion r = rule;
    const auto most = static_cast<std::uint16_t>(0xFFFFU >> up);
    const auto scale = static_cast<std::uint16_t>(1U << up);
    const auto step = static_cast<std::uint16_t>(1U << r.step_bits);
    // Half to even: just below a half, and one more where the code would be odd.
    const auto half = static_cast<std::uint16_t>(0x8000U / r.codes - 1);
    std::uint16_t above = 0;
    for (std::uint16_t i = 0; i < count; ++i) {
        const std::uint16_t sample = samples[i];
        auto sum = static_cast<std::uint16_t>((sample < most ? sample : most) * scale);
        sum = lowered(raised(sum, upper_half(sum, r.gain_more)), upper_half(sum, r.gain_less));
        sum = lowered(raised(sum, r.offset_more), r.offset_less);
        const auto odd = static_cast<std::uint16_t>(upper_half(sum, r.codes) & 1U);
        const auto to_even = static_cast<std::uint16_t>(half + odd);
        const std::uint16_t code = upper_half(raised(sum, to_even), r.codes);
        const std::uint16_t held = code < r.highest ? code : r.highest;
        above = static_cast<std::uint16_t>(above + (code == held ? 0U : 1U));
        codes[i] = static_cast<std::uint16_t>(held * step);
    }
    return above;
}

PIMVP_ALWAYS_INLINE std::size_t convert_loop(const conversion& rule, unsigned up,
                                             const std::uint16_t* samples, std::uint16_t* codes,
                                             std::size_t count) {
    constexpr std::size_t most = 0x8000;  // what 16 bits can count
    std::size_t above = 0;
    for (std::size_t i = 0; i < count; i += most) {
        const auto some = static_cast<std::uint16_t>(std::min(most, count - i));
        above += convert_some(rule, up, samples + i, codes + i, some);
    }
    return above;
}

// ---------------------------------------------------------------------------------- portable ---

void column_sums_portable(const cell_view& array, const std::uint64_t* row_bits,
                          std::uint16_t* sums) {
    column_sums_loop(array, row_bits, sums);
}

void conductance_sums_portable(const conductance_view& array, const std::uint64_t* row_bits,
                               std::uint16_t* sums) {
    conductance_sums_loop<eight_rows, 8>(array, row_bits, sums);
}

void add_noise_portable(std::int16_t scale, const std::uint8_t* draws, std::uint16_t* sums,
                        std::size_t count) {
    add_noise_loop(scale, draws, sums, count);
}

std::size_t convert_portable(const conversion& rule, unsigned up, const std::uint16_t* samples,
                             std::uint16_t* codes, std::size_t count) {
    return convert_loop(rule, up, samples, codes, count);
}

std::size_t saturate_portable(const std::uint16_t* samples, std::uint16_t* codes, std::size_t count,
                              std::uint16_t highest) {
    return saturate_loop(samples, codes, count, highest);
}

std::uint16_t shift_add_portable(const std::uint16_t* codes, std::int32_t* sums, std::size_t count,
                                 unsigned shift, bool subtract) {
    return shift_add_loop(codes, sums, count, shift, subtract);
}

void combine_portable(const std::int32_t* totals, const std::int32_t* factors, unsigned outputs,
                      unsigned digits, std::int64_t* sums) {
    combine_loop(totals, factors, outputs, digits, sums);
}

void multiply_portable(const std::int32_t* inputs, const std::int32_t* weights, unsigned rows,
                       unsigned outputs, bool fits_32_bits, std::int64_t* sums) {
    multiply_loop(inputs, weights, rows, outputs, fits_32_bits, sums);
}

constexpr simd_kernels portable_kernels{
    "portable",         column_sums_portable, conductance_sums_portable,
    add_noise_portable, convert_portable,     saturate_portable,
    shift_add_portable, combine_portable,     multiply_portable};

#if PIMVP_RERAM_X86_SIMD
#define PIMVP_AVX2 __attribute__((target("avx2,bmi")))
#define PIMVP_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi")))

// -------------------------------------------------------------------------------------- AVX2 ---

PIMVP_AVX2 void column_sums_avx2(const cell_view& array, const std::uint64_t* row_bits,
                                 std::uint16_t* sums) {
    column_sums_loop(array, row_bits, sums);
}

PIMVP_AVX2 void conductance_sums_avx2(const conductance_view& array, const std::uint64_t* row_bits,
                                      std::uint16_t* sums) {
    conductance_sums_loop<half_word_vector, 8>(array, row_bits, sums);
}

PIMVP_AVX2 void add_noise_avx2(std::int16_t scale, const std::uint8_t* draws, std::uint16_t* sums,
                               std::size_t count) {
    const __m256i quarters = _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(noise_quarters.data())));
    const __m256i low_nibbles = _mm256_set1_epi8(0x0F);
    const __m256i ones = _mm256_set1_epi8(1);
    const __m256i zero = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(draws + 2 * i));
        const __m256i low = _mm256_and_si256(bytes, low_nibbles);
        const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_nibbles);
        const __m256i z =
            _mm256_add_epi16(_mm256_maddubs_epi16(ones, _mm256_shuffle_epi8(quarters, low)),
                             _mm256_maddubs_epi16(ones, _mm256_shuffle_epi8(quarters, high)));
        const __m256i noise =
            _mm256_mulhrs_epi16(_mm256_slli_epi16(z, 6), _mm256_set1_epi16(scale));
        auto* const held = reinterpret_cast<__m256i*>(sums + i);
        const __m256i raised =
            _mm256_adds_epu16(_mm256_loadu_si256(held), _mm256_max_epi16(noise, zero));
        const __m256i less = _mm256_max_epi16(_mm256_sub_epi16(zero, noise), zero);
        _mm256_storeu_si256(held, _mm256_subs_epu16(raised, less));
    }
    add_noise_loop(scale, draws + 2 * i, sums + i, count - i);
}

PIMVP_AVX2 std::size_t convert_avx2(const conversion& rule, unsigned up,
                                    const std::uint16_t* samples, std::uint16_t* codes,
                                    std::size_t count) {
    return convert_loop(rule, up, samples, codes, count);
}

PIMVP_AVX2 std::size_t saturate_avx2(const std::uint16_t* samples, std::uint16_t* codes,
                                     std::size_t count, std::uint16_t highest) {
    return saturate_loop(samples, codes, count, highest);
}

PIMVP_AVX2 std::uint16_t shift_add_avx2(const std::uint16_t* codes, std::int32_t* sums,
                                        std::size_t count, unsigned shift, bool subtract) {
    return shift_add_loop(codes, sums, count, shift, subtract);
}

PIMVP_AVX2 void combine_avx2(const std::int32_t* totals, const std::int32_t* factors,
                             unsigned outputs, unsigned digits, std::int64_t* sums) {
    combine_loop(totals, factors, outputs, digits, sums);
}

PIMVP_AVX2 void multiply_avx2(const std::int32_t* inputs, const std::int32_t* weights,
                              unsigned rows, unsigned outputs, bool fits_32_bits,
                              std::int64_t* sums) {
    multiply_loop(inputs, weights, rows, outputs, fits_32_bits, sums);
}

constexpr simd_kernels avx2_kernels{"avx2",         column_sums_avx2, conductance_sums_avx2,
                                    add_noise_avx2, convert_avx2,     saturate_avx2,
                                    shift_add_avx2, combine_avx2,     multiply_avx2};

// ----------------------------------------------------------------------------------- AVX-512 ---

PIMVP_AVX512 void column_sums_avx512(const cell_view& array, const std::uint64_t* row_bits,
                                     std::uint16_t* sums) {
    column_sums_loop(array, row_bits, sums);
}

PIMVP_AVX512 void conductance_sums_avx512(const conductance_view& array,
                                          const std::uint64_t* row_bits, std::uint16_t* sums) {
    conductance_sums_loop<word_vector, 4>(array, row_bits, sums);
}

PIMVP_AVX512 void add_noise_avx512(std::int16_t scale, const std::uint8_t* draws,
                                   std::uint16_t* sums, std::size_t count) {
    const __m512i quarters = _mm512_maskz_broadcast_i32x4(
        0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(noise_quarters.data())));
    const __m512i low_nibbles = _mm512_set1_epi8(0x0F);
    const __m512i ones = _mm512_set1_epi8(1);
    const __m512i zero = _mm512_setzero_si512();
    std::size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m512i bytes = _mm512_loadu_si512(draws + 2 * i);
        const __m512i low = _mm512_and_si512(bytes, low_nibbles);
        const __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), low_nibbles);
        const __m512i z =
            _mm512_add_epi16(_mm512_maddubs_epi16(ones, _mm512_shuffle_epi8(quarters, low)),
                             _mm512_maddubs_epi16(ones, _mm512_shuffle_epi8(quarters, high)));
        const __m512i noise =
            _mm512_mulhrs_epi16(_mm512_slli_epi16(z, 6), _mm512_set1_epi16(scale));
        const __m512i raised =
            _mm512_adds_epu16(_mm512_loadu_si512(sums + i), _mm512_max_epi16(noise, zero));
        const __m512i less = _mm512_max_epi16(_mm512_sub_epi16(zero, noise), zero);
        _mm512_storeu_si512(sums + i, _mm512_subs_epu16(raised, less));
    }
    add_noise_loop(scale, draws + 2 * i, sums + i, count - i);
}

PIMVP_AVX512 std::size_t convert_avx512(const conversion& rule, unsigned up,
                                        const std::uint16_t* samples, std::uint16_t* codes,
                                        std::size_t count) {
    return convert_loop(rule, up, samples, codes, count);
}

PIMVP_AVX512 std::size_t saturate_avx512(const std::uint16_t* samples, std::uint16_t* codes,
                                         std::size_t count, std::uint16_t highest) {
    return saturate_loop(samples, codes, count, highest);
}

PIMVP_AVX512 std::uint16_t shift_add_avx512(const std::uint16_t* codes, std::int32_t* sums,
                                            std::size_t count, unsigned shift, bool subtract) {
    return shift_add_loop(codes, sums, count, shift, subtract);
}

PIMVP_AVX512 void combine_avx512(const std::int32_t* totals, const std::int32_t* factors,
                                 unsigned outputs, unsigned digits, std::int64_t* sums) {
    combine_loop(totals, factors, outputs, digits, sums);
}

PIMVP_AVX512 void multiply_avx512(const std::int32_t* inputs, const std::int32_t* weights,
                                  unsigned rows, unsigned outputs, bool fits_32_bits,
                                  std::int64_t* sums) {
    multiply_loop(inputs, weights, rows, outputs, fits_32_bits, sums);
}

constexpr simd_kernels avx512_kernels{"avx512",         column_sums_avx512, conductance_sums_avx512,
                                      add_noise_avx512, convert_avx512,     saturate_avx512,
                                      shift_add_avx512, combine_avx512,     multiply_avx512};
#endif

}  // namespace

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
    static const simd_kernels& best = kernels(core::best_instruction_set());
    return best;
}

}  // namespace pimvp::reram
