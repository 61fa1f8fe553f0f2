// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/iss.h>

namespace pimvp::cpu {

class riscv_cpu;

/// Somebody who watches a CPU: a debugger. While one of these functions runs, simulated time stands
/// still; in stopped() it may look at and change registers and memory.
class debug_agent {
public:
    enum class action {
        run,    ///< until a breakpoint, an EBREAK or wants_stop()
        step,   ///< one instruction
        detach  ///< run without breakpoints, and never ask again
    };

    virtual ~debug_agent() = default;

    /// The CPU has stopped before the instruction at its program counter. It goes on with that
    /// instruction, breakpoint or not; an EBREAK traps, unless the program counter was changed.
    virtual action stopped(riscv_cpu& cpu, stop_reason why) = 0;
    /// Asked at the end of each quantum and, asleep, every now and then.
    virtual bool wants_stop(riscv_cpu& cpu) = 0;
    /// The program has ended; nothing will be asked any more.
    virtual void ended(riscv_cpu& cpu) = 0;
};

}  // namespace pimvp::cpu
