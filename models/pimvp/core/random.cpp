// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/random.h>

#include <pimvp/core/processor.h>
#include <pimvp/core/sha256.h>

#include <cmath>
#include <cstring>

namespace pimvp::core {

namespace {

__extension__ using u128 = unsigned __int128;

// Multipliers and Weyl steps of Philox4x32 (SC 2011, section 4.3).
constexpr std::uint32_t multiplier_0 = 0xD2511F53U;
constexpr std::uint32_t multiplier_1 = 0xCD9E8D57U;
constexpr std::uint32_t weyl_0 = 0x9E3779B9U;
constexpr std::uint32_t weyl_1 = 0xBB67AE85U;

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
__attribute__((target("avx2"))) void philox_avx2(std::uint64_t first,
                                                 const std::array<std::uint32_t, 2>& name,
                                                 const std::array<std::uint32_t, 2>& key,
                                                 std::uint32_t* to) {
    philox_lanes(first, name, key, to);
}
#else
constexpr auto philox_avx2 = philox_portable;
#endif

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
    const bool wide = best_instruction_set() != instruction_set::portable;
    const auto blocks = wide ? philox_avx2 : philox_portable;
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

}  // namespace pimvp::core
