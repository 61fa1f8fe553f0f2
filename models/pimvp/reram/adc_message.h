// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/crossbar_kernel.h>
#include <pimvp/reram/messages.h>

#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/service_port.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tlm>

/// Reading the messages between an IMA and its ADC bank (messages.h), for banks of any make.
namespace pimvp::reram {

/// Samples of the active crossbar `index`, counted from 0 in the order of the mask. Precondition:
/// the payload is long enough.
[[nodiscard]] inline std::uint16_t adc_sample_count(const tlm::tlm_generic_payload& payload,
                                                    unsigned index) {
    std::uint16_t count = 0;
    std::memcpy(&count, bus::tail_of<adc_sample_header>(payload) + index * sizeof(count),
                sizeof(count));
    return count;
}

/// TLM_OK_RESPONSE if the payload is a whole adc_sample_header or adc_code_header message; else the
/// exact error.
[[nodiscard]] inline tlm::tlm_response_status check_adc_message(
    const tlm::tlm_generic_payload& payload) {
    const tlm::tlm_response_status status = bus::check_message(payload, sizeof(adc_sample_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    const auto header = bus::header_of<adc_sample_header>(payload);
    const std::size_t expected =
        sizeof(header) + 2 * (std::size_t{header.crossbars} + std::size_t{header.samples});
    if (payload.get_data_length() != expected ||
        population_count(header.crossbar_mask) != header.crossbars) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    std::uint64_t samples = 0;
    for (unsigned i = 0; i < header.crossbars; ++i) samples += adc_sample_count(payload, i);
    return samples == header.samples ? tlm::TLM_OK_RESPONSE : tlm::TLM_BURST_ERROR_RESPONSE;
}

/// The samples or codes of a message, as many as its header says. Precondition:
/// check_adc_message().
[[nodiscard]] inline std::uint16_t* adc_values(const tlm::tlm_generic_payload& payload) {
    const auto header = bus::header_of<adc_sample_header>(payload);
    return reinterpret_cast<std::uint16_t*>(payload.get_data_ptr() + sizeof(header)) +
           header.crossbars;
}

}  // namespace pimvp::reram
