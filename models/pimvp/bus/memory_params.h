// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/cards/system_memory_card.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <string>

namespace pimvp::bus {

/// Parameters of a memory.
struct memory_params {
    core::graded<core::byte_size> size = cards::system_memory::size;
    core::graded<core::duration> latency = cards::system_memory::latency;
    core::graded<core::bandwidth> bandwidth = cards::system_memory::bandwidth;
    core::graded<core::energy> read_energy = cards::system_memory::read_energy;
    core::graded<core::energy> write_energy = cards::system_memory::write_energy;
    std::string component = "memory";
    bool read_only = false;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("size", p.size, {core::byte_size{4}, core::byte_size{std::uint64_t{1} << 40U}},
                 "Bytes; host memory is allocated as it is written.");
        v.member("latency", p.latency, {core::duration{0}, core::duration{1'000'000'000'000}},
                 "From a free data bus to the first byte.");
        v.member("bandwidth", p.bandwidth,
                 {core::bandwidth{1}, core::bandwidth{1'000'000'000'000'000}},
                 "Of the data bus, one access at a time.");
        v.member("read_energy", p.read_energy, "Per byte read.");
        v.member("write_energy", p.write_energy, "Per byte written.");
        v.member("component", p.component,
                 "Name in energy reports; memories of different energies need different names.");
        v.member("read_only", p.read_only, "A ROM: only loaders write it.");
    }
};

}  // namespace pimvp::bus
