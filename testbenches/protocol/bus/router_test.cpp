// SPDX-License-Identifier: Apache-2.0
// router: decoding, errors, translation there and back, DMI clipping, LT equal to AT.
#include "fixtures.h"

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/router.h>
#include <pimvp/core/diagnostics.h>
#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <memory>

using namespace bus_test;

namespace {
constexpr std::uint64_t low_base = 0x1'0000;
constexpr std::uint64_t high_base = 0x8000'0000'0000;

bus::memory_params sized(std::uint64_t bytes, std::uint64_t latency_ns) {
    bus::memory_params params;
    params.size.set({bytes});
    params.latency.set({latency_ns * 1'000'000U});
    return params;
}

/// Two initiators, two memories; the windows are smaller than the memories.
struct system_under_test {
    bus::router router;
    bus::memory low, high;
    bus::initiator_port cpu, dma;
    static constexpr std::uint64_t window = 0x8000;

    system_under_test(const std::string& prefix, core::context& context)
        : router((prefix + "_router").c_str(), context),
          low((prefix + "_low").c_str(), context, sized(0x1'0000, 20)),
          high((prefix + "_high").c_str(), context, sized(0x1'0000, 70)),
          cpu((prefix + "_cpu").c_str(), context),
          dma((prefix + "_dma").c_str(), context) {
        context.service<bus::protocol_checkers>().enable(core::duration{1'000'000'000'000U});
        bus::connect(context, cpu, router.in);
        bus::connect(context, dma, router.in);
        router.map(low.in, low_base, window);
        router.map(high.in, high_base, window);
    }
};

struct both_styles : support::bench {
    core::context at_context{at_options()};
    system_under_test lt{"lt", context};
    system_under_test at{"at", at_context};
    bool sound() {
        for (core::context* c : {&context, &at_context}) {
            if (outstanding(*c) != 0) return false;
            if (c->service<bus::protocol_checkers>().breaches() != 0) return false;
        }
        return true;
    }
};

struct access_seen {
    sc_time at;
    tlm::tlm_response_status status;
    std::vector<std::uint8_t> data;
    friend bool operator==(const access_seen& a, const access_seen& b) {
        return a.at == b.at && a.status == b.status && a.data == b.data;
    }
};

/// Random accesses of one initiator, some to nowhere.
std::vector<access_seen> traffic(bus::initiator_port& port, std::uint64_t stream) {
    support::generator random(stream);
    std::vector<access_seen> log;
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t base = random.chance(50) ? low_base : high_base;
        const std::uint64_t address = base + random.below(system_under_test::window + 0x100);
        std::vector<std::uint8_t> data = random.bytes(1 + random.below(300));
        const bool write = random.chance(50);
        const auto status = write ? port.write(address, data.data(), data.size())
                                  : port.read(address, data.data(), data.size());
        log.push_back({sc_time_stamp(), status, data});
        sc_core::wait(ns(static_cast<double>(random.below(30))));
    }
    return log;
}
}  // namespace

TEST_CASE("bus.router.lt_and_at_are_equal", "[bus]") {
    both_styles b;
    std::vector<access_seen> lt, at;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        int done = 0;
        sc_core::sc_spawn([&] {
            lt = traffic(b.lt.cpu, 1);
            ++done;
        });
        sc_core::sc_spawn([&] {
            at = traffic(b.at.cpu, 1);
            ++done;
        });
        while (done < 2) sc_core::wait(ns(100));
    });
    CHECK(lt == at);
    CHECK(b.sound());
}

namespace {
void check_two_initiators(core::coding_style style) {
    struct one : support::bench {
        system_under_test dut{"s", context};
        explicit one(core::coding_style s)
            : support::bench(s) {}
    };
    one b(style);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        int done = 0;
        sc_core::sc_spawn([&] {
            traffic(b.dut.cpu, 1);
            ++done;
        });
        sc_core::sc_spawn([&] {
            traffic(b.dut.dma, 2);
            ++done;
        });
        while (done < 2) sc_core::wait(ns(100));
    });
    CHECK(outstanding(b.context) == 0);
    CHECK(b.context.service<bus::protocol_checkers>().breaches() == 0);
}
}  // namespace

TEST_CASE("bus.router.two_initiators_lt", "[bus]") {
    check_two_initiators(core::coding_style::lt);
}
TEST_CASE("bus.router.two_initiators_at", "[bus]") {
    check_two_initiators(core::coding_style::at);
}

