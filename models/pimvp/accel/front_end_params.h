// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/cards/front_end_card.h>

#include <pimvp/bus/dma_params.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>

namespace pimvp::accel {

/// Parameters of a front_end.
struct front_end_params {
    core::graded<core::duration> register_access = cards::front_end::register_access;
    core::graded<core::duration> job_decode = cards::front_end::job_decode;
    core::graded<core::duration> power_up = cards::front_end::power_up;
    std::uint32_t jobs_in_flight = 16;
    bus::dma_params dma;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member("register_access", p.register_access, {1_ps, 1_ms},
                 "Time of one register access.");
        v.member("job_decode", p.job_decode, {0_fs, 1_ms},
                 "From the arrival of a job's 64 bytes to its start.");
        v.member("power_up", p.power_up, {0_fs, 1_s}, "From off to the first job.");
        v.member("jobs_in_flight", p.jobs_in_flight, {1, 4096},
                 "Jobs fetched and not yet retired; an engine may start fewer runs.",
                 core::assumed("modelling choice: enough to hide the fetch of a job"));
        v.group("dma", p.dma, "The engine behind the dma socket.");
    }
};

}  // namespace pimvp::accel
