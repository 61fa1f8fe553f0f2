// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/random.h>

#include <pimvp/core/processor.h>
#include <pimvp/core/random_field.h>
#include <pimvp/core/sha256.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pimvp::core {

namespace {

__extension__ using u128 = unsigned __int128;

// Multipliers and Weyl steps of Philox4x32 (SC 2011, section 4.3).
constexpr std::uint32_t multiplier_0 = 0xD2511F53U;
constexpr std::uint32_t multiplier_1 = 0xCD9E8D57U;
constexpr std::uint32_t weyl_0 = 0x9E3779B9U;
constexpr std::uint32_t weyl_1 = 0xBB67AE85U;
/// In the key, sets the blocks that name entries of a field apart from those of streams.
constexpr std::uint32_t of_entries = 0x6669656CU;

constexpr std::uint32_t low(std::uint64_t v) {
    return static_cast<std::uint32_t>(v);
}
constexpr std::uint32_t high(std::uint64_t v) {
    return static_cast<std::uint32_t>(v >> 32U);
}

/// Blocks first .. first + lanes - 1 of a stream, side by side: loops a compiler can vectorise.
constexpr std::size_t lanes = 16;

inline __attribute__((always_inline)) void philox_lanes(std::uint64_t first,
                                                        const std::array<std::uint32_t, 2>& name,
                                                        const std::array<std::uint32_t, 2>& key,
                                                        std::uint32_t* to) {
    std::uint32_t x0[lanes], x1[lanes], x2[lanes], x3[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {
        x0[i] = low(first + i);
        x1[i] = high(first + i);
        x2[i] = name[0];
        x3[i] = name[1];
    }
    std::uint32_t k0 = key[0];
    std::uint32_t k1 = key[1];
    for (int round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::uint64_t p0 = std::uint64_t{multiplier_0} * x0[i];
            const std::uint64_t p1 = std::uint64_t{multiplier_1} * x2[i];
            x0[i] = high(p1) ^ x1[i] ^ k0;
            x1[i] = low(p1);
            x2[i] = high(p0) ^ x3[i] ^ k1;
            x3[i] = low(p0);
        }
        k0 += weyl_0;
        k1 += weyl_1;
    }
    for (std::size_t i = 0; i < lanes; ++i) {
        to[4 * i] = x0[i];
        to[4 * i + 1] = x1[i];
        to[4 * i + 2] = x2[i];
        to[4 * i + 3] = x3[i];
    }
}

void philox_portable(std::uint64_t first, const std::array<std::uint32_t, 2>& name,
                     const std::array<std::uint32_t, 2>& key, std::uint32_t* to) {
    philox_lanes(first, name, key, to);
}

#if defined(__x86_64__)
#define PIMVP_AVX2 __attribute__((target("avx2")))
#define PIMVP_AVX512 __attribute__((target("avx512f")))

using four_lanes = std::uint64_t __attribute__((vector_size(32)));
using eight_lanes = std::uint64_t __attribute__((vector_size(64)));

/// The products of the lower halves: an instruction that compilers do not find by themselves.
PIMVP_AVX2 inline void multiply(const four_lanes& x, std::uint32_t by, four_lanes& product) {
    product = reinterpret_cast<four_lanes>(
        _mm256_mul_epu32(reinterpret_cast<__m256i>(x), _mm256_set1_epi64x(by)));
}
PIMVP_AVX512 inline void multiply(const eight_lanes& x, std::uint32_t by, eight_lanes& product) {
    product = reinterpret_cast<eight_lanes>(
        _mm512_maskz_mul_epu32(0xFF, reinterpret_cast<__m512i>(x), _mm512_set1_epi64(by)));
}

/// philox_lanes(), a word to each 64-bit element, whose upper half is of no interest.
template <class Vector>
inline __attribute__((always_inline)) void philox_vectors(std::uint64_t first,
                                                          const std::array<std::uint32_t, 2>& name,
                                                          const std::array<std::uint32_t, 2>& key,
                                                          std::uint32_t* to) {
    constexpr std::size_t lanes_each = sizeof(Vector) / sizeof(std::uint64_t);
    constexpr std::uint64_t lower_half = 0xFFFFFFFFU;
    for (std::size_t done = 0; done < lanes; done += lanes_each) {
        Vector x0;
        for (std::size_t i = 0; i < lanes_each; ++i) x0[i] = first + done + i;
        Vector x1 = x0 >> 32;
        Vector x2 = Vector{} + name[0];
        Vector x3 = Vector{} + name[1];
        Vector k0 = Vector{} + key[0];
        Vector k1 = Vector{} + key[1];
        for (int round = 0; round < 10; ++round) {
            Vector p0, p1;
            multiply(x0, multiplier_0, p0);
            multiply(x2, multiplier_1, p1);
            x0 = p1 >> 32 ^ x1 ^ k0;
            x1 = p1;
            x2 = p0 >> 32 ^ x3 ^ k1;
            x3 = p0;
            k0 += weyl_0;
            k1 += weyl_1;
        }
        const Vector lower = (x0 & lower_half) | x1 << 32;
        const Vector upper = (x2 & lower_half) | x3 << 32;
        Vector blocks[2];
        if constexpr (lanes_each == 4) {
            blocks[0] = __builtin_shufflevector(lower, upper, 0, 4, 1, 5);
            blocks[1] = __builtin_shufflevector(lower, upper, 2, 6, 3, 7);
        } else {
            blocks[0] = __builtin_shufflevector(lower, upper, 0, 8, 1, 9, 2, 10, 3, 11);
            blocks[1] = __builtin_shufflevector(lower, upper, 4, 12, 5, 13, 6, 14, 7, 15);
        }
        std::memcpy(to + 4 * done, blocks, sizeof(blocks));
    }
}

PIMVP_AVX2 void philox_avx2(std::uint64_t first, const std::array<std::uint32_t, 2>& name,
                            const std::array<std::uint32_t, 2>& key, std::uint32_t* to) {
    philox_vectors<four_lanes>(first, name, key, to);
}
PIMVP_AVX512 void philox_avx512(std::uint64_t first, const std::array<std::uint32_t, 2>& name,
                                const std::array<std::uint32_t, 2>& key, std::uint32_t* to) {
    philox_vectors<eight_lanes>(first, name, key, to);
}
#else
constexpr auto philox_avx2 = philox_portable;
constexpr auto philox_avx512 = philox_portable;
#endif

using philox_blocks = decltype(&philox_portable);
philox_blocks best_philox() {
    switch (best_instruction_set()) {
    case instruction_set::avx512:
        return philox_avx512;
    case instruction_set::avx2:
        return philox_avx2;
    default:
        return philox_portable;
    }
}

/// The normal distribution function at x >= 0, by its series.
double normal_distribution(double x) {
    double term = x;
    double sum = x;
    for (int k = 3; term > 1e-18 * sum; k += 2) sum += term *= x * x / k;
    constexpr double inverse_root = 0x1.9884533d43651p-2;  // 1 / sqrt(2 pi)
    return 0.5 + inverse_root * portable_exp(-0.5 * x * x) * sum;
}

/// Where the normal distribution function is p, 1/2 < p < 0.999.
double normal_quantile(double p) {
    double low_end = 0.0;
    double high_end = 4.0;
    for (int bit = 0; bit < 52; ++bit) {
        const double middle = 0.5 * (low_end + high_end);
        (normal_distribution(middle) < p ? low_end : high_end) = middle;
    }
    return 0.5 * (low_end + high_end);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key) {
    std::array<std::uint32_t, 4> x = counter;
    std::uint32_t k0 = key[0];
    std::uint32_t k1 = key[1];
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = std::uint64_t{multiplier_0} * x[0];
        const std::uint64_t p1 = std::uint64_t{multiplier_1} * x[2];
        x = {high(p1) ^ x[1] ^ k0, low(p1), high(p0) ^ x[3] ^ k1, low(p0)};
        k0 += weyl_0;
        k1 += weyl_1;
    }
    return x;
}

