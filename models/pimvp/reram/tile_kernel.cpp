// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/tile_kernel.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace pimvp::reram {

// feature_map -------------------------------------------------------------------------------------

feature_map::feature_map(const tensor_buffer& shape, const pixel_set& wanted)
    : m_first_channel(shape.first_channel),
      m_channels(shape.channels),
      m_element_bytes(shape.element_bytes),
      m_pixel_bytes(std::size_t{shape.channels} * shape.element_bytes),
      m_data(std::size_t{shape.height} * shape.width * m_pixel_bytes),
      m_received(std::size_t{shape.height} * shape.width, 0) {
    for (std::uint32_t p = 0; p < m_received.size(); ++p) {
        if (!wanted.contains(p)) m_received[p] = m_channels;
    }
    count_ready();
}

bool feature_map::write(std::uint32_t pixel, std::uint32_t first_channel, std::uint32_t channels,
                        const std::uint8_t* values, std::uint32_t pixels) {
    for (std::uint32_t i = 0; i < pixels; ++i, values += std::size_t{channels} * m_element_bytes) {
        if (!write_one(pixel + i, first_channel, channels, values)) return false;
    }
    return true;
}

bool feature_map::write_one(std::uint32_t pixel, std::uint32_t first_channel,
                            std::uint32_t channels, const std::uint8_t* values) {
    if (pixel >= m_received.size() || first_channel < m_first_channel || channels > m_channels ||
        first_channel - m_first_channel > m_channels - channels ||
        m_received[pixel] + channels > m_channels) {
        return false;
    }
    std::memcpy(m_data.data() + pixel * m_pixel_bytes +
                    std::size_t{first_channel - m_first_channel} * m_element_bytes,
                values, std::size_t{channels} * m_element_bytes);
    m_received[pixel] += channels;
    count_ready();
    return true;
}

void feature_map::count_ready() {
    while (m_ready < m_received.size() && m_received[m_ready] == m_channels) ++m_ready;
}

// window_walker -----------------------------------------------------------------------------------

window_walker::window_walker(const stage_record& stage, const tensor_buffer& input)
    : m_window(stage.window),
      m_height(input.height),
      m_width(input.width),
      m_output_w(stage.window.output_w),
      m_windows(stage.window.output_h * stage.window.output_w) {}

std::uint32_t window_walker::pixels_needed(std::uint32_t window) const {
    const window_position at = position(window);
    const std::int64_t last_row =
        std::min<std::int64_t>(row(at, m_window.kernel_h - 1), std::int64_t{m_height} - 1);
    const std::int64_t last_column =
        std::min<std::int64_t>(column(at, m_window.kernel_w - 1), std::int64_t{m_width} - 1);
    if (last_row < 0) return 1;
    // A window left of the map still needs the rows above its last one.
    return static_cast<std::uint32_t>(last_row * m_width + std::max<std::int64_t>(last_column, 0) +
                                      1);
}

// im2col_gather -----------------------------------------------------------------------------------

im2col_gather::im2col_gather(const stage_record& stage, const tensor_buffer& input)
    : m_walker(stage, input),
      m_kernel_first(static_cast<window_order>(stage.order) == window_order::kernel_first),
      m_channels(input.channels),
      m_element_bytes(input.element_bytes),
      m_zero(stage.input_type.zero_point) {
    const stage_window& w = stage.window;
    const std::uint32_t area = w.kernel_h * w.kernel_w;
    m_taps.reserve(area);
    for (std::uint32_t ky = 0; ky < w.kernel_h; ++ky) {
        for (std::uint32_t kx = 0; kx < w.kernel_w; ++kx) {
            m_taps.push_back(
                {ky, kx, (ky * w.dilation_h * input.width + kx * w.dilation_w) * input.channels});
        }
    }
    m_blocks.reserve(stage.row_blocks.size());
    for (const row_block& block : stage.row_blocks) {
        if (m_kernel_first) {
            m_blocks.push_back({block.first_element % m_channels, block.first_element / m_channels,
                                block.elements});
            continue;
        }
        m_blocks.push_back({block.first_element / area - input.first_channel,
                            block.first_element % area, block.elements});
    }
}

