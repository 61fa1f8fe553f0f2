// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/mapping/views.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/network.h>
#include <pimvp/reram/activation_observer.h>
#include <pimvp/runner/pipeline_trace.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace pimvp::runner {

/// Times the layers of the first inference and, if there is something to compare with, compares
/// every pixel the tiles deliver with the reference executor's run of the same inference.
///
/// **Limits** Of the program that was loaded first; inferences count from 0 in the order of their
/// RUN jobs.
class layer_watch final : public reram::activation_observer {
public:
    /// The reference's values of an inference under way; empty: nothing is compared.
    using reference_of = std::function<const nn::executor&(std::uint32_t inference)>;

    layer_watch(const nn::network& network, reference_of reference);
    /// Draws the layers' work, too. Call it before the first inference.
    void draw_on(core::trace& trace) { m_drawing.emplace(trace, m_network); }

    void started(const reram::observed_window& window) override;
    void delivered(const reram::observed_pixel& pixel) override;

    /// Of one node of the network; elements over all inferences.
    struct layer {
        std::uint64_t compared = 0, mismatches = 0;
        std::uint64_t begin_fs = 0, end_fs = 0;  ///< inference 0: first window, last delivery

        [[nodiscard]] std::uint64_t latency_fs() const { return end_fs - begin_fs; }
    };
    [[nodiscard]] const layer& of(std::size_t node) const { return m_layers[node]; }

private:
    const nn::network& m_network;
    const reference_of m_reference;
    std::vector<mapping::value_view> m_views;
    std::vector<layer> m_layers;
    std::optional<pipeline_trace> m_drawing;
};

}  // namespace pimvp::runner
