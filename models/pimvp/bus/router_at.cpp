// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/router_at.h>

#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;

namespace {
/// What a wake-up is for; see schedule() for the tag.
enum step : std::uint64_t {
    arrive,            ///< a request with annotated delay reaches the router
    leave,             ///< it has passed the channel
    request_ended,     ///< an END_REQ of the target takes effect
    owe_end_response,  ///< BEGIN_RESP came as a return value: END_RESP must be sent
    answer,            ///< a response with annotated delay reaches the router
    response_ended     ///< END_RESP of the initiator takes effect
};
}  // namespace

struct router::at_path::transaction final : resource::client {
    void granted() override { path->granted(*this); }

    at_path* path = nullptr;
    std::size_t number = 0;
    std::uint64_t serial = 0;  ///< of its use: wake-ups of an earlier use are void
    message what;
    std::uint64_t address = 0;  ///< as the initiator knows it
    int from = 0;
    int to = 0;
    bool in_call = false;  ///< inside the initiator's BEGIN_REQ call
};

router::at_path::at_path(router& owner, core::context& context)
    : m_router(owner),
      m_scheduler(context.service<at_scheduler>()),
      m_registration(m_scheduler.enlist()) {}

router::at_path::~at_path() = default;

router::at_path::initiator_side& router::at_path::side_of(int from) {
    const auto index = static_cast<std::size_t>(from);
    if (m_initiators.size() <= index) m_initiators.resize(index + 1);
    return m_initiators[index];
}

void router::at_path::schedule(transaction& of, std::uint64_t step, const sc_time& delay) {
    m_scheduler.schedule(*this, m_registration, sc_core::sc_time_stamp() + delay,
                         of.serial << 32U | of.number << 3U | step);
}

tlm::tlm_sync_enum router::at_path::forward(int from, tlm_generic_payload& payload,
                                            tlm::tlm_phase& phase, sc_time& delay) {
    if (phase == tlm::END_RESP) {
        transaction* const ended = side_of(from).responding;
        if (ended != nullptr && &ended->what.payload() == &payload) {
            schedule(*ended, response_ended, delay);
        }
        return tlm::TLM_COMPLETED;
    }
    if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;  // an ignorable phase

    const int to = m_router.decode(payload);
    if (to < 0) {
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return tlm::TLM_COMPLETED;
    }
    m_targets.resize(m_router.m_windows.size());
    if (m_unused.empty()) {
        m_unused.push_back(m_transactions.size());
        m_transactions.push_back(std::make_unique<transaction>());
        m_transactions.back()->path = this;
        m_transactions.back()->number = m_unused.back();
    }
    transaction& made = *m_transactions[m_unused.back()];
    m_unused.pop_back();
    made.what = message(payload);
    made.address = payload.get_address();
    made.from = from;
    made.to = to;
    m_by_payload[&payload] = &made;
    if (delay != sc_core::SC_ZERO_TIME) {
        schedule(made, arrive, delay);
        return tlm::TLM_ACCEPTED;
    }
    made.in_call = true;
    m_router.m_channels[static_cast<std::size_t>(to)]->request(
        made, static_cast<std::uint32_t>(from), m_router.transfer_time(payload));
    if (made.in_call) {  // granted() would have taken it back
        made.in_call = false;
        return tlm::TLM_ACCEPTED;
    }
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
}

void router::at_path::granted(transaction& of) {
    tlm_generic_payload& payload = of.what.payload();
    schedule(of, leave, m_router.m_latency + m_router.transfer_time(payload));
    if (std::exchange(of.in_call, false)) return;
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_time delay;
    m_router.in[of.from]->nb_transport_bw(payload, phase, delay);
}

void router::at_path::request(transaction& of) {
    m_targets[static_cast<std::size_t>(of.to)].pending.push_back(&of);
    send_pending(of.to);
}

