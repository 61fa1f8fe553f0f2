// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/register_bank.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;

namespace {
constexpr std::uint64_t word = 4;  // bytes of a register

std::uint32_t load_word(const std::uint8_t* from) {
    return from[0] | static_cast<std::uint32_t>(from[1]) << 8U |
           static_cast<std::uint32_t>(from[2]) << 16U | static_cast<std::uint32_t>(from[3]) << 24U;
}
void store_word(std::uint32_t value, std::uint8_t* to) {
    for (unsigned i = 0; i < word; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}
}  // namespace

register32::register32(register_bank& bank, const char* name, std::uint32_t offset,
                       std::uint32_t reset, const register_rights& rights)
    : m_name(name),
      m_offset(offset),
      m_reset(reset),
      m_rights(rights),
      m_value(reset) {
    bank.add(*this);
}

void register32::set(std::uint32_t value) {
    m_value = value;
    note_set(value);
}

void register32::set_bits(std::uint32_t bits) {
    m_value |= bits;
    note_set(bits);
}

void register32::note_set(std::uint32_t bits) {
    if (m_rights.clearing == 0) return;
    const sc_time now = sc_core::sc_time_stamp();
    if (m_set_at != now) m_set_bits = 0;
    m_set_at = now;
    m_set_bits |= bits;
}

void register32::allow_write(std::function<bool(std::uint32_t)> rule) {
    m_allow_write = std::move(rule);
}

void register32::on_read(std::function<void(const sc_time&)> callback) {
    m_on_read = std::move(callback);
}

std::uint32_t register32::bus_read(const sc_time& at) {
    const std::uint32_t raw = m_pair != nullptr ? m_pair->read_half(*this) : current();
    const std::uint32_t value = raw & m_rights.readable;
    if (m_on_read) m_on_read(at);
    return value;
}

void register32::bus_write(std::uint32_t value, const sc_time& at) {
    std::uint32_t clear = value & m_rights.clearing;
    if (clear != 0 && m_set_at == sc_core::sc_time_stamp() + at) clear &= ~m_set_bits;
    m_value = ((m_value & ~m_rights.writable) | (value & m_rights.writable)) & ~clear;
    if (m_on_write) {
        m_on_write(value & (m_rights.writable | m_rights.clearing | m_rights.command), at);
    }
}

void register32::reset() {
    m_value = m_reset;
    m_set_bits = 0;
}

register64::register64(register_bank& bank, const char* name_lo, const char* name_hi,
                       std::uint32_t offset, std::uint64_t reset, const register_rights& rights)
    : lo(bank, name_lo, offset, static_cast<std::uint32_t>(reset), rights),
      hi(bank, name_hi, offset + 4, static_cast<std::uint32_t>(reset >> 32U), rights) {
    lo.m_pair = this;
    hi.m_pair = this;
}

std::uint64_t register64::get() const {
    if (m_provide) return m_provide();
    return lo.m_value | std::uint64_t{hi.m_value} << 32U;
}

void register64::set(std::uint64_t value) {
    lo.set(static_cast<std::uint32_t>(value));
    hi.set(static_cast<std::uint32_t>(value >> 32U));
}

void register64::provide(std::function<std::uint64_t()> value) {
    m_provide = std::move(value);
    lo.provide([this] { return static_cast<std::uint32_t>(m_provide()); });
    hi.provide([this] { return static_cast<std::uint32_t>(m_provide() >> 32U); });
}

void register64::on_write(std::function<void(std::uint64_t, const sc_time&)> callback) {
    const auto whole = [this, callback = std::move(callback)](std::uint32_t, const sc_time& at) {
        callback(get(), at);
    };
    lo.on_write(whole);
    hi.on_write(whole);
}

std::uint32_t register64::read_half(const register32& half) {
    if (&half == &lo) {
        const std::uint64_t value = get();
        m_latched_hi = static_cast<std::uint32_t>(value >> 32U);
        m_latched = true;
        return static_cast<std::uint32_t>(value);
    }
    if (std::exchange(m_latched, false)) return m_latched_hi;
    return static_cast<std::uint32_t>(get() >> 32U);
}

register_array::register_array(register_bank& bank, const char* name, std::uint32_t offset,
                               std::uint32_t count, std::uint32_t reset,
                               const register_rights& rights) {
    for (std::uint32_t i = 0; i < count; ++i) {
        m_names.push_back(name + std::to_string(i));
        m_registers.emplace_back(bank, m_names.back().c_str(), offset + 4 * i, reset, rights);
    }
}

void register_bank::add(register32& added) {
    if (added.offset() % word != 0) {
        throw core::internal_error(std::string("register ") + added.name() +
                                   " is not at a multiple of 4");
    }
    const auto place = first_from(added.offset());
    if (place != m_registers.end() && (*place)->offset() == added.offset()) {
        throw core::internal_error(std::string("register ") + added.name() + " overlaps " +
                                   (*place)->name());
    }
    m_registers.insert(place, &added);
}

void register_bank::reset() {
    for (register32* one : m_registers) one->reset();
}

std::uint64_t register_bank::bytes() const {
    return m_registers.empty() ? 0 : std::uint64_t{m_registers.back()->offset()} + word;
}

std::vector<register32*>::const_iterator register_bank::first_from(std::uint64_t offset) const {
    return std::lower_bound(
        m_registers.begin(), m_registers.end(), offset,
        [](const register32* one, std::uint64_t wanted) { return one->offset() < wanted; });
}

void register_bank::save(core::byte_writer& to) const {
    for (const register32* one : m_registers) {
        if (one == nullptr) continue;
        to.put(one->m_value);
        const register64* pair = one->m_pair;
        if (pair == nullptr || one != &pair->lo) continue;
        to.put(pair->m_latched);
        to.put(pair->m_latched_hi);
    }
}

void register_bank::restore(core::byte_reader& from) {
    for (register32* one : m_registers) {
        if (one == nullptr) continue;
        one->m_value = from.get<std::uint32_t>("register");
        one->m_set_bits = 0;
        register64* pair = one->m_pair;
        if (pair == nullptr || one != &pair->lo) continue;
        pair->m_latched = from.get<std::uint8_t>("latch of a register") != 0;
        pair->m_latched_hi = from.get<std::uint32_t>("latched register");
    }
}

register32* register_bank::find(std::uint64_t offset) const {
    const auto found = first_from(offset);
    return found != m_registers.end() && (*found)->offset() == offset ? *found : nullptr;
}

tlm::tlm_response_status register_bank::check(const tlm_generic_payload& payload) const {
    const std::uint64_t offset = payload.get_address();
    const unsigned bytes = payload.get_data_length();
    if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if ((bytes != word && bytes != 2 * word) || offset % bytes != 0 ||
        payload.get_streaming_width() < bytes) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    for (unsigned i = 0; i < bytes; i += word) {
        const register32* one = find(offset + i);
        if (one == nullptr) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
        const register_rights& may = one->rights();
        if (payload.is_read()) {
            if (may.readable == 0) return tlm::TLM_COMMAND_ERROR_RESPONSE;
            continue;
        }
        if ((may.writable | may.clearing | may.command) == 0) {
            return tlm::TLM_COMMAND_ERROR_RESPONSE;
        }
        if (one->m_allow_write && !one->m_allow_write(load_word(payload.get_data_ptr() + i))) {
            return tlm::TLM_COMMAND_ERROR_RESPONSE;
        }
    }
    return tlm::TLM_OK_RESPONSE;
}

sc_time register_bank::occupancy(const tlm_generic_payload&) const {
    return m_access_time;
}

bool register_bank::synchronises(const tlm_generic_payload& payload) const {
    for (unsigned i = 0; i < payload.get_data_length(); i += word) {
        const register32* one = find(payload.get_address() + i);
        if (one != nullptr && one->rights().synchronises) return true;
    }
    return false;
}

void register_bank::execute(tlm_generic_payload& payload, const sc_time& at) {
    for (unsigned i = 0; i < payload.get_data_length(); i += word) {
        register32* one = find(payload.get_address() + i);
        std::uint8_t* data = payload.get_data_ptr() + i;
        if (payload.is_read()) {
            store_word(one->bus_read(at), data);
        } else {
            one->bus_write(load_word(data), at);
        }
    }
}

unsigned register_bank::debug(tlm_generic_payload& payload) {
    const std::uint64_t begin = payload.get_address();
    unsigned done = 0;
    for (; done < payload.get_data_length(); ++done) {
        const std::uint64_t at = begin + done;
        if (at >= bytes()) break;
        register32* one = find(at - at % word);
        const unsigned shift = static_cast<unsigned>(at % word) * 8;
        std::uint8_t& byte = payload.get_data_ptr()[done];
        if (payload.is_read()) {
            byte = one == nullptr ? std::uint8_t{0}
                                  : static_cast<std::uint8_t>(one->current() >> shift);
        } else if (payload.is_write() && one != nullptr) {
            one->m_value = (one->m_value & ~(0xFFU << shift)) | static_cast<std::uint32_t>(byte)
                                                                    << shift;
        }
    }
    return done;
}

}  // namespace pimvp::bus
