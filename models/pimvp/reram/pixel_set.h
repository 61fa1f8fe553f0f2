// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/tile_program.h>

#include <cstdint>
#include <vector>

/// Which pixels of a tensor a tile reads, and so which ones are sent to it. Plain C++.
namespace pimvp::reram {

/// Pixels of a map of height x width, in raster order.
class pixel_set {
public:
    /// All of them.
    pixel_set() = default;
    /// Those that the windows of some readers cover. The first one if they cover none: by its first
    /// pixel a tile learns of an inference. No readers: all pixels.
    pixel_set(const std::vector<window_reader>& readers, std::uint32_t height, std::uint32_t width);

    [[nodiscard]] bool contains(std::uint32_t pixel) const {
        return m_bits.empty() || m_bits[pixel];
    }
    /// How many pixels from `first` to before `end` are among them.
    [[nodiscard]] std::uint32_t count(std::uint32_t first, std::uint32_t end) const;
    /// The most of them among `span` pixels that follow each other, where maps of so many pixels
    /// follow each other.
    [[nodiscard]] std::uint32_t most_within(std::uint32_t span, std::uint32_t map_pixels) const;

private:
    void add(const window_reader& reader, std::uint32_t height, std::uint32_t width);

    std::vector<bool> m_bits;  ///< empty: all
};

/// Room for a stream of maps in a buffer that holds `capacity` pixels, of those that are wanted.
/// Places in the stream count all pixels of all maps.
class pixel_room {
public:
    /// `wanted` must live as long.
    pixel_room(const pixel_set& wanted, std::uint32_t map_pixels, std::uint32_t capacity);

    /// Pixels at places below this one find room.
    [[nodiscard]] std::uint64_t limit() const { return m_limit; }
    /// Nobody needs what stands before `place` any more. Returns how many pixels that frees.
    std::uint32_t free_before(std::uint64_t place);

private:
    [[nodiscard]] bool is_wanted(std::uint64_t place) const {
        return m_wanted->contains(static_cast<std::uint32_t>(place % m_map_pixels));
    }
    /// Moves the limit behind so many more wanted pixels, up to the next one.
    void raise(std::uint32_t pixels);

    const pixel_set* m_wanted;
    std::uint32_t m_map_pixels;
    std::uint64_t m_freed = 0;  ///< place
    std::uint64_t m_limit = 0;
};

/// Pixels at places below this one find room at the end of a route before any has been freed there:
/// all of them in a buffer without a capacity.
[[nodiscard]] std::uint64_t first_limit(const pixel_set& wanted, std::uint32_t map_pixels,
                                        std::uint32_t capacity);

/// Those of a list that a route refers to.
[[nodiscard]] std::vector<window_reader> readers_of(const route& to,
                                                    const std::vector<window_reader>& list);
/// The windows that read a buffer of a tile, in the order of the stages.
[[nodiscard]] std::vector<window_reader> readers_of(const tile_program& program,
                                                    std::uint32_t buffer);

/// Whether the second input of a stage is one pixel that serves all windows of a larger first one.
[[nodiscard]] bool reads_one_pixel(const stage_record& stage,
                                   const std::vector<tensor_buffer>& buffers);

}  // namespace pimvp::reram
