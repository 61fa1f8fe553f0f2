// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/bytes.h>

#include <cstdint>
#include <map>

namespace pimvp::board {

/// Which parts of the simulated memory are in use: first fit, lowest address first, so that the
/// same requests give the same addresses in every run.
class memory_pool {
public:
    static constexpr std::uint64_t alignment = 64;

    memory_pool(std::uint64_t base, std::uint64_t bytes);

    /// A multiple of 64. Throws core::user_error with both sizes if no gap is large enough. An
    /// empty block takes 64 bytes, so that every block has an address of its own.
    [[nodiscard]] std::uint64_t allocate(std::uint64_t bytes);
    /// Throws core::internal_error for an address that is not in use.
    void free(std::uint64_t address);

    void save(core::byte_writer& to) const;
    /// Throws core::format_error if blocks overlap or leave the pool.
    void restore(core::byte_reader& from);

    [[nodiscard]] std::uint64_t used() const { return m_used; }
    [[nodiscard]] std::uint64_t size() const { return m_bytes; }

private:
    std::uint64_t m_base;
    std::uint64_t m_bytes;
    std::uint64_t m_used = 0;
    std::map<std::uint64_t, std::uint64_t> m_blocks;  ///< address -> bytes
};

}  // namespace pimvp::board
