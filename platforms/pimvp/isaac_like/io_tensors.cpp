// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/io_tensors.h>

#include <cstring>

namespace pimvp::isaac_like {

void input_rows::copy_pixel(const io_tensor& shape, std::uint32_t pixel, std::uint32_t from,
                            std::uint32_t count, std::uint8_t* to) const {
    const std::size_t element = shape.element_bytes;
    const std::size_t of_channel = std::size_t{rows} * shape.width;
    for (std::uint32_t c = from; c < from + count; ++c) {
        const std::size_t place = c * of_channel + (pixel - first * shape.width);
        std::memcpy(to, bytes.data() + place * element, element);
        to += element;
    }
}

output_collector::output_collector(const std::vector<io_tensor>& outputs)
    : m_outputs(outputs) {
    for (const io_tensor& out : outputs) {
        m_maps.emplace_back(reram::tensor_buffer{out.tensor, out.height, out.width, 0, out.channels,
                                                 out.element_bytes, 0});
    }
}

bool output_collector::write(const reram::tile_pixels_header& header, const std::uint8_t* values,
                             std::size_t bytes) {
    bool expected = false;
    for (std::size_t i = 0; i < m_outputs.size(); ++i) {
        const std::size_t pixel_bytes = std::size_t{header.channels} * m_outputs[i].element_bytes;
        if (m_outputs[i].tensor != header.tensor || header.pixels == 0 ||
            bytes != header.pixels * pixel_bytes) {
            continue;
        }
        expected = m_maps[i].write(header.pixel, header.first_channel, header.channels, values,
                                   header.pixels) ||
                   expected;
    }
    return expected;
}

bool output_collector::complete() const {
    for (std::size_t i = 0; i < m_outputs.size(); ++i) {
        if (m_maps[i].ready() != m_outputs[i].height * m_outputs[i].width) return false;
    }
    return true;
}

std::vector<std::uint8_t> output_collector::dense(std::size_t index) const {
    const io_tensor& out = m_outputs[index];
    const std::size_t element = out.element_bytes;
    const std::size_t pixels = std::size_t{out.height} * out.width;
    std::vector<std::uint8_t> bytes(out.elements() * element);
    for (std::size_t p = 0; p < pixels; ++p) {
        const std::uint8_t* pixel = m_maps[index].pixel(static_cast<std::uint32_t>(p));
        for (std::size_t c = 0; c < out.channels; ++c) {
            std::memcpy(bytes.data() + (c * pixels + p) * element, pixel + c * element, element);
        }
    }
    return bytes;
}

}  // namespace pimvp::isaac_like
