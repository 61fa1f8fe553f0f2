// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/peq_with_cb_and_phase.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <systemc>
#include <tlm>
#include <vector>

// page begins
/// A shared bus with nothing of pimvp in it: any number of initiators and targets, one transaction
/// at a time in order of arrival, `cycle` of arbitration each. LT, AT and debug; no DMI. In LT the
/// bus is never occupied: blocking calls overlap.
class own_bus : public sc_core::sc_module {
public:
    tlm_utils::multi_passthrough_target_socket<own_bus> in{"in"};
    tlm_utils::multi_passthrough_initiator_socket<own_bus> out{"out"};

    own_bus(const sc_core::sc_module_name& name, const sc_core::sc_time& cycle)
        : sc_module(name),
          m_cycle(cycle) {
        in.register_b_transport(this, &own_bus::b_transport);
        in.register_nb_transport_fw(this, &own_bus::nb_transport_fw);
        in.register_transport_dbg(this, &own_bus::transport_dbg);
        out.register_nb_transport_bw(this, &own_bus::nb_transport_bw);
    }

    /// The targets in the order in which `out` is bound: first address and bytes.
    void map(std::uint64_t base, std::uint64_t bytes) { m_windows.push_back({base, bytes}); }

private:
    struct window {
        std::uint64_t base, bytes;
    };
    /// The AT transaction that has the bus.
    struct transaction {
        tlm::tlm_generic_payload* payload = nullptr;  ///< null: the bus is free
        int from = 0, to = 0;                         ///< which initiator, which target
        std::uint64_t address = 0;                    ///< the initiator's
        bool target_is_done = false;                  ///< it gets no END_RESP
    };

    /// The window that holds all of the payload, or -1.
    [[nodiscard]] int decode(const tlm::tlm_generic_payload& payload) const {
        for (std::size_t i = 0; i < m_windows.size(); ++i) {
            const std::uint64_t offset = payload.get_address() - m_windows[i].base;
            const std::uint64_t bytes = payload.get_data_length();
            if (offset < m_windows[i].bytes && bytes <= m_windows[i].bytes - offset) {
                return static_cast<int>(i);
            }
        }
        return -1;
    }
    [[nodiscard]] std::uint64_t base_of(int to) const {
        return m_windows[static_cast<std::size_t>(to)].base;
    }

    // ---- LT and debug: decode, translate, call, translate back

    void b_transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
        const int to = decode(payload);
        if (to < 0) {
            payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        const std::uint64_t address = payload.get_address();
        payload.set_address(address - base_of(to));
        delay += m_cycle;
        out[to]->b_transport(payload, delay);
        payload.set_address(address);
    }
    unsigned transport_dbg(int, tlm::tlm_generic_payload& payload) {
        const int to = decode(payload);
        if (to < 0) return 0;
        const std::uint64_t address = payload.get_address();
        payload.set_address(address - base_of(to));
        const unsigned moved = out[to]->transport_dbg(payload);
        payload.set_address(address);
        return moved;
    }

    // ---- AT: both sides only queue what they hear; on_phase() is the whole protocol

    tlm::tlm_sync_enum nb_transport_fw(int from, tlm::tlm_generic_payload& payload,
                                       tlm::tlm_phase& phase, sc_core::sc_time& delay) {
        if (phase == tlm::BEGIN_REQ) {
            payload.acquire();
            m_from[&payload] = from;
        }
        m_heard.notify(payload, phase, delay);
        return tlm::TLM_ACCEPTED;
    }
    tlm::tlm_sync_enum nb_transport_bw(int, tlm::tlm_generic_payload& payload,
                                       tlm::tlm_phase& phase, sc_core::sc_time& delay) {
        m_heard.notify(payload, phase, delay);
        return tlm::TLM_ACCEPTED;
    }
    void on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
        if (phase == tlm::BEGIN_REQ) {
            m_waiting.push_back(&payload);
            if (m_now.payload == nullptr) grant();
        } else if (phase == tlm::END_REQ) {
            tell_initiator(tlm::END_REQ);
        } else if (phase == tlm::BEGIN_RESP) {
            payload.set_address(m_now.address);
            tell_initiator(tlm::BEGIN_RESP);
        } else if (phase == tlm::END_RESP) {
            if (!m_now.target_is_done) tell_target(tlm::END_RESP, sc_core::SC_ZERO_TIME);
            m_now.payload = nullptr;
            payload.release();
            if (!m_waiting.empty()) grant();
        }
    }
    void grant() {
        tlm::tlm_generic_payload& payload = *m_waiting.front();
        m_waiting.pop_front();
        m_now = {&payload, m_from[&payload], decode(payload), payload.get_address(), false};
        m_from.erase(&payload);
        if (m_now.to < 0) {
            payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            m_now.target_is_done = true;
            m_heard.notify(payload, tlm::BEGIN_RESP, m_cycle);
        } else {
            payload.set_address(m_now.address - base_of(m_now.to));
            tell_target(tlm::BEGIN_REQ, m_cycle);
        }
    }
    void tell_target(tlm::tlm_phase phase, sc_core::sc_time delay) {
        const bool is_request = phase == tlm::BEGIN_REQ;
        switch (out[m_now.to]->nb_transport_fw(*m_now.payload, phase, delay)) {
        case tlm::TLM_UPDATED:
            m_heard.notify(*m_now.payload, phase, delay);
            break;
        case tlm::TLM_COMPLETED:
            m_now.target_is_done = true;
            if (is_request) m_heard.notify(*m_now.payload, tlm::BEGIN_RESP, delay);
            break;
        case tlm::TLM_ACCEPTED:
            break;
        }
    }
    void tell_initiator(tlm::tlm_phase phase) {
        const bool is_response = phase == tlm::BEGIN_RESP;
        sc_core::sc_time delay;
        const tlm::tlm_sync_enum answer =
            in[m_now.from]->nb_transport_bw(*m_now.payload, phase, delay);
        if (is_response && answer != tlm::TLM_ACCEPTED) {
            m_heard.notify(*m_now.payload, tlm::END_RESP, delay);
        }
    }

    const sc_core::sc_time m_cycle;
    std::vector<window> m_windows;
    std::map<const tlm::tlm_generic_payload*, int> m_from;  ///< of requests that wait
    std::deque<tlm::tlm_generic_payload*> m_waiting;
    transaction m_now;
    tlm_utils::peq_with_cb_and_phase<own_bus> m_heard{this, &own_bus::on_phase};
};
// page ends
