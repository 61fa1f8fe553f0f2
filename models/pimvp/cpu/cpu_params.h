// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/cards/risc_v_core_card.h>
#include <pimvp/cpu/iss.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>
#include <string>

namespace pimvp::cpu {

/// Instruction sets a core may have.
enum class isa { rv32imac, rv32imafdc, rv64imac, rv64imafdc };
[[nodiscard]] constexpr unsigned xlen_of(isa set) {
    return set == isa::rv32imac || set == isa::rv32imafdc ? 32 : 64;
}
[[nodiscard]] constexpr bool has_floating(isa set) {
    return set == isa::rv32imafdc || set == isa::rv64imafdc;
}
/// As a device tree or a compiler names it: "rv64imac".
[[nodiscard]] constexpr const char* to_string(isa set) {
    switch (set) {
    case isa::rv32imac:
        return "rv32imac";
    case isa::rv32imafdc:
        return "rv32imafdc";
    case isa::rv64imac:
        return "rv64imac";
    default:
        return "rv64imafdc";
    }
}

/// Parameters of a riscv_cpu.
struct cpu_params {
    using count = core::graded<std::uint32_t>;

    cpu::isa isa = isa::rv64imac;
    std::uint32_t hart = 0;
    core::graded<core::frequency> frequency = cards::risc_v_core::frequency;
    count alu_cycles = cards::risc_v_core::alu_cycles;
    count load_cycles = cards::risc_v_core::load_cycles;
    count store_cycles = cards::risc_v_core::store_cycles;
    count branch_cycles = cards::risc_v_core::branch_cycles;
    count jump_cycles = cards::risc_v_core::jump_cycles;
    count taken_cycles = cards::risc_v_core::taken_cycles;
    count multiply_cycles = cards::risc_v_core::multiply_cycles;
    count divide_cycles = cards::risc_v_core::divide_cycles;
    count atomic_cycles = cards::risc_v_core::atomic_cycles;
    count system_cycles = cards::risc_v_core::system_cycles;
    count floating_cycles = cards::risc_v_core::floating_cycles;
    count float_divide_cycles = cards::risc_v_core::float_divide_cycles;
    count trap_cycles = cards::risc_v_core::trap_cycles;
    core::graded<core::energy> instruction_energy = cards::risc_v_core::instruction_energy;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.choice("isa", p.isa,
                 {{to_string(isa::rv32imac), isa::rv32imac},
                  {to_string(isa::rv32imafdc), isa::rv32imafdc},
                  {to_string(isa::rv64imac), isa::rv64imac},
                  {to_string(isa::rv64imafdc), isa::rv64imafdc}},
                 "Instruction set.");
        v.member("hart", p.hart, {0, 4095}, "Number in mhartid.");
        v.member("frequency", p.frequency, {core::frequency{1000}, core::frequency{10'000'000'000}},
                 "Clock of the core.");
        v.member("alu_cycles", p.alu_cycles, {1, 1000}, "What is in no other class.");
        v.member("load_cycles", p.load_cycles, {1, 1000},
                 "Loads; from devices, the bus comes on top.");
        v.member("store_cycles", p.store_cycles, {1, 1000},
                 "Stores; to devices, the bus comes on top.");
        v.member("branch_cycles", p.branch_cycles, {1, 1000}, "Conditional branches.");
        v.member("jump_cycles", p.jump_cycles, {1, 1000}, "Jumps, calls and returns.");
        v.member("taken_cycles", p.taken_cycles, {0, 1000},
                 "On top, where execution does not go on with the next instruction.");
        v.member("multiply_cycles", p.multiply_cycles, {1, 1000}, "Multiplications.");
        v.member("divide_cycles", p.divide_cycles, {1, 1000}, "Divisions and remainders.");
        v.member("atomic_cycles", p.atomic_cycles, {1, 1000}, "LR, SC and atomic operations.");
        v.member("system_cycles", p.system_cycles, {1, 1000}, "CSR accesses, fences, MRET, WFI.");
        v.member("floating_cycles", p.floating_cycles, {1, 1000},
                 "Floating-point operations but for the next.");
        v.member("float_divide_cycles", p.float_divide_cycles, {1, 1000},
                 "Floating-point divisions and square roots.");
        v.member("trap_cycles", p.trap_cycles, {1, 1000}, "To enter a trap handler.");
        v.member("instruction_energy", p.instruction_energy, "Per instruction.");
    }

    /// The cycles in the order of instruction_class.
    [[nodiscard]] cycle_model timing() const;
};

}  // namespace pimvp::cpu
