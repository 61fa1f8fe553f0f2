// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/memory.h>
#include <pimvp/bus/router.h>
// page begins
#include <pimvp/cpu/clint.h>
#include <pimvp/cpu/plic.h>
#include <pimvp/cpu/riscv_cpu.h>

using namespace pimvp;

/// A core on a bus of yours; cpu::make_unicorn_iss is the ISS of room cpu_unicorn.
struct processor : sc_core::sc_module {
    processor(const sc_core::sc_module_name& name, core::context& context, bus::router& router,
              const cpu::iss_factory& make_iss)
        : sc_module(name),
          core("core", context, {}, make_iss),
          plic("plic", context, {}, {"core"}, {"npu.irq"}),
          clint("clint", context, {}, 1) {
        bus::connect(context, core.out, router.in);
        router.map(plic.regs, 0x0C00'0000, cpu::plic::regs_bytes);
        router.map(clint.regs, 0x0200'0000, cpu::clint::regs_bytes);
        plic.external[0].bind(external), core.external.bind(external);
        clint.timer[0].bind(timer), core.timer.bind(timer);
        clint.software[0].bind(software), core.software.bind(software);
        core.rst.bind(rst);
        core.read_time_from([this](const sc_core::sc_time& ahead) { return clint.ticks(ahead); });
        core.start_at(0x8000'0000, 0);  // plic.source[0] is yours to bind
    }

    cpu::riscv_cpu core;
    cpu::plic plic;
    cpu::clint clint;
    sc_core::sc_signal<bool> external, timer, software, rst;
};
