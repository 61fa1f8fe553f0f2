// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/layer_watch.h>

#include <pimvp/core/clock.h>

#include <utility>

namespace pimvp::runner {
namespace {

int element(const reram::observed_pixel& pixel, std::uint32_t channel, bool is_signed) {
    const std::uint8_t* at = pixel.values + std::size_t{channel} * pixel.element_bytes;
    if (pixel.element_bytes == 1) return is_signed ? static_cast<std::int8_t>(*at) : *at;
    const auto word = static_cast<std::uint16_t>(at[0] | (at[1] << 8));
    return is_signed ? static_cast<std::int16_t>(word) : word;
}

}  // namespace

layer_watch::layer_watch(const nn::network& network, reference_of reference)
    : m_network(network),
      m_reference(std::move(reference)),
      m_views(mapping::view_values(network)),
      m_layers(network.nodes.size()) {}

void layer_watch::started(const reram::observed_window& window) {
    if (m_drawing) m_drawing->started(window);
    layer& seen = m_layers[window.layer];
    if (window.inference == 0 && seen.begin_fs == 0) seen.begin_fs = core::now_fs();
}

void layer_watch::delivered(const reram::observed_pixel& pixel) {
    if (m_drawing) m_drawing->delivered(pixel);
    layer& seen = m_layers[pixel.layer];
    if (pixel.inference == 0) seen.end_fs = core::now_fs();
    if (!m_reference) return;
    const nn::value_id id = m_network.nodes[pixel.layer].output;
    const nn::integer_tensor& expected = m_reference(pixel.inference).value(id);
    const mapping::map_dims& dims = m_views[id].dims;
    const std::size_t area = std::size_t{dims.height} * dims.width;
    for (std::uint32_t c = 0; c < pixel.channels; ++c) {
        const int want = expected.at((pixel.first_channel + c) * area + pixel.pixel);
        if (element(pixel, c, expected.type().is_signed) != want) ++seen.mismatches;
    }
    seen.compared += pixel.channels;
}

}  // namespace pimvp::runner
