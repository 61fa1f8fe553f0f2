// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

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

/// How many elements an average divides by that counts its padding: rows[y] * columns[x].
struct padded_counts {
    std::vector<std::int64_t> rows, columns;

    padded_counts(const window& w, const shape& in, const shape& out)
        : rows(taps(w.kernel_h, w.stride_h, w.dilation_h, w.pad_top,
                    in[2] + w.pad_bottom - w.overhang_bottom, out[2])),
          columns(taps(w.kernel_w, w.stride_w, w.dilation_w, w.pad_left,
                       in[3] + w.pad_right - w.overhang_right, out[3])) {}

private:
    /// Of each window along one axis, the taps that lie before `end`.
    static std::vector<std::int64_t> taps(int kernel, int stride, int dilation, int pad,
                                          std::int64_t end, std::int64_t positions) {
        std::vector<std::int64_t> counts;
        counts.reserve(static_cast<std::size_t>(positions));
        for (std::int64_t at = 0; at < positions; ++at) {
            const std::int64_t room = end - (at * stride - pad);
            counts.push_back(std::min<std::int64_t>(kernel, (room + dilation - 1) / dilation));
        }
        return counts;
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
