/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up and trap entry, RV32 and RV64. A core begins with its hart number in a0 and the
 * payload's address in a1, memory loaded, what the file leaves out zero. */
#if __riscv_xlen == 64
#define STORE sd
#define LOAD ld
#define WORD 8
#else
#define STORE sw
#define LOAD lw
#define WORD 4
#endif
#define STACK_SHIFT 14

    .section .text.start, "ax"
    .globl _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, stacks                   /* of hart h: stacks + (h + 1) * 16 KiB, downwards */
    addi t0, a0, 1
    slli t0, t0, STACK_SHIFT
    add sp, sp, t0
    la t0, trap_entry
    csrw mtvec, t0
    call main
    call finish

    .section .text
    .align 2
trap_entry:
    addi sp, sp, -16 * WORD
    STORE ra, 0 * WORD(sp)
    STORE t0, 1 * WORD(sp)
    STORE t1, 2 * WORD(sp)
    STORE t2, 3 * WORD(sp)
    STORE a0, 4 * WORD(sp)
    STORE a1, 5 * WORD(sp)
    STORE a2, 6 * WORD(sp)
    STORE a3, 7 * WORD(sp)
    STORE a4, 8 * WORD(sp)
    STORE a5, 9 * WORD(sp)
    STORE a6, 10 * WORD(sp)
    STORE a7, 11 * WORD(sp)
    STORE t3, 12 * WORD(sp)
    STORE t4, 13 * WORD(sp)
    STORE t5, 14 * WORD(sp)
    STORE t6, 15 * WORD(sp)
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    call handle_trap                /* returns where to go on */
    csrw mepc, a0
    LOAD ra, 0 * WORD(sp)
    LOAD t0, 1 * WORD(sp)
    LOAD t1, 2 * WORD(sp)
    LOAD t2, 3 * WORD(sp)
    LOAD a0, 4 * WORD(sp)
    LOAD a1, 5 * WORD(sp)
    LOAD a2, 6 * WORD(sp)
    LOAD a3, 7 * WORD(sp)
    LOAD a4, 8 * WORD(sp)
    LOAD a5, 9 * WORD(sp)
    LOAD a6, 10 * WORD(sp)
    LOAD a7, 11 * WORD(sp)
    LOAD t3, 12 * WORD(sp)
    LOAD t4, 13 * WORD(sp)
    LOAD t5, 14 * WORD(sp)
    LOAD t6, 15 * WORD(sp)
    addi sp, sp, 16 * WORD
    mret

/* intptr_t semihosting(intptr_t operation, const void *argument): the three instructions must stand
 * together, uncompressed and on one page. */
    .globl semihosting
    .align 4
semihosting:
    .option push
    .option norvc
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    .option pop
    ret

    .section .bss
    .align 4
stacks:
    .skip 4 << STACK_SHIFT
