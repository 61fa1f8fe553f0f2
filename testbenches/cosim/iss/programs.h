// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Machine programs as halfwords, assembled by riscv64-unknown-elf-as 2.40; the assembly stands
/// behind each instruction.
namespace programs {

// clang-format off
/// one of every class, ten times.
constexpr std::uint16_t classes[] = {
    0x8417, 0x0000,  // auipc s0, 0x8
    0x0293, 0x00a0,  // addi t0, zero, 10
    0x2303, 0x0004,  // lw t1, 0(s0)
    0x0313, 0x0033,  // addi t1, t1, 3
    0x2023, 0x0064,  // sw t1, 0(s0)
    0x03b3, 0x0253,  // mul t2, t1, t0
    0xce33, 0x0253,  // div t3, t2, t0
    0x2eaf, 0x01c4,  // amoadd.w t4, t3, (s0)
    0x2f73, 0x3400,  // csrrs t5, mscratch, zero
    0x8293, 0xfff2,  // addi t0, t0, -1
    0x90e3, 0xfe02,  // bne t0, zero, .-32
    0x00ef, 0x0080,  // jal ra, .+8
    0x0073, 0x0010,  // ebreak
    0x8067, 0x0000   // jalr zero, 0(ra)
};

constexpr std::uint16_t floats[] = {
    0x3587, 0x0004,  // fld fa1, 0(s0)
    0xf553, 0x02b5,  // fadd.d fa0, fa1, fa1
    0x7653, 0x1ab5,  // fdiv.d fa2, fa0, fa1
    0xf6d3, 0x5806,  // fsqrt.s fa3, fa3
    0x3427, 0x00a4,  // fsd fa0, 8(s0)
    0x3827, 0x00c4,  // fsd fa2, 16(s0)
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t compressed[] = {
    0x4515,          // c.li a0, 5
    0x85aa,          // c.mv a1, a0
    0x15fd,          // c.addi a1, -1
    0xc22e,          // c.swsp a1, 4(sp)
    0x4612,          // c.lwsp a2, 4(sp)
    0x9532,          // c.add a0, a2
    0xfde5,          // c.bnez a1, .-8
    0xa011,          // c.j .+4
    0x0001,          // c.addi zero, 0
    0x9002           // c.ebreak
};

constexpr std::uint16_t counters[] = {
    0x2573, 0xb000,  // csrrs a0, mcycle, zero
    0x25f3, 0xb020,  // csrrs a1, minstret, zero
    0x2673, 0xc010,  // csrrs a2, time, zero
    0x26f3, 0x3440,  // csrrs a3, mip, zero
    0x2773, 0xf140,  // csrrs a4, mhartid, zero
    0x27f3, 0x3010,  // csrrs a5, misa, zero
    0x2873, 0xc000,  // csrrs a6, cycle, zero
    0x28f3, 0xc020,  // csrrs a7, instret, zero
    0x006f, 0x0080,  // jal zero, .+8
    0x0013, 0x0000,  // addi zero, zero, 0
    0x2973, 0xc000,  // csrrs s2, cycle, zero
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t load_between[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0xa583, 0x0044,  // lw a1, 4(s1)
    0x2603, 0x0084,  // lw a2, 8(s0)
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t store_between[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0xa223, 0x00b4,  // sw a1, 4(s1)
    0x2423, 0x00c4,  // sw a2, 8(s0)
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t ecall_after_one[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0000,  // ecall
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t ebreak_after_one[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010,  // ebreak
    0x0513, 0x0015   // addi a0, a0, 1
};

constexpr std::uint16_t illegal_word[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0x705b, 0x0000,  // .word 0x0000705b
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t illegal_first[] = {
    0x705b, 0x0000,  // .word 0x0000705b
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t illegal_half[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0000, 0x0000,  // .word 0x00000000
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t time_then_end[] = {
    0x2573, 0xc010,  // csrrs a0, time, zero
    0x1073, 0xc015,  // csrrw zero, time, a0
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t jump_away[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0067, 0x0004   // jalr zero, 0(s0)
};

constexpr std::uint16_t handler_ebreak[] = {
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t endless[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0xf06f, 0xffdf   // jal zero, .-4
};

constexpr std::uint16_t wait_then_count[] = {
    0x0073, 0x1050,  // wfi
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t wait_in_loop[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x1050,  // wfi
    0x8593, 0x0015,  // addi a1, a1, 1
    0x2673, 0xb000,  // csrrs a2, mcycle, zero
    0xf06f, 0xff1f   // jal zero, .-16
};

/// counts interrupts in s11 and goes on.
constexpr std::uint16_t return_handler[] = {
    0x8d93, 0x001d,  // addi s11, s11, 1
    0x2ff3, 0x3420,  // csrrs t6, mcause, zero
    0x2023, 0x000d,  // sw zero, 0(s10)
    0x0073, 0x3020   // mret
};

/// asks for user mode and for an odd address, in vain.
constexpr std::uint16_t leave_machine_mode[] = {
    0x1073, 0x3000,  // csrrw zero, mstatus, zero
    0x26f3, 0x3000,  // csrrs a3, mstatus, zero
    0x0297, 0x0000,  // auipc t0, 0
    0x8293, 0x0112,  // addi t0, t0, 17
    0x9073, 0x3412,  // csrrw zero, mepc, t0
    0x0073, 0x3020,  // mret
    0x25f3, 0x3410,  // csrrs a1, mepc, zero
    0x2673, 0x3000,  // csrrs a2, mstatus, zero
    0x0073, 0x0000   // ecall
};

constexpr std::uint16_t load_loop[] = {
    0x2583, 0x0004,  // lw a1, 0(s0)
    0x0513, 0x0015,  // addi a0, a0, 1
    0x9ce3, 0xfe05,  // bne a1, zero, .-8
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t store_then_spin[] = {
    0x2023, 0x00b4,  // sw a1, 0(s0)
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0513, 0x0015,  // addi a0, a0, 1
    0x006f, 0x0040,  // jal zero, .+4
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t patch_code[] = {
    0x2a23, 0x00b4,  // sw a1, 20(s0)
    0x100f, 0x0000,  // fence.i
    0x0013, 0x0000,  // addi zero, zero, 0
    0x0013, 0x0000,  // addi zero, zero, 0
    0x0013, 0x0000,  // addi zero, zero, 0
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t widths[] = {
    0x0503, 0x0014,  // lb a0, 1(s0)
    0x5583, 0x0024,  // lhu a1, 2(s0)
    0x2603, 0x0044,  // lw a2, 4(s0)
    0x04a3, 0x00a4,  // sb a0, 9(s0)
    0x1523, 0x00b4,  // sh a1, 10(s0)
    0x2623, 0x00c4,  // sw a2, 12(s0)
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t wide[] = {
    0x3503, 0x0084,  // ld a0, 8(s0)
    0x3823, 0x00a4,  // sd a0, 16(s0)
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t enable_interrupts[] = {
    0x0513, 0x0015,  // addi a0, a0, 1
    0x6073, 0x3004,  // csrrsi zero, mstatus, 8
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0513, 0x0015,  // addi a0, a0, 1
    0x0073, 0x0010   // ebreak
};

/// collatz: long with many branches and device loads.
constexpr std::uint16_t mixed[] = {
    0x0913, 0x0c80,  // addi s2, zero, 200
    0x0993, 0x0000,  // addi s3, zero, 0
    0x0293, 0x0009,  // addi t0, s2, 0
    0x0313, 0x0010,  // addi t1, zero, 1
    0x8663, 0x0262,  // beq t0, t1, .+44
    0xf393, 0x0012,  // andi t2, t0, 1
    0x8c63, 0x0003,  // beq t2, zero, .+24
    0x9e13, 0x0012,  // slli t3, t0, 0x1
    0x82b3, 0x01c2,  // add t0, t0, t3
    0x8293, 0x0012,  // addi t0, t0, 1
    0x8993, 0x0019,  // addi s3, s3, 1
    0xf06f, 0xfe1f,  // jal zero, .-32
    0xd293, 0x0012,  // srli t0, t0, 0x1
    0x8993, 0x0019,  // addi s3, s3, 1
    0xf06f, 0xfd5f,  // jal zero, .-44
    0x2e83, 0x0004,  // lw t4, 0(s0)
    0x89b3, 0x01d9,  // add s3, s3, t4
    0x2f73, 0xc000,  // csrrs t5, cycle, zero
    0x4a33, 0x01ea,  // xor s4, s4, t5
    0x2f73, 0xc020,  // csrrs t5, instret, zero
    0xcab3, 0x01ea,  // xor s5, s5, t5
    0x0913, 0xfff9,  // addi s2, s2, -1
    0x18e3, 0xfa09,  // bne s2, zero, .-80
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t far_store[] = {
    0x2023, 0x00b4,  // sw a1, 0(s0)
    0xa023, 0x00b4,  // sw a1, 0(s1)
    0x0073, 0x0010   // ebreak
};

constexpr std::uint16_t amo_device[] = {
    0x252f, 0x00b4,  // amoadd.w a0, a1, (s0)
    0x0073, 0x0010   // ebreak
};

// clang-format on

}  // namespace programs
