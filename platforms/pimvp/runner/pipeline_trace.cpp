// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/pipeline_trace.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <string>

namespace pimvp::runner {

pipeline_trace::pipeline_trace(core::trace& trace, const nn::network& network)
    : m_trace(trace) {
    for (const nn::node& node : network.nodes) {
        layer made;
        made.track = trace.track("layers." + node.name, core::trace_level::overview);
        made.elements = nn::element_count(network.values[node.output].dims);
        m_layers.push_back(std::move(made));
    }
}

void pipeline_trace::started(const reram::observed_window& window) {
    std::deque<passage>& under_way = m_layers[window.layer].under_way;
    const bool known = std::any_of(under_way.begin(), under_way.end(), [&](const passage& each) {
        return each.inference == window.inference;
    });
    if (known) return;
    under_way.push_back({window.inference, core::now_fs(), m_layers[window.layer].elements});
}

void pipeline_trace::delivered(const reram::observed_pixel& pixel) {
    layer& of = m_layers[pixel.layer];
    for (std::size_t i = 0; i < of.under_way.size(); ++i) {
        passage& each = of.under_way[i];
        if (each.inference != pixel.inference) continue;
        each.missing -= std::min<std::uint64_t>(each.missing, pixel.channels);
        if (each.missing != 0) return;
        draw(of, i);
        of.under_way.erase(of.under_way.begin() + static_cast<std::ptrdiff_t>(i));
        return;
    }
}

void pipeline_trace::draw(const layer& of, std::size_t index) const {
    const passage& done = of.under_way[index];
    std::uint64_t end_fs = core::now_fs();
    if (index + 1 < of.under_way.size()) {
        end_fs = std::min(end_fs, of.under_way[index + 1].begin_fs);
    }
    m_trace.slice(of.track, "image " + std::to_string(done.inference), done.begin_fs, end_fs,
                  {{"image", done.inference}});
}

}  // namespace pimvp::runner
