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

void memory_pool::save(core::byte_writer& to) const {
    to.put(static_cast<std::uint32_t>(m_blocks.size()));
    for (const auto& [address, bytes] : m_blocks) {
        to.put(address);
        to.put(bytes);
    }
}

void memory_pool::restore(core::byte_reader& from) {
    m_blocks.clear();
    m_used = 0;
    const std::uint32_t blocks = from.get_count(2 * sizeof(std::uint64_t), "blocks of memory");
    std::uint64_t end = 0;  // of the block before, from m_base
    for (std::uint32_t i = 0; i < blocks; ++i) {
        const auto address = from.get<std::uint64_t>("address of a block");
        const auto bytes = from.get<std::uint64_t>("bytes of a block");
        const std::uint64_t begin = address - m_base;
        if (address < m_base || begin < end || begin > m_bytes || bytes > m_bytes - begin ||
            bytes == 0 || address % alignment != 0 || bytes % alignment != 0) {
            from.fail("a block of memory that was never given");
        }
        m_blocks.emplace_hint(m_blocks.end(), address, bytes);
        m_used += bytes;
        end = begin + bytes;
    }
}

}  // namespace pimvp::board
