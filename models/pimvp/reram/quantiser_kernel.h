// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/group_rule.h>

#include <cstdint>

/// The arithmetic of the activation quantiser. Plain C++.
namespace pimvp::reram {

/// What a group of elements shows while it streams in; as the hardware accumulates it.
struct group_statistics {
    std::uint32_t elements = 0;
    std::uint32_t largest = 0;     ///< magnitude
    std::uint64_t magnitudes = 0;  ///< sum of |x|
    std::int64_t sum = 0;
    std::uint64_t squares = 0;

    /// The number that `threshold` compares. Precondition: elements != 0.
    [[nodiscard]] std::int64_t value_of(group_statistic which) const;
};

/// What was decided for a group.
struct group_decision {
    std::uint32_t drop = 0;      ///< LSBs
    std::uint32_t planes = 0;    ///< mask of the bits to stream
    std::uint32_t streamed = 0;  ///< how many
};

/// Cuts groups of one layer's inputs.
///
/// An element x becomes round(x / 2^drop) * 2^drop, saturated at the bits that are left. Which LSBs
/// go and which planes are streamed, group_rule says. Every one-bit of the results lies in a
/// streamed plane; of signed inputs the planes above the highest streamed one repeat it.
///
/// **Example**
/// \code
///     const reram::group_quantiser cut(rule, 8, false);
///     const reram::group_decision d = cut(pixels, 128, pixels);  // in place
/// \endcode
class group_quantiser {
public:
    /// Precondition: bits 1 .. 16, rule.drop < bits.
    group_quantiser(const group_rule& rule, unsigned bits, bool is_signed);

    /// `from` and `to` may be the same; elements of signed inputs are two's complement.
    group_decision operator()(const std::uint8_t* from, unsigned count, std::uint8_t* to) const;
    group_decision operator()(const std::uint16_t* from, unsigned count, std::uint16_t* to) const;

private:
    template <class Element>
    group_decision cut(const Element* from, unsigned count, Element* to) const;
    [[nodiscard]] unsigned next_width(unsigned planes, unsigned most) const;

    const group_rule& m_rule;
    const group_policy m_policy;
    const unsigned m_bits;
    const bool m_is_signed;
};

}  // namespace pimvp::reram
