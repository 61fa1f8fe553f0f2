// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mem/edram_memory.h>

#include <algorithm>
#include <cstring>

namespace pimvp::mem {

edram_memory::edram_memory(const sc_core::sc_module_name& name, core::context& context,
                           const edram_params& params)
    : sc_module(name),
      in("in", context, *this),
      m_edram("edram", context, params),
      m_bytes(params.size.value.bytes) {}

tlm::tlm_response_status edram_memory::check(const tlm::tlm_generic_payload& payload) const {
    if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    const std::uint64_t address = payload.get_address();
    const std::uint64_t bytes = payload.get_data_length();
    if (address >= size() || bytes > size() - address) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (payload.get_streaming_width() < bytes) return tlm::TLM_BURST_ERROR_RESPONSE;
    return tlm::TLM_OK_RESPONSE;
}

sc_core::sc_time edram_memory::occupancy(const tlm::tlm_generic_payload& payload) const {
    return m_edram.busy_time(payload.get_data_length());
}

void edram_memory::move(tlm::tlm_generic_payload& payload, std::uint64_t bytes) {
    if (bytes == 0) return;
    std::uint8_t* const place = m_bytes.data() + payload.get_address();
    if (payload.is_read()) {
        std::memcpy(payload.get_data_ptr(), place, bytes);
    } else if (payload.is_write()) {
        std::memcpy(place, payload.get_data_ptr(), bytes);
    }
}

void edram_memory::execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& /*at*/) {
    const std::uint64_t bytes = payload.get_data_length();
    if (payload.is_read()) {
        m_edram.count_read(bytes);
    } else {
        m_edram.count_write(bytes);
    }
    move(payload, bytes);
}

unsigned edram_memory::debug(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (payload.get_command() == tlm::TLM_IGNORE_COMMAND || address >= size()) return 0;
    const std::uint64_t bytes =
        std::min<std::uint64_t>(payload.get_data_length(), size() - address);
    move(payload, bytes);
    return static_cast<unsigned>(bytes);
}

void edram_memory::reset() {
    in.abort();
    m_edram.clear();
    std::fill(m_bytes.begin(), m_bytes.end(), std::uint8_t{0});
}

}  // namespace pimvp::mem
