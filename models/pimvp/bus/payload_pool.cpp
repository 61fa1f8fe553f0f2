// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/payload_pool.h>

#include <pimvp/core/diagnostics.h>

#include <limits>
#include <string>

namespace pimvp::bus {

namespace {
std::size_t buffer_bytes(unsigned size_class) {
    return (std::size_t{4} + size_class % 4) << (size_class / 4) >> 2;
}

/// The smallest class that holds `bytes`; a payload has at least one cache line.
unsigned class_of(std::size_t bytes) {
    unsigned found = 4 * 6;
    while (buffer_bytes(found + 4) < bytes) found += 4;
    while (buffer_bytes(found) < bytes) ++found;
    return found;
}
}  // namespace

struct payload_pool::pooled : tlm::tlm_generic_payload {
    pooled(tlm::tlm_mm_interface* owner, unsigned k)
        : tlm::tlm_generic_payload(owner),
          buffer(k == size_classes ? nullptr : new std::uint8_t[buffer_bytes(k)]),
          size_class(k) {}

    std::unique_ptr<std::uint8_t[]> buffer;  // uninitialised on purpose
    pooled* next = nullptr;                  // in the free list
    unsigned size_class;
};

payload_pool::payload_pool() = default;
payload_pool::~payload_pool() = default;

message payload_pool::allocate(tlm::tlm_command command, std::uint64_t address, std::size_t bytes) {
    if (bytes > std::numeric_limits<unsigned>::max()) {
        throw core::internal_error("a payload of " + std::to_string(bytes) +
                                   " bytes: a transaction holds at most 2^32 - 1");
    }
    pooled& payload = take(class_of(bytes));
    prepare(payload, command, address, payload.buffer.get(), bytes);
    return message(payload);
}

message payload_pool::borrow(tlm::tlm_command command, std::uint64_t address, void* data,
                             std::size_t bytes) {
    if (bytes > std::numeric_limits<unsigned>::max()) {
        throw core::internal_error("a payload of " + std::to_string(bytes) +
                                   " bytes: a transaction holds at most 2^32 - 1");
    }
    pooled& payload = take(size_classes);
    prepare(payload, command, address, static_cast<std::uint8_t*>(data), bytes);
    return message(payload);
}

payload_pool::pooled& payload_pool::take(unsigned size_class) {
    ++m_outstanding;
    pooled*& head = m_free[size_class];
    if (head != nullptr) {
        pooled& payload = *head;
        head = payload.next;
        return payload;
    }
    m_all.push_back(std::make_unique<pooled>(this, size_class));
    return *m_all.back();
}

void payload_pool::prepare(pooled& payload, tlm::tlm_command command, std::uint64_t address,
                           std::uint8_t* data, std::size_t bytes) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(data);
    payload.set_data_length(static_cast<unsigned>(bytes));
    payload.set_streaming_width(static_cast<unsigned>(bytes));
    payload.set_byte_enable_ptr(nullptr);
    payload.set_byte_enable_length(0);
    payload.set_dmi_allowed(false);
    payload.set_gp_option(tlm::TLM_MIN_PAYLOAD);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

void payload_pool::free(tlm::tlm_generic_payload* payload) {
    payload->reset();  // extensions that belong to the transaction end with it
    auto& home = static_cast<pooled&>(*payload);
    home.next = m_free[home.size_class];
    m_free[home.size_class] = &home;
    --m_outstanding;
}

}  // namespace pimvp::bus
