// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/gemm.h>

#include <pimvp/core/processor.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstring>

namespace pimvp::nn::gemm {

namespace {

// --- plain C++ -----------------------------------------------------------------------------------

template <std::size_t Rows>
void tile_portable(std::size_t pairs, const std::int16_t* a, const std::int16_t* b,
                   std::int32_t* c) {
    std::int32_t sums[Rows][panel_width] = {};
    for (std::size_t p = 0; p < pairs; ++p, a += 2 * Rows, b += 2 * panel_width) {
        for (std::size_t r = 0; r < Rows; ++r) {
            const std::int32_t a0 = a[2 * r];
            const std::int32_t a1 = a[2 * r + 1];
            for (std::size_t j = 0; j < panel_width; ++j) {
                sums[r][j] += a0 * b[2 * j] + a1 * b[2 * j + 1];
            }
        }
    }
    std::memcpy(c, sums, sizeof(sums));
}

template <class Weight>
std::int32_t dot_portable(const Weight* w, const std::int16_t* x, std::size_t count) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += std::int32_t{w[i]} * std::int32_t{x[i]};
    return sum;
}

constexpr kernels portable_kernels = {
    "portable",
    {tile_portable<1>, tile_portable<2>, tile_portable<3>, tile_portable<4>},
    dot_portable<std::int8_t>,
    dot_portable<std::int16_t>};

#if defined(__x86_64__)

/// Two neighbouring 16-bit values as the 32 bits that a broadcast repeats.
inline int load_pair(const std::int16_t* from) {
    int pair = 0;
    std::memcpy(&pair, from, sizeof(pair));
    return pair;
}

// --- SSE2: the baseline of every x86-64 ----------------------------------------------------------

inline __m128i load128(const void* from) {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

inline std::int32_t sum128(__m128i v) {
    v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4E));
    v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0xB1));
    return _mm_cvtsi128_si32(v);
}

template <std::size_t Rows>
void tile_sse2(std::size_t pairs, const std::int16_t* a, const std::int16_t* b, std::int32_t* c) {
    // Half a panel at a time: 4 x 2 accumulators and their operands fit the 16 registers.
    for (std::size_t half = 0; half < panel_width; half += 8) {
        __m128i sums[Rows][2];
        for (auto& row : sums) row[0] = row[1] = _mm_setzero_si128();
        const std::int16_t* a_pair = a;
        const std::int16_t* b_pair = b + 2 * half;
        for (std::size_t p = 0; p < pairs; ++p, a_pair += 2 * Rows, b_pair += 2 * panel_width) {
            const __m128i b0 = load128(b_pair);
            const __m128i b1 = load128(b_pair + 8);
            for (std::size_t r = 0; r < Rows; ++r) {
                const __m128i both = _mm_set1_epi32(load_pair(a_pair + 2 * r));
                sums[r][0] = _mm_add_epi32(sums[r][0], _mm_madd_epi16(both, b0));
                sums[r][1] = _mm_add_epi32(sums[r][1], _mm_madd_epi16(both, b1));
            }
        }
        for (std::size_t r = 0; r < Rows; ++r) {
            std::int32_t* row = c + r * panel_width + half;
            _mm_storeu_si128(reinterpret_cast<__m128i*>(row), sums[r][0]);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(row + 4), sums[r][1]);
        }
    }
}

std::int32_t dot8_sse2(const std::int8_t* w, const std::int16_t* x, std::size_t count) {
    __m128i even = _mm_setzero_si128();
    __m128i odd = _mm_setzero_si128();
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m128i bytes = load128(w + i);
        const __m128i low = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
        const __m128i high = _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8);
        even = _mm_add_epi32(even, _mm_madd_epi16(low, load128(x + i)));
        odd = _mm_add_epi32(odd, _mm_madd_epi16(high, load128(x + i + 8)));
    }
    return sum128(_mm_add_epi32(even, odd)) + dot_portable(w + i, x + i, count - i);
}

std::int32_t dot16_sse2(const std::int16_t* w, const std::int16_t* x, std::size_t count) {
    __m128i sum = _mm_setzero_si128();
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        sum = _mm_add_epi32(sum, _mm_madd_epi16(load128(w + i), load128(x + i)));
    }
    return sum128(sum) + dot_portable(w + i, x + i, count - i);
}

constexpr kernels sse2_kernels = {
    "sse2", {tile_sse2<1>, tile_sse2<2>, tile_sse2<3>, tile_sse2<4>}, dot8_sse2, dot16_sse2};

// --- AVX2 ----------------------------------------------------------------------------------------

#define PIMVP_AVX2 __attribute__((target("avx2")))

PIMVP_AVX2 inline __m256i load256(const void* from) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

PIMVP_AVX2 inline std::int32_t sum256(__m256i v) {
    return sum128(_mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
}

template <std::size_t Rows>
PIMVP_AVX2 void tile_avx2(std::size_t pairs, const std::int16_t* a, const std::int16_t* b,
                          std::int32_t* c) {
    __m256i sums[Rows][2];
    for (std::size_t r = 0; r < Rows; ++r) sums[r][0] = sums[r][1] = _mm256_setzero_si256();
    for (std::size_t p = 0; p < pairs; ++p, a += 2 * Rows, b += 2 * panel_width) {
        const __m256i b0 = load256(b);
        const __m256i b1 = load256(b + 16);
        for (std::size_t r = 0; r < Rows; ++r) {
            const __m256i both = _mm256_set1_epi32(load_pair(a + 2 * r));
            sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(both, b0));
            sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(both, b1));
        }
    }
    for (std::size_t r = 0; r < Rows; ++r) {
        std::int32_t* row = c + r * panel_width;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(row), sums[r][0]);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + 8), sums[r][1]);
    }
}

PIMVP_AVX2 std::int32_t dot8_avx2(const std::int8_t* w, const std::int16_t* x, std::size_t count) {
    __m256i even = _mm256_setzero_si256();
    __m256i odd = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i low = _mm256_cvtepi8_epi16(load128(w + i));
        const __m256i high = _mm256_cvtepi8_epi16(load128(w + i + 16));
        even = _mm256_add_epi32(even, _mm256_madd_epi16(low, load256(x + i)));
        odd = _mm256_add_epi32(odd, _mm256_madd_epi16(high, load256(x + i + 16)));
    }
    return sum256(_mm256_add_epi32(even, odd)) + dot_portable(w + i, x + i, count - i);
}

PIMVP_AVX2 std::int32_t dot16_avx2(const std::int16_t* w, const std::int16_t* x,
                                   std::size_t count) {
    __m256i sum = _mm256_setzero_si256();
    std::size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load256(w + i), load256(x + i)));
    }
    return sum256(sum) + dot_portable(w + i, x + i, count - i);
}

#undef PIMVP_AVX2

constexpr kernels avx2_kernels = {
    "avx2", {tile_avx2<1>, tile_avx2<2>, tile_avx2<3>, tile_avx2<4>}, dot8_avx2, dot16_avx2};

#endif

std::vector<kernels> find_available() {
    std::vector<kernels> found = {portable_kernels};
#if defined(__x86_64__)
    found.push_back(sse2_kernels);
    if (core::processor_has(core::instruction_set::avx2)) found.push_back(avx2_kernels);
#endif
    return found;
}

}  // namespace

const std::vector<kernels>& available() {
    static const std::vector<kernels> found = find_available();
    return found;
}

const kernels& best() {
    const bool vectors = core::best_instruction_set() != core::instruction_set::portable;
    return vectors ? available().back()
                   : available()[std::min<std::size_t>(1, available().size() - 1)];
}

}  // namespace pimvp::nn::gemm
