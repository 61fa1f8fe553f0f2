// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/noc/cards/isaac_32nm_card.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>

namespace pimvp::noc {

/// The links that join chips (and the host) through their I/O ports.
struct hyper_transport_params {
    core::graded<std::uint32_t> links = cards::isaac_32nm::hyper_transport_links;
    core::graded<core::bandwidth> link_bandwidth = cards::isaac_32nm::hyper_transport_bandwidth;
    core::graded<core::byte_size> head = cards::isaac_32nm::hyper_transport_head;
    core::graded<core::duration> latency = cards::isaac_32nm::hyper_transport_latency;
    core::graded<core::energy> byte = cards::isaac_32nm::hyper_transport_byte;
    core::graded<core::power> power = cards::isaac_32nm::hyper_transport_power;
    core::graded<core::area> area = cards::isaac_32nm::hyper_transport_area;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("links", p.links, {1, 64}, "Links of each chip; a message takes one of them.");
        v.member("link_bandwidth", p.link_bandwidth,
                 {core::bandwidth{1'000'000}, core::bandwidth{1'000'000'000'000}},
                 "Of each link and direction.");
        v.member("head", p.head, {core::byte_size{0}, core::byte_size{64}},
                 "Bytes of a message before its data.");
        v.member("latency", p.latency, {core::duration{1'000}, core::duration{1'000'000'000'000}},
                 "From the last byte sent to the last byte received.");
        v.member("byte", p.byte, "A byte sent, beside the constant power.");
        v.member("power", p.power, "All links of one chip, at any activity.");
        v.member("area", p.area, "All links of one chip.");
    }
};

}  // namespace pimvp::noc