random_stream::random_stream(std::uint64_t seed, std::string_view hierarchical_name)
    : m_key{low(seed), high(seed)} {
    const sha256_digest digest = sha256(hierarchical_name);
    std::memcpy(m_name.data(), digest.data(), sizeof m_name);
}

std::uint32_t random_stream::next_u32() {
    const auto lane = static_cast<std::size_t>(m_drawn & 3U);
    if (lane == 0) {
        const std::uint64_t block = m_drawn >> 2U;
        m_block = philox4x32_10({low(block), high(block), m_name[0], m_name[1]}, m_key);
    }
    ++m_drawn;
    return m_block[lane];
}

void random_stream::fill(std::uint32_t* to, std::size_t count) {
    for (; count != 0 && m_drawn % 4 != 0; --count) *to++ = next_u32();
    const philox_blocks blocks = best_philox();
    for (; count >= 4 * lanes; count -= 4 * lanes, to += 4 * lanes) {
        blocks(m_drawn / 4, m_name, m_key, to);
        m_drawn += 4 * lanes;
    }
    for (; count != 0; --count) *to++ = next_u32();
}

std::uint64_t random_stream::next_u64() {
    const std::uint64_t first = next_u32();
    return first | (std::uint64_t{next_u32()} << 32U);
}

std::uint64_t random_stream::below(std::uint64_t n) {
    // Lemire: the upper half of a product is fair once the rare surplus is rejected.
    u128 product = u128{next_u64()} * n;
    if (static_cast<std::uint64_t>(product) < n) {
        const std::uint64_t surplus = (~n + 1) % n;  // 2^64 mod n
        while (static_cast<std::uint64_t>(product) < surplus) product = u128{next_u64()} * n;
    }
    return static_cast<std::uint64_t>(product >> 64U);
}

