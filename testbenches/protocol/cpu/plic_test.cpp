// SPDX-License-Identifier: Apache-2.0
// plic: registers, claim and completion, lines at their exact time, reset.
#include "peripheral_bench.h"

#include <pimvp/cpu/plic.h>

#include <pimvp/core/diagnostics.h>

using namespace cpu_test;
using regs = cpu::plic_regs;

namespace {

struct plic_bench : peripheral_bench {
    cpu::plic dut{"dut", context, {}, {"h0", "h1"}, {"first", "second", "third"}};
    sc_core::sc_vector<sc_core::sc_signal<bool>> source{"source", 3}, external{"external", 2};

    explicit plic_bench(core::coding_style style)
        : peripheral_bench(style) {
        bus::connect(context, cpu, dut.regs);
        dut.source.bind(source);
        dut.external.bind(external);
    }
    void raise(std::size_t number, bool level = true) {
        source[number - 1].write(level);
        settle();
    }
    void set_priority(std::uint32_t number, std::uint32_t level) {
        write(regs::priority_offset + 4 * number, level);
    }
    std::uint32_t claim(std::size_t hart = 0) {
        const std::uint32_t number = read(hart == 0 ? regs::claim0_offset : regs::claim1_offset);
        settle();
        return number;
    }
    void complete(std::uint32_t number) {
        write(regs::claim0_offset, number);
        settle();
    }
};

void check_registers(core::coding_style style) {
    plic_bench b(style);
    b.run(us(100), [&] {
        b.set_priority(1, 0xFFFF'FFFF);
        CHECK(sc_time_stamp() == ns(20));
        CHECK(b.read(regs::priority_offset + 4) == 7);
        b.write(regs::enable1_offset, 0xE);
        CHECK(b.read(regs::enable1_offset) == 0xE);
        CHECK(b.read(regs::enable0_offset) == 0);
        b.write(regs::threshold0_offset, 0xFF);
        CHECK(b.read(regs::threshold0_offset) == 7);
        CHECK(b.claim() == 0);
        CHECK(b.cpu.write32(regs::pending_offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(b.cpu.write32(0x3000, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        b.raise(2);
        CHECK(b.read(regs::pending_offset) == 1U << 2U);
    });
    b.check_sound();
}

void check_line(core::coding_style style) {
    plic_bench b(style);
    b.run(us(100), [&] {
        b.set_priority(2, 3);
        b.raise(2);
        CHECK_FALSE(b.external[0].read());  // not enabled
        b.write(regs::enable0_offset, 1U << 2U);
        plic_bench::settle();
        CHECK(b.external[0].read());
        CHECK(sc_time_stamp() == ns(40));
        CHECK_FALSE(b.external[1].read());
        b.write(regs::threshold0_offset, 3);  // not above
        plic_bench::settle();
        CHECK_FALSE(b.external[0].read());
        b.write(regs::threshold0_offset, 2);
        plic_bench::settle();
        CHECK(b.external[0].read());
        b.set_priority(2, 0);  // never
        plic_bench::settle();
        CHECK_FALSE(b.external[0].read());
    });
    b.check_sound();
}

void check_rise(core::coding_style style) {
    plic_bench b(style);
    b.run(us(100), [&] {
        b.set_priority(1, 1);
        b.write(regs::enable0_offset, 1U << 1U);
        b.write(regs::enable1_offset, 1U << 1U);
        sc_core::wait(us(7) - sc_time_stamp());
        b.raise(1);
        CHECK(sc_time_stamp() == us(7));  // no time, only delta cycles
        CHECK(b.external[0].read());
        CHECK(b.external[1].read());
        CHECK(b.claim(1) == 1);  // who claims first has it
        CHECK(b.claim(0) == 0);
        CHECK_FALSE(b.external[0].read());
        CHECK_FALSE(b.external[1].read());
    });
    b.check_sound();
}

void check_claims(core::coding_style style) {
    plic_bench b(style);
    b.run(us(100), [&] {
        b.set_priority(1, 2);
        b.set_priority(2, 5);
        b.set_priority(3, 5);
        b.write(regs::enable0_offset, 0xE);
        for (const std::size_t number : {1U, 2U, 3U}) b.raise(number);
        CHECK(b.claim() == 2);  // most urgent, then lowest number
        CHECK(b.claim() == 3);
        CHECK(b.read(regs::pending_offset) == 1U << 1U);
        CHECK(b.external[0].read());
        CHECK(b.claim() == 1);
        CHECK_FALSE(b.external[0].read());
        CHECK(b.claim() == 0);
        b.raise(3, false);  // served
        b.complete(3);
        CHECK(b.read(regs::pending_offset) == 0);
        b.complete(2);  // still high: again
        CHECK(b.read(regs::pending_offset) == 1U << 2U);
        CHECK(b.external[0].read());
        b.complete(0);  // nobody
        b.complete(9);
        CHECK(b.claim() == 2);
        b.write(regs::enable0_offset, 0xA);
        b.complete(2);  // not enabled any more: ignored
        b.write(regs::enable0_offset, 0xE);
        CHECK(b.claim() == 0);
        b.complete(2);
        CHECK(b.claim() == 2);
    });
    b.check_sound();
}

void check_pulse(core::coding_style style) {
    plic_bench b(style);
    b.run(us(100), [&] {
        b.set_priority(1, 1);
        b.write(regs::enable0_offset, 1U << 1U);
        b.raise(1);
        b.raise(1, false);
        CHECK(b.claim() == 1);  // pending stays until it is claimed
        b.raise(1);
        b.raise(1, false);  // in service: not seen
        b.complete(1);
        CHECK(b.claim() == 0);
    });
    b.check_sound();
}

void check_debug(core::coding_style style) {
    plic_bench b(style);
    b.run(us(100), [&] {
        b.set_priority(1, 1);
        b.write(regs::enable0_offset, 1U << 1U);
        b.raise(1);
        std::uint32_t number = 0;
        CHECK(b.cpu.debug_read(regs::claim0_offset, &number, 4) == 4);
        CHECK(number == 1);
        CHECK(b.claim() == 1);  // looking has not claimed it
    });
    b.check_sound();
}

void check_reset(core::coding_style style) {
    plic_bench b(style);
    b.run(us(100), [&] {
        b.set_priority(1, 1);
        b.write(regs::enable0_offset, 1U << 1U);
        b.raise(1);
        CHECK(b.claim() == 1);
        b.dut.reset();
        plic_bench::settle();
        CHECK_FALSE(b.external[0].read());
        CHECK(b.read(regs::enable0_offset) == 0);
        CHECK(b.read(regs::priority_offset + 4) == 0);
        CHECK(b.read(regs::pending_offset) == 1U << 1U);  // the source is still high
        b.set_priority(1, 1);
        b.write(regs::enable0_offset, 1U << 1U);
        CHECK(b.claim() == 1);
    });
    b.check_sound();
}

}  // namespace

CPU_TEST_LT_AND_AT("cpu.plic.registers", check_registers)
CPU_TEST_LT_AND_AT("cpu.plic.line_needs_enable_priority_threshold", check_line)
CPU_TEST_LT_AND_AT("cpu.plic.line_rises_with_its_source", check_rise)
CPU_TEST_LT_AND_AT("cpu.plic.claims_by_priority_and_completes", check_claims)
CPU_TEST_LT_AND_AT("cpu.plic.keeps_a_pulse_pending", check_pulse)
CPU_TEST_LT_AND_AT("cpu.plic.debug_reads_do_not_claim", check_debug)
CPU_TEST_LT_AND_AT("cpu.plic.reset", check_reset)

TEST_CASE("cpu.plic.has_limits", "[cpu]") {
    core::context context;
    CHECK_THROWS_AS(cpu::plic("harts", context, {}, {"0", "1", "2", "3", "4"}, {"one"}),
                    core::user_error);
    CHECK_THROWS_AS(cpu::plic("sources", context, {}, {"0"}, std::vector<std::string>(32, "x")),
                    core::user_error);
}
