// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/payload_pool.h>

#include <pimvp/core/context.h>

#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

namespace pimvp::bus {

/// A memory-mapped initiator for threads: each call returns when the transaction has completed.
///
/// **Interface** initiator, 32 bit wide; LT or AT as core::context::style says; debug; optional
/// DMI. Several threads may call at the same time: each has one transaction in flight.
///
/// **Timing** A call returns at the response. With a quantum (core::context::quantum_fs, LT only) a
/// thread runs ahead by local_time() and synchronises at multiples of the quantum; then only one
/// thread may use the port.
///
/// **Limits** Multi-byte helpers are little-endian. Data of a DMI access takes the latency the
/// target granted, once per access.
///
/// Every call returns the response of the target; `TLM_INCOMPLETE_RESPONSE` means cancel().
class initiator_port : public tlm::tlm_base_initiator_socket<32, tlm::tlm_fw_transport_if<>,
                                                             tlm::tlm_bw_transport_if<>>,
                       public tlm::tlm_bw_transport_if<> {
public:
    initiator_port(const char* name, core::context& context);
    ~initiator_port() override;

    const char* kind() const override { return "pimvp::bus::initiator_port"; }

    // From threads only. `bytes` up to 2^32 - 1.
    tlm::tlm_response_status read(std::uint64_t address, void* to, std::size_t bytes);
    tlm::tlm_response_status write(std::uint64_t address, const void* from, std::size_t bytes);
    tlm::tlm_response_status read32(std::uint64_t address, std::uint32_t& value);
    tlm::tlm_response_status write32(std::uint64_t address, std::uint32_t value);
    tlm::tlm_response_status read64(std::uint64_t address, std::uint64_t& value);
    tlm::tlm_response_status write64(std::uint64_t address, std::uint64_t value);
    /// A payload of the caller, as it is (tests, bridges): pooled, response INCOMPLETE.
    tlm::tlm_response_status transport(const message& transaction);

    // Debug: no time passes; at any moment, from anywhere. Return the bytes moved.
    std::size_t debug_read(std::uint64_t address, void* to, std::size_t bytes);
    std::size_t debug_write(std::uint64_t address, const void* from, std::size_t bytes);

    /// LT: uses direct memory where targets grant it. Off by default.
    void use_direct_memory(bool on);
    /// For an owner that holds pointers itself (get_direct_mem_ptr): what targets take back.
    using invalidation = std::function<void(std::uint64_t first, std::uint64_t last)>;
    void on_invalidation(invalidation callback) { m_invalidated = std::move(callback); }

    /// How far the thread is ahead of sc_time_stamp(); 0 without a quantum.
    [[nodiscard]] const sc_core::sc_time& local_time() const { return m_local; }
    /// Adds computing time of the thread; synchronises at the quantum (without one: waits).
    void advance(const sc_core::sc_time& by);
    /// Waits until simulated time has caught up with the thread.
    void synchronise();

    /// All calls under way return TLM_INCOMPLETE_RESPONSE now; their payloads come home when the
    /// targets answer.
    void cancel();
    /// Calls under way.
    [[nodiscard]] std::size_t in_flight() const { return m_calls.size(); }

    [[nodiscard]] payload_pool& pool() const { return m_pool; }

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;

protected:
    /// With a quantum of its own; 0 = never ahead of simulated time.
    initiator_port(const char* name, core::context& context, std::uint64_t quantum_fs);

private:
    struct call;

    tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address,
                                    std::uint8_t* data, std::size_t bytes);
    void transport_lt(call& mine);
    void transport_at(call& mine, const message& transaction);
    void end_request(const sc_core::sc_time& delay);
    void complete(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    void catch_up(call& mine);
    void synchronise_at_quantum();
    std::size_t debug(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data,
                      std::size_t bytes);
    bool access_directly(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data,
                         std::size_t bytes);
    void learn_direct_memory(tlm::tlm_command command, std::uint64_t address);

    payload_pool& m_pool;
    const bool m_blocking;
    const sc_core::sc_time m_quantum;
    sc_core::sc_time m_local;
    sc_core::sc_event m_changed;  ///< AT: a response, or the line of requests moved
    sc_core::sc_event m_cancelled;
    std::vector<call*> m_calls;        ///< in order of the calls
    std::vector<message> m_in_flight;  ///< AT: between BEGIN_REQ and the response
    message m_requesting;              ///< AT: between BEGIN_REQ and END_REQ
    sc_core::sc_time m_request_ends;   ///< AT: annotated time of the last END_REQ
    std::vector<tlm::tlm_dmi> m_direct;
    bool m_use_direct = false;
    invalidation m_invalidated;
};

}  // namespace pimvp::bus