double random_stream::uniform() {
    return static_cast<double>(next_u64() >> 11U) * 0x1.0p-53;
}

double random_stream::normal() {
    if (m_has_spare) {
        m_has_spare = false;
        return m_spare;
    }
    double x = 0.0;
    double y = 0.0;
    double square = 0.0;
    do {
        x = 2.0 * uniform() - 1.0;
        y = 2.0 * uniform() - 1.0;
        square = x * x + y * y;
    } while (square >= 1.0 || square == 0.0);
    const double scale = std::sqrt(-2.0 * portable_log(square) / square);
    m_spare = y * scale;
    m_has_spare = true;
    return x * scale;
}

double portable_log(double x) {
    // x = m * 2^e with m around 1; log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
    int exponent = 0;
    double m = std::frexp(x, &exponent);
    if (m < 0x1.6a09e667f3bcdp-1) {  // sqrt(1/2)
        m *= 2.0;
        --exponent;
    }
    const double s = (m - 1.0) / (m + 1.0);
    const double z = s * s;
    double series = 0.0;
    for (int term = 25; term >= 3; term -= 2) series = (series + 1.0 / term) * z;
    const double e = exponent;
    constexpr double ln2_high = 0x1.62e42fee00000p-1;  // 33 bits: e * ln2_high is exact
    constexpr double ln2_low = 0x1.a39ef35793c76p-33;
    return e * ln2_high + (2.0 * s + (2.0 * s * series + e * ln2_low));
}

random_field::random_field(std::uint64_t seed, std::string_view hierarchical_name)
    : m_key{low(seed), high(seed)} {
    const sha256_digest digest = sha256(hierarchical_name);
    std::memcpy(m_name.data(), digest.data(), sizeof m_name);
}

void random_field::fill(std::uint64_t index, std::uint32_t* to, std::size_t count) const {
    static_assert(words_at_once == 4 * lanes);
    const auto names = philox4x32_10({low(index), high(index), m_name[0], m_name[1]},
                                     {m_key[0] ^ of_entries, m_key[1]});
    const std::array<std::uint32_t, 2> name{names[0], names[1]};
    const philox_blocks blocks = best_philox();
    std::uint64_t block = 0;
    for (; count >= words_at_once; count -= words_at_once, to += words_at_once, block += lanes) {
        blocks(block, name, m_key, to);
    }
    if (count == 0) return;
    std::uint32_t last[words_at_once];
    blocks(block, name, m_key, last);
    std::copy_n(last, count, to);
}

double portable_exp(double x) {
    // x = n ln 2 + r, |r| <= ln 2 / 2: the series of e^r, times 2^n.
    constexpr double ln2_high = 0x1.62e42fee00000p-1;
    constexpr double ln2_low = 0x1.a39ef35793c76p-33;
    constexpr double inverse_ln2 = 0x1.71547652b82fep+0;
    const double n = std::floor(x * inverse_ln2 + 0.5);
    const double r = (x - n * ln2_high) - n * ln2_low;
    double series = 1.0;
    for (int term = 16; term >= 1; --term) series = 1.0 + series * r / term;
    return std::ldexp(series, static_cast<int>(n));
}

const std::array<double, 256>& normal_halves() {
    static const std::array<double, 256> halves = [] {
        std::array<double, 256> made{};
        double squares = 0.0;
        for (std::size_t i = 128; i < 256; ++i) {
            made[i] = normal_quantile((static_cast<double>(i) + 0.5) / 256.0);
            squares += made[i] * made[i];
        }
        const double scale = std::sqrt(64.0 / squares);  // 2 * squares / 256 shall be 1/2
        for (std::size_t i = 128; i < 256; ++i) {
            made[i] *= scale;
            made[255 - i] = -made[i];
        }
        return made;
    }();
    return halves;
}

}  // namespace pimvp::core
