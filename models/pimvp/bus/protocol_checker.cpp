// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/protocol_checker.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/report.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace pimvp::bus {

using sc_core::sc_time;
using tlm::tlm_generic_payload;

namespace {
constexpr const char* breach_message = "/pimvp/bus/protocol_checker";

std::string describe(const tlm_generic_payload& payload) {
    std::array<char, 80> text{};
    const char* command = payload.is_read() ? "READ" : payload.is_write() ? "WRITE" : "IGNORE";
    std::snprintf(text.data(), text.size(), "%s of %u bytes at 0x%llx", command,
                  payload.get_data_length(),
                  static_cast<unsigned long long>(payload.get_address()));
    return text.data();
}

std::string phase_text(const tlm::tlm_phase& phase) {
    return phase.get_name();
}

/// FNV-1a over the data of a write, 0 for everything else.
std::uint64_t data_hash(const tlm_generic_payload& payload) {
    if (!payload.is_write() || payload.get_data_ptr() == nullptr) return 0;
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (unsigned i = 0; i < payload.get_data_length(); ++i) {
        hash = (hash ^ payload.get_data_ptr()[i]) * 0x100000001B3U;
    }
    return hash;
}
}  // namespace

std::string_view to_string(rule r) {
    constexpr std::array<std::string_view, 21> names{"command",
                                                     "data_pointer",
                                                     "data_length",
                                                     "byte_enable_length",
                                                     "streaming_width",
                                                     "initial_response",
                                                     "initial_dmi_hint",
                                                     "response_set",
                                                     "attributes_kept",
                                                     "write_data_kept",
                                                     "time_forwards",
                                                     "memory_manager",
                                                     "phase_sequence",
                                                     "request_exclusion",
                                                     "response_exclusion",
                                                     "return_value",
                                                     "time_order",
                                                     "in_use",
                                                     "debug_count",
                                                     "dmi_region",
                                                     "hang"};
    return names[static_cast<std::size_t>(r)];
}

struct protocol_checker::transaction {
    enum class state { requested, request_ended, responding };

    const tlm_generic_payload* payload = nullptr;
    std::uint64_t serial = 0;
    bool blocking = false;
    bool hung = false;
    state now = state::requested;
    sc_time begun;
    // what a target must not touch
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    const unsigned char* data = nullptr;
    const unsigned char* byte_enables = nullptr;
    unsigned length = 0;
    unsigned byte_enable_length = 0;
    unsigned streaming_width = 0;
    std::uint64_t hash = 0;
};

protocol_checker::protocol_checker(const sc_core::sc_module_name& module_name,
                                   core::context& context, core::duration hang_limit)
    : socket_tap(module_name),
      m_scheduler(context.service<at_scheduler>()),
      m_hang_limit(core::to_time(hang_limit)),
      m_registration(m_scheduler.enlist()) {}

protocol_checker::~protocol_checker() = default;

void protocol_checker::report(rule broken, const tlm_generic_payload& payload,
                              const std::string& text) {
    ++m_breaches;
    const breach found{broken, std::string(name()) + ": rule " + std::string(to_string(broken)) +
                                   ": " + describe(payload) + ": " + text};
    if (m_handler) {
        m_handler(found);
    } else {
        core::report_error(breach_message, found.text);
    }
}

void protocol_checker::check_request(const tlm_generic_payload& payload) {
    const tlm::tlm_command command = payload.get_command();
    const bool moves = command == tlm::TLM_READ_COMMAND || command == tlm::TLM_WRITE_COMMAND;
    if (!moves && command != tlm::TLM_IGNORE_COMMAND) {
        report(rule::command, payload, "the command is none of READ, WRITE, IGNORE");
    }
    if (moves && payload.get_data_ptr() == nullptr) {
        report(rule::data_pointer, payload, "the data pointer is null");
    }
    if (payload.get_data_length() == 0) report(rule::data_length, payload, "no data");
    if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0) {
        report(rule::byte_enable_length, payload, "byte enables of length 0");
    }
    if (payload.get_streaming_width() == 0) {
        report(rule::streaming_width, payload, "the streaming width is 0");
    }
    if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE) {
        report(rule::initial_response, payload,
               "the request carries " + payload.get_response_string());
    }
    if (payload.is_dmi_allowed()) {
        report(rule::initial_dmi_hint, payload, "the request carries a DMI hint");
    }
}

