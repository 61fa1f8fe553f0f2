// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/tile_messages.h>

#include <pimvp/bus/node_message.h>
#include <pimvp/bus/payload_pool.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Taking tile messages apart and putting them together: node header, tile header, bytes.
namespace pimvp::reram {

inline tile_message kind_of(const tlm::tlm_generic_payload& payload) {
    return static_cast<tile_message>(bus::header_of<bus::node_message_header>(payload).kind);
}

template <class Header>
constexpr std::size_t message_bytes = sizeof(bus::node_message_header) + sizeof(Header);

template <class Header>
Header tile_header_of(const tlm::tlm_generic_payload& payload) {
    Header header;
    std::memcpy(&header, payload.get_data_ptr() + sizeof(bus::node_message_header), sizeof(header));
    return header;
}

template <class Header>
const std::uint8_t* tile_body_of(const tlm::tlm_generic_payload& payload) {
    return payload.get_data_ptr() + message_bytes<Header>;
}

/// Precondition: the payload holds both headers.
template <class Header>
std::size_t tile_body_bytes(const tlm::tlm_generic_payload& payload) {
    return payload.get_data_length() - message_bytes<Header>;
}

/// A message for `node`; `body_bytes` bytes follow the headers, undefined.
template <class Header>
bus::message make_tile_message(bus::payload_pool& pool, tile_message kind,
                               bus::node_message_header node, const Header& header,
                               std::size_t body_bytes = 0) {
    node.kind = static_cast<std::uint32_t>(kind);
    node.head_bytes = sizeof(Header);
    bus::message made = pool.allocate(message_bytes<Header> + body_bytes);
    std::memcpy(made.data(), &node, sizeof(node));
    std::memcpy(made.data() + sizeof(node), &header, sizeof(header));
    return made;
}

/// A message for `node` of which the last `body_bytes` bytes are `body`.
template <class Header>
bus::message make_tile_message(bus::payload_pool& pool, tile_message kind,
                               const bus::node_message_header& node, const Header& header,
                               const void* body, std::size_t body_bytes) {
    bus::message made = make_tile_message(pool, kind, node, header, body_bytes);
    if (body_bytes != 0) std::memcpy(made.data() + message_bytes<Header>, body, body_bytes);
    return made;
}

}  // namespace pimvp::reram
