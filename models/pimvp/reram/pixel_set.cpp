// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/pixel_set.h>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace pimvp::reram {
namespace {

/// Indices in 0 .. extent - 1 among origin, origin + step, ... of `count` kernel positions.
template <class Visitor>
void for_inside(std::int64_t origin, std::uint32_t step, std::uint32_t count, std::uint32_t extent,
                const Visitor& visit) {
    const std::int64_t skipped = origin < 0 ? (-origin + step - 1) / step : 0;
    for (std::int64_t k = skipped; k < count; ++k) {
        const std::int64_t index = origin + k * step;
        if (index >= extent) return;
        visit(static_cast<std::uint32_t>(index));
    }
}

}  // namespace

pixel_set::pixel_set(const std::vector<window_reader>& readers, std::uint32_t height,
                     std::uint32_t width) {
    if (readers.empty()) return;
    m_bits.resize(std::size_t{height} * width, false);
    for (const window_reader& reader : readers) add(reader, height, width);
    const bool has_some = std::find(m_bits.begin(), m_bits.end(), true) != m_bits.end();
    if (!has_some) m_bits.front() = true;
    if (std::find(m_bits.begin(), m_bits.end(), false) == m_bits.end()) m_bits.clear();
}

void pixel_set::add(const window_reader& reader, std::uint32_t height, std::uint32_t width) {
    const stage_window& w = reader.window;
    const window_share& share = reader.share;
    std::vector<bool> rows(height, false), columns(width, false);  // that some window covers
    for (std::uint32_t y = share.first_row; y < w.output_h; y += share.row_step) {
        for_inside(std::int64_t{y} * w.stride_h - w.pad_top, w.dilation_h, w.kernel_h, height,
                   [&rows](std::uint32_t row) { rows[row] = true; });
    }
    for (std::uint32_t x = share.first_column; x < share.end_column(w.output_w); ++x) {
        for_inside(std::int64_t{x} * w.stride_w - w.pad_left, w.dilation_w, w.kernel_w, width,
                   [&columns](std::uint32_t column) { columns[column] = true; });
    }
    for (std::uint32_t y = 0; y < height; ++y) {
        for (std::uint32_t x = 0; x < width && rows[y]; ++x) {
            if (columns[x]) m_bits[std::size_t{y} * width + x] = true;
        }
    }
}

std::uint32_t pixel_set::count(std::uint32_t first, std::uint32_t end) const {
    if (m_bits.empty()) return end - first;
    return static_cast<std::uint32_t>(
        std::count(m_bits.begin() + first, m_bits.begin() + end, true));
}

std::uint32_t pixel_set::most_within(std::uint32_t span, std::uint32_t map_pixels) const {
    if (m_bits.empty()) return span;
    const std::uint32_t part = span % map_pixels;
    std::uint32_t here = count(0, part), most = here;
    for (std::uint32_t first = 0; first + 1 < map_pixels; ++first) {
        here += (contains((first + part) % map_pixels) ? 1U : 0U) - (contains(first) ? 1U : 0U);
        most = std::max(most, here);
    }
    return span / map_pixels * count(0, map_pixels) + most;
}

pixel_room::pixel_room(const pixel_set& wanted, std::uint32_t map_pixels, std::uint32_t capacity)
    : m_wanted(&wanted),
      m_map_pixels(map_pixels) {
    const std::uint32_t of_map = wanted.count(0, map_pixels);  // never 0
    m_limit = std::uint64_t{capacity / of_map} * map_pixels;
    raise(capacity % of_map);
}

std::uint32_t pixel_room::free_before(std::uint64_t place) {
    std::uint32_t freed = 0;
    for (; m_freed < place; ++m_freed) freed += is_wanted(m_freed) ? 1 : 0;
    raise(freed);
    return freed;
}

void pixel_room::raise(std::uint32_t pixels) {
    while (pixels != 0 || !is_wanted(m_limit)) {
        if (is_wanted(m_limit)) --pixels;
        ++m_limit;
    }
}

std::uint64_t first_limit(const pixel_set& wanted, std::uint32_t map_pixels,
                          std::uint32_t capacity) {
    return capacity == 0 ? std::numeric_limits<std::uint64_t>::max()
                         : pixel_room(wanted, map_pixels, capacity).limit();
}

std::vector<window_reader> readers_of(const route& to, const std::vector<window_reader>& list) {
    const auto first = list.begin() + to.first_reader;
    return {first, first + to.readers};
}

bool reads_one_pixel(const stage_record& stage, const std::vector<tensor_buffer>& buffers) {
    const tensor_buffer& first = buffers[stage.input];
    const tensor_buffer& second = buffers[stage.second_input];
    return second.height != first.height || second.width != first.width;
}

std::vector<window_reader> readers_of(const tile_program& program, std::uint32_t buffer) {
    std::vector<window_reader> readers;
    const auto add = [&readers](const window_reader& reader) {
        if (std::find(readers.begin(), readers.end(), reader) == readers.end()) {
            readers.push_back(reader);
        }
    };
    for (const stage_record& s : program.stages) {
        if (s.input == buffer) add({s.window, s.share});
        const bool is_second =
            has_two_inputs(static_cast<stage_kind>(s.kind)) && s.second_input == buffer;
        if (!is_second) continue;
        const bool reads_first = reads_one_pixel(s, program.buffers);
        add(reads_first ? window_reader{} : window_reader{s.window, s.share});
    }
    return readers;
}

}  // namespace pimvp::reram
