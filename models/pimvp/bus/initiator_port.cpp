// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/initiator_port.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;
using tlm::tlm_response_status;

/// One thread inside transport(); lives on its stack and unlinks itself, also when the thread is
/// killed.
struct initiator_port::call {
    call(initiator_port& owner, tlm_generic_payload& of)
        : port(owner),
          payload(&of) {
        port.m_calls.push_back(this);
    }
    ~call() {
        auto& calls = port.m_calls;
        calls.erase(std::find(calls.begin(), calls.end(), this));
        if (!requested) port.m_changed.notify();  // the next one in line may go
    }
    call(const call&) = delete;
    call& operator=(const call&) = delete;

    initiator_port& port;
    tlm_generic_payload* payload;
    sc_time response_at;
    bool requested = false;  ///< AT: BEGIN_REQ sent
    bool responded = false;
    bool cancelled = false;
};

initiator_port::initiator_port(const char* name, core::context& context)
    : initiator_port(name, context, context.quantum_fs()) {}

initiator_port::initiator_port(const char* name, core::context& context, std::uint64_t quantum_fs)
    : tlm_base_initiator_socket(name),
      m_pool(context.service<payload_pool>()),
      m_blocking(context.style() == core::coding_style::lt),
      m_quantum(m_blocking ? core::from_fs(quantum_fs) : sc_core::SC_ZERO_TIME) {
    bind(*static_cast<tlm::tlm_bw_transport_if<>*>(this));
}

initiator_port::~initiator_port() = default;

tlm_response_status initiator_port::read(std::uint64_t address, void* to, std::size_t bytes) {
    return access(tlm::TLM_READ_COMMAND, address, static_cast<std::uint8_t*>(to), bytes);
}

tlm_response_status initiator_port::write(std::uint64_t address, const void* from,
                                          std::size_t bytes) {
    // The payload's pointer is not const, but no target may change what is written.
    auto* data = const_cast<std::uint8_t*>(static_cast<const std::uint8_t*>(from));
    return access(tlm::TLM_WRITE_COMMAND, address, data, bytes);
}

