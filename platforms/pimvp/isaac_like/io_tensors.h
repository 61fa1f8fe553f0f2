// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/spatial_program.h>

#include <pimvp/accel/engine.h>
#include <pimvp/reram/tile_kernel.h>
#include <pimvp/reram/tile_messages.h>

#include <cstdint>
#include <memory>
#include <vector>

/// Tensors at the border of the chip: rows of memory become pixels, pixels become rows of memory.
/// Plain C++.
namespace pimvp::isaac_like {

/// Rows of every channel of an input, as a strided DMA read leaves them: channel after channel,
/// rows * width elements each.
struct input_rows {
    std::uint32_t first = 0, rows = 0;
    std::vector<std::uint8_t> bytes;

    [[nodiscard]] std::uint32_t end() const { return first + rows; }

    /// Takes one pixel (y * width + x) out of them: channels from .. from + count - 1.
    void copy_pixel(const io_tensor& shape, std::uint32_t pixel, std::uint32_t from,
                    std::uint32_t count, std::uint8_t* to) const;
};

/// The outputs of one inference as their pixels come in.
class output_collector {
public:
    explicit output_collector(const std::vector<io_tensor>& outputs);

    /// Stores pixels; false if no output expects them.
    bool write(const reram::tile_pixels_header& header, const std::uint8_t* values,
               std::size_t bytes);
    [[nodiscard]] bool complete() const;
    /// Output `index` in memory order: channels, rows, columns.
    [[nodiscard]] std::vector<std::uint8_t> dense(std::size_t index) const;

private:
    const std::vector<io_tensor>& m_outputs;
    std::vector<reram::feature_map> m_maps;
};

}  // namespace pimvp::isaac_like
