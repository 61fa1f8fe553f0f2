// SPDX-License-Identifier: Apache-2.0
// The register primitive: rights, masks, reserved bits, sizes, alignment, LO/HI, W1C, callbacks.
#include "fixtures.h"

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/register_bank.h>

#include <pimvp/demo/demo_regs.h>  // generated from demo.regs.yaml
#include <support/bench.h>
#include <support/catch.h>

#include <utility>

using namespace bus_test;

namespace {
/// One bank of every kind of register, at 10 ns per access.
struct register_bench : support::bench {
    demo::demo_regs regs{ns(10)};
    bus::service_port in{"in", context, regs};
    bus::initiator_port cpu{"cpu", context};

    explicit register_bench(core::coding_style style = core::coding_style::lt)
        : support::bench(style) {
        context.service<bus::protocol_checkers>().enable();
        bus::connect(context, cpu, in);
    }
    std::uint32_t read(std::uint64_t offset) {
        std::uint32_t value = 0xDEADBEEF;
        CHECK(cpu.read32(offset, value) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    void write(std::uint64_t offset, std::uint32_t value) {
        CHECK(cpu.write32(offset, value) == tlm::TLM_OK_RESPONSE);
    }
    bool sound() {
        return outstanding(context) == 0 &&
               context.service<bus::protocol_checkers>().breaches() == 0;
    }
};
}  // namespace

TEST_CASE("bus.register.the_description_is_the_bank", "[bus]") {
    register_bench b;
    CHECK(b.regs.id.get() == PIMVP_DEMO_ID_RESET);
    CHECK(b.regs.id.offset() == PIMVP_DEMO_ID);
    CHECK(demo::demo_regs::ctrl_offset == PIMVP_DEMO_CTRL);
    CHECK(demo::demo_regs::ctrl_mode == PIMVP_DEMO_CTRL_MODE_MASK);
    CHECK(demo::demo_regs::ctrl_mode_shift == PIMVP_DEMO_CTRL_MODE_SHIFT);
    CHECK(PIMVP_DEMO_CYCLES_HI == PIMVP_DEMO_CYCLES_LO + 4);
    CHECK(b.regs.bin.size() == PIMVP_DEMO_BIN_COUNT);
    CHECK(b.regs.bin[2].offset() == PIMVP_DEMO_BIN(2));
    CHECK(std::string(b.regs.bin[2].name()) == "bin2");
    CHECK(b.regs.find(PIMVP_DEMO_CTRL) == &b.regs.ctrl);
    CHECK(b.regs.find(0x800) == nullptr);
    CHECK(b.regs.find(1) == nullptr);
}

namespace {
void check_rights(core::coding_style style) {
    register_bench b(style);
    using regs = demo::demo_regs;
    std::vector<std::pair<std::uint32_t, sc_time>> commands;
    b.regs.ctrl.on_write([&](std::uint32_t written, const sc_time& at) {
        commands.emplace_back(written, sc_time_stamp() + at);
    });
    b.run(sc_time(1, sc_core::SC_US), [&] {
        // reset values; time of one access
        CHECK(b.read(regs::id_offset) == 0x50494D56);
        CHECK(sc_time_stamp() == ns(10));
        CHECK(b.read(regs::ctrl_offset) == 0x30);
        // read-only and write-only
        CHECK(b.cpu.write32(regs::id_offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(b.read(regs::id_offset) == 0x50494D56);
        std::uint32_t value = 0;
        CHECK(b.cpu.read32(regs::doorbell_offset, value) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        b.write(regs::doorbell_offset, 3);
        CHECK(b.regs.doorbell.get() == 0);
        // fields: rw stored, command not stored but seen, read-only and reserved ignored
        const sc_time start = sc_time_stamp();
        b.write(regs::ctrl_offset, 0xFFFFFFFF);
        CHECK(b.read(regs::ctrl_offset) == (regs::ctrl_enable | regs::ctrl_mode));
        REQUIRE(commands.size() == 1);
        CHECK(commands[0].first == (regs::ctrl_enable | regs::ctrl_mode | regs::ctrl_reset));
        CHECK(commands[0].second == start + ns(10));
        b.regs.ctrl.set_bits(regs::ctrl_busy);  // hardware may set what software may not
        b.write(regs::ctrl_offset, 0);
        CHECK(b.read(regs::ctrl_offset) == regs::ctrl_busy);
        // a rule of the block
        b.regs.ctrl.allow_write([](std::uint32_t v) { return v != 7; });
        CHECK(b.cpu.write32(regs::ctrl_offset, 7) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(commands.size() == 2);
        // write 1 to clear
        b.regs.irq_status.set(0xF);
        sc_core::wait(ns(1));
        b.write(regs::irq_status_offset, 0x5);
        CHECK(b.read(regs::irq_status_offset) == 0xA);
        // reset
        b.regs.reset();
        CHECK(b.regs.ctrl.get() == 0x30);
        CHECK(b.regs.irq_status.get() == 0);
    });
    CHECK(b.sound());
}

void check_shapes(core::coding_style style) {
    register_bench b(style);
    using regs = demo::demo_regs;
    std::uint8_t enables[1] = {0xFF};
    struct row {
        std::uint64_t offset;
        std::size_t bytes;
        tlm::tlm_response_status expected;
    };
    const auto burst = tlm::TLM_BURST_ERROR_RESPONSE;
    const std::vector<row> rows{{regs::id_offset, 1, burst},
                                {regs::id_offset, 2, burst},
                                {regs::id_offset + 1, 4, burst},
                                {regs::id_offset + 2, 4, burst},
                                {regs::id_offset, 12, burst},
                                {regs::id_offset, 16, burst},
                                {regs::id_offset + 4, 8, burst},
                                {regs::id_offset, 4, tlm::TLM_OK_RESPONSE},
                                {regs::cycles_offset, 8, tlm::TLM_OK_RESPONSE},
                                {regs::gap_offset, 8, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                                {0x800, 4, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                                {~std::uint64_t{3}, 4, tlm::TLM_ADDRESS_ERROR_RESPONSE}};
    b.run(sc_time(1, sc_core::SC_US), [&] {
        std::uint8_t data[16] = {};
        for (const row& r : rows) {
            CHECK(b.cpu.read(r.offset, data, r.bytes) == r.expected);
        }
        bus::message m = b.cpu.pool().allocate(tlm::TLM_READ_COMMAND, 0, 4);
        m.payload().set_byte_enable_ptr(enables);
        m.payload().set_byte_enable_length(1);
        CHECK(b.cpu.transport(m) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        m = b.cpu.pool().allocate(tlm::TLM_READ_COMMAND, regs::cycles_offset, 8);
        m.payload().set_streaming_width(4);
        CHECK(b.cpu.transport(m) == tlm::TLM_BURST_ERROR_RESPONSE);
        m = b.cpu.pool().allocate(tlm::TLM_IGNORE_COMMAND, 0, 4);
        CHECK(b.cpu.transport(m) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        // 8 bytes over a read-only and a writable register: refused as a whole
        CHECK(b.cpu.write64(regs::bin_offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        // no error took time or changed anything
        CHECK(sc_time_stamp() == ns(20));
    });
    CHECK(b.sound());
}
}  // namespace

TEST_CASE("bus.register.rights_lt", "[bus]") {
    check_rights(core::coding_style::lt);
}
TEST_CASE("bus.register.rights_at", "[bus]") {
    check_rights(core::coding_style::at);
}
TEST_CASE("bus.register.sizes_and_alignment_lt", "[bus]") {
    check_shapes(core::coding_style::lt);
}
TEST_CASE("bus.register.sizes_and_alignment_at", "[bus]") {
    check_shapes(core::coding_style::at);
}

TEST_CASE("bus.register.a_saved_bank_goes_on_between_lo_and_hi", "[bus]") {
    register_bench b;
    demo::demo_regs other{ns(10)};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.regs.cycles.set(0x1'0000'0002);
        b.write(PIMVP_DEMO_CTRL, 0x51);
        b.write(PIMVP_DEMO_BASE_HI, 7);
        b.regs.irq_status.set_bits(0x5);
        b.regs.bin[3].set(33);
        CHECK(b.read(PIMVP_DEMO_CYCLES_LO) == 2);
        core::byte_writer saved;
        b.regs.save(saved);

        b.regs.reset();
        b.regs.cycles.set(0x9'0000'0000);
        core::byte_reader from(saved.bytes().data(), saved.size());
        b.regs.restore(from);
        CHECK(from.at_end());
        b.regs.cycles.set(0x8'0000'0000);  // meanwhile
        CHECK(b.read(PIMVP_DEMO_CYCLES_HI) == 1);
        CHECK(b.read(PIMVP_DEMO_CTRL) == 0x50 + 1);
        CHECK(b.regs.base.get() == 0x7'0000'0000);
        CHECK(b.regs.irq_status.get() == 0x5);
        CHECK(b.regs.bin[3].get() == 33);

        core::byte_reader cut(saved.bytes().data(), saved.size() - 1);
        CHECK_THROWS_AS(other.restore(cut), core::format_error);
    });
    CHECK(b.sound());
}

TEST_CASE("bus.register.reading_lo_latches_hi", "[bus]") {
    register_bench b;
    using regs = demo::demo_regs;
    std::uint64_t cycles = 0x1'FFFF'FFFF;
    b.regs.cycles.provide([&] { return cycles; });
    std::vector<std::uint64_t> bases;
    b.regs.base.on_write([&](std::uint64_t value, const sc_time&) { bases.push_back(value); });
    b.run(sc_time(1, sc_core::SC_US), [&] {
        CHECK(b.read(regs::cycles_offset) == 0xFFFFFFFF);
        cycles = 0x2'0000'0000;  // carries while software is between its two reads
        std::uint64_t debug = 0;
        CHECK(b.cpu.debug_read(regs::cycles_offset, &debug, 8) == 8);
        CHECK(debug == cycles);  // debug sees the truth and leaves the latch alone
        CHECK(b.read(regs::cycles_offset + 4) == 1);
        CHECK(b.read(regs::cycles_offset + 4) == 2);  // the latch is used up
        std::uint64_t whole = 0;
        CHECK(b.cpu.read64(regs::cycles_offset, whole) == tlm::TLM_OK_RESPONSE);
        CHECK(whole == cycles);
        b.write(regs::base_offset, 0x11111111);
        b.write(regs::base_offset + 4, 0x2);
        CHECK(b.cpu.write64(regs::base_offset, 0x3'4444'4444) == tlm::TLM_OK_RESPONSE);
        CHECK(b.regs.base.get() == 0x3'4444'4444);
        CHECK(bases ==
              std::vector<std::uint64_t>{0x11111111, 0x2'1111'1111, 0x2'4444'4444, 0x3'4444'4444});
    });
    CHECK(b.sound());
}

namespace {
void check_set_wins(core::coding_style style) {
    register_bench b(style);
    using regs = demo::demo_regs;
    b.run(sc_time(1, sc_core::SC_US), [&] {
        b.regs.irq_status.set_bits(0x3);
        sc_core::sc_spawn([&] {
            sc_core::wait(ns(10));  // the instant in which the write below completes
            b.regs.irq_status.set_bits(0x1);
        });
        b.write(regs::irq_status_offset, 0x3);
        CHECK(sc_time_stamp() == ns(10));
        sc_core::wait(sc_core::SC_ZERO_TIME);
        CHECK(b.regs.irq_status.get() == 0x1);  // set again: the later event is not lost
        b.write(regs::irq_status_offset, 0x1);
        CHECK(b.regs.irq_status.get() == 0);
    });
    CHECK(b.sound());
}
}  // namespace

TEST_CASE("bus.register.a_set_in_the_instant_of_a_clear_wins_lt", "[bus]") {
    check_set_wins(core::coding_style::lt);
}
TEST_CASE("bus.register.a_set_in_the_instant_of_a_clear_wins_at", "[bus]") {
    check_set_wins(core::coding_style::at);
}

TEST_CASE("bus.register.debug_has_no_side_effects", "[bus]") {
    register_bench b;
    using regs = demo::demo_regs;
    int reads = 0, writes = 0;
    std::uint32_t head = 41;
    b.regs.fifo.provide([&] { return head; });
    b.regs.fifo.on_read([&](const sc_time&) {
        ++reads;
        ++head;
    });
    b.regs.ctrl.on_write([&](std::uint32_t, const sc_time&) { ++writes; });
    b.run(sc_time(1, sc_core::SC_US), [&] {
        std::uint32_t value = 0;
        CHECK(b.cpu.debug_read(regs::fifo_offset, &value, 4) == 4);
        CHECK(b.cpu.debug_read(regs::fifo_offset, &value, 4) == 4);
        CHECK(value == 41);
        CHECK(reads == 0);
        CHECK(b.read(regs::fifo_offset) == 41);
        CHECK(b.read(regs::fifo_offset) == 42);
        CHECK(reads == 2);
        value = 0xFFFFFFFF;
        CHECK(b.cpu.debug_write(regs::ctrl_offset, &value, 4) == 4);
        CHECK(writes == 0);
        CHECK(b.regs.ctrl.get() == 0xFFFFFFFF);  // rights are bypassed
        // any bytes of the bank, gaps read 0
        std::vector<std::uint8_t> image(0x100, 0xEE);
        CHECK(b.cpu.debug_read(1, image.data(), 6) == 6);
        CHECK(image[0] == 0x4D);
        CHECK(image[3] == 0xFF);
        const std::size_t end = b.regs.bytes();
        CHECK(b.cpu.debug_read(end - 2, image.data(), 4) == 2);
        CHECK(b.cpu.debug_read(regs::gap_offset + 4, image.data(), 1) == 1);
        CHECK(image[0] == 0);
        CHECK(sc_time_stamp() == ns(20));
    });
    CHECK(b.sound());
}

TEST_CASE("bus.register.synchronising_ones_act_at_their_exact_time", "[bus]") {
    core::context_options options;
    options.quantum_fs = 1'000'000'000;  // 1 us ahead
    struct quantum_bench : support::bench {
        demo::demo_regs regs{ns(10)};
        bus::service_port in{"in", context, regs};
        bus::initiator_port cpu{"cpu", context};
        explicit quantum_bench(const core::context_options& o)
            : support::bench(o) {
            cpu.bind(in);
        }
    };
    quantum_bench b(options);
    std::vector<std::pair<sc_time, sc_time>> seen;
    b.regs.ctrl.on_write(
        [&](std::uint32_t, const sc_time& at) { seen.emplace_back(sc_time_stamp(), at); });
    b.regs.doorbell.on_write(
        [&](std::uint32_t, const sc_time& at) { seen.emplace_back(sc_time_stamp(), at); });
    b.run(sc_time(10, sc_core::SC_US), [&] {
        b.cpu.write32(demo::demo_regs::ctrl_offset, 0);      // decoupled
        b.cpu.write32(demo::demo_regs::doorbell_offset, 1);  // synchronises
        CHECK(b.cpu.local_time() == sc_core::SC_ZERO_TIME);
    });
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] == std::make_pair(sc_core::SC_ZERO_TIME, ns(10)));
    CHECK(seen[1] == std::make_pair(ns(20), sc_core::SC_ZERO_TIME));
}

namespace {
void check_abort(core::coding_style style) {
    register_bench b(style);
    int writes = 0;
    b.regs.doorbell.on_write([&](std::uint32_t, const sc_time&) { ++writes; });
    b.run(sc_time(1, sc_core::SC_US), [&] {
        auto status = tlm::TLM_OK_RESPONSE;
        sc_core::sc_spawn([&] { status = b.cpu.write32(demo::demo_regs::doorbell_offset, 1); });
        sc_core::wait(ns(5));
        b.in.abort();
        sc_core::wait(ns(6));
        CHECK(status == tlm::TLM_GENERIC_ERROR_RESPONSE);
        CHECK(writes == 0);
        b.write(demo::demo_regs::doorbell_offset, 1);
        CHECK(writes == 1);
    });
    CHECK(b.sound());
}
}  // namespace

TEST_CASE("bus.register.abort_during_an_access_lt", "[bus]") {
    check_abort(core::coding_style::lt);
}
TEST_CASE("bus.register.abort_during_an_access_at", "[bus]") {
    check_abort(core::coding_style::at);
}
