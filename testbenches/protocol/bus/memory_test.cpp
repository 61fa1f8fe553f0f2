// SPDX-License-Identifier: Apache-2.0
// memory: every answer, debug and DMI equal to b_transport, counts, energy, reset.
#include "fixtures.h"

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/clock.h>
#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <algorithm>

using namespace bus_test;

namespace {
constexpr std::uint64_t mebibyte = 1U << 20U;

bus::memory_params sized(std::uint64_t bytes) {
    bus::memory_params params;
    params.size.set({bytes});
    return params;
}

struct memory_bench : support::bench {
    bus::memory dut{"dut", context, sized(3 * mebibyte)};
    bus::initiator_port cpu{"cpu", context};
    explicit memory_bench(core::coding_style style = core::coding_style::lt)
        : support::bench(style) {
        context.service<bus::protocol_checkers>().enable();
        bus::connect(context, cpu, dut.in);
    }
    bool sound() {
        return outstanding(context) == 0 &&
               context.service<bus::protocol_checkers>().breaches() == 0;
    }
};

void check_random_traffic(core::coding_style style) {
    memory_bench b(style);
    support::generator random;
    std::vector<std::uint8_t> expected(3 * mebibyte, 0);
    b.run(sc_time(1, sc_core::SC_SEC), [&] {
        for (int i = 0; i < 400; ++i) {
            const std::uint64_t bytes = 1 + random.below(5'000);
            // often across a page of the host
            const std::uint64_t address =
                random.chance(50) ? random.below(3 * mebibyte - bytes)
                                  : random.below(2) * mebibyte + mebibyte - bytes / 2 - 1;
            if (random.chance(50)) {
                const auto data = random.bytes(bytes);
                std::copy(data.begin(), data.end(),
                          expected.begin() + static_cast<std::ptrdiff_t>(address));
                if (random.chance(20)) {
                    REQUIRE(b.cpu.debug_write(address, data.data(), bytes) == bytes);
                } else {
                    REQUIRE(b.cpu.write(address, data.data(), bytes) == tlm::TLM_OK_RESPONSE);
                }
            }
            std::vector<std::uint8_t> read(bytes), debug(bytes);
            REQUIRE(b.cpu.read(address, read.data(), bytes) == tlm::TLM_OK_RESPONSE);
            REQUIRE(b.cpu.debug_read(address, debug.data(), bytes) == bytes);
            REQUIRE(std::equal(read.begin(), read.end(),
                               expected.begin() + static_cast<std::ptrdiff_t>(address)));
            REQUIRE(read == debug);
        }
    });
    CHECK(b.sound());
}
}  // namespace

TEST_CASE("bus.memory.random_traffic_lt", "[bus]") {
    check_random_traffic(core::coding_style::lt);
}
TEST_CASE("bus.memory.random_traffic_at", "[bus]") {
    check_random_traffic(core::coding_style::at);
}

namespace {
void check_errors(core::coding_style style) {
    memory_bench b(style);
    std::uint8_t enables[2] = {0xFF, 0x00};
    struct row {
        tlm::tlm_response_status expected;
        std::uint64_t address;
        std::size_t bytes;
        std::function<void(tlm_generic_payload&)> spoil;
    };
    const auto nothing = [](tlm_generic_payload&) {};
    const std::uint64_t size = 3 * mebibyte;
    const std::vector<row> rows{
        {tlm::TLM_OK_RESPONSE, size - 4, 4, nothing},
        {tlm::TLM_ADDRESS_ERROR_RESPONSE, size - 3, 4, nothing},
        {tlm::TLM_ADDRESS_ERROR_RESPONSE, size, 4, nothing},
        {tlm::TLM_ADDRESS_ERROR_RESPONSE, ~std::uint64_t{0}, 4, nothing},
        {tlm::TLM_COMMAND_ERROR_RESPONSE, 0, 4,
         [](tlm_generic_payload& p) { p.set_command(tlm::TLM_IGNORE_COMMAND); }},
        {tlm::TLM_BURST_ERROR_RESPONSE, 0, 8,
         [](tlm_generic_payload& p) { p.set_streaming_width(4); }},
        {tlm::TLM_OK_RESPONSE, 0, 8, [](tlm_generic_payload& p) { p.set_streaming_width(9); }},
        {tlm::TLM_OK_RESPONSE, 0, 8,
         [&](tlm_generic_payload& p) {
             p.set_byte_enable_ptr(enables);
             p.set_byte_enable_length(2);
         }},
    };
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        for (const row& r : rows) {
            for (const auto command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
                bus::message m = b.cpu.pool().allocate(command, r.address, r.bytes);
                std::fill_n(m.data(), r.bytes, std::uint8_t{0xA5});
                r.spoil(m.payload());
                CHECK(b.cpu.transport(m) == r.expected);
            }
        }
        std::uint64_t value = 0;
        CHECK(b.cpu.read64(0, value) == tlm::TLM_OK_RESPONSE);
        CHECK(value == 0xA5A5A5A5A5A5A5A5U);
        bus::message m = b.cpu.pool().allocate(tlm::TLM_WRITE_COMMAND, 0, 8);
        std::fill_n(m.data(), 8, std::uint8_t{0x11});
        m.payload().set_byte_enable_ptr(enables);
        m.payload().set_byte_enable_length(2);
        CHECK(b.cpu.transport(m) == tlm::TLM_OK_RESPONSE);
        CHECK(b.cpu.read64(0, value) == tlm::TLM_OK_RESPONSE);
        CHECK(value == 0xA511A511A511A511U);
        std::uint8_t byte = 0;
        CHECK(b.cpu.debug_read(size, &byte, 1) == 0);
        CHECK(b.cpu.debug_read(size - 1, &byte, 1) == 1);
        std::uint8_t pair[2];
        CHECK(b.cpu.debug_read(size - 1, pair, 2) == 1);
    });
    CHECK(b.sound());
}
}  // namespace

