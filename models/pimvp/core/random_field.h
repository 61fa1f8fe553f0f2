// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pimvp::core {

/// Random words by number: those of entry `index` depend on (seed, hierarchical name, index) and
/// nothing else, in particular not on which entries were asked for before. For noise that many
/// draw, in any order; random_stream is for one who draws in sequence.
///
/// Philox4x32-10 names the entry from seed, name and index; under that name it counts its blocks.
///
/// \code
///     const core::random_field noise{context.seed(), name()};
///     noise.fill(sequence, words.data(), words.size());
/// \endcode
class random_field {
public:
    random_field(std::uint64_t seed, std::string_view hierarchical_name);

    /// Words filled at full speed are a multiple of these.
    static constexpr std::size_t words_at_once = 64;
    /// The first `count` words of entry `index`.
    void fill(std::uint64_t index, std::uint32_t* to, std::size_t count) const;

private:
    std::array<std::uint32_t, 2> m_key;
    std::array<std::uint32_t, 2> m_name;
};

/// Numbers t of which t[a] + t[b], a and b independent random bytes, is normal: mean 0, deviation
/// 1, its distribution function within 0.002 of the normal one, at most 4.2. For draws by the
/// million.
///
/// They are the quantiles (i + 1/2) / 256 of the normal distribution, scaled to a variance of 1/2.
const std::array<double, 256>& normal_halves();

/// e^x from additions and multiplications only (relative error below 1e-15): the same bits on every
/// IEEE-754 host. Precondition: the result is a normal number.
double portable_exp(double x);

}  // namespace pimvp::core
