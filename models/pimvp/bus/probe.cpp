// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/probe.h>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;

socket_tap::socket_tap(const sc_core::sc_module_name& name)
    : sc_module(name) {
    in.bind(*static_cast<tlm::tlm_fw_transport_if<>*>(this));
    out.bind(*static_cast<tlm::tlm_bw_transport_if<>*>(this));
}

void socket_tap::b_transport(tlm_generic_payload& payload, sc_time& delay) {
    out->b_transport(payload, delay);
}

tlm::tlm_sync_enum socket_tap::nb_transport_fw(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_time& delay) {
    return out->nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum socket_tap::nb_transport_bw(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_time& delay) {
    return in->nb_transport_bw(payload, phase, delay);
}

unsigned socket_tap::transport_dbg(tlm_generic_payload& payload) {
    return out->transport_dbg(payload);
}

bool socket_tap::get_direct_mem_ptr(tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    return out->get_direct_mem_ptr(payload, dmi);
}

void socket_tap::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
    in->invalidate_direct_mem_ptr(start, end);
}

void probe::request(const tlm_generic_payload& payload, const sc_time& delay) {
    ++m_requests;
    if (m_request) m_request(payload, sc_core::sc_time_stamp() + delay);
}

void probe::response(const tlm_generic_payload& payload, const sc_time& delay) {
    ++m_responses;
    if (m_response) m_response(payload, sc_core::sc_time_stamp() + delay);
}

void probe::b_transport(tlm_generic_payload& payload, sc_time& delay) {
    request(payload, delay);
    out->b_transport(payload, delay);
    response(payload, delay);
}

tlm::tlm_sync_enum probe::nb_transport_fw(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                          sc_time& delay) {
    const tlm::tlm_phase before = phase;
    if (before == tlm::BEGIN_REQ) request(payload, delay);
    const tlm::tlm_sync_enum answer = out->nb_transport_fw(payload, phase, delay);
    if (before == tlm::BEGIN_REQ && (answer == tlm::TLM_COMPLETED ||
                                     (answer == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP))) {
        response(payload, delay);
    }
    return answer;
}

tlm::tlm_sync_enum probe::nb_transport_bw(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                          sc_time& delay) {
    if (phase == tlm::BEGIN_RESP) response(payload, delay);
    return in->nb_transport_bw(payload, phase, delay);
}

}  // namespace pimvp::bus