namespace {
template <std::size_t Bytes>
std::uint64_t value_of(const std::array<std::uint8_t, Bytes>& bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < Bytes; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
}
template <std::size_t Bytes>
std::array<std::uint8_t, Bytes> bytes_of(std::uint64_t value) {
    std::array<std::uint8_t, Bytes> bytes;
    for (std::size_t i = 0; i < Bytes; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    return bytes;
}
}  // namespace

tlm_response_status initiator_port::read32(std::uint64_t address, std::uint32_t& value) {
    std::array<std::uint8_t, 4> bytes{};
    const tlm_response_status status = read(address, bytes.data(), bytes.size());
    if (status == tlm::TLM_OK_RESPONSE) value = static_cast<std::uint32_t>(value_of(bytes));
    return status;
}

tlm_response_status initiator_port::write32(std::uint64_t address, std::uint32_t value) {
    return write(address, bytes_of<4>(value).data(), 4);
}

tlm_response_status initiator_port::read64(std::uint64_t address, std::uint64_t& value) {
    std::array<std::uint8_t, 8> bytes{};
    const tlm_response_status status = read(address, bytes.data(), bytes.size());
    if (status == tlm::TLM_OK_RESPONSE) value = value_of(bytes);
    return status;
}

tlm_response_status initiator_port::write64(std::uint64_t address, std::uint64_t value) {
    return write(address, bytes_of<8>(value).data(), 8);
}

tlm_response_status initiator_port::access(tlm::tlm_command command, std::uint64_t address,
                                           std::uint8_t* data, std::size_t bytes) {
    if (m_blocking) {
        if (m_use_direct && access_directly(command, address, data, bytes)) {
            return tlm::TLM_OK_RESPONSE;
        }
        const message transaction = m_pool.borrow(command, address, data, bytes);
        const tlm_response_status status = transport(transaction);
        if (m_use_direct && transaction.payload().is_dmi_allowed()) {
            learn_direct_memory(command, address);
        }
        return status;
    }
    // An own buffer: the transaction may outlive a call that is cancelled.
    const message transaction = m_pool.allocate(command, address, bytes);
    const bool writes = command == tlm::TLM_WRITE_COMMAND;
    if (writes && bytes != 0) std::memcpy(transaction.data(), data, bytes);
    const tlm_response_status status = transport(transaction);
    if (!writes && status == tlm::TLM_OK_RESPONSE && bytes != 0) {
        std::memcpy(data, transaction.data(), bytes);
    }
    return status;
}

tlm_response_status initiator_port::transport(const message& transaction) {
    tlm_generic_payload& payload = transaction.payload();
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload.set_dmi_allowed(false);
    call mine(*this, payload);
    if (m_blocking) {
        mine.requested = true;
        transport_lt(mine);
    } else {
        transport_at(mine, transaction);
    }
    return mine.cancelled ? tlm::TLM_INCOMPLETE_RESPONSE : payload.get_response_status();
}

void initiator_port::transport_lt(call& mine) {
    sc_time delay = m_local;
    (*this)->b_transport(*mine.payload, delay);
    if (m_quantum == sc_core::SC_ZERO_TIME) {
        mine.response_at = sc_core::sc_time_stamp() + delay;
        catch_up(mine);
    } else {
        m_local = delay;
        synchronise_at_quantum();
    }
}

void initiator_port::catch_up(call& mine) {
    sc_time now = sc_core::sc_time_stamp();
    while (now < mine.response_at && !mine.cancelled) {
        sc_core::wait(mine.response_at - now, m_cancelled);
        now = sc_core::sc_time_stamp();
    }
}

void initiator_port::transport_at(call& mine, const message& transaction) {
    // (1) wait for the turn: one request at a time, in order of the calls
    const auto first_to_request = [&] {
        const auto not_requested = [](const call* c) { return !c->requested; };
        return *std::find_if(m_calls.begin(), m_calls.end(), not_requested) == &mine;
    };
    while (!mine.cancelled &&
           (m_requesting || !first_to_request() || sc_core::sc_time_stamp() < m_request_ends)) {
        if (!m_requesting && sc_core::sc_time_stamp() < m_request_ends) {
            sc_core::wait(m_request_ends - sc_core::sc_time_stamp(), m_changed | m_cancelled);
        } else {
            sc_core::wait(m_changed | m_cancelled);
        }
    }
    if (mine.cancelled) return;

    // (2) request
    mine.requested = true;
    m_requesting = transaction;
    m_in_flight.push_back(transaction);
    tlm_generic_payload& payload = transaction.payload();
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay;
    const tlm::tlm_sync_enum answer = (*this)->nb_transport_fw(payload, phase, delay);
    bool owes_end_response = false;
    if (answer == tlm::TLM_COMPLETED) {
        complete(payload, delay);
    } else if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
        end_request(delay);
    } else if (answer == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
        owes_end_response = true;
        mine.responded = true;
        mine.response_at = sc_core::sc_time_stamp() + delay;
    }

    // (3) wait for the response
    while (!mine.responded && !mine.cancelled) sc_core::wait(m_changed | m_cancelled);
    if (owes_end_response) {
        mine.response_at = std::max(mine.response_at, sc_core::sc_time_stamp());
        while (sc_core::sc_time_stamp() < mine.response_at) {  // cancel() cannot break a promise
            sc_core::wait(mine.response_at - sc_core::sc_time_stamp());
        }
        phase = tlm::END_RESP;
        delay = sc_core::SC_ZERO_TIME;
        (*this)->nb_transport_fw(payload, phase, delay);
        complete(payload, sc_core::SC_ZERO_TIME);
    } else {
        catch_up(mine);
    }
}

void initiator_port::end_request(const sc_time& delay) {
    m_requesting.clear();
    m_request_ends = sc_core::sc_time_stamp() + delay;
    m_changed.notify();
}

void initiator_port::complete(tlm_generic_payload& payload, const sc_time& delay) {
    if (m_requesting && &m_requesting.payload() == &payload) end_request(delay);
    for (call* c : m_calls) {
        if (c->payload != &payload) continue;
        c->responded = true;
        c->response_at = sc_core::sc_time_stamp() + delay;
        m_changed.notify();
    }
    const auto is_it = [&payload](const message& m) { return &m.payload() == &payload; };
    const auto found = std::find_if(m_in_flight.begin(), m_in_flight.end(), is_it);
    if (found != m_in_flight.end()) m_in_flight.erase(found);
}

