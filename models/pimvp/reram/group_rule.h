// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace pimvp::reram {

/// How a group of inputs finds the bit planes it streams; the numbers travel in tile programs.
enum class group_policy : std::uint32_t {
    none = 0,        ///< all bits; the group bypasses the quantiser
    fixed = 1,       ///< drops `drop` LSBs, streams all others
    msb_skip = 2,    ///< drops nothing, skips leading zeros
    lsb_drop = 3,    ///< drops `drop` LSBs, skips leading zeros
    threshold = 4,   ///< lsb_drop, and one LSB more for each threshold its statistic reaches
    rescale = 5,     ///< keeps the `keep` highest bits of its largest magnitude
    plane_skip = 6,  ///< lsb_drop that skips every plane without a one, not only the leading
};

/// In which order the elements of an im2col window are counted, and so fall into groups.
enum class window_order : std::uint32_t {
    channel_first = 0,  ///< (channel, kernel y, kernel x)
    kernel_first = 1    ///< (kernel y, kernel x, channel)
};

enum class group_statistic : std::uint32_t {
    maximum = 0,       ///< max |x|
    mean = 1,          ///< 16 * sum |x| / E
    variance = 2,      ///< (E * sum x^2 - (sum x)^2) / E^2
    peak_to_mean = 3,  ///< 16 * E * max |x| / sum |x|; 0 if the sum is 0
};

enum class drop_rounding : std::uint32_t { half_even = 0, half_up = 1, floor = 2 };

/// Bit planes of B-bit inputs, B <= 16.
constexpr std::uint32_t all_widths = 0x1FFFF;

/// What the quantiser is told of a layer: its entry of the tile's table.
struct group_rule {
    std::uint32_t policy = 0;           ///< group_policy
    std::uint32_t statistic = 0;        ///< group_statistic; threshold
    std::uint32_t rounding = 0;         ///< drop_rounding
    std::uint32_t widths = all_widths;  ///< bit n: a group may stream n planes
    std::uint32_t drop = 0;             ///< LSBs that every group drops
    std::uint32_t keep = 0;             ///< rescale: bits kept; 0 = all
    /// Zero point not 0: no leading zeros to skip, no magnitude to judge. Drops `drop` only.
    std::uint32_t is_asymmetric = 0;
    std::vector<std::int64_t> thresholds;  ///< rising

    [[nodiscard]] bool is_active() const { return policy != 0; }
};

}  // namespace pimvp::reram