template <class T>
void im2col_gather::gather(const slice& block, window_position at, const feature_map& map,
                           T* to) const {
    const T* const end = to + block.elements;
    const stage_window& w = m_walker.window();
    const std::int64_t top = m_walker.row(at, 0);
    const std::int64_t left = m_walker.column(at, 0);
    if (m_walker.inside(top, left) &&
        m_walker.inside(m_walker.row(at, w.kernel_h - 1), m_walker.column(at, w.kernel_w - 1))) {
        auto* from = reinterpret_cast<const T*>(
            map.pixel(static_cast<std::uint32_t>(top * m_walker.width() + left)));
        from += block.channel;
        if (m_taps.size() == 1) {
            std::copy_n(from, block.elements, to);
            return;
        }
        for (std::size_t k = block.tap; to != end; ++from, k = 0) {
            for (; k < m_taps.size() && to != end; ++k) *to++ = from[m_taps[k].offset];
        }
        return;
    }
    std::size_t k = block.tap;
    for (std::uint32_t channel = block.channel; to != end; ++channel, k = 0) {
        for (; k < m_taps.size() && to != end; ++k) {
            const std::int64_t y = m_walker.row(at, m_taps[k].ky);
            const std::int64_t x = m_walker.column(at, m_taps[k].kx);
            *to++ = m_walker.inside(y, x)
                        ? reinterpret_cast<const T*>(map.pixel(
                              static_cast<std::uint32_t>(y * m_walker.width() + x)))[channel]
                        : static_cast<T>(m_zero);
        }
    }
}

template <class T>
void im2col_gather::gather_by_tap(const slice& block, window_position at, const feature_map& map,
                                  T* to) const {
    std::uint32_t channel = block.channel;
    for (std::uint32_t left = block.elements, k = block.tap; left != 0; ++k, channel = 0) {
        const std::uint32_t count = std::min(left, m_channels - channel);
        const std::int64_t y = m_walker.row(at, m_taps[k].ky);
        const std::int64_t x = m_walker.column(at, m_taps[k].kx);
        if (m_walker.inside(y, x)) {
            const auto pixel = static_cast<std::uint32_t>(y * m_walker.width() + x);
            std::copy_n(reinterpret_cast<const T*>(map.pixel(pixel)) + channel, count, to);
        } else {
            std::fill_n(to, count, static_cast<T>(m_zero));
        }
        to += count;
        left -= count;
    }
}

void im2col_gather::operator()(std::uint32_t block, window_position at, const feature_map& map,
                               std::uint8_t* to) const {
    const slice& elements = m_blocks[block];
    if (m_element_bytes == 1) {
        m_kernel_first ? gather_by_tap(elements, at, map, to) : gather(elements, at, map, to);
    } else {
        auto* words = reinterpret_cast<std::uint16_t*>(to);
        m_kernel_first ? gather_by_tap(elements, at, map, words) : gather(elements, at, map, words);
    }
}

// vector_kernel -----------------------------------------------------------------------------------

vector_kernel::vector_kernel(const stage_record& stage, const std::vector<tensor_buffer>& buffers)
    : m_kind(static_cast<stage_kind>(stage.kind)),
      m_walker(stage, buffers[stage.input]),
      m_channels(stage.channels),
      m_input_bytes(buffers[stage.input].element_bytes),
      m_first_offset(std::size_t{stage.first_channel - buffers[stage.input].first_channel} *
                     m_input_bytes),
      m_count_pad(stage.count_include_pad != 0),
      m_input(stage.input_type) {
    if (has_two_inputs(m_kind)) {
        const tensor_buffer& second = buffers[stage.second_input];
        m_second_offset =
            std::size_t{stage.first_channel - second.first_channel} * second.element_bytes;
        m_second_is_pixel = reads_one_pixel(stage, buffers);
    }
    switch (m_kind) {
    case stage_kind::add:
        m_unit.emplace<post::residual_adder>(stage.input_type, stage.second_type,
                                             stage.output_type);
        break;
    case stage_kind::multiply:
        m_unit.emplace<post::element_multiplier>(stage.input_type, stage.second_type,
                                                 stage.output_type);
        break;
    case stage_kind::requantise:
        m_unit.emplace<post::rescaler>(stage.input_type, stage.output_type);
        break;
    case stage_kind::lookup:
        m_unit.emplace<post::lookup_activation>(stage.input_type, stage.output_type, stage.table);
        break;
    case stage_kind::average_pool:
        m_unit.emplace<post::average_pooler>(stage.input_type, stage.output_type);
        break;
    case stage_kind::max_pool:
    case stage_kind::matrix:
        break;
    }
}

