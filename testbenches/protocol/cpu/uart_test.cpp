// SPDX-License-Identifier: Apache-2.0
// uart: registers, bytes at their exact time, FIFOs, interrupt line, reset.
#include "peripheral_bench.h"

#include <pimvp/cpu/uart.h>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace cpu_test;
using regs = cpu::uart_regs;

namespace {

cpu::uart_params megabaud() {
    cpu::uart_params params;
    params.baud.set(1'000'000);  // a byte takes 10 us
    return params;
}

struct uart_bench : peripheral_bench {
    cpu::uart dut{"dut", context, megabaud()};
    sc_core::sc_signal<bool> irq{"irq"};
    std::vector<std::pair<char, sc_time>> line;

    explicit uart_bench(core::coding_style style)
        : peripheral_bench(style) {
        bus::connect(context, cpu, dut.regs);
        dut.irq.bind(irq);
        dut.sent_to([this](char byte) { line.emplace_back(byte, sc_time_stamp()); });
    }
    void send(const std::string& bytes) {
        for (const char each : bytes) write(regs::data_offset, static_cast<unsigned char>(each));
    }
    std::string text() const {
        std::string all;
        for (const auto& [byte, at] : line) all += byte;
        return all;
    }
};

constexpr std::uint32_t ready = regs::lsr_room | regs::lsr_idle;

void check_registers(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        CHECK(b.read(regs::lsr_offset) == ready);
        CHECK(sc_time_stamp() == ns(20));
        CHECK(b.read(regs::iir_offset) == 0xC1);
        CHECK(b.read(regs::data_offset) == 0);
        b.write(regs::scr_offset, 0x5A);
        CHECK(b.read(regs::scr_offset) == 0x5A);
        b.write(regs::lcr_offset, 0x3);
        CHECK(b.read(regs::lcr_offset) == 0x3);
        CHECK(b.cpu.write32(regs::lsr_offset, 0) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(b.cpu.write32(0x20, 0) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    });
    b.check_sound();
}

void check_sending(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        b.send("ab");
        CHECK(b.read(regs::lsr_offset) == 0);
        sc_core::wait(us(20));
        REQUIRE(b.line.size() == 2);
        CHECK(b.line[0] == std::pair('a', ns(20) + us(10)));
        CHECK(b.line[1] == std::pair('b', ns(20) + us(20)));
        CHECK(b.read(regs::lsr_offset) == ready);
    });
    b.check_sound();
}

void check_overflow(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        b.send("0123456789abcdefgh");
        sc_core::wait(us(170));
        CHECK(b.text() == "0123456789abcdef");
        b.dut.receive("0123456789abcdefgh");
        CHECK(b.read(regs::lsr_offset) == (regs::lsr_received | regs::lsr_overrun | ready));
        CHECK(b.read(regs::lsr_offset) == (regs::lsr_received | ready));  // once
        std::string got;
        while ((b.read(regs::lsr_offset) & regs::lsr_received) != 0) {
            got += static_cast<char>(b.read(regs::data_offset));
        }
        CHECK(got == "0123456789abcdef");
    });
    CHECK(b.context.statistics().json()["bench"]["dut"]["lost"] == 4);
    b.check_sound();
}

void check_line(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        b.write(regs::ier_offset, regs::ier_received);
        uart_bench::settle();
        CHECK_FALSE(b.irq.read());
        b.dut.receive("x");
        uart_bench::settle();
        CHECK(b.irq.read());
        CHECK(sc_time_stamp() == ns(20));
        CHECK(b.read(regs::iir_offset) == 0xC4);
        CHECK(b.read(regs::data_offset) == 'x');
        uart_bench::settle();
        CHECK_FALSE(b.irq.read());
        b.write(regs::ier_offset, regs::ier_empty);
        uart_bench::settle();
        CHECK(b.irq.read());
        CHECK(b.read(regs::iir_offset) == 0xC2);
        b.send("y");
        const sc_time sent = sc_time_stamp();
        uart_bench::settle();
        CHECK_FALSE(b.irq.read());
        CHECK(b.read(regs::iir_offset) == 0xC1);
        sc_core::wait(b.irq.posedge_event());
        CHECK(sc_time_stamp() == sent + us(10));
        CHECK(b.text() == "y");
    });
    b.check_sound();
}

void check_divisor(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        b.dut.receive("x");
        b.write(regs::lcr_offset, regs::lcr_dlab);
        b.write(regs::data_offset, 13);  // the divisor, not a byte
        b.read(regs::data_offset);
        b.write(regs::ier_offset, regs::ier_received);
        uart_bench::settle();
        CHECK_FALSE(b.irq.read());  // that was the divisor, too
        b.write(regs::ier_offset, 0);
        b.write(regs::lcr_offset, 3);
        CHECK(b.read(regs::data_offset) == 'x');
        sc_core::wait(us(20));
        CHECK(b.line.empty());

        // IER keeps its value while the divisor stands in its place, and its interrupt its level
        b.write(regs::ier_offset, regs::ier_received);
        b.dut.receive("y");
        b.write(regs::lcr_offset, regs::lcr_dlab);
        b.write(regs::data_offset, 0x34);
        b.write(regs::ier_offset, 0x12);
        CHECK(b.read(regs::data_offset) == 0x34);
        CHECK(b.read(regs::ier_offset) == 0x12);
        b.write(regs::lcr_offset, 3);
        CHECK(b.read(regs::ier_offset) == regs::ier_received);
        uart_bench::settle();
        CHECK(b.irq.read());
    });
    b.check_sound();
}

void check_debug(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        b.dut.receive("x");
        std::uint32_t value = 0;
        CHECK(b.cpu.debug_read(regs::data_offset, &value, 4) == 4);
        CHECK(value == 'x');
        CHECK(b.read(regs::data_offset) == 'x');
    });
    b.check_sound();
}

void check_reset(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        b.write(regs::ier_offset, regs::ier_received);
        b.dut.receive("x");
        b.send("lost");
        uart_bench::settle();
        REQUIRE(b.irq.read());
        b.dut.reset();
        uart_bench::settle();
        CHECK_FALSE(b.irq.read());
        CHECK(b.read(regs::lsr_offset) == ready);
        CHECK(b.read(regs::ier_offset) == 0);
        sc_core::wait(us(50));
        CHECK(b.line.empty());
        b.send("z");
        sc_core::wait(us(10));
        CHECK(b.text() == "z");
    });
    b.check_sound();
}

void check_flush(core::coding_style style) {
    uart_bench b(style);
    b.run(us(1000), [&] {
        b.send("end");
        sc_core::wait(us(10));
    });
    CHECK(b.text() == "e");
    b.dut.flush();
    CHECK(b.text() == "end");
    b.check_sound();
}

}  // namespace

CPU_TEST_LT_AND_AT("cpu.uart.registers", check_registers)
CPU_TEST_LT_AND_AT("cpu.uart.sends_a_byte_in_ten_bits", check_sending)
CPU_TEST_LT_AND_AT("cpu.uart.full_fifos_lose_bytes_and_say_so", check_overflow)
CPU_TEST_LT_AND_AT("cpu.uart.interrupts", check_line)
CPU_TEST_LT_AND_AT("cpu.uart.divisor_hides_data", check_divisor)
CPU_TEST_LT_AND_AT("cpu.uart.debug_reads_take_nothing", check_debug)
CPU_TEST_LT_AND_AT("cpu.uart.reset", check_reset)
CPU_TEST_LT_AND_AT("cpu.uart.flush_hands_over_the_rest", check_flush)