tlm::tlm_sync_enum initiator_port::nb_transport_bw(tlm_generic_payload& payload,
                                                   tlm::tlm_phase& phase, sc_time& delay) {
    if (phase == tlm::END_REQ) {
        if (m_requesting && &m_requesting.payload() == &payload) end_request(delay);
        return tlm::TLM_ACCEPTED;
    }
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;  // an ignorable phase
    complete(payload, delay);
    // END_RESP takes effect with the annotated delay: no request may come before it
    m_request_ends = std::max(m_request_ends, sc_core::sc_time_stamp() + delay);
    return tlm::TLM_COMPLETED;
}

void initiator_port::cancel() {
    for (call* c : m_calls) c->cancelled = true;
    m_cancelled.notify();
}

std::size_t initiator_port::debug_read(std::uint64_t address, void* to, std::size_t bytes) {
    return debug(tlm::TLM_READ_COMMAND, address, static_cast<std::uint8_t*>(to), bytes);
}

std::size_t initiator_port::debug_write(std::uint64_t address, const void* from,
                                        std::size_t bytes) {
    auto* data = const_cast<std::uint8_t*>(static_cast<const std::uint8_t*>(from));
    return debug(tlm::TLM_WRITE_COMMAND, address, data, bytes);
}

std::size_t initiator_port::debug(tlm::tlm_command command, std::uint64_t address,
                                  std::uint8_t* data, std::size_t bytes) {
    constexpr std::size_t most = std::size_t{1} << 30U;  // of one payload
    std::size_t done = 0;
    while (done < bytes) {  // windows of a router and pages of a memory end early
        const std::size_t wanted = std::min(bytes - done, most);
        const message transaction = m_pool.borrow(command, address + done, data + done, wanted);
        const std::size_t moved = (*this)->transport_dbg(transaction.payload());
        if (moved == 0) break;
        done += moved;
    }
    return done;
}

void initiator_port::advance(const sc_time& by) {
    if (m_quantum == sc_core::SC_ZERO_TIME) {
        if (by != sc_core::SC_ZERO_TIME) sc_core::wait(by);
        return;
    }
    m_local += by;
    synchronise_at_quantum();
}

void initiator_port::synchronise() {
    if (m_local == sc_core::SC_ZERO_TIME) return;
    const sc_time ahead = std::exchange(m_local, sc_core::SC_ZERO_TIME);
    sc_core::wait(ahead);
}

void initiator_port::synchronise_at_quantum() {
    const std::uint64_t quantum = core::to_fs(m_quantum);
    const std::uint64_t now = core::now_fs();
    const std::uint64_t boundary = (now / quantum + 1) * quantum;
    if (now + core::to_fs(m_local) >= boundary) synchronise();
}

void initiator_port::use_direct_memory(bool on) {
    m_use_direct = on;
    m_direct.clear();
}

bool initiator_port::access_directly(tlm::tlm_command command, std::uint64_t address,
                                     std::uint8_t* data, std::size_t bytes) {
    const bool writes = command == tlm::TLM_WRITE_COMMAND;
    for (const tlm::tlm_dmi& region : m_direct) {
        if (address < region.get_start_address() || address > region.get_end_address()) continue;
        if (bytes == 0 || bytes - 1 > region.get_end_address() - address) continue;
        if (writes ? !region.is_write_allowed() : !region.is_read_allowed()) continue;
        std::uint8_t* there = region.get_dmi_ptr() + (address - region.get_start_address());
        if (writes) {
            std::memcpy(there, data, bytes);
        } else {
            std::memcpy(data, there, bytes);
        }
        advance(writes ? region.get_write_latency() : region.get_read_latency());
        return true;
    }
    return false;
}

void initiator_port::learn_direct_memory(tlm::tlm_command command, std::uint64_t address) {
    const message transaction = m_pool.borrow(command, address, nullptr, 0);
    tlm::tlm_dmi region;
    if ((*this)->get_direct_mem_ptr(transaction.payload(), region)) m_direct.push_back(region);
}

void initiator_port::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
    const auto overlaps = [start, end](const tlm::tlm_dmi& region) {
        return region.get_start_address() <= end && start <= region.get_end_address();
    };
    m_direct.erase(std::remove_if(m_direct.begin(), m_direct.end(), overlaps), m_direct.end());
    if (m_invalidated) m_invalidated(start, end);
}

}  // namespace pimvp::bus