std::uint32_t vector_kernel::taps(window_position at, std::int64_t from, std::uint32_t height,
                                  std::uint32_t width) const {
    const auto count = [from](std::int64_t first, std::uint32_t kernel, std::uint32_t step,
                              std::uint32_t extent) {
        std::uint32_t inside = 0;
        for (std::uint32_t k = 0; k < kernel; ++k) {
            const std::int64_t at_k = first + std::int64_t{k} * step;
            if (at_k >= from && at_k < extent) ++inside;
        }
        return inside;
    };
    const stage_window& w = m_walker.window();
    return count(m_walker.row(at, 0), w.kernel_h, w.dilation_h, height) *
           count(m_walker.column(at, 0), w.kernel_w, w.dilation_w, width);
}

std::uint64_t vector_kernel::bytes_read(std::uint32_t window) const {
    const std::uint64_t pixel = std::uint64_t{m_channels} * m_input_bytes;
    switch (m_kind) {
    case stage_kind::add:
    case stage_kind::multiply:
        return 2 * pixel;
    case stage_kind::max_pool:
    case stage_kind::average_pool:
        return pixel * taps(m_walker.position(window), 0, m_walker.height(), m_walker.width());
    case stage_kind::requantise:
    case stage_kind::lookup:
    case stage_kind::matrix:
        break;
    }
    return pixel;
}

post::operation_counts vector_kernel::operator()(std::uint32_t window, const feature_map& first,
                                                 const feature_map* second, std::uint8_t* out) {
    switch (m_kind) {
    case stage_kind::add:
    case stage_kind::multiply: {
        const std::uint8_t* a = first.pixel(window) + m_first_offset;
        const std::uint8_t* b = second->pixel(m_second_is_pixel ? 0 : window) + m_second_offset;
        return m_kind == stage_kind::add
                   ? std::get<post::residual_adder>(m_unit)(a, b, m_channels, out)
                   : std::get<post::element_multiplier>(m_unit)(a, b, m_channels, out);
    }
    case stage_kind::requantise:
        return std::get<post::rescaler>(m_unit)(first.pixel(window) + m_first_offset, m_channels,
                                                out);
    case stage_kind::lookup:
        return std::get<post::lookup_activation>(m_unit)(first.pixel(window) + m_first_offset,
                                                         m_channels, out);
    case stage_kind::max_pool:
    case stage_kind::average_pool:
    case stage_kind::matrix:
        break;
    }
    const window_position at = m_walker.position(window);
    const stage_window& w = m_walker.window();
    m_pixels.clear();
    for (std::uint32_t ky = 0; ky < w.kernel_h; ++ky) {
        for (std::uint32_t kx = 0; kx < w.kernel_w; ++kx) {
            const std::int64_t y = m_walker.row(at, ky);
            const std::int64_t x = m_walker.column(at, kx);
            if (!m_walker.inside(y, x)) continue;
            m_pixels.push_back(first.pixel(static_cast<std::uint32_t>(y * m_walker.width() + x)) +
                               m_first_offset);
        }
    }
    if (m_kind == stage_kind::max_pool) {
        if (m_pixels.empty()) {  // a window of padding only has no maximum: the lowest integer
            for (std::uint32_t c = 0; c < m_channels; ++c) store(out, c, m_input, m_input.lowest);
            return {};
        }
        return post::max_pool(m_pixels.data(), m_pixels.size(), m_channels, m_input, out);
    }
    const auto& pooler = std::get<post::average_pooler>(m_unit);
    m_sums.assign(m_channels, 0);
    post::operation_counts counts;
    for (const std::uint8_t* pixel : m_pixels) {
        counts += pooler.accumulate(pixel, m_channels, m_sums.data());
    }
    const std::uint32_t divisor =
        m_count_pad ? taps(at, std::numeric_limits<std::int64_t>::min(), w.counted_h, w.counted_w)
                    : static_cast<std::uint32_t>(m_pixels.size());
    counts += pooler.finish(m_sums.data(), m_channels, std::max(1U, divisor), out);
    return counts;
}

}  // namespace pimvp::reram
