// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pimvp::bus {

/// What every message between the nodes of an on-chip network starts with. Blocks that send and the
/// network that carries agree on this and on nothing else; the bytes behind it are the blocks' own.
struct node_message_header {
    std::uint32_t destination = 0;  ///< node the message goes to
    std::uint32_t source = 0;       ///< node it comes from
    std::uint32_t kind = 0;         ///< what follows; the receiving block says
    std::uint32_t scope = 0;        ///< ledger scope (layer) the transport is charged to
    /// Of the bytes behind this header, so many first ones say what the others are. Like the header
    /// itself they are the model's words; hardware packs all of it into the head of a packet.
    std::uint32_t head_bytes = 0;
};
static_assert(sizeof(node_message_header) == 20, "wire format");

}  // namespace pimvp::bus
