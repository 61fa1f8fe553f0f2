// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Machine programs as halfwords, assembled by riscv64-unknown-elf-as 2.40; the assembly stands
/// behind each instruction.
namespace programs {

// clang-format off
/// semihosting: writes "hi" by SYS_WRITE0 and "!" by SYS_WRITEC, asks the clock, ends with 7.
constexpr std::uint16_t semihost[] = {
    0x0597, 0x0000,  // auipc a1, 0x0
    0x8593, 0x0805,  // addi a1, a1, 128
    0x0513, 0x0040,  // addi a0, zero, 4
    0x1013, 0x01f0,  // slli zero, zero, 0x1f
    0x0073, 0x0010,  // ebreak
    0x5013, 0x4070,  // srai zero, zero, 0x7
    0x8593, 0x0045,  // addi a1, a1, 4
    0x0513, 0x0030,  // addi a0, zero, 3
    0x1013, 0x01f0,  // slli zero, zero, 0x1f
    0x0073, 0x0010,  // ebreak
    0x5013, 0x4070,  // srai zero, zero, 0x7
    0x0513, 0x0100,  // addi a0, zero, 16
    0x1013, 0x01f0,  // slli zero, zero, 0x1f
    0x0073, 0x0010,  // ebreak
    0x5013, 0x4070,  // srai zero, zero, 0x7
    0x0913, 0x0005,  // addi s2, a0, 0
    0x0513, 0x0990,  // addi a0, zero, 153
    0x1013, 0x01f0,  // slli zero, zero, 0x1f
    0x0073, 0x0010,  // ebreak
    0x5013, 0x4070,  // srai zero, zero, 0x7
    0x0993, 0x0005,  // addi s3, a0, 0
    0x0513, 0x0200,  // addi a0, zero, 32
    0x8593, 0x0045,  // addi a1, a1, 4
    0x1013, 0x01f0,  // slli zero, zero, 0x1f
    0x0073, 0x0010,  // ebreak
    0x5013, 0x4070   // srai zero, zero, 0x7
};

/// an EBREAK that is none: traps to the handler, which ends with mcause.
constexpr std::uint16_t plain_ebreak[] = {
    0x0297, 0x0000,  // auipc t0, 0x0
    0x8293, 0x0102,  // addi t0, t0, 16
    0x9073, 0x3052,  // csrrw zero, mtvec, t0
    0x0073, 0x0010,  // ebreak
    0x2973, 0x3420,  // csrrs s2, mcause, zero
    0x29f3, 0x3410,  // csrrs s3, mepc, zero
    0x0073, 0x1050,  // wfi
    0xf06f, 0xffdf   // jal zero, .-4
};

/// mtvec 0: nothing there.
constexpr std::uint16_t locks_up[] = {
    0x0073, 0x0000   // ecall
};

/// hart 0 and 1 (a0) add to their own words, then sleep.
constexpr std::uint16_t two_harts[] = {
    0x1293, 0x0035,  // slli t0, a0, 0x3
    0x1417, 0x0000,  // auipc s0, 0x1
    0x0433, 0x0054,  // add s0, s0, t0
    0x0313, 0x3e80,  // addi t1, zero, 1000
    0x2383, 0x0004,  // lw t2, 0(s0)
    0x83b3, 0x0063,  // add t2, t2, t1
    0x2023, 0x0074,  // sw t2, 0(s0)
    0x0313, 0xfff3,  // addi t1, t1, -1
    0x18e3, 0xfe03,  // bne t1, zero, .-16
    0x0073, 0x1050,  // wfi
    0xf06f, 0xffdf   // jal zero, .-4
};

/// timer: sleeps a1 ticks of CLINT (s1), ten times, counts in s2; then reads time, sleeps for ever.
constexpr std::uint16_t timer_rounds[] = {
    0x04b7, 0x0200,  // lui s1, 0x2000
    0xc9b7, 0x0200,  // lui s3, 0x200c
    0x0297, 0x0000,  // auipc t0, 0x0
    0x8293, 0x05c2,  // addi t0, t0, 92
    0x9073, 0x3052,  // csrrw zero, mtvec, t0
    0x0293, 0x0800,  // addi t0, zero, 128
    0x9073, 0x3042,  // csrrw zero, mie, t0
    0x6073, 0x3004,  // csrrsi zero, mstatus, 8
    0x0a13, 0x00a0,  // addi s4, zero, 10
    0xa303, 0xff89,  // lw t1, -8(s3)
    0x0333, 0x00b3,  // add t1, t1, a1
    0x43b7, 0x0200,  // lui t2, 0x2004
    0xa023, 0x0063,  // sw t1, 0(t2)
    0xa223, 0x0003,  // sw zero, 4(t2)
    0x0073, 0x1050,  // wfi
    0x0a13, 0xfffa,  // addi s4, s4, -1
    0x12e3, 0xfe0a,  // bne s4, zero, .-28
    0x7073, 0x3004,  // csrrci zero, mstatus, 8
    0x2af3, 0xc010,  // csrrs s5, time, zero
    0x1073, 0x3040,  // csrrw zero, mie, zero
    0x0073, 0x1050,  // wfi
    0xf06f, 0xffdf,  // jal zero, .-4
    0x0013, 0x0000,  // addi zero, zero, 0
    0x0013, 0x0000,  // addi zero, zero, 0
    0x0013, 0x0000,  // addi zero, zero, 0
    0x0913, 0x0019,  // addi s2, s2, 1
    0x43b7, 0x0200,  // lui t2, 0x2004
    0x0e13, 0xfff0,  // addi t3, zero, -1
    0xa223, 0x01c3,  // sw t3, 4(t2)
    0x0073, 0x3020   // mret
};

/// what reset must undo: counts in memory, then sleeps.
constexpr std::uint16_t count_starts[] = {
    0x1417, 0x0000,  // auipc s0, 0x1
    0x2283, 0x0004,  // lw t0, 0(s0)
    0x8293, 0x0012,  // addi t0, t0, 1
    0x2023, 0x0054,  // sw t0, 0(s0)
    0x0073, 0x1050,  // wfi
    0xf06f, 0xffdf   // jal zero, .-4
};

/// for a debugger.
constexpr std::uint16_t debugged[] = {
    0x0437, 0x1000,  // lui s0, 0x10000
    0x0513, 0x0010,  // addi a0, zero, 1
    0x0513, 0x0015,  // addi a0, a0, 1
    0x2023, 0x00a4,  // sw a0, 0(s0)
    0x0513, 0x0015,  // addi a0, a0, 1
    0x2603, 0x0004,  // lw a2, 0(s0)
    0x1013, 0x01f0,  // slli zero, zero, 0x1f
    0x0073, 0x0010,  // ebreak
    0x5013, 0x4070   // srai zero, zero, 0x7
};

/// compute loop for speed.
constexpr std::uint16_t compute[] = {
    0x0293, 0x0000,  // addi t0, zero, 0
    0x0313, 0x0010,  // addi t1, zero, 1
    0x83b3, 0x0063,  // add t2, t2, t1
    0x4e33, 0x007e,  // xor t3, t3, t2
    0x9e93, 0x0033,  // slli t4, t2, 0x3
    0x0e33, 0x01de,  // add t3, t3, t4
    0x0f33, 0x407e,  // sub t5, t3, t2
    0x6fb3, 0x01df,  // or t6, t5, t4
    0x0313, 0x0013,  // addi t1, t1, 1
    0x7f33, 0x01ff,  // and t5, t5, t6
    0xf06f, 0xfe1f   // jal zero, .-32
};

// clang-format on

}  // namespace programs
