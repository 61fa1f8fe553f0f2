// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <tlm>
#include <type_traits>
#include <utility>
#include <vector>

namespace pimvp::bus {

/// A counted reference to a pooled payload: copies acquire, the destructor releases.
class message {
public:
    message() = default;
    /// Takes a share of a payload that has a memory manager.
    explicit message(tlm::tlm_generic_payload& payload)
        : m_payload(&payload) {
        payload.acquire();
    }
    message(const message& other)
        : m_payload(other.m_payload) {
        if (m_payload != nullptr) m_payload->acquire();
    }
    message(message&& other) noexcept
        : m_payload(std::exchange(other.m_payload, nullptr)) {}
    message& operator=(message other) noexcept {
        std::swap(m_payload, other.m_payload);
        return *this;
    }
    ~message() { clear(); }

    void clear() {
        if (m_payload != nullptr) std::exchange(m_payload, nullptr)->release();
    }
    explicit operator bool() const { return m_payload != nullptr; }
    [[nodiscard]] tlm::tlm_generic_payload& payload() const { return *m_payload; }
    [[nodiscard]] std::uint8_t* data() const { return m_payload->get_data_ptr(); }
    [[nodiscard]] std::size_t size() const { return m_payload->get_data_length(); }

private:
    tlm::tlm_generic_payload* m_payload = nullptr;
};

/// The POD header a message starts with. Precondition: the payload holds at least sizeof(Header)
/// bytes (a service's check() answers BURST_ERROR otherwise).
template <class Header>
Header header_of(const tlm::tlm_generic_payload& payload) {
    static_assert(std::is_trivially_copyable_v<Header>, "headers are plain bytes");
    Header header;
    std::memcpy(&header, payload.get_data_ptr(), sizeof(Header));
    return header;
}

/// What follows the header.
template <class Header>
const std::uint8_t* tail_of(const tlm::tlm_generic_payload& payload) {
    return payload.get_data_ptr() + sizeof(Header);
}

/// Payloads with their byte buffers, reused: nothing is allocated in steady state.
///
/// One pool per core::context (`context.service<payload_pool>()`); it must outlive every payload.
/// Buffers come in four sizes an octave, so small and large messages do not inflate each other and
/// none is over a quarter larger than asked for.
///
/// Every payload leaves the pool as IEEE 1666 wants it: response INCOMPLETE, no byte enables,
/// streaming width equal to the length, DMI hint false, minimal option, no extensions.
class payload_pool final : public tlm::tlm_mm_interface {
public:
    payload_pool();
    ~payload_pool() override;
    payload_pool(const payload_pool&) = delete;
    payload_pool& operator=(const payload_pool&) = delete;

    /// A payload with an own buffer of `bytes` bytes, contents undefined.
    /// Throws core::internal_error above 2^32 - 1 bytes.
    [[nodiscard]] message allocate(tlm::tlm_command command, std::uint64_t address,
                                   std::size_t bytes);
    /// An operation-socket message: WRITE to address 0.
    [[nodiscard]] message allocate(std::size_t bytes) {
        return allocate(tlm::TLM_WRITE_COMMAND, 0, bytes);
    }
    /// An operation-socket message that starts with `header`; `tail_bytes` follow, undefined.
    template <class Header>
    [[nodiscard]] message allocate_for(const Header& header, std::size_t tail_bytes = 0) {
        static_assert(std::is_trivially_copyable_v<Header>, "headers are plain bytes");
        message made = allocate(sizeof(Header) + tail_bytes);
        std::memcpy(made.data(), &header, sizeof(Header));
        return made;
    }
    /// A payload over bytes of the caller, which must stay until the transaction has ended.
    [[nodiscard]] message borrow(tlm::tlm_command command, std::uint64_t address, void* data,
                                 std::size_t bytes);

    /// Payloads that have not come home.
    [[nodiscard]] std::uint64_t outstanding() const { return m_outstanding; }
    /// Payloads ever made: the high-water mark of what was in use together.
    [[nodiscard]] std::uint64_t made() const { return m_all.size(); }

    void free(tlm::tlm_generic_payload* payload) override;

private:
    struct pooled;
    static constexpr unsigned size_classes = 4 * 33;  ///< class 4k + q: (4 + q) 2^k / 4 bytes

    pooled& take(unsigned size_class);
    static void prepare(pooled& payload, tlm::tlm_command command, std::uint64_t address,
                        std::uint8_t* data, std::size_t bytes);

    std::vector<std::unique_ptr<pooled>> m_all;
    std::array<pooled*, size_classes + 1> m_free{};  ///< the last list: no own buffer
    std::uint64_t m_outstanding = 0;
};

}  // namespace pimvp::bus