void protocol_checker::check_response(const transaction& of) {
    const tlm_generic_payload& payload = *of.payload;
    if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) {
        report(rule::response_set, payload, "the response is TLM_INCOMPLETE_RESPONSE");
    }
    if (payload.get_command() != of.command || payload.get_data_ptr() != of.data ||
        payload.get_data_length() != of.length ||
        payload.get_byte_enable_ptr() != of.byte_enables ||
        payload.get_byte_enable_length() != of.byte_enable_length ||
        payload.get_streaming_width() != of.streaming_width) {
        report(rule::attributes_kept, payload,
               "command, pointers, lengths or streaming width were changed");
    } else if (data_hash(payload) != of.hash) {
        report(rule::write_data_kept, payload, "the data of the write were changed");
    }
}

protocol_checker::transaction* protocol_checker::find(const tlm_generic_payload& payload) {
    const auto is_it = [&payload](const auto& t) { return t->payload == &payload; };
    const auto found = std::find_if(m_open.begin(), m_open.end(), is_it);
    return found == m_open.end() ? nullptr : found->get();
}

protocol_checker::transaction* protocol_checker::find(std::uint64_t serial) {
    const auto is_it = [serial](const auto& t) { return t->serial == serial; };
    const auto found = std::find_if(m_open.begin(), m_open.end(), is_it);
    return found == m_open.end() ? nullptr : found->get();
}

std::uint64_t protocol_checker::open(const tlm_generic_payload& payload, bool blocking) {
    if (const transaction* other = find(payload)) {
        report(rule::in_use, payload, "the payload is still in another transaction");
        close(other->serial);
    }
    auto made = std::make_unique<transaction>();
    made->payload = &payload;
    made->serial = ++m_transactions;
    made->blocking = blocking;
    made->begun = sc_core::sc_time_stamp();
    made->command = payload.get_command();
    made->data = payload.get_data_ptr();
    made->byte_enables = payload.get_byte_enable_ptr();
    made->length = payload.get_data_length();
    made->byte_enable_length = payload.get_byte_enable_length();
    made->streaming_width = payload.get_streaming_width();
    made->hash = data_hash(payload);
    m_open.push_back(std::move(made));
    watch();
    return m_transactions;
}

void protocol_checker::close(std::uint64_t serial) {
    const auto is_it = [serial](const auto& t) { return t->serial == serial; };
    m_open.erase(std::remove_if(m_open.begin(), m_open.end(), is_it), m_open.end());
}

void protocol_checker::check_order(const tlm_generic_payload& payload, bool forward,
                                   const sc_time& delay) {
    sc_time& last = forward ? m_last_forward : m_last_backward;
    const sc_time at = sc_core::sc_time_stamp() + delay;
    if (at < last) {
        report(rule::time_order, payload,
               "at " + at.to_string() + " after " + last.to_string() + " on the " +
                   (forward ? "forward" : "backward") + " path");
    }
    last = std::max(last, at);
}

