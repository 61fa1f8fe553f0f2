// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/cards/system_bus_card.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

namespace pimvp::bus {

/// Parameters of a DMA engine.
struct dma_params {
    core::graded<core::duration> setup = cards::system_bus::dma_setup;
    core::graded<core::byte_size> burst = cards::system_bus::dma_burst;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("setup", p.setup, {core::duration{0}, core::duration{1'000'000'000'000}},
                 "Once per transfer, before its first burst.");
        v.member(
            "burst", p.burst, {core::byte_size{4}, core::byte_size{std::uint64_t{1} << 20U}},
            "Bytes of the largest transaction, a power of two; none crosses a multiple of it.");
    }
    void validate(core::diagnostics& found) const {
        const std::uint64_t bytes = burst.value.bytes;
        if ((bytes & (bytes - 1)) != 0) {
            found.error("burst", "must be a power of two: 64 B, 256 B, 1 KiB ...");
        }
    }
};

}  // namespace pimvp::bus
