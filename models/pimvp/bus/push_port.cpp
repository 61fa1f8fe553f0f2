// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/push_port.h>

#include <pimvp/core/report.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;

namespace {
constexpr const char* refused_message = "/pimvp/bus/push_port/refused";

enum wake_tag : std::uint64_t { leave, end_response };

void prepare(tlm_generic_payload& payload) {
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload.set_dmi_allowed(false);
}
}  // namespace

/// Messages that could not leave at once: always in AT, in LT only while a call is under way.
struct push_port::queue_state {
    struct entry {
        message what;
        sc_time requested;
    };
    std::deque<entry> waiting;
    message in_flight;     ///< AT
    bool dropped = false;  ///< clear() was called while in_flight was under way
};

push_port::push_port(const char* name, core::context& context)
    : tlm_base_initiator_socket(name),
      m_scheduler(context.service<at_scheduler>()),
      m_pool(context.service<payload_pool>()),
      m_registration(m_scheduler.enlist()),
      m_blocking(context.style() == core::coding_style::lt) {
    bind(*static_cast<tlm::tlm_bw_transport_if<>*>(this));
}

push_port::~push_port() = default;

push_port::queue_state& push_port::queue() {
    if (!m_queue) m_queue = std::make_unique<queue_state>();
    return *m_queue;
}

void push_port::send(message what, const sc_time& at) {
    const sc_time requested = sc_core::sc_time_stamp() + at;
    if (m_busy || !m_blocking) {
        queue_state& state = queue();
        state.waiting.push_back({std::move(what), requested});
        if (!m_blocking && !state.in_flight && state.waiting.size() == 1) {
            m_scheduler.schedule(*this, m_registration, std::max(requested, m_free_at), leave);
        }
        return;
    }
    struct call_under_way {
        explicit call_under_way(bool& flag)
            : m_flag(flag) {
            m_flag = true;
        }
        ~call_under_way() { m_flag = false; }
        bool& m_flag;
    };
    const call_under_way scope(m_busy);
    transport(what.payload(), requested);
    what.clear();
    while (m_queue && !m_queue->waiting.empty()) {
        const queue_state::entry next = std::move(m_queue->waiting.front());
        m_queue->waiting.pop_front();
        transport(next.what.payload(), next.requested);
    }
}

void push_port::transport(tlm_generic_payload& payload, const sc_time& requested) {
    const sc_time before = sc_core::sc_time_stamp();
    sc_time delay = std::max({requested, m_free_at, before}) - before;
    prepare(payload);
    m_dropped = false;
    (*this)->b_transport(payload, delay);
    if (std::exchange(m_dropped, false)) return;
    m_free_at = sc_core::sc_time_stamp() + delay;
    responded(payload, delay);
}

void push_port::responded(const tlm_generic_payload& payload, const sc_time& at) {
    if (payload.is_response_error()) {
        const auto* end = dynamic_cast<const sc_core::sc_object*>(get_interface());
        core::report_error(refused_message, std::string(name()) + ": a message of " +
                                                std::to_string(payload.get_data_length()) +
                                                " bytes was refused by " +
                                                (end != nullptr ? end->name() : "its target") +
                                                " with " + payload.get_response_string());
    }
    if (m_on_response) (*m_on_response)(at);
}

void push_port::on_response(std::function<void(const sc_time&)> callback) {
    m_on_response = std::make_unique<std::function<void(const sc_time&)>>(std::move(callback));
}

std::size_t push_port::pending() const {
    if (!m_queue) return m_busy ? 1 : 0;
    return m_queue->waiting.size() + (m_queue->in_flight || m_busy ? 1U : 0U);
}

void push_port::clear() {
    m_free_at = sc_core::SC_ZERO_TIME;
    m_dropped = m_busy;
    if (!m_queue) return;
    m_queue->waiting.clear();
    m_queue->dropped = static_cast<bool>(m_queue->in_flight);
}

void push_port::wake(std::uint64_t tag) {
    queue_state& state = *m_queue;
    if (tag == end_response) {
        tlm::tlm_phase phase = tlm::END_RESP;
        sc_time delay;
        (*this)->nb_transport_fw(state.in_flight.payload(), phase, delay);
        finish(sc_core::SC_ZERO_TIME);
        return;
    }
    if (state.in_flight || state.waiting.empty()) return;
    const sc_time due = std::max(state.waiting.front().requested, m_free_at);
    if (due > sc_core::sc_time_stamp()) {
        m_scheduler.schedule(*this, m_registration, due, leave);
        return;
    }
    state.in_flight = std::move(state.waiting.front().what);
    state.waiting.pop_front();
    issue(state.in_flight);
}

void push_port::issue(const message what) {
    tlm_generic_payload& payload = what.payload();
    prepare(payload);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay;
    const tlm::tlm_sync_enum answer = (*this)->nb_transport_fw(payload, phase, delay);
    if (answer == tlm::TLM_COMPLETED) {
        finish(delay);
    } else if (answer == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
        m_scheduler.schedule(*this, m_registration, sc_core::sc_time_stamp() + delay, end_response);
    }
}

void push_port::finish(const sc_time& at) {
    queue_state& state = *m_queue;
    const message done = std::move(state.in_flight);
    state.in_flight.clear();
    m_free_at = sc_core::sc_time_stamp() + at;
    if (!state.waiting.empty()) {
        m_scheduler.schedule(*this, m_registration,
                             std::max(state.waiting.front().requested, m_free_at), leave);
    }
    if (std::exchange(state.dropped, false)) return;
    responded(done.payload(), at);
}

tlm::tlm_sync_enum push_port::nb_transport_bw(tlm_generic_payload&, tlm::tlm_phase& phase,
                                              sc_time& delay) {
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;  // END_REQ: nothing to do
    finish(delay);
    return tlm::TLM_COMPLETED;
}

void push_port::invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) {}

}  // namespace pimvp::bus