/// A phase takes effect, by a call or by a return value of TLM_UPDATED.
void protocol_checker::advance(const tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    using state = transaction::state;
    transaction* of = find(payload);
    if (of == nullptr || of->blocking) {
        report(rule::phase_sequence, payload, phase_text(phase) + " without a BEGIN_REQ");
        return;
    }
    bool in_sequence = false;
    if (phase == tlm::END_REQ) {
        in_sequence = of->now == state::requested;
        if (in_sequence) of->now = state::request_ended;
    } else if (phase == tlm::BEGIN_RESP) {
        in_sequence = of->now != state::responding;
        const auto other = [of](const auto& t) {
            return t.get() != of && t->now == state::responding;
        };
        if (std::any_of(m_open.begin(), m_open.end(), other)) {
            report(rule::response_exclusion, payload,
                   "BEGIN_RESP before the END_RESP of another transaction");
        }
        of->now = state::responding;
        if (in_sequence) check_response(*of);
    } else if (phase == tlm::END_RESP) {
        in_sequence = of->now == state::responding;
        if (in_sequence) close(of->serial);
    }
    if (!in_sequence) {
        report(rule::phase_sequence, payload, phase_text(phase) + " out of sequence");
    }
}

void protocol_checker::check_return(const tlm_generic_payload& payload, std::uint64_t serial,
                                    const call_arguments& before, const call_arguments& after,
                                    tlm::tlm_sync_enum returned, bool forward) {
    const auto wrong = [&](const std::string& text) {
        report(rule::return_value, payload,
               phase_text(before.phase) + " was answered with " + text);
    };
    if (returned == tlm::TLM_ACCEPTED) {
        if (before.phase != after.phase) wrong("TLM_ACCEPTED, but the phase was changed");
        if (before.delay != after.delay) wrong("TLM_ACCEPTED, but the delay was changed");
        return;
    }
    if (after.delay < before.delay) wrong("a delay that was decreased");
    check_order(payload, !forward, after.delay);
    transaction* of = find(serial);
    if (returned == tlm::TLM_UPDATED) {
        const bool request = forward && before.phase == tlm::BEGIN_REQ;
        const bool response = !forward && before.phase == tlm::BEGIN_RESP;
        const bool legal =
            (request && (after.phase == tlm::END_REQ || after.phase == tlm::BEGIN_RESP)) ||
            (response && after.phase == tlm::END_RESP);
        if (legal) {
            advance(payload, after.phase);
        } else {
            wrong("TLM_UPDATED and the phase " + phase_text(after.phase));
        }
        return;
    }
    if (before.phase == tlm::END_REQ) {
        wrong("TLM_COMPLETED before the response");
    } else if (forward && before.phase == tlm::BEGIN_REQ && of != nullptr) {
        check_response(*of);
    }
    close(serial);
}

tlm::tlm_sync_enum protocol_checker::nb_transport_fw(tlm_generic_payload& payload,
                                                     tlm::tlm_phase& phase, sc_time& delay) {
    const call_arguments before{phase, delay};
    std::uint64_t serial = 0;
    if (phase == tlm::BEGIN_REQ) {
        check_order(payload, true, delay);
        check_request(payload);
        if (!payload.has_mm() || payload.get_ref_count() < 1) {
            report(rule::memory_manager, payload, "no memory manager, or no reference is held");
        }
        const auto requested = [&payload](const auto& t) {
            return !t->blocking && t->now == transaction::state::requested &&
                   t->payload != &payload;
        };
        if (std::any_of(m_open.begin(), m_open.end(), requested)) {
            report(rule::request_exclusion, payload,
                   "BEGIN_REQ before the END_REQ of another transaction");
        }
        serial = open(payload, false);
    } else if (phase == tlm::END_RESP) {
        check_order(payload, true, delay);
        advance(payload, phase);
    } else if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP ||
               phase == tlm::UNINITIALIZED_PHASE) {
        report(rule::phase_sequence, payload, phase_text(phase) + " from the initiator");
    }
    const tlm::tlm_sync_enum returned = out->nb_transport_fw(payload, phase, delay);
    if (before.phase == tlm::BEGIN_REQ || before.phase == tlm::END_RESP) {
        check_return(payload, serial, before, {phase, delay}, returned, true);
    }
    return returned;
}

