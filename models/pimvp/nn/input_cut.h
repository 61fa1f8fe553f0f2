// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/im2col.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/precision.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// Cut inputs of the reference executor's convolutions. Private to the room.
namespace pimvp::nn::detail {

/// Inputs minus their zero point as one or two planes of 16-bit words, x = 256 * high + low.
struct word_planes {
    std::int16_t* low = nullptr;
    std::int16_t* high = nullptr;  ///< null: x = low
};

/// The inputs of one convolution, cut as an input_precision says.
///
/// Where the layer alone decides, every element is replaced before the windows are formed
/// (by_element(), table()). Else decide() finds what each group of each window drops and apply()
/// cuts packed panels.
class input_cut {
public:
    /// Throws core::user_error that begins with the node's name if rule, numbers or groups do not
    /// fit it.
    input_cut(const input_precision& precision, const node& n, const tensor_type& type,
              const im2col& windows);

    [[nodiscard]] bool by_element() const { return m_by_element; }
    /// Of every integer of the type, lowest first: what is computed with, minus the zero point.
    [[nodiscard]] const std::vector<std::int32_t>& table() const { return m_table; }

    /// LSBs that each group (row) of each window (column) drops, into `drops`; by_element():
    /// nothing. Adds what is streamed to `counts` if that is not null.
    void decide(const word_planes& padded, std::vector<std::uint8_t>& drops,
                plane_counts* counts) const;
    /// Cuts a panel of convolution group `group`: [pair of elements][column][2].
    void apply(const std::vector<std::uint8_t>& drops, std::size_t group, std::size_t first_column,
               const word_planes& panel) const;

private:
    struct pair_lanes;

    const input_precision m_precision;
    const tensor_type m_type;
    const im2col& m_windows;
    bool m_by_element;
    std::vector<std::int32_t> m_table;
    std::vector<std::ptrdiff_t> m_offsets;  // of the elements, in the order of the groups
    std::vector<std::uint32_t> m_group_of;  // of the elements, channel by channel
};

}  // namespace pimvp::nn::detail