TEST_CASE("bus.router.decodes_and_refuses", "[bus]") {
    both_styles b;
    const std::uint64_t window = system_under_test::window;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        for (system_under_test* s : {&b.lt, &b.at}) {
            std::uint32_t value = 0;
            CHECK(s->cpu.write32(low_base + window - 4, 5) == tlm::TLM_OK_RESPONSE);
            s->low.dump(window - 4, &value, 4);
            CHECK(value == 5);
            CHECK(s->cpu.read32(low_base - 4, value) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
            CHECK(s->cpu.read32(low_base + window, value) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
            CHECK(s->cpu.read32(low_base + window - 2, value) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
            CHECK(s->cpu.read32(~std::uint64_t{3}, value) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
            CHECK(s->cpu.read32(0, value) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
            // the address is the initiator's again when the transaction is over
            const bus::message m = s->cpu.pool().allocate(tlm::TLM_READ_COMMAND, high_base + 8, 4);
            CHECK(s->cpu.transport(m) == tlm::TLM_OK_RESPONSE);
            CHECK(m.payload().get_address() == high_base + 8);
            // debug stops at the end of the window
            std::vector<std::uint8_t> data(32, 0xFF);
            CHECK(s->cpu.debug_write(low_base + window - 8, data.data(), 32) == 8);
            CHECK(s->cpu.debug_read(0, data.data(), 1) == 0);
            s->low.dump(window, &value, 4);
            CHECK(value == 0);
        }
    });
    CHECK(b.sound());
}

TEST_CASE("bus.router.a_target_error_passes_unchanged", "[bus]") {
    both_styles b;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        for (system_under_test* s : {&b.lt, &b.at}) {
            const bus::message m = s->cpu.pool().allocate(tlm::TLM_READ_COMMAND, low_base, 8);
            m.payload().set_streaming_width(4);
            CHECK(s->cpu.transport(m) == tlm::TLM_BURST_ERROR_RESPONSE);
            CHECK(m.payload().get_address() == low_base);
        }
    });
    CHECK(b.sound());
}

TEST_CASE("bus.router.direct_memory_is_clipped_and_translated", "[bus]") {
    struct dmi_bench : support::bench {
        bus::router router{"router", context};
        bus::memory ram{"ram", context, sized(0x1'0000, 20)};
        raw_initiator cpu{"cpu"}, other{"other"};
        dmi_bench() {
            cpu.out.bind(router.in);
            other.out.bind(router.in);
            router.map(ram.in, high_base, 0x100);  // the memory is larger than its window
        }
    };
    dmi_bench b;
    auto& pool = b.context.service<bus::payload_pool>();
    b.run(ns(1'000), [&] {
        const bus::message m = pool.allocate(tlm::TLM_READ_COMMAND, high_base + 0x80, 4);
        tlm::tlm_dmi dmi;
        REQUIRE(b.cpu.out->get_direct_mem_ptr(m.payload(), dmi));
        CHECK(dmi.get_start_address() == high_base);
        CHECK(dmi.get_end_address() == high_base + 0xFF);
        CHECK(m.payload().get_address() == high_base + 0x80);
        dmi.get_dmi_ptr()[0x80] = 42;
        std::uint8_t byte = 0;
        b.ram.dump(0x80, &byte, 1);
        CHECK(byte == 42);
        m.payload().set_address(0x10);
        CHECK_FALSE(b.cpu.out->get_direct_mem_ptr(m.payload(), dmi));

        b.ram.in.invalidate_direct_memory(0x80, 0x1FFF);
        b.ram.in.invalidate_direct_memory(0x100, 0x1FFF);  // outside of the window: nothing to say
        b.ram.reset();
        const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{
            {high_base + 0x80, high_base + 0xFF}, {high_base, high_base + 0xFF}};
        CHECK(b.cpu.invalidated == expected);
        CHECK(b.other.invalidated == expected);
    });
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.router.overlap_is_refused", "[bus]") {
    struct overlap_bench : support::bench {
        bus::router router{"router", context};
        bus::memory a{"a", context}, c{"c", context};
    };
    overlap_bench b;
    b.router.map(b.a.in, 0x1000, 0x1000);
    const auto refuses = [&](std::uint64_t base, std::uint64_t size, const std::string& text) {
        try {
            b.router.map(b.c.in, base, size);
            FAIL("accepted");
        } catch (const core::user_error& error) {
            CHECK_THAT(error.what(), Catch::Contains(text));
            CHECK_THAT(error.what(), Catch::Contains("bench.c.in"));
        }
    };
    refuses(0x1000, 0x1000, "overlaps bench.a.in at 0x1000 .. 0x1fff");
    refuses(0x1FFF, 1, "overlaps");
    refuses(0xFFF, 2, "overlaps");
    refuses(0, ~std::uint64_t{0}, "overlaps");
    refuses(0x5000, 0, "size 0");
    refuses(~std::uint64_t{0}, 2, "end of the 64-bit address space");
    CHECK_NOTHROW(b.router.map(b.c.in, 0x2000, 0x1000));
    CHECK(b.router.windows().size() == 2);
}
