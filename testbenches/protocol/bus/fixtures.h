// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

#include <cstdint>
#include <functional>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

/// Small blocks that the tests of the bus are made of.
namespace bus_test {

using namespace pimvp;  // NOLINT(google-build-using-namespace): tests only
using sc_core::sc_time;
using sc_core::sc_time_stamp;
using tlm::tlm_generic_payload;

inline sc_time ns(double n) {
    return {n, sc_core::SC_NS};
}

/// One message as a stage of a pipeline saw it.
struct seen {
    sc_time at;
    std::uint8_t value;
    friend bool operator==(const seen& a, const seen& b) {
        return a.at == b.at && a.value == b.value;
    }
};

/// Takes messages {value, occupancy in ns, latency in ns, ...}, logs them, hands them on.
class stage : public sc_core::sc_module, private bus::service {
public:
    bus::service_port in;

    stage(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          in("in", context, *this) {}
    stage(const sc_core::sc_module_name& name, core::context& context, bus::resource& shared)
        : sc_module(name),
          in("in", context, *this, shared) {}

    std::vector<seen> log;
    std::function<void(tlm_generic_payload&, const sc_time&)> then;
    tlm::tlm_response_status answer = tlm::TLM_OK_RESPONSE;

private:
    [[nodiscard]] tlm::tlm_response_status check(const tlm_generic_payload& p) const override {
        const tlm::tlm_response_status sound = bus::check_message(p, 3);
        return sound == tlm::TLM_OK_RESPONSE ? answer : sound;
    }
    [[nodiscard]] sc_time occupancy(const tlm_generic_payload& p) const override {
        return ns(p.get_data_ptr()[1]);
    }
    [[nodiscard]] sc_time latency(const tlm_generic_payload& p) const override {
        return ns(p.get_data_ptr()[2]);
    }
    void execute(tlm_generic_payload& p, const sc_time& at) override {
        log.push_back({sc_time_stamp() + at, p.get_data_ptr()[0]});
        if (then) then(p, at);
    }
};

/// A stage with an output: sends `value + 1` on, with times of its own.
class relay : public stage {
public:
    bus::push_port out;

    relay(const sc_core::sc_module_name& name, core::context& context, std::uint8_t occupancy,
          std::uint8_t latency)
        : stage(name, context),
          out("out", context) {
        then = [this, occupancy, latency](tlm_generic_payload& p, const sc_time& at) {
            bus::message next = out.pool().allocate(3);
            next.data()[0] = static_cast<std::uint8_t>(p.get_data_ptr()[0] + 1);
            next.data()[1] = occupancy;
            next.data()[2] = latency;
            out.send(std::move(next), at);
        };
    }
};

/// A module that is only a push_port.
struct source : sc_core::sc_module {
    bus::push_port out;

    source(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          out("out", context) {}

    void send(std::uint8_t value, std::uint8_t occupancy, std::uint8_t latency,
              const sc_time& at = sc_core::SC_ZERO_TIME) {
        bus::message made = out.pool().allocate(3);
        made.data()[0] = value;
        made.data()[1] = occupancy;
        made.data()[2] = latency;
        out.send(std::move(made), at);
    }
};

/// An initiator whose every call is a decision of the test.
struct raw_initiator : sc_core::sc_module, tlm::tlm_bw_transport_if<> {
    tlm::tlm_initiator_socket<32> out{"out"};

    explicit raw_initiator(const sc_core::sc_module_name& name)
        : sc_module(name) {
        out.bind(*this);
    }

    struct phase_seen {
        tlm_generic_payload* payload;
        tlm::tlm_phase phase;
        sc_time at;
    };
    std::vector<phase_seen> phases;
    tlm::tlm_sync_enum answer = tlm::TLM_ACCEPTED;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;

    tlm::tlm_sync_enum nb_transport_bw(tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_time& delay) override {
        phases.push_back({&p, phase, sc_time_stamp() + delay});
        return answer;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        invalidated.emplace_back(start, end);
    }
    tlm::tlm_sync_enum send(tlm_generic_payload& p, tlm::tlm_phase phase,
                            sc_time delay = sc_core::SC_ZERO_TIME) {
        return out->nb_transport_fw(p, phase, delay);
    }
};

/// A target whose every answer is a decision of the test.
struct raw_target : sc_core::sc_module, tlm::tlm_fw_transport_if<> {
    tlm::tlm_target_socket<32> in{"in"};

    explicit raw_target(const sc_core::sc_module_name& name)
        : sc_module(name) {
        in.bind(*this);
    }

    std::function<void(tlm_generic_payload&, sc_time&)> blocking =
        [](tlm_generic_payload& p, sc_time&) { p.set_response_status(tlm::TLM_OK_RESPONSE); };
    std::function<tlm::tlm_sync_enum(tlm_generic_payload&, tlm::tlm_phase&, sc_time&)> forward =
        [](tlm_generic_payload&, tlm::tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
    std::function<unsigned(tlm_generic_payload&)> debug = [](tlm_generic_payload&) { return 0U; };
    std::function<bool(tlm_generic_payload&, tlm::tlm_dmi&)> direct =
        [](tlm_generic_payload&, tlm::tlm_dmi&) { return false; };

    void b_transport(tlm_generic_payload& p, sc_time& delay) override { blocking(p, delay); }
    tlm::tlm_sync_enum nb_transport_fw(tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_time& delay) override {
        return forward(p, phase, delay);
    }
    unsigned transport_dbg(tlm_generic_payload& p) override { return debug(p); }
    bool get_direct_mem_ptr(tlm_generic_payload& p, tlm::tlm_dmi& dmi) override {
        return direct(p, dmi);
    }
    tlm::tlm_sync_enum back(tlm_generic_payload& p, tlm::tlm_phase phase,
                            sc_time delay = sc_core::SC_ZERO_TIME) {
        return in->nb_transport_bw(p, phase, delay);
    }
};

inline std::uint64_t outstanding(core::context& context) {
    return context.service<bus::payload_pool>().outstanding();
}

inline core::context_options at_options() {
    core::context_options options;
    options.style = core::coding_style::at;
    return options;
}

}  // namespace bus_test