TEST_CASE("bus.memory.every_error_lt", "[bus]") {
    check_errors(core::coding_style::lt);
}
TEST_CASE("bus.memory.every_error_at", "[bus]") {
    check_errors(core::coding_style::at);
}

TEST_CASE("bus.memory.counts_and_energy", "[bus]") {
    memory_bench b;
    std::vector<std::uint8_t> data(1'000);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.cpu.write(0, data.data(), 1'000);
        b.cpu.read(0, data.data(), 600);
        b.cpu.debug_write(0, data.data(), 1'000);
        b.cpu.debug_read(0, data.data(), 1'000);
    });
    const auto report = b.context.ledger().price(b.context.ledger().snapshot(core::now_fs()));
    CHECK(report.counts.at("memory.byte.write") == 1'000);
    CHECK(report.counts.at("memory.byte.read") == 600);
    const auto& params = b.dut.params();
    CHECK(report.off_chip_j ==
          Approx(1'000 * params.write_energy.value.joules + 600 * params.read_energy.value.joules));
    CHECK_THAT(b.context.statistics().text(), Catch::Contains("bytes_written"));
    CHECK(b.sound());
}

TEST_CASE("bus.memory.direct_access_equals_transport_until_reset", "[bus]") {
    memory_bench b;
    b.cpu.use_direct_memory(true);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        CHECK(b.cpu.write32(8, 0x11223344) == tlm::TLM_OK_RESPONSE);  // grants the page
        const auto before = b.context.service<bus::protocol_checkers>().transactions();
        std::uint32_t value = 0;
        const sc_time start = sc_time_stamp();
        CHECK(b.cpu.read32(8, value) == tlm::TLM_OK_RESPONSE);
        CHECK(value == 0x11223344);
        CHECK(sc_time_stamp() - start == core::to_time(b.dut.params().latency.value));
        CHECK(b.cpu.write32(12, 0x55667788) == tlm::TLM_OK_RESPONSE);
        CHECK(b.context.service<bus::protocol_checkers>().transactions() == before);
        std::uint64_t both = 0;
        CHECK(b.cpu.debug_read(8, &both, 8) == 8);
        CHECK(both == 0x5566778811223344U);
        CHECK(b.dut.pages() == 1);
        b.dut.reset();
        CHECK(b.dut.pages() == 0);
        CHECK(b.cpu.read32(8, value) == tlm::TLM_OK_RESPONSE);  // no stale pointer
        CHECK(value == 0);
        CHECK(b.context.service<bus::protocol_checkers>().transactions() == before + 1);
    });
    CHECK(b.sound());
}

TEST_CASE("bus.memory.a_large_one_costs_only_what_is_written", "[bus]") {
    struct large_bench : support::bench {
        bus::memory dut{"dut", context, sized(std::uint64_t{64} << 30U)};
        bus::initiator_port cpu{"cpu", context};
        large_bench() { cpu.bind(dut.in); }
    };
    large_bench b;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        std::uint32_t value = 1;
        CHECK(b.cpu.read32(std::uint64_t{40} << 30U, value) == tlm::TLM_OK_RESPONSE);
        CHECK(value == 0);
        CHECK(b.dut.pages() == 0);
        CHECK(b.cpu.write32(std::uint64_t{40} << 30U, 7) == tlm::TLM_OK_RESPONSE);
        CHECK(b.dut.pages() == 1);
    });
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.memory.saves_what_is_not_zero_and_becomes_it_again", "[bus]") {
    memory_bench b;
    support::generator random;
    const auto save = [&b] {
        core::byte_writer to;
        b.dut.save(to);
        return to.bytes();
    };
    const auto restore = [&b](const std::vector<std::uint8_t>& bytes) {
        core::byte_reader from(bytes.data(), bytes.size());
        b.dut.restore(from);
        CHECK(from.at_end());
    };
    CHECK(save().empty());
    std::vector<std::uint8_t> all(3 * mebibyte, 0);
    // across a page of the host, a block at the very end, a page that is touched and stays 0
    for (const auto& [address, bytes] : {std::pair<std::uint64_t, std::size_t>{0x2FFF, 3},
                                         {mebibyte - 100, 5000},
                                         {3 * mebibyte - 7, 7}}) {
        const auto data = random.bytes(bytes);
        std::copy(data.begin(), data.end(), all.begin() + static_cast<std::ptrdiff_t>(address));
        b.dut.load(address, data.data(), bytes);
    }
    b.dut.load(2 * mebibyte, all.data() + 2 * mebibyte, 100);
    const auto saved = save();
    // two blocks of 4 KiB, three around the page, one at the end, in three runs
    CHECK(saved.size() == 6 * 4096 + 3 * 16);

    b.dut.load(100, saved.data(), 5000);
    restore(saved);
    std::vector<std::uint8_t> seen(all.size());
    b.dut.dump(0, seen.data(), seen.size());
    CHECK(seen == all);
    CHECK(save() == saved);
    restore({});
    CHECK(b.dut.pages() == 0);

    core::byte_writer outside;
    outside.put(3 * mebibyte - 1);
    outside.put(std::uint64_t{2});
    outside.put(std::uint16_t{0});
    CHECK_THROWS_AS(restore(outside.bytes()), core::format_error);
    const std::vector<std::uint8_t> cut(saved.begin(), saved.end() - 1);
    CHECK_THROWS_AS(restore(cut), core::format_error);
}

