// SPDX-License-Identifier: Apache-2.0
// initiator_port: quantum, several threads, cancel, annotated answers of foreign targets.
#include "fixtures.h"

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/clock.h>
#include <support/bench.h>
#include <support/catch.h>

using namespace bus_test;

namespace {
core::context_options quantum_options(std::uint64_t fs) {
    core::context_options options;
    options.quantum_fs = fs;
    return options;
}

struct quantum_bench : support::bench {
    bus::memory dut{"dut", context};
    bus::initiator_port cpu{"cpu", context};
    explicit quantum_bench(std::uint64_t fs)
        : support::bench(quantum_options(fs)) {
        cpu.bind(dut.in);
    }
};

/// Total time of some accesses; values must not depend on the quantum.
void check_quantum(double quantum_ns) {
    quantum_bench b(core::to_fs(ns(quantum_ns)));
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        bool ahead = false;
        for (std::uint32_t i = 0; i < 100; ++i) {
            CHECK(b.cpu.write32(4 * i, i) == tlm::TLM_OK_RESPONSE);
            b.cpu.advance(ns(3));
            CHECK(b.cpu.local_time() < ns(quantum_ns) + ns(100));
            ahead = ahead || b.cpu.local_time() != sc_core::SC_ZERO_TIME;
        }
        CHECK(ahead == (quantum_ns > 60));
        b.cpu.synchronise();
        CHECK(b.cpu.local_time() == sc_core::SC_ZERO_TIME);
        const auto& params = b.dut.params();
        const sc_time each = core::to_time(params.latency.value) +
                             core::to_time(core::transfer_time(params.bandwidth.value, 4)) + ns(3);
        CHECK(sc_time_stamp() == each * 100);
        for (std::uint32_t i = 0; i < 100; ++i) {
            std::uint32_t value = 0;
            CHECK(b.cpu.read32(4 * i, value) == tlm::TLM_OK_RESPONSE);
            CHECK(value == i);
        }
    });
    CHECK(outstanding(b.context) == 0);
}
}  // namespace

