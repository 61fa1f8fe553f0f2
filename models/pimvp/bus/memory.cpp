// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/memory.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;

memory::memory(const sc_core::sc_module_name& module_name, core::context& context,
               memory_params params)
    : sc_module(module_name),
      in("in", context, *this),
      m_params(std::move(params)),
      m_latency(core::to_time(m_params.latency.value)),
      m_pages((m_params.size.value.bytes + page_bytes - 1) / page_bytes),
      m_ledger(context.ledger()),
      m_read_energy(
          m_ledger.event(m_params.component, "byte", "read", m_params.read_energy, core::off_chip)),
      m_write_energy(m_ledger.event(m_params.component, "byte", "write", m_params.write_energy,
                                    core::off_chip)),
      m_stats(context.statistics(), name()),
      m_reads(m_stats, "reads", "read transactions", core::quantity::count),
      m_writes(m_stats, "writes", "write transactions", core::quantity::count),
      m_bytes_read(m_stats, "bytes_read", "bytes read", core::quantity::bytes),
      m_bytes_written(m_stats, "bytes_written", "bytes written", core::quantity::bytes) {
    if (size() == 0) throw core::user_error(name(), "a memory of 0 bytes: set its size");
}

memory::~memory() = default;

void memory::reset() {
    in.abort();
    for (auto& one : m_pages) one.reset();
    in.invalidate_direct_memory(0, size() - 1);
}

tlm::tlm_response_status memory::check(const tlm_generic_payload& payload) const {
    const std::uint64_t address = payload.get_address();
    if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (payload.is_write() && m_params.read_only) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (payload.get_streaming_width() < payload.get_data_length()) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    if (address >= size() || payload.get_data_length() > size() - address) {
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0) {
        return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    }
    return tlm::TLM_OK_RESPONSE;
}

sc_time memory::occupancy(const tlm_generic_payload& payload) const {
    return core::to_time(core::transfer_time(m_params.bandwidth.value, payload.get_data_length()));
}

sc_time memory::latency(const tlm_generic_payload& payload) const {
    return m_latency + occupancy(payload);
}

std::uint8_t* memory::page(std::uint64_t address) {
    auto& one = m_pages[address / page_bytes];
    if (!one) one.reset(new std::uint8_t[page_bytes]());
    return one.get();
}

template <class Piece>
void memory::for_each_page(std::uint64_t address, std::size_t bytes, Piece piece) const {
    std::size_t done = 0;
    while (done < bytes) {
        const std::uint64_t at = address + done;
        const std::size_t here = static_cast<std::size_t>(
            std::min<std::uint64_t>(bytes - done, page_bytes - at % page_bytes));
        piece(at, done, here);
        done += here;
    }
}

void memory::load(std::uint64_t address, const void* from, std::size_t bytes) {
    if (address > size() || bytes > size() - address) {
        throw core::internal_error(std::string(name()) + ": load outside of the memory");
    }
    const auto* source = static_cast<const std::uint8_t*>(from);
    for_each_page(address, bytes, [&](std::uint64_t at, std::size_t done, std::size_t here) {
        std::memcpy(page(at) + at % page_bytes, source + done, here);
    });
}

void memory::dump(std::uint64_t address, void* to, std::size_t bytes) const {
    if (address > size() || bytes > size() - address) {
        throw core::internal_error(std::string(name()) + ": dump outside of the memory");
    }
    auto* target = static_cast<std::uint8_t*>(to);
    for_each_page(address, bytes, [&](std::uint64_t at, std::size_t done, std::size_t here) {
        const auto& one = m_pages[at / page_bytes];
        if (one) {
            std::memcpy(target + done, one.get() + at % page_bytes, here);
        } else {
            std::memset(target + done, 0, here);  // never written
        }
    });
}

void memory::execute(tlm_generic_payload& payload, const sc_time&) {
    const std::uint64_t address = payload.get_address();
    const std::size_t bytes = payload.get_data_length();
    std::uint8_t* data = payload.get_data_ptr();
    std::uint64_t moved = bytes;
    const unsigned char* enables = payload.get_byte_enable_ptr();
    if (enables == nullptr) {
        if (payload.is_read()) {
            dump(address, data, bytes);
        } else {
            load(address, data, bytes);
        }
    } else {
        moved = 0;
        for (std::size_t i = 0; i < bytes; ++i) {
            if (enables[i % payload.get_byte_enable_length()] != TLM_BYTE_ENABLED) continue;
            ++moved;
            if (payload.is_read()) {
                dump(address + i, data + i, 1);
            } else {
                load(address + i, data + i, 1);
            }
        }
    }
    payload.set_dmi_allowed(true);
    if (payload.is_read()) {
        ++m_reads;
        m_bytes_read += moved;
        m_ledger.add(m_read_energy, moved);
    } else {
        ++m_writes;
        m_bytes_written += moved;
        m_ledger.add(m_write_energy, moved);
    }
}

unsigned memory::debug(tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (address >= size()) return 0;
    const auto bytes =
        static_cast<unsigned>(std::min<std::uint64_t>(payload.get_data_length(), size() - address));
    if (payload.is_read()) {
        dump(address, payload.get_data_ptr(), bytes);
    } else if (payload.is_write()) {
        load(address, payload.get_data_ptr(), bytes);
    } else {
        return 0;
    }
    return bytes;
}

bool memory::direct_memory(tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    const std::uint64_t address = payload.get_address();
    if (address >= size()) return false;
    const std::uint64_t start = address - address % page_bytes;
    dmi.set_dmi_ptr(page(address));
    dmi.set_start_address(start);
    dmi.set_end_address(std::min(start + page_bytes, size()) - 1);
    dmi.set_read_latency(m_latency);
    dmi.set_write_latency(m_latency);
    if (m_params.read_only) {
        dmi.allow_read();
    } else {
        dmi.allow_read_write();
    }
    return true;
}

/// Of each run its address, its bytes, and what it holds.
void memory::save(core::byte_writer& to) const {
    constexpr std::uint64_t block = 4096;
    std::uint64_t end = 0;        // of the run before
    std::size_t bytes_field = 0;  // where its length stands
    std::uint64_t bytes = 0;
    for (std::size_t p = 0; p < m_pages.size(); ++p) {
        if (!m_pages[p]) continue;
        const std::uint64_t first = p * page_bytes;
        const std::uint64_t last = std::min(first + page_bytes, size());
        for (std::uint64_t address = first; address < last; address += block) {
            const std::uint8_t* from = m_pages[p].get() + (address - first);
            const std::uint64_t here = std::min(block, last - address);
            if (std::all_of(from, from + here, [](std::uint8_t b) { return b == 0; })) continue;
            if (bytes == 0 || address != end) {
                to.put(address);
                bytes_field = to.size();
                bytes = 0;
                to.put(bytes);
            }
            to.put_bytes(from, here);
            bytes += here;
            to.put_at(bytes_field, bytes);
            end = address + here;
        }
    }
}

void memory::restore(core::byte_reader& from) {
    reset();
    while (!from.at_end()) {
        const auto address = from.get<std::uint64_t>("address of a run");
        const auto bytes = from.get<std::uint64_t>("bytes of a run");
        if (address > size() || bytes > size() - address) from.fail("a run outside of the memory");
        load(address, from.get_bytes(bytes, "run"), bytes);
    }
}

std::size_t memory::pages() const {
    return static_cast<std::size_t>(std::count_if(m_pages.begin(), m_pages.end(),
                                                  [](const auto& one) { return one != nullptr; }));
}

}  // namespace pimvp::bus
