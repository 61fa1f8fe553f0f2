// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pimvp::core {

/// One block of Philox4x32-10: ten rounds over a 128-bit counter under a 64-bit key. Pure function.
///
/// **Source** Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key);

/// A stream of random numbers that depends on (seed, hierarchical name) and nothing else: neither
/// on the order in which streams are made or used, nor on the host, nor on its C++ library.
///
/// The seed is the key; a 64-bit hash of the name is the upper half of the counter, the block
/// number its lower half: streams of different names never overlap (but for a hash collision,
/// 2^-64).
///
/// \code
///     core::random_stream noise{context.seed(), name()};
///     const double step = noise.normal();
/// \endcode
class random_stream {
public:
    random_stream(std::uint64_t seed, std::string_view hierarchical_name);

    [[nodiscard]] std::uint32_t next_u32();
    [[nodiscard]] std::uint64_t next_u64();
    /// The next `count` numbers of next_u32(), many times faster.
    void fill(std::uint32_t* to, std::size_t count);
    /// 0 .. n - 1, each equally likely. Precondition: n > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t n);
    /// [0, 1), a multiple of 2^-53.
    [[nodiscard]] double uniform();
    /// Mean 0, deviation 1: Marsaglia's polar method over a logarithm of our own, because those of
    /// C libraries differ in the last bit between hosts.
    [[nodiscard]] double normal();
    /// True with probability p (never for p <= 0, always for p >= 1).
    [[nodiscard]] bool chance(double p) { return uniform() < p; }

    /// 32-bit numbers drawn so far (numbers that normal() keeps for its next call included).
    [[nodiscard]] std::uint64_t drawn() const { return m_drawn; }

private:
    std::array<std::uint32_t, 2> m_key;
    std::array<std::uint32_t, 2> m_name;
    std::array<std::uint32_t, 4> m_block{};
    std::uint64_t m_drawn = 0;
    double m_spare = 0.0;
    bool m_has_spare = false;
};

/// Natural logarithm of x > 0 from additions, multiplications and one division only (relative error
/// below 1e-15): the same bits on every IEEE-754 host.
double portable_log(double x);

}  // namespace pimvp::core