TEST_CASE("bus.initiator_port.quantum_0_is_exact", "[bus]") {
    check_quantum(0);
}
TEST_CASE("bus.initiator_port.quantum_1us_gives_the_same_values", "[bus]") {
    check_quantum(1'000);
}

namespace {
void check_threads(core::coding_style style) {
    struct thread_bench : support::bench {
        bus::memory dut{"dut", context};
        bus::initiator_port cpu{"cpu", context};
        explicit thread_bench(core::coding_style s)
            : support::bench(s) {
            context.service<bus::protocol_checkers>().enable(core::duration{100'000'000'000U});
            bus::connect(context, cpu, dut.in);
        }
    };
    thread_bench b(style);
    int done = 0;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        for (std::uint64_t t = 0; t < 5; ++t) {
            sc_core::sc_spawn([&b, &done, t] {
                for (std::uint64_t i = 0; i < 20; ++i) {
                    const std::uint64_t address = t * 4096 + i * 8;
                    std::uint64_t value = 0;
                    CHECK(b.cpu.write64(address, address) == tlm::TLM_OK_RESPONSE);
                    CHECK(b.cpu.read64(address, value) == tlm::TLM_OK_RESPONSE);
                    CHECK(value == address);
                }
                ++done;
            });
        }
        while (done < 5) sc_core::wait(ns(100));
    });
    CHECK(b.cpu.in_flight() == 0);
    CHECK(outstanding(b.context) == 0);
    CHECK(b.context.service<bus::protocol_checkers>().breaches() == 0);
    CHECK(b.context.service<bus::protocol_checkers>().transactions() == 200);
}
}  // namespace

TEST_CASE("bus.initiator_port.serves_several_threads_lt", "[bus]") {
    check_threads(core::coding_style::lt);
}
TEST_CASE("bus.initiator_port.serves_several_threads_at", "[bus]") {
    check_threads(core::coding_style::at);
}

namespace {
struct raw_bench : support::bench {
    raw_target dut{"dut"};
    bus::initiator_port cpu{"cpu", context};
    explicit raw_bench(core::coding_style style = core::coding_style::at)
        : support::bench(style) {
        context.service<bus::protocol_checkers>().enable();
        bus::connect(context, cpu, dut.in);
    }
    bool sound() {
        return outstanding(context) == 0 &&
               context.service<bus::protocol_checkers>().breaches() == 0;
    }
};
}  // namespace

TEST_CASE("bus.initiator_port.cancel_returns_at_once_and_the_payload_later", "[bus]") {
    raw_bench b;
    bus::message held;
    b.dut.forward = [&](tlm_generic_payload& p, tlm::tlm_phase&, sc_time&) {
        held = bus::message(p);
        return tlm::TLM_ACCEPTED;
    };
    b.run(ns(1'000), [&] {
        tlm::tlm_response_status first = tlm::TLM_OK_RESPONSE, second = tlm::TLM_OK_RESPONSE;
        sc_time first_at, second_at;
        sc_core::sc_spawn([&] {
            std::uint32_t value = 7;
            first = b.cpu.read32(0, value);
            first_at = sc_time_stamp();
            CHECK(value == 7);
        });
        sc_core::sc_spawn([&] {  // waits for its turn
            second = b.cpu.write32(4, 1);
            second_at = sc_time_stamp();
        });
        sc_core::wait(ns(10));
        CHECK(b.cpu.in_flight() == 2);
        b.cpu.cancel();
        sc_core::wait(ns(1));
        CHECK(first == tlm::TLM_INCOMPLETE_RESPONSE);
        CHECK(second == tlm::TLM_INCOMPLETE_RESPONSE);
        CHECK(first_at == ns(10));
        CHECK(second_at == ns(10));
        CHECK(b.cpu.in_flight() == 0);
        held.payload().set_response_status(tlm::TLM_OK_RESPONSE);
        b.dut.back(held.payload(), tlm::BEGIN_RESP);
        held.clear();
        // and the port works on
        b.dut.forward = [&](tlm_generic_payload& p, tlm::tlm_phase&, sc_time& delay) {
            p.set_response_status(tlm::TLM_OK_RESPONSE);
            delay += ns(4);
            return tlm::TLM_COMPLETED;
        };
        CHECK(b.cpu.write32(8, 2) == tlm::TLM_OK_RESPONSE);
        CHECK(sc_time_stamp() == ns(15));
    });
    CHECK(b.sound());
}

TEST_CASE("bus.initiator_port.a_killed_thread_leaves_no_trace", "[bus]") {
    raw_bench b;
    bus::message held;
    b.dut.forward = [&](tlm_generic_payload& p, tlm::tlm_phase&, sc_time&) {
        held = bus::message(p);
        return tlm::TLM_ACCEPTED;
    };
    b.run(ns(1'000), [&] {
        auto thread = sc_core::sc_spawn([&] {
            std::uint32_t value = 0;
            b.cpu.read32(0, value);
        });
        sc_core::wait(ns(10));
        thread.kill();
        CHECK(b.cpu.in_flight() == 0);
        held.payload().set_response_status(tlm::TLM_OK_RESPONSE);
        b.dut.back(held.payload(), tlm::BEGIN_RESP);
        held.clear();
    });
    CHECK(b.sound());
}

TEST_CASE("bus.initiator_port.follows_annotated_phases", "[bus]") {
    raw_bench b;
    int turn = 0;
    int ends = 0;
    b.dut.forward = [&](tlm_generic_payload& p, tlm::tlm_phase& phase, sc_time& delay) {
        if (phase == tlm::END_RESP) {
            ++ends;
            return tlm::TLM_COMPLETED;
        }
        if (turn++ == 0) {
            phase = tlm::BEGIN_RESP;
            delay += ns(6);
            p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return tlm::TLM_UPDATED;
        }
        phase = tlm::END_REQ;
        delay += ns(5);
        sc_core::sc_spawn([&b, &p] {
            sc_core::wait(ns(7));
            p.set_response_status(tlm::TLM_OK_RESPONSE);
            b.dut.back(p, tlm::BEGIN_RESP, ns(3));
        });
        return tlm::TLM_UPDATED;
    };
    b.run(ns(1'000), [&] {
        CHECK(b.cpu.write32(0, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(sc_time_stamp() == ns(6));
        CHECK(ends == 1);
        CHECK(b.cpu.write32(0, 1) == tlm::TLM_OK_RESPONSE);
        CHECK(sc_time_stamp() == ns(16));
    });
    CHECK(b.sound());
}
