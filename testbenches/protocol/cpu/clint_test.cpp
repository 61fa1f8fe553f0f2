// SPDX-License-Identifier: Apache-2.0
// clint: registers, lines at their exact time, reset.
#include "peripheral_bench.h"

#include <pimvp/cpu/clint.h>

#include <pimvp/core/diagnostics.h>

using namespace cpu_test;
using regs = cpu::clint_regs;

namespace {

struct clint_bench : peripheral_bench {
    cpu::clint dut{"dut", context, {}, 2};
    sc_core::sc_vector<sc_core::sc_signal<bool>> timer{"timer", 2}, software{"software", 2};

    explicit clint_bench(core::coding_style style)
        : peripheral_bench(style) {
        bus::connect(context, cpu, dut.regs);
        dut.timer.bind(timer);
        dut.software.bind(software);
    }
};

void check_registers(core::coding_style style) {
    clint_bench b(style);
    b.run(us(100), [&] {
        CHECK(b.read64(regs::mtime_offset) == 0);
        CHECK(sc_time_stamp() == ns(20));
        CHECK(b.read64(regs::mtimecmp0_offset) == ~std::uint64_t{0});
        CHECK(b.read(regs::msip_offset) == 0);
        b.write64(regs::mtimecmp1_offset, 0x1234'5678'9ABC'DEF0);
        CHECK(b.read(regs::mtimecmp1_offset) == 0x9ABC'DEF0);
        CHECK(b.read(regs::mtimecmp1_offset + 4) == 0x1234'5678);
        b.write(regs::msip_offset + 4, 0xFFFF'FFFF);
        CHECK(b.read(regs::msip_offset + 4) == 1);
        CHECK(b.cpu.write32(regs::mtime_offset, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        std::uint8_t byte = 0;
        CHECK(b.cpu.read(regs::msip_offset, &byte, 1) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(b.cpu.write32(0x8000, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    });
    b.check_sound();
}

void check_time(core::coding_style style) {
    clint_bench b(style);
    b.run(us(100), [&] {
        sc_core::wait(ns(79));  // the access ends at 99 ns, a tick is 100 ns
        CHECK(b.read64(regs::mtime_offset) == 0);
        CHECK(b.dut.ticks(ns(1)) == 1);
        sc_core::wait(ns(1));
        CHECK(b.dut.ticks() == 1);
        sc_core::wait(us(10) - ns(100));
        CHECK(b.dut.ticks() == 100);
        CHECK(b.read(regs::mtime_offset) == 100);
        CHECK(b.read(regs::mtime_offset + 4) == 0);
    });
    b.check_sound();
}

void check_timer(core::coding_style style) {
    clint_bench b(style);
    b.run(us(100), [&] {
        b.write64(regs::mtimecmp0_offset, 50);
        clint_bench::settle();
        CHECK_FALSE(b.timer[0].read());
        sc_core::wait(b.timer[0].posedge_event());
        CHECK(sc_time_stamp() == us(5));
        CHECK_FALSE(b.timer[1].read());
        b.write64(regs::mtimecmp0_offset, 60);  // later: falls, and rises then
        clint_bench::settle();
        CHECK_FALSE(b.timer[0].read());
        b.write64(regs::mtimecmp1_offset, 55);
        sc_core::wait(b.timer[1].posedge_event());
        CHECK(sc_time_stamp() == us(5.5));
        CHECK_FALSE(b.timer[0].read());
        sc_core::wait(b.timer[0].posedge_event());
        CHECK(sc_time_stamp() == us(6));
        b.write64(regs::mtimecmp0_offset, 100);
        b.write64(regs::mtimecmp0_offset, 1);  // in the past: at once
        clint_bench::settle();
        CHECK(b.timer[0].read());
        CHECK(sc_time_stamp() == us(6) + ns(40));
    });
    b.check_sound();
}

void check_software(core::coding_style style) {
    clint_bench b(style);
    b.run(us(100), [&] {
        b.write(regs::msip_offset + 4, 1);
        clint_bench::settle();
        CHECK(sc_time_stamp() == ns(20));
        CHECK(b.software[1].read());
        CHECK_FALSE(b.software[0].read());
        b.write(regs::msip_offset + 4, 0);
        clint_bench::settle();
        CHECK_FALSE(b.software[1].read());
    });
    b.check_sound();
}

void check_reset(core::coding_style style) {
    clint_bench b(style);
    b.run(us(100), [&] {
        b.write(regs::msip_offset, 1);
        b.write64(regs::mtimecmp0_offset, 0);
        clint_bench::settle();
        REQUIRE(b.timer[0].read());
        REQUIRE(b.software[0].read());
        b.dut.reset();
        clint_bench::settle();
        CHECK_FALSE(b.timer[0].read());
        CHECK_FALSE(b.software[0].read());
        CHECK(b.read(regs::msip_offset) == 0);
        CHECK(b.read64(regs::mtimecmp0_offset) == ~std::uint64_t{0});
        b.write64(regs::mtimecmp0_offset, 10);
        sc_core::wait(b.timer[0].posedge_event());
        CHECK(sc_time_stamp() == us(1));
    });
    b.check_sound();
}

}  // namespace

CPU_TEST_LT_AND_AT("cpu.clint.registers", check_registers)
CPU_TEST_LT_AND_AT("cpu.clint.mtime_follows_simulated_time", check_time)
CPU_TEST_LT_AND_AT("cpu.clint.timer_lines_rise_at_their_tick", check_timer)
CPU_TEST_LT_AND_AT("cpu.clint.software_lines", check_software)
CPU_TEST_LT_AND_AT("cpu.clint.reset", check_reset)

TEST_CASE("cpu.clint.serves_four_harts", "[cpu]") {
    core::context context;
    CHECK_THROWS_AS(cpu::clint("dut", context, {}, 5), core::user_error);
}
