// SPDX-License-Identifier: Apache-2.0
// Every gate of the bus is tight: not ready one femtosecond earlier, ready at the formula's time.
#include "fixtures.h"

#include <pimvp/bus/dma.h>
#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/register_bank.h>
#include <pimvp/bus/router.h>
#include <pimvp/core/clock.h>
#include <support/bench.h>
#include <support/catch.h>

#include <memory>

using namespace bus_test;
using core::from_fs;

namespace {
core::context_options styled(core::coding_style style) {
    core::context_options options;
    options.style = style;
    return options;
}

/// Waits until one fs before `t`, requires that `ready` is false, then that it is true at `t`.
template <class Ready>
void check_ready_at(const sc_time& t, Ready ready) {
    sc_core::wait(t - sc_time_stamp() - from_fs(1));
    CHECK_FALSE(ready());
    sc_core::wait(from_fs(1));
    for (int delta = 0; delta < 4; ++delta) sc_core::wait(sc_core::SC_ZERO_TIME);
    CHECK(ready());
}
}  // namespace

TEST_CASE("bus.timing.service_port_at_phases", "[bus][timing]") {
    struct at_bench : support::bench {
        raw_initiator out{"out"};
        stage in{"in", context};
        at_bench() { out.out.bind(in.in); }
    };
    at_bench b;
    auto& pool = b.context.service<bus::payload_pool>();
    const auto make = [&](std::uint8_t occupancy, std::uint8_t latency) {
        bus::message m = pool.allocate(3);
        m.data()[0] = 0;
        m.data()[1] = occupancy;
        m.data()[2] = latency;
        return m;
    };
    const auto has = [&](const bus::message& m, tlm::tlm_phase phase) {
        for (const auto& seen : b.out.phases) {
            if (seen.payload == &m.payload() && seen.phase == phase) return true;
        }
        return false;
    };
    b.out.answer = tlm::TLM_COMPLETED;
    b.run(ns(10'000), [&] {
        sc_core::wait(ns(3));
        const bus::message first = make(10, 25);
        const bus::message second = make(10, 25);
        CHECK(b.out.send(first.payload(), tlm::BEGIN_REQ) == tlm::TLM_UPDATED);  // idle: at once
        b.out.answer = tlm::TLM_ACCEPTED;
        CHECK(b.out.send(second.payload(), tlm::BEGIN_REQ) == tlm::TLM_ACCEPTED);
        check_ready_at(ns(13), [&] { return has(second, tlm::END_REQ); });    // occupancy
        check_ready_at(ns(28), [&] { return has(first, tlm::BEGIN_RESP); });  // latency
        // the second response is due at 38 but waits for the END_RESP of the first one
        sc_core::wait(ns(15));
        CHECK(b.in.log.size() == 2);
        CHECK(b.in.log[1].at == ns(38));
        CHECK_FALSE(has(second, tlm::BEGIN_RESP));
        b.out.send(first.payload(), tlm::END_RESP, ns(2));
        check_ready_at(ns(45), [&] { return has(second, tlm::BEGIN_RESP); });
        b.out.send(second.payload(), tlm::END_RESP);
        sc_core::wait(ns(1));
        // an annotated request begins when it says
        b.out.phases.clear();
        const bus::message third = make(0, 5);
        b.out.answer = tlm::TLM_COMPLETED;
        CHECK(b.out.send(third.payload(), tlm::BEGIN_REQ, ns(4)) == tlm::TLM_ACCEPTED);
        check_ready_at(ns(55), [&] { return has(third, tlm::BEGIN_RESP); });
    });
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.timing.service_port_lt_annotates_the_same", "[bus][timing]") {
    struct lt_bench : support::bench {
        raw_initiator out{"out"};
        stage in{"in", context};
        lt_bench() { out.out.bind(in.in); }
    };
    lt_bench b;
    auto& pool = b.context.service<bus::payload_pool>();
    const auto send = [&](std::uint8_t occupancy, std::uint8_t latency, const sc_time& at) {
        const bus::message m = pool.allocate(3);
        m.data()[0] = 0;
        m.data()[1] = occupancy;
        m.data()[2] = latency;
        sc_time delay = at;
        b.out.out->b_transport(m.payload(), delay);
        return delay;
    };
    b.run(ns(1'000), [&] {
        sc_core::wait(ns(3));
        CHECK(send(10, 25, sc_core::SC_ZERO_TIME) == ns(25));
        CHECK(send(10, 25, sc_core::SC_ZERO_TIME) == ns(35));
        CHECK(send(10, 5, ns(20)) == ns(25));  // free again
        CHECK(send(5, 5, ns(16)) == ns(35));   // the unit is busy until 30: no gap fits
        CHECK(send(0, 7, ns(16)) == ns(42));   // nor does an instant inside busy time
        CHECK(send(4, 4, ns(50)) == ns(54));
        CHECK(send(15, 15, ns(31)) == ns(50));  // 35 .. 50 fits the gap exactly
        CHECK(send(1, 1, ns(31)) == ns(55));    // and then it is gone
    });
}

