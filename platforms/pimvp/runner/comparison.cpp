// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/comparison.h>

#include <cstddef>

namespace pimvp::runner {
namespace {

int element(const reram::observed_pixel& pixel, std::uint32_t channel, bool is_signed) {
    const std::uint8_t* at = pixel.values + std::size_t{channel} * pixel.element_bytes;
    if (pixel.element_bytes == 1) return is_signed ? static_cast<std::int8_t>(*at) : *at;
    const auto word = static_cast<std::uint16_t>(at[0] | (at[1] << 8));
    return is_signed ? static_cast<std::int16_t>(word) : word;
}

}  // namespace

comparison::comparison(const nn::network& network, const nn::executor& reference)
    : m_network(network),
      m_reference(reference),
      m_views(mapping::view_values(network)),
      m_mismatches(network.nodes.size()),
      m_compared(network.nodes.size()) {}

void comparison::delivered(const reram::observed_pixel& pixel) {
    const nn::value_id id = m_network.nodes[pixel.layer].output;
    const nn::integer_tensor& expected = m_reference.value(id);
    const mapping::map_dims& dims = m_views[id].dims;
    const std::size_t area = std::size_t{dims.height} * dims.width;
    for (std::uint32_t c = 0; c < pixel.channels; ++c) {
        const int want = expected.at((pixel.first_channel + c) * area + pixel.pixel);
        if (element(pixel, c, expected.type().is_signed) != want) ++m_mismatches[pixel.layer];
    }
    m_compared[pixel.layer] += pixel.channels;
}

}  // namespace pimvp::runner
