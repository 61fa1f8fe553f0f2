// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/cards/system_bus_card.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

namespace pimvp::bus {

/// Parameters of a router.
struct router_params {
    core::graded<core::duration> latency = cards::system_bus::router_latency;
    core::graded<core::bandwidth> bandwidth = cards::system_bus::router_bandwidth;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("latency", p.latency, {core::duration{0}, core::duration{1'000'000'000'000}},
                 "Added to every transaction, on the way to its target.");
        v.member("bandwidth", p.bandwidth,
                 {core::bandwidth{1}, core::bandwidth{1'000'000'000'000'000}},
                 "Of the channel of each target.");
    }
};

}  // namespace pimvp::bus