TEST_CASE("bus.timing.resource_servers_and_gaps", "[bus][timing]") {
    struct resource_bench : support::bench {
        bus::resource two{context, 2};
    };
    resource_bench b;
    b.run(ns(10'000), [&] {
        CHECK(b.two.reserve(ns(0), ns(10)) == ns(0));
        CHECK(b.two.reserve(ns(0), ns(20)) == ns(0));
        CHECK(b.two.reserve(ns(0), ns(5)) == ns(10));
        CHECK(b.two.reserve(ns(0), ns(5)) == ns(15));
        CHECK(b.two.reserve(ns(0), ns(5)) == ns(20));
        CHECK(b.two.free_at() == ns(20));
        CHECK(b.two.busy_time() == ns(45));
        // more gaps than are remembered: the oldest ones are given up, never double-booked
        for (int i = 1; i <= 400; ++i) {
            CHECK(b.two.reserve(ns(100.0 * i), ns(50)) == ns(100.0 * i));
            CHECK(b.two.reserve(ns(100.0 * i), ns(50)) == ns(100.0 * i));
        }
        CHECK(b.two.reserve(ns(39'900), ns(50)) == ns(39'950));
        CHECK(b.two.reserve(ns(150), ns(50)) >= ns(30'000));
        b.two.clear();
        CHECK(b.two.reserve(ns(0), ns(10)) == ns(0));
    });
}

namespace {
/// Three requesters at a busy unit: in which order are they served?
std::vector<std::uint8_t> served_in(bus::arbitration policy) {
    struct arbiter_bench : support::bench {
        bus::resource unit;
        source a{"a", context}, c{"c", context}, d{"d", context};
        stage pa{"pa", context, unit}, pc{"pc", context, unit}, pd{"pd", context, unit};
        explicit arbiter_bench(bus::arbitration p)
            : support::bench(core::coding_style::at),
              unit(context, 1, p) {
            a.out.bind(pa.in);
            c.out.bind(pc.in);
            d.out.bind(pd.in);
        }
    };
    arbiter_bench b(policy);
    std::vector<std::uint8_t> order;
    for (stage* s : {&b.pa, &b.pc, &b.pd}) {
        s->then = [&](tlm_generic_payload& p, const sc_time&) {
            order.push_back(p.get_data_ptr()[0]);
        };
    }
    b.run(ns(10'000), [&] {
        for (std::uint8_t i = 0; i < 2; ++i) {
            b.c.send(static_cast<std::uint8_t>(20 + i), 10, 10);  // first, keeps it busy
            b.d.send(static_cast<std::uint8_t>(30 + i), 10, 10, ns(1));
            b.a.send(static_cast<std::uint8_t>(10 + i), 10, 10, ns(2));
        }
        sc_core::wait(ns(1'000));
    });
    CHECK(outstanding(b.context) == 0);
    return order;
}
using order = std::vector<std::uint8_t>;
}  // namespace

TEST_CASE("bus.timing.arbitration_fifo", "[bus][timing]") {
    CHECK(served_in(bus::arbitration::fifo) == order{20, 30, 10, 21, 31, 11});
}
TEST_CASE("bus.timing.arbitration_round_robin", "[bus][timing]") {
    CHECK(served_in(bus::arbitration::round_robin) == order{20, 30, 10, 21, 31, 11});
}
TEST_CASE("bus.timing.arbitration_priority", "[bus][timing]") {
    CHECK(served_in(bus::arbitration::priority) == order{20, 10, 21, 11, 30, 31});
}

namespace {
void check_system(core::coding_style style) {
    struct system_bench : support::bench {
        bus::router router{"router", context};
        bus::memory ram{"ram", context};
        bus::initiator_port cpu{"cpu", context}, other{"other", context};
        bus::dma dma{"dma", context, {}};
        explicit system_bench(core::coding_style s)
            : support::bench(styled(s)) {
            cpu.bind(router.in);
            other.bind(router.in);
            dma.bind(router.in);
            router.map(ram.in, 0, ram.size());
        }
    };
    system_bench b(style);
    const auto& ram = b.ram.params();
    const auto& bus = b.router.params();
    const auto path = [&](std::uint64_t n) {  // router: latency + n/b; memory: latency + n/b
        return core::to_time(bus.latency.value) +
               core::to_time(core::transfer_time(bus.bandwidth.value, n)) +
               core::to_time(ram.latency.value) +
               core::to_time(core::transfer_time(ram.bandwidth.value, n));
    };
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        std::vector<std::uint8_t> data(10'000);
        for (const std::size_t n : {1U, 4U, 64U, 1'000U}) {
            const sc_time start = sc_time_stamp();
            CHECK(b.cpu.write(0, data.data(), n) == tlm::TLM_OK_RESPONSE);
            CHECK(sc_time_stamp() - start == path(n));
        }
        // two at once: the second waits for the channel, then for the memory's data bus
        sc_core::wait(ns(1'000));
        const sc_time start = sc_time_stamp();
        sc_time other_done;
        sc_core::sc_spawn([&] {
            b.other.read(0, data.data() + 5'000, 1'000);
            other_done = sc_time_stamp();
        });
        CHECK(b.cpu.read(0, data.data(), 1'000) == tlm::TLM_OK_RESPONSE);
        sc_core::wait(ns(1'000));
        CHECK(other_done - start ==
              path(1'000) + core::to_time(core::transfer_time(ram.bandwidth.value, 1'000)));

        // DMA: setup, then burst after burst
        const sc_time begin = sc_time_stamp();
        CHECK(b.dma.read({512, 2'000}, data.data()));
        CHECK(sc_time_stamp() - begin == core::to_time(b.dma.params().setup.value) + path(512) +
                                             path(1'024) + path(2'000 - 512 - 1'024));
    });
    CHECK(outstanding(b.context) == 0);
}
}  // namespace

TEST_CASE("bus.timing.router_memory_dma_lt", "[bus][timing]") {
    check_system(core::coding_style::lt);
}
TEST_CASE("bus.timing.router_memory_dma_at", "[bus][timing]") {
    check_system(core::coding_style::at);
}
