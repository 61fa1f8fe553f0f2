// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/cards/host_card.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>

namespace pimvp::board {

/// Parameters of the host.
struct host_params {
    core::graded<core::duration> register_overhead = cards::host::register_overhead;
    core::graded<core::duration> interrupt_latency = cards::host::interrupt_latency;
    core::graded<core::byte_size> copy_chunk = cards::host::copy_chunk;
    core::graded<core::duration> step_element_time = cards::host::step_element_time;
    core::graded<core::energy> step_element_energy = cards::host::step_element_energy;
    std::uint32_t ring_jobs = 16;
    std::uint32_t ring_tensors = 32;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member("register_overhead", p.register_overhead, {0_fs, 1_ms},
                 "Computing time around each register access of the driver.");
        v.member("interrupt_latency", p.interrupt_latency, {0_fs, 1_s},
                 "From a rising interrupt line to the driver.");
        v.member("copy_chunk", p.copy_chunk, {64_B, 1_MiB},
                 "Largest transaction of a copy to or from memory.");
        v.member("step_element_time", p.step_element_time, {0_fs, 1_ms},
                 "Computing time of an element of a step that no accelerator computes.");
        v.member("step_element_energy", p.step_element_energy, "Energy of such an element.");
        v.member("ring_jobs", p.ring_jobs, {1, 65536},
                 "Slots of each accelerator's job ring, a power of two.",
                 core::assumed("modelling choice"));
        v.member("ring_tensors", p.ring_tensors, {1, 1024}, "Largest tensor table of a RUN.",
                 core::assumed("modelling choice"));
    }
    void validate(core::diagnostics& found) const {
        if ((ring_jobs & (ring_jobs - 1)) != 0) {
            found.error("ring_jobs", "must be a power of two: 1, 2, 4 ... 65536");
        }
    }
};

}  // namespace pimvp::board
