// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>

// page begins: base
/// A processor of ours as far as software and bus see it: `software` runs in a thread and reaches
/// registers and memory by access(). When it has returned, the simulation runs out of events.
class initiator : public sc_core::sc_module {
public:
    tlm_utils::simple_initiator_socket<initiator> out{"out"};
    sc_core::sc_in<bool> irq{"irq"};
    std::function<void()> software;

    explicit initiator(const sc_core::sc_module_name& name)
        : sc_module(name) {
        out.register_nb_transport_bw(this, &initiator::nb_transport_bw);
        SC_HAS_PROCESS(initiator);
        SC_THREAD(run);
    }

    void access(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
        const tlm::tlm_response_status answer = transport(command, address, data, bytes);
        if (answer == tlm::TLM_OK_RESPONSE) return;
        throw std::runtime_error("the bus answers " + std::to_string(answer) + " at address " +
                                 std::to_string(address));
    }
    /// Like a boot loader: no time passes.
    void place(std::uint64_t address, const void* data, std::size_t bytes) {
        tlm::tlm_generic_payload payload;
        fill(payload, tlm::TLM_WRITE_COMMAND, address, const_cast<void*>(data), bytes);
        if (out->transport_dbg(payload) != bytes) throw std::runtime_error("nothing to load into");
    }
    void wait_for_irq() {
        catch_up();
        if (!irq.read()) wait(irq.posedge_event());
    }
    /// When the software returned; 0: it has not.
    [[nodiscard]] const sc_core::sc_time& ended() const { return m_ended; }
    /// How often the software has given way to the rest of the simulation by itself.
    [[nodiscard]] std::uint64_t yields() const { return m_yields; }

protected:
    virtual tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address,
                                               void* data, std::size_t bytes) = 0;
    /// Waits until simulated time is the software's.
    virtual void catch_up() = 0;
    virtual tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload,
                                               tlm::tlm_phase& phase, sc_core::sc_time& delay) = 0;
    void count_yield() { ++m_yields; }

    static void fill(tlm::tlm_generic_payload& payload, tlm::tlm_command command,
                     std::uint64_t address, void* data, std::size_t bytes) {
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(static_cast<unsigned char*>(data));
        payload.set_data_length(static_cast<unsigned>(bytes));
        payload.set_streaming_width(static_cast<unsigned>(bytes));
    }

private:
    void run() {
        software();
        catch_up();
        m_ended = sc_core::sc_time_stamp();
    }

    sc_core::sc_time m_ended;
    std::uint64_t m_yields = 0;
};
// page ends

// page begins: lt
/// Loosely timed: blocking calls, ahead of simulated time by up to the global quantum.
class lt_initiator : public initiator {
public:
    lt_initiator(const sc_core::sc_module_name& name, const sc_core::sc_time& quantum)
        : initiator(name) {
        tlm_utils::tlm_quantumkeeper::set_global_quantum(quantum);
        m_keeper.reset();
    }

private:
    tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address, void* data,
                                       std::size_t bytes) override {
        tlm::tlm_generic_payload payload;
        fill(payload, command, address, data, bytes);
        sc_core::sc_time ahead = m_keeper.get_local_time();
        out->b_transport(payload, ahead);
        m_keeper.set(ahead);
        if (m_keeper.need_sync()) catch_up();
        return payload.get_response_status();
    }
    void catch_up() override {
        count_yield();
        m_keeper.sync();
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase&,
                                       sc_core::sc_time&) override {
        return tlm::TLM_ACCEPTED;  // nobody calls it
    }

    tlm_utils::tlm_quantumkeeper m_keeper;
};
// page ends

// page begins: at
/// Approximately timed: the four phases of the base protocol, one transaction at a time.
class at_initiator : public initiator, private tlm::tlm_mm_interface {
public:
    using initiator::initiator;

private:
    tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address, void* data,
                                       std::size_t bytes) override {
        auto* payload = new tlm::tlm_generic_payload(this);  // free() takes it back
        payload->acquire();
        fill(*payload, command, address, data, bytes);
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay;
        const tlm::tlm_sync_enum answer = out->nb_transport_fw(*payload, phase, delay);
        if (answer == tlm::TLM_COMPLETED) {
            wait(delay);
        } else {
            if (answer == tlm::TLM_UPDATED) m_heard.notify(*payload, phase, delay);
            count_yield();
            wait(m_responded);
        }
        const tlm::tlm_response_status response = payload->get_response_status();
        payload->release();
        return response;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        m_heard.notify(payload, phase, delay);
        return tlm::TLM_ACCEPTED;
    }
    void on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
        if (phase != tlm::BEGIN_RESP) return;  // END_REQ: nothing else wants to leave
        tlm::tlm_phase end = tlm::END_RESP;
        sc_core::sc_time delay;
        out->nb_transport_fw(payload, end, delay);
        m_responded.notify();
    }
    void catch_up() override {}  // never ahead
    void free(tlm::tlm_generic_payload* payload) override { delete payload; }

    sc_core::sc_event m_responded{"responded"};
    tlm_utils::peq_with_cb_and_phase<at_initiator> m_heard{this, &at_initiator::on_phase};
};
// page ends
