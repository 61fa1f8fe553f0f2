// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cpu_programs.h"

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/router.h>
#include <pimvp/cpu/clint.h>
#include <pimvp/cpu/riscv_cpu.h>
#include <pimvp/cpu/uart.h>
#include <pimvp/cpu/unicorn_iss.h>
#include <support/bench.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cpu_test {

using namespace pimvp;  // NOLINT(google-build-using-namespace): tests only
using sc_core::sc_time;
using sc_core::sc_time_stamp;

inline core::context_options with_quantum(std::uint64_t quantum_fs,
                                          core::coding_style style = core::coding_style::lt) {
    core::context_options options;
    options.quantum_fs = quantum_fs;
    options.style = style;
    return options;
}
constexpr std::uint64_t microsecond_fs = 1'000'000'000;

inline cpu::cpu_params core_params(std::uint32_t hart, cpu::isa set = cpu::isa::rv64imac) {
    cpu::cpu_params params;
    params.hart = hart;
    params.isa = set;
    return params;
}

/// Two cores with memory, timer and UART on one bus.
struct cpu_bench : support::bench {
    static constexpr std::uint64_t ram = 0x8000'0000, uart_base = 0x1000'0000,
                                   clint_base = 0x0200'0000;

    bus::router bus{"bus", context, {}};
    bus::memory memory{"memory", context, {}};
    cpu::uart uart{"uart", context};
    cpu::clint clint{"clint", context, {}, 2};
    cpu::riscv_cpu core, second;
    sc_core::sc_vector<sc_core::sc_signal<bool>> timer{"timer", 2}, software{"software", 2};
    sc_core::sc_signal<bool> none{"none"}, rst{"rst"}, hold{"hold"}, sent{"sent"};
    std::string console;

    explicit cpu_bench(const core::context_options& options = {}, cpu::isa set = cpu::isa::rv64imac)
        : support::bench(options),
          core("core", context, core_params(0, set), cpu::make_unicorn_iss),
          second("second", context, core_params(1, set), cpu::make_unicorn_iss) {
        context.service<bus::protocol_checkers>().enable();
        clint.timer.bind(timer);
        clint.software.bind(software);
        uart.irq(sent);
        std::size_t hart = 0;
        for (cpu::riscv_cpu* each : {&core, &second}) {
            bus::connect(context, each->out, bus.in);
            each->external(none);
            each->timer(timer[hart]);
            each->software(software[hart]);
            each->read_time_from([this](const sc_time& ahead) { return clint.ticks(ahead); });
            each->write_to([this](std::string_view text) { console += text; });
            ++hart;
        }
        core.rst(rst);
        second.rst(hold);
        bus.map(memory.in, ram, memory.size());
        bus.map(uart.regs, uart_base, cpu::uart::regs_bytes);
        bus.map(clint.regs, clint_base, cpu::clint::regs_bytes);
        hold.write(true);  // one core, unless a test lets the other go
    }
    template <std::size_t halves>
    void load(const std::uint16_t (&program)[halves], std::uint64_t argument = 0) {
        memory.load(0, program, sizeof program);
        core.start_at(ram, argument);
        second.start_at(ram, argument);
    }
    void put_word(std::uint64_t offset, std::uint32_t value) {
        memory.load(offset, &value, sizeof value);
    }
    [[nodiscard]] std::uint32_t word(std::uint64_t offset) const {
        std::uint32_t value = 0;
        memory.dump(offset, &value, sizeof value);
        return value;
    }
    [[nodiscard]] std::uint64_t x(unsigned number) const {
        return core.iss().read_register(number);
    }
};

}  // namespace cpu_test
