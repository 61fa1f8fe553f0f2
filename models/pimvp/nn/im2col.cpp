// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/im2col.h>

namespace pimvp::nn::detail {

namespace {

std::size_t unsigned_of(std::int64_t number) {
    return static_cast<std::size_t>(number);
}

}  // namespace

im2col::im2col(const window& geometry, const shape& input, const shape& output, int groups)
    : channels(unsigned_of(input[1])),
      height(unsigned_of(input[2])),
      width(unsigned_of(input[3])),
      pad_top(unsigned_of(geometry.pad_top)),
      pad_left(unsigned_of(geometry.pad_left)),
      padded_height(height + pad_top + unsigned_of(geometry.pad_bottom)),
      padded_width(width + pad_left + unsigned_of(geometry.pad_right)),
      group_channels(channels / unsigned_of(groups)),
      depth(group_channels * unsigned_of(geometry.kernel_h) * unsigned_of(geometry.kernel_w)),
      columns(unsigned_of(output[2]) * unsigned_of(output[3])) {
    taps.reserve(depth + 1);
    for (std::size_t c = 0; c < group_channels; ++c) {
        for (int y = 0; y < geometry.kernel_h; ++y) {
            for (int x = 0; x < geometry.kernel_w; ++x) {
                const std::size_t row =
                    c * padded_height + unsigned_of(std::int64_t{y} * geometry.dilation_h);
                taps.push_back(static_cast<std::ptrdiff_t>(
                    row * padded_width + unsigned_of(std::int64_t{x} * geometry.dilation_w)));
            }
        }
    }
    origins.reserve(columns);
    for (std::int64_t y = 0; y < output[2]; ++y) {
        for (std::int64_t x = 0; x < output[3]; ++x) {
            origins.push_back(
                static_cast<std::ptrdiff_t>(unsigned_of(y * geometry.stride_h) * padded_width +
                                            unsigned_of(x * geometry.stride_w)));
        }
    }
}

}  // namespace pimvp::nn::detail