void router::at_path::send_pending(int to) {
    target_side& side = m_targets[static_cast<std::size_t>(to)];
    if (side.sending) return;  // the loop below goes on
    side.sending = true;
    while (side.requesting == nullptr && !side.pending.empty()) {
        transaction& of = *side.pending.front();
        side.pending.pop_front();
        side.requesting = &of;
        tlm_generic_payload& payload = of.what.payload();
        payload.set_address(of.address - m_router.m_windows[static_cast<std::size_t>(to)].base);
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_time delay;
        const tlm::tlm_sync_enum result = m_router.out[to]->nb_transport_fw(payload, phase, delay);
        if (result == tlm::TLM_COMPLETED) {
            side.requesting = nullptr;
            payload.set_address(of.address);
            answered(of, delay);
        } else if (result == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
            schedule(of, owe_end_response, delay);
        } else if (result == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
            if (delay == sc_core::SC_ZERO_TIME) {
                side.requesting = nullptr;
            } else {
                schedule(of, request_ended, delay);
            }
        }
    }
    side.sending = false;
}

void router::at_path::end_request(const transaction& of) {
    target_side& side = m_targets[static_cast<std::size_t>(of.to)];
    if (side.requesting != &of) return;
    side.requesting = nullptr;
    send_pending(of.to);
}

tlm::tlm_sync_enum router::at_path::backward(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_time& delay) {
    const auto found = m_by_payload.find(&payload);
    if (found == m_by_payload.end()) return tlm::TLM_ACCEPTED;  // a target's mistake
    transaction& of = *found->second;
    if (phase == tlm::END_REQ) {
        if (delay == sc_core::SC_ZERO_TIME) {
            end_request(of);
        } else {
            schedule(of, request_ended, delay);
        }
        return tlm::TLM_ACCEPTED;
    }
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;  // an ignorable phase
    if (delay != sc_core::SC_ZERO_TIME) {
        schedule(of, owe_end_response, delay);
        return tlm::TLM_ACCEPTED;
    }
    payload.set_address(of.address);
    end_request(of);
    answered(of, delay);
    return tlm::TLM_COMPLETED;
}

void router::at_path::answered(transaction& of, const sc_time& delay) {
    if (delay != sc_core::SC_ZERO_TIME) {
        schedule(of, answer, delay);
        return;
    }
    side_of(of.from).ready.push_back(&of);
    respond(of.from);
}

void router::at_path::respond(int from) {
    while (side_of(from).responding == nullptr && !side_of(from).ready.empty()) {
        transaction& of = *side_of(from).ready.front();
        side_of(from).ready.pop_front();
        side_of(from).responding = &of;
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_time delay;
        const tlm::tlm_sync_enum result =
            m_router.in[from]->nb_transport_bw(of.what.payload(), phase, delay);
        if (result == tlm::TLM_ACCEPTED) return;
        if (delay != sc_core::SC_ZERO_TIME) {
            schedule(of, response_ended, delay);
            return;
        }
        side_of(from).responding = nullptr;
        forget(of);
    }
}

void router::at_path::forget(transaction& of) {
    m_by_payload.erase(&of.what.payload());
    of.what.clear();
    of.serial = (of.serial + 1) & 0xFFFFFFFFU;
    m_unused.push_back(of.number);
}

void router::at_path::wake(std::uint64_t tag) {
    transaction& of = *m_transactions[(tag & 0xFFFFFFFFU) >> 3U];
    if (of.serial != tag >> 32U) return;
    switch (tag & 7U) {
    case arrive:
        m_router.m_channels[static_cast<std::size_t>(of.to)]->request(
            of, static_cast<std::uint32_t>(of.from), m_router.transfer_time(of.what.payload()));
        break;
    case leave:
        request(of);
        break;
    case request_ended:
        end_request(of);
        break;
    case owe_end_response: {
        tlm::tlm_phase phase = tlm::END_RESP;
        sc_time delay;
        m_router.out[of.to]->nb_transport_fw(of.what.payload(), phase, delay);
        of.what.payload().set_address(of.address);
        end_request(of);
        answered(of, sc_core::SC_ZERO_TIME);
        break;
    }
    case answer:
        answered(of, sc_core::SC_ZERO_TIME);
        break;
    case response_ended: {
        const int from = of.from;
        side_of(from).responding = nullptr;
        forget(of);
        respond(from);
        break;
    }
    default:
        break;
    }
}

}  // namespace pimvp::bus