tlm::tlm_sync_enum protocol_checker::nb_transport_bw(tlm_generic_payload& payload,
                                                     tlm::tlm_phase& phase, sc_time& delay) {
    const call_arguments before{phase, delay};
    std::uint64_t serial = 0;
    if (const transaction* of = find(payload)) serial = of->serial;
    if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) {
        check_order(payload, false, delay);
        advance(payload, phase);
    } else if (phase == tlm::BEGIN_REQ || phase == tlm::END_RESP ||
               phase == tlm::UNINITIALIZED_PHASE) {
        report(rule::phase_sequence, payload, phase_text(phase) + " from the target");
    }
    const tlm::tlm_sync_enum returned = in->nb_transport_bw(payload, phase, delay);
    if (before.phase == tlm::END_REQ || before.phase == tlm::BEGIN_RESP) {
        check_return(payload, serial, before, {phase, delay}, returned, false);
    }
    return returned;
}

void protocol_checker::b_transport(tlm_generic_payload& payload, sc_time& delay) {
    struct open_call {  // also when the calling process is killed
        ~open_call() { checker.close(serial); }
        protocol_checker& checker;
        std::uint64_t serial;
    };
    check_request(payload);
    const sc_time begun = sc_core::sc_time_stamp() + delay;
    const open_call scope{*this, open(payload, true)};
    out->b_transport(payload, delay);
    if (const transaction* of = find(scope.serial)) check_response(*of);
    if (sc_core::sc_time_stamp() + delay < begun) {
        report(rule::time_forwards, payload,
               "returned for " + (sc_core::sc_time_stamp() + delay).to_string() + ", called for " +
                   begun.to_string());
    }
}

unsigned protocol_checker::transport_dbg(tlm_generic_payload& payload) {
    const unsigned asked = payload.get_data_length();
    const unsigned moved = out->transport_dbg(payload);
    if (moved > asked) {
        report(rule::debug_count, payload, "moved " + std::to_string(moved) + " bytes");
    }
    return moved;
}

bool protocol_checker::get_direct_mem_ptr(tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    const std::uint64_t address = payload.get_address();
    const bool granted = out->get_direct_mem_ptr(payload, dmi);
    if (granted && (dmi.get_dmi_ptr() == nullptr || dmi.get_start_address() > address ||
                    dmi.get_end_address() < address || dmi.is_none_allowed())) {
        report(rule::dmi_region, payload,
               "granted without pointer or access, or beside the address asked for");
    }
    return granted;
}

void protocol_checker::watch() {
    if (m_hang_limit == sc_core::SC_ZERO_TIME || m_watching) return;
    const auto watched = [](const auto& t) { return !t->hung; };
    const auto oldest = std::find_if(m_open.begin(), m_open.end(), watched);
    if (oldest == m_open.end()) return;
    m_watching = true;
    m_scheduler.schedule(*this, m_registration, (*oldest)->begun + m_hang_limit, 0);
}

void protocol_checker::wake(std::uint64_t) {
    m_watching = false;
    const sc_time now = sc_core::sc_time_stamp();
    for (std::size_t i = 0; i < m_open.size(); ++i) {
        transaction& one = *m_open[i];
        if (one.hung || one.begun + m_hang_limit > now) continue;
        one.hung = true;
        report(
            rule::hang, *one.payload,
            "has not ended within " + m_hang_limit.to_string() + " since " + one.begun.to_string());
    }
    watch();
}

protocol_checker& protocol_checkers::add(core::context& context, const std::string& name) {
    m_all.push_back(std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name(name.c_str()),
                                                       context, m_hang_limit));
    return *m_all.back();
}

std::uint64_t protocol_checkers::transactions() const {
    std::uint64_t sum = 0;
    for (const auto& one : m_all) sum += one->transactions();
    return sum;
}

std::uint64_t protocol_checkers::breaches() const {
    std::uint64_t sum = 0;
    for (const auto& one : m_all) sum += one->breaches();
    return sum;
}

}  // namespace pimvp::bus
