// SPDX-License-Identifier: Apache-2.0
#include <pimvp/board/memory_pool.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <string>

namespace pimvp::board {

memory_pool::memory_pool(std::uint64_t base, std::uint64_t bytes)
    : m_base((base + alignment - 1) / alignment * alignment),
      m_bytes(bytes > m_base - base ? bytes - (m_base - base) : 0) {}

std::uint64_t memory_pool::allocate(std::uint64_t bytes) {
    const std::uint64_t wanted =
        (std::max<std::uint64_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    std::uint64_t candidate = m_base;
    for (const auto& [address, size] : m_blocks) {
        if (wanted >= bytes && address - candidate >= wanted) break;
        candidate = address + size;
    }
    const std::uint64_t left = m_bytes - (candidate - m_base);
    if (wanted < bytes || left < wanted) {
        throw core::user_error("memory.size", "the board's memory of " + std::to_string(m_bytes) +
                                                  " bytes has " + std::to_string(m_used) +
                                                  " in use and no room for " +
                                                  std::to_string(bytes) + " more: make it larger");
    }
    m_blocks.emplace(candidate, wanted);
    m_used += wanted;
    return candidate;
}

void memory_pool::free(std::uint64_t address) {
    const auto found = m_blocks.find(address);
    if (found == m_blocks.end()) {
        throw core::internal_error("memory_pool: address " + std::to_string(address) +
                                   " is not in use");
    }
    m_used -= found->second;
    m_blocks.erase(found);
}

}  // namespace pimvp::board
