// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/trace.h>
#include <pimvp/nn/network.h>
#include <pimvp/reram/activation_observer.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace pimvp::runner {

/// Draws which layer works on which inference when: a track `layers.<name>` each, in the group
/// `layers`; on it a slice an inference from its first window to its last delivered pixel, or, if
/// that comes first, to the first window of the next inference.
class pipeline_trace {
public:
    pipeline_trace(core::trace& trace, const nn::network& network);

    void started(const reram::observed_window& window);
    void delivered(const reram::observed_pixel& pixel);

private:
    struct passage {  ///< an inference on its way through a layer
        std::uint32_t inference = 0;
        std::uint64_t begin_fs = 0;
        std::uint64_t missing = 0;  ///< elements to be delivered
    };
    struct layer {
        core::trace_track track;
        std::uint64_t elements = 0;
        std::deque<passage> under_way;
    };

    void draw(const layer& of, std::size_t index) const;

    core::trace& m_trace;
    std::vector<layer> m_layers;
};

}  // namespace pimvp::runner
