// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Walks sliding windows row by row, for the reference executors. Private to the room.
namespace pimvp::nn::detail {

/// The window positions along one axis for which a tap lies inside the map.
struct tap_range {
    std::int64_t first, last;  ///< positions first .. last - 1; empty if first >= last
    std::int64_t offset;       ///< input index = position * stride + offset

    tap_range(int tap, int dilation, int pad, int stride, std::int64_t input,
              std::int64_t positions)
        : first(0),
          last(positions),
          offset(std::int64_t{tap} * dilation - pad) {
        if (offset < 0) first = (-offset + stride - 1) / stride;
        const std::int64_t room = input - offset;  // position * stride < room
        last = room <= 0 ? 0 : std::min(positions, (room + stride - 1) / stride);
    }
};

/// Calls visit(output row, input row, columns) for every tap of every output row that lies inside
/// the map, rows first, then taps from top left: a fixed order. `columns` tells which of the row's
/// outputs the tap serves.
template <class Row, class Visit>
void walk_windows(const window& w, std::int64_t height, std::int64_t width, std::int64_t out_height,
                  std::int64_t out_width, Row&& row_begins, Visit&& visit) {
    for (std::int64_t y = 0; y < out_height; ++y) {
        row_begins(y);
        for (int h = 0; h < w.kernel_h; ++h) {
            const std::int64_t in_y = y * w.stride_h + std::int64_t{h} * w.dilation_h - w.pad_top;
            if (in_y < 0 || in_y >= height) continue;
            for (int x = 0; x < w.kernel_w; ++x) {
                const tap_range columns(x, w.dilation_w, w.pad_left, w.stride_w, width, out_width);
                if (columns.first < columns.last) visit(in_y, columns);
            }
        }
    }
}

}  // namespace pimvp::nn::detail
