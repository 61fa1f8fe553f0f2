// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mem/edram_buffer.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>

namespace pimvp::mem {
namespace {

const edram_params& checked(const edram_params& params) {
    core::diagnostics found;
    params.validate(found);
    found.throw_if_errors();
    return params;
}

/// a * b / c, rounded up, without overflow on the way.
std::uint64_t scaled(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<wide>(a) * b + c - 1) / c);
}

}  // namespace

edram_buffer::edram_buffer(core::context& context, const std::string& name,
                           const edram_params& params)
    : m_params(checked(params)),
      m_write_port(params.banks.value > 1 ? 1 : 0),
      m_ledger(context.ledger()),
      m_read_byte(m_ledger.event("edram", "byte", "read", params.read_byte, core::in_tile)),
      m_write_byte(m_ledger.event("edram", "byte", "write", params.write_byte, core::in_tile)),
      m_stats(context.statistics(), name) {}

std::uint64_t edram_buffer::busy_fs(std::uint64_t bytes) const {
    const std::uint64_t word = m_params.word.value.bytes;
    const std::uint64_t words = (bytes + word - 1) / word;
    return scaled(words * word, m_params.cycle.value.fs, m_params.transfer.value.bytes);
}

std::uint64_t edram_buffer::reserve(unsigned port, std::uint64_t earliest_fs, std::uint64_t bytes) {
    if (bytes == 0) return earliest_fs;
    m_free[port] = std::max(earliest_fs, m_free[port]) + busy_fs(bytes);
    return m_free[port];
}

std::uint64_t edram_buffer::read(std::uint64_t earliest_fs, std::uint64_t bytes,
                                 std::uint32_t scope) {
    count_read(bytes, scope);
    return reserve(0, earliest_fs, bytes);
}

std::uint64_t edram_buffer::write(std::uint64_t earliest_fs, std::uint64_t bytes,
                                  std::uint32_t scope) {
    count_write(bytes, scope);
    return reserve(m_write_port, earliest_fs, bytes);
}

void edram_buffer::count_read(std::uint64_t bytes, std::uint32_t scope) {
    m_ledger.add(m_read_byte, bytes, scope);
    m_stats.bytes_read += bytes;
}

void edram_buffer::count_write(std::uint64_t bytes, std::uint32_t scope) {
    m_ledger.add(m_write_byte, bytes, scope);
    m_stats.bytes_written += bytes;
}

bool edram_buffer::occupy(std::uint64_t bytes) {
    if (bytes > capacity() - occupied()) return false;
    m_stats.occupied += bytes;
    return true;
}

void edram_buffer::release(std::uint64_t bytes) {
    if (bytes > occupied()) {
        throw core::internal_error(m_stats.name() + ": release of " + std::to_string(bytes) +
                                   " B while " + std::to_string(occupied()) + " B are occupied");
    }
    m_stats.occupied -= bytes;
}

void edram_buffer::clear() {
    m_free[0] = m_free[1] = 0;
    m_stats.occupied -= occupied();
}

core::budget_item edram_buffer::budget() const {
    return {"eDRAM buffer", 1, m_params.area, m_params.power};
}

}  // namespace pimvp::mem
