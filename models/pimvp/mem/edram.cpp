// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mem/edram.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <string>

namespace pimvp::mem {
namespace {

const edram_params& checked(const edram_params& params) {
    core::diagnostics found;
    params.validate(found);
    found.throw_if_errors();
    return params;
}

constexpr std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) {
    return (a + b - 1) / b;
}

}  // namespace

edram::edram(const char* name, core::context& context, const edram_params& params)
    : sc_object(name),
      m_params(checked(params)),
      m_write_port(params.banks.value > 1 ? 1 : 0),
      m_ledger(context.ledger()),
      m_read_byte(m_ledger.event("edram", "byte", "read", params.read_byte, core::in_tile)),
      m_write_byte(m_ledger.event("edram", "byte", "write", params.write_byte, core::in_tile)),
      m_stats(context.statistics(), this->name()) {}

std::uint64_t edram::busy_fs(std::uint64_t bytes) const {
    // cycles and their remainder apart: the product of bytes and fs may need more than 64 bits
    const std::uint64_t word = m_params.word.value.bytes;
    const std::uint64_t transfer = m_params.transfer.value.bytes;
    const std::uint64_t moved = divided_up(bytes, word) * word;
    const std::uint64_t cycle_fs = m_params.cycle.value.fs;
    return moved / transfer * cycle_fs + divided_up(moved % transfer * cycle_fs, transfer);
}

sc_core::sc_time edram::busy_time(std::uint64_t bytes) const {
    return core::from_fs(busy_fs(bytes));
}

std::uint64_t edram::transfer_cycles(std::uint64_t bytes) const {
    return divided_up(bytes, m_params.transfer.value.bytes);
}

sc_core::sc_time edram::reserve(unsigned port, const sc_core::sc_time& earliest,
                                std::uint64_t bytes) {
    if (bytes == 0) return earliest;
    m_free_fs[port] = std::max(core::to_fs(earliest), m_free_fs[port]) + busy_fs(bytes);
    return core::from_fs(m_free_fs[port]);
}

sc_core::sc_time edram::read(const sc_core::sc_time& earliest, std::uint64_t bytes,
                             std::uint32_t scope) {
    count_read(bytes, scope);
    return reserve(0, earliest, bytes);
}

sc_core::sc_time edram::write(const sc_core::sc_time& earliest, std::uint64_t bytes,
                              std::uint32_t scope) {
    count_write(bytes, scope);
    return reserve(m_write_port, earliest, bytes);
}

void edram::count_read(std::uint64_t bytes, std::uint32_t scope) {
    m_ledger.add(m_read_byte, bytes, scope);
    m_stats.bytes_read += bytes;
}

void edram::count_write(std::uint64_t bytes, std::uint32_t scope) {
    m_ledger.add(m_write_byte, bytes, scope);
    m_stats.bytes_written += bytes;
}

sc_core::sc_time edram::read_free_at() const {
    return core::from_fs(m_free_fs[0]);
}

sc_core::sc_time edram::write_free_at() const {
    return core::from_fs(m_free_fs[m_write_port]);
}

void edram::allocate(std::uint64_t bytes) {
    m_stats.occupied += bytes;
}

void edram::release(std::uint64_t bytes) {
    if (bytes > occupied()) {
        throw core::internal_error(std::string(name()) + ": release of " + std::to_string(bytes) +
                                   " B while " + std::to_string(occupied()) + " B are occupied");
    }
    m_stats.occupied -= bytes;
}

bool edram::fits(std::uint64_t bytes) const {
    return occupied() <= capacity() && bytes <= capacity() - occupied();
}

void edram::clear() {
    m_free_fs[0] = m_free_fs[1] = 0;
    m_stats.occupied -= occupied();
}

core::budget_item edram::budget() const {
    return {"eDRAM buffer", 1, m_params.area, m_params.power};
}

}  // namespace pimvp::mem
