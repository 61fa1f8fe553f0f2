// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/service_port.h>

#include <pimvp/bus/payload_pool.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;
using tlm::tlm_response_status;

tlm_response_status service::check(const tlm_generic_payload&) const {
    return tlm::TLM_OK_RESPONSE;
}
sc_time service::occupancy(const tlm_generic_payload&) const {
    return sc_core::SC_ZERO_TIME;
}
sc_time service::latency(const tlm_generic_payload& payload) const {
    return occupancy(payload);
}
bool service::synchronises(const tlm_generic_payload&) const {
    return false;
}
unsigned service::debug(tlm_generic_payload&) {
    return 0;
}
bool service::direct_memory(tlm_generic_payload&, tlm::tlm_dmi&) {
    return false;
}

tlm_response_status check_message(const tlm_generic_payload& payload, std::size_t bytes) {
    if (!payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (payload.get_address() != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (payload.get_data_length() < bytes) return tlm::TLM_BURST_ERROR_RESPONSE;
    if (payload.get_streaming_width() < payload.get_data_length()) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    return tlm::TLM_OK_RESPONSE;
}

namespace {
tlm_response_status admit(const service& by, const tlm_generic_payload& payload) {
    if (payload.get_data_length() == 0 || payload.get_streaming_width() == 0) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    if (payload.get_data_ptr() == nullptr && payload.get_command() != tlm::TLM_IGNORE_COMMAND) {
        return tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
    return by.check(payload);
}

void execute(service& by, tlm_generic_payload& payload, const sc_time& at) {
    by.execute(payload, at);
    if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) {
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
    }
}

enum wake_tag : std::uint64_t { arrived, served, response_ended };
}  // namespace

/// What the four phases need to remember; ports that only ever see LT have none.
struct service_port::at_state {
    struct request {
        message what;
        sc_time due;  ///< arrival while waiting, response while in service
        bool aborted = false;
    };

    std::deque<request> waiting;  ///< accepted; the front has asked the resource if `asked`
    std::deque<request> serving;  ///< by time of response
    std::deque<message> ready;    ///< executed, BEGIN_RESP not yet sent
    message responding;           ///< BEGIN_RESP sent, END_RESP missing
    bool asked = false;
    bool in_call = false;  ///< inside nb_transport_fw(BEGIN_REQ)
    bool granted_in_call = false;
};

service_port::service_port(const char* name, core::context& context, service& served)
    : tlm_base_target_socket(name),
      m_scheduler(context.service<at_scheduler>()),
      m_service(served),
      m_own(std::make_unique<resource>(context)),
      m_resource(m_own.get()),
      m_registration(m_scheduler.enlist()) {
    bind(*static_cast<tlm::tlm_fw_transport_if<>*>(this));
}

service_port::service_port(const char* name, core::context& context, service& served,
                           resource& shared)
    : tlm_base_target_socket(name),
      m_scheduler(context.service<at_scheduler>()),
      m_service(served),
      m_resource(&shared),
      m_registration(m_scheduler.enlist()) {
    bind(*static_cast<tlm::tlm_fw_transport_if<>*>(this));
}

service_port::~service_port() = default;

service_port::at_state& service_port::at() {
    if (!m_at) m_at = std::make_unique<at_state>();
    return *m_at;
}

void service_port::b_transport(tlm_generic_payload& payload, sc_time& delay) {
    const tlm_response_status status = admit(m_service, payload);
    if (status != tlm::TLM_OK_RESPONSE) {
        payload.set_response_status(status);
        return;
    }
    const sc_time now = sc_core::sc_time_stamp();
    const sc_time start = m_resource->reserve(now + delay, m_service.occupancy(payload));
    delay = start + m_service.latency(payload) - now;
    if (delay != sc_core::SC_ZERO_TIME && m_service.synchronises(payload)) {
        const std::uint32_t aborts = m_aborts;
        sc_core::wait(delay);
        delay = sc_core::SC_ZERO_TIME;
        if (aborts != m_aborts) {
            payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
            return;
        }
    }
    execute(m_service, payload, delay);
}

tlm::tlm_sync_enum service_port::nb_transport_fw(tlm_generic_payload& payload,
                                                 tlm::tlm_phase& phase, sc_time& delay) {
    at_state& state = at();
    if (phase == tlm::END_RESP) {
        if (state.responding && &state.responding.payload() == &payload) {
            m_scheduler.schedule(*this, m_registration, sc_core::sc_time_stamp() + delay,
                                 response_ended);
        }
        return tlm::TLM_COMPLETED;
    }
    if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;  // an ignorable phase

    const tlm_response_status status = admit(m_service, payload);
    if (status != tlm::TLM_OK_RESPONSE) {
        payload.set_response_status(status);
        return tlm::TLM_COMPLETED;
    }
    state.waiting.push_back({message(payload), sc_core::sc_time_stamp() + delay});
    if (delay != sc_core::SC_ZERO_TIME) {
        m_scheduler.schedule(*this, m_registration, state.waiting.back().due, arrived);
        return tlm::TLM_ACCEPTED;
    }
    if (state.waiting.size() > 1) return tlm::TLM_ACCEPTED;
    state.in_call = true;
    state.granted_in_call = false;
    ask();
    state.in_call = false;
    if (!state.granted_in_call) return tlm::TLM_ACCEPTED;
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
}

void service_port::ask() {
    at_state& state = *m_at;
    if (state.asked || state.waiting.empty()) return;
    if (state.waiting.front().due > sc_core::sc_time_stamp()) return;  // its wake-up is to come
    state.asked = true;
    m_resource->request(*this, m_registration,
                        m_service.occupancy(state.waiting.front().what.payload()));
}

void service_port::granted() {
    at_state& state = *m_at;
    const bool in_call = state.in_call;
    state.in_call = false;
    state.asked = false;
    at_state::request request = std::move(state.waiting.front());
    state.waiting.pop_front();
    tlm_generic_payload& payload = request.what.payload();
    request.due = sc_core::sc_time_stamp() + m_service.latency(payload);
    const auto later = [](const sc_time& due, const at_state::request& other) {
        return due < other.due;
    };
    m_scheduler.schedule(*this, m_registration, request.due, served);
    const message keep = request.what;
    state.serving.insert(
        std::upper_bound(state.serving.begin(), state.serving.end(), request.due, later),
        std::move(request));
    if (in_call) {
        state.granted_in_call = true;
    } else {
        tlm::tlm_phase phase = tlm::END_REQ;
        sc_time delay;
        (*this)->nb_transport_bw(payload, phase, delay);
    }
    ask();
}

void service_port::wake(std::uint64_t tag) {
    at_state& state = *m_at;
    const sc_time now = sc_core::sc_time_stamp();
    if (tag == arrived) {
        ask();
        return;
    }
    if (tag == response_ended) state.responding.clear();
    while (!state.serving.empty() && state.serving.front().due <= now) {
        const at_state::request done = std::move(state.serving.front());
        state.serving.pop_front();
        if (done.aborted) {
            done.what.payload().set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        } else {
            execute(m_service, done.what.payload(), sc_core::SC_ZERO_TIME);
        }
        state.ready.push_back(done.what);
    }
    respond();
}

void service_port::respond() {
    at_state& state = *m_at;
    while (!state.responding && !state.ready.empty()) {
        state.responding = std::move(state.ready.front());
        state.ready.pop_front();
        const message keep = state.responding;
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_time delay;
        const tlm::tlm_sync_enum answer = (*this)->nb_transport_bw(keep.payload(), phase, delay);
        if (answer == tlm::TLM_COMPLETED ||
            (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
            if (delay != sc_core::SC_ZERO_TIME) {
                m_scheduler.schedule(*this, m_registration, sc_core::sc_time_stamp() + delay,
                                     response_ended);
                return;
            }
            state.responding.clear();
        }
    }
}

void service_port::abort() {
    ++m_aborts;
    if (m_at) {
        at_state& state = *m_at;
        if (state.asked) m_resource->cancel(*this);
        state.asked = false;
        const sc_time now = sc_core::sc_time_stamp();
        for (auto& request : state.serving) request.due = now;
        for (auto& request : state.waiting) {
            request.due = now;
            state.serving.push_back(std::move(request));
        }
        state.waiting.clear();
        for (auto& request : state.serving) request.aborted = true;
        if (!state.serving.empty()) m_scheduler.schedule(*this, m_registration, now, served);
    }
    if (m_own) m_own->clear();
}

void service_port::invalidate_direct_memory(std::uint64_t start, std::uint64_t end) {
    (*this)->invalidate_direct_mem_ptr(start, end);
}

std::size_t service_port::in_flight() const {
    if (!m_at) return 0;
    return m_at->waiting.size() + m_at->serving.size() + m_at->ready.size() +
           (m_at->responding ? 1U : 0U);
}

unsigned service_port::transport_dbg(tlm_generic_payload& payload) {
    return m_service.debug(payload);
}

bool service_port::get_direct_mem_ptr(tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    dmi.init();
    if (m_service.direct_memory(payload, dmi)) return true;
    dmi.allow_none();
    return false;
}

}  // namespace pimvp::bus
