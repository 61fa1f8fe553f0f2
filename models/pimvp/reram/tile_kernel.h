// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/pixel_set.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

/// The arithmetic and bookkeeping of a tile without its clock: which pixels have arrived, which
/// inputs a window takes, what post-processing makes of the sums. Plain C++.
namespace pimvp::reram {

/// One tensor of one inference in a tile's eDRAM: pixel by pixel, channels innermost.
class feature_map {
public:
    /// Pixels that are not wanted count as there.
    explicit feature_map(const tensor_buffer& shape, const pixel_set& wanted = {});

    /// Stores channels of `pixels` that follow each other. False if one lies outside the buffer,
    /// was there before or is not wanted; then the rest is not stored.
    bool write(std::uint32_t pixel, std::uint32_t first_channel, std::uint32_t channels,
               const std::uint8_t* values, std::uint32_t pixels = 1);
    /// Pixels 0 .. n-1 are complete.
    [[nodiscard]] std::uint32_t ready() const { return m_ready; }
    [[nodiscard]] const std::uint8_t* pixel(std::uint32_t index) const {
        return m_data.data() + std::size_t{index} * m_pixel_bytes;
    }

private:
    bool write_one(std::uint32_t pixel, std::uint32_t first_channel, std::uint32_t channels,
                   const std::uint8_t* values);
    void count_ready();

    std::uint32_t m_first_channel, m_channels, m_element_bytes;
    std::size_t m_pixel_bytes;
    std::vector<std::uint8_t> m_data;
    std::vector<std::uint32_t> m_received;  ///< channels per pixel
    std::uint32_t m_ready = 0;
};

/// A window position of a stage.
struct window_position {
    std::uint32_t y = 0, x = 0;
};

/// What a stage needs to know of its geometry, worked out once.
class window_walker {
public:
    window_walker(const stage_record& stage, const tensor_buffer& input);

    [[nodiscard]] std::uint32_t windows() const { return m_windows; }
    [[nodiscard]] window_position position(std::uint32_t window) const {
        return {window / m_output_w, window % m_output_w};
    }
    /// Pixels (in raster order, from 0) that must have arrived before this window can start; the
    /// first one tells of the inference.
    [[nodiscard]] std::uint32_t pixels_needed(std::uint32_t window) const;

    /// First pixel that this window or a later one reads.
    [[nodiscard]] std::uint32_t first_needed(std::uint32_t window) const {
        const std::int64_t top = row(position(window), 0);
        if (top < 0) return 0;
        if (top >= m_height) return m_height * m_width;
        const std::int64_t left = column(position(window), 0);
        const std::int64_t in_row = left < 0 ? 0 : left < m_width ? left : m_width;
        return static_cast<std::uint32_t>(top) * m_width + static_cast<std::uint32_t>(in_row);
    }

    /// Row of the input map under kernel row `ky`; outside if < 0 or >= height.
    [[nodiscard]] std::int64_t row(window_position at, std::uint32_t ky) const {
        return std::int64_t{at.y} * m_window.stride_h - m_window.pad_top +
               std::int64_t{ky} * m_window.dilation_h;
    }
    [[nodiscard]] std::int64_t column(window_position at, std::uint32_t kx) const {
        return std::int64_t{at.x} * m_window.stride_w - m_window.pad_left +
               std::int64_t{kx} * m_window.dilation_w;
    }
    [[nodiscard]] const stage_window& window() const { return m_window; }
    [[nodiscard]] std::uint32_t height() const { return m_height; }
    [[nodiscard]] std::uint32_t width() const { return m_width; }
    [[nodiscard]] bool inside(std::int64_t y, std::int64_t x) const {
        return y >= 0 && y < m_height && x >= 0 && x < m_width;
    }

private:
    stage_window m_window;
    std::uint32_t m_height, m_width, m_output_w, m_windows;
};

/// Gathers the inputs of a matrix stage: the im2col slice of each row block.
class im2col_gather {
public:
    im2col_gather(const stage_record& stage, const tensor_buffer& input);

    /// Elements of row block `block` for a window, element_bytes each; padding is the zero point.
    void operator()(std::uint32_t block, window_position at, const feature_map& map,
                    std::uint8_t* to) const;

private:
    struct tap {
        std::uint32_t ky, kx;
        std::uint32_t offset;  ///< elements from the window's first pixel, where all is inside
    };
    /// A row block. Channel first: taps of a channel follow each other, then come those of the next
    /// channel; kernel first: the other way round.
    struct slice {
        std::uint32_t channel, tap;  ///< of the first element; channels of the buffer
        std::uint32_t elements;
    };

    template <class T>
    void gather(const slice& block, window_position at, const feature_map& map, T* to) const;
    template <class T>
    void gather_by_tap(const slice& block, window_position at, const feature_map& map, T* to) const;

    window_walker m_walker;
    bool m_kernel_first;
    std::uint32_t m_channels;  ///< of the buffer
    std::uint32_t m_element_bytes;
    std::int32_t m_zero;
    std::vector<tap> m_taps;
    std::vector<slice> m_blocks;
};

/// A stage without crossbars: pool, sum, multiply, look up or requantise one output pixel.
class vector_kernel {
public:
    vector_kernel(const stage_record& stage, const std::vector<tensor_buffer>& buffers);

    /// Channels first_channel .. of output pixel `window`; returns what the units did.
    post::operation_counts operator()(std::uint32_t window, const feature_map& first,
                                      const feature_map* second, std::uint8_t* out);
    /// Bytes read from eDRAM for one output pixel.
    [[nodiscard]] std::uint64_t bytes_read(std::uint32_t window) const;

private:
    /// Taps of a window in rows from `from` to below `height` and columns likewise to `width`.
    [[nodiscard]] std::uint32_t taps(window_position at, std::int64_t from, std::uint32_t height,
                                     std::uint32_t width) const;

    stage_kind m_kind;
    window_walker m_walker;
    std::uint32_t m_channels, m_input_bytes;
    std::size_t m_first_offset = 0, m_second_offset = 0;  ///< of the channels in a pixel
    bool m_count_pad;
    bool m_second_is_pixel = false;  ///< one pixel serves all windows
    post::number_format m_input;
    std::variant<std::monostate, post::residual_adder, post::element_multiplier, post::rescaler,
                 post::lookup_activation, post::average_pooler>
        m_unit;
    std::vector<const std::uint8_t*> m_pixels;
    std::vector<std::int64_t> m_sums;
};

}  // namespace pimvp::reram