TEST_CASE("bus.memory.read_only_is_written_by_loaders_alone", "[bus]") {
    struct rom_bench : support::bench {
        bus::memory dut;
        bus::initiator_port cpu{"cpu", context};
        rom_bench()
            : dut("dut", context, read_only()) {
            cpu.bind(dut.in);
        }
        static bus::memory_params read_only() {
            bus::memory_params params = sized(mebibyte);
            params.read_only = true;
            return params;
        }
    };
    rom_bench b;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        const std::uint32_t code = 0x12345678;
        b.dut.load(8, &code, sizeof code);
        std::uint32_t seen = 0;
        CHECK(b.cpu.read32(8, seen) == tlm::TLM_OK_RESPONSE);
        CHECK(seen == code);
        CHECK(b.cpu.write32(8, 0) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        const auto question = b.cpu.pool().borrow(tlm::TLM_READ_COMMAND, 8, nullptr, 0);
        tlm::tlm_dmi region;
        REQUIRE(b.cpu->get_direct_mem_ptr(question.payload(), region));
        CHECK(region.is_read_allowed());
        CHECK_FALSE(region.is_write_allowed());
        const std::uint32_t patched = 0x9ABCDEF0;
        CHECK(b.cpu.debug_write(8, &patched, sizeof patched) == sizeof patched);
        CHECK(b.cpu.read32(8, seen) == tlm::TLM_OK_RESPONSE);
        CHECK(seen == patched);
    });
}

TEST_CASE("bus.memory.load_outside_is_our_own_mistake", "[bus]") {
    memory_bench b;
    std::uint8_t byte = 0;
    b.run(ns(1), [&] {
        CHECK_THROWS_AS(b.dut.load(3 * mebibyte, &byte, 1), core::internal_error);
        CHECK_THROWS_AS(b.dut.dump(3 * mebibyte + 1, &byte, 0), core::internal_error);
        CHECK_NOTHROW(b.dut.load(3 * mebibyte - 1, &byte, 1));
    });
}
