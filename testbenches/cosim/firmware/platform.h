/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pimvp/accel/driver/pimvp_driver.h>
#include <pimvp/accel/driver/pimvp_payload.h>

#include <stddef.h>
#include <stdint.h>

/* What the examples share: console, time, interrupts, faults, and the driver's hooks on this board.
 * Freestanding C11; the addresses come from board.h, which `pimvp vp BOARD --print header` writes.
 */

/* Ends the program: 0 = passed. */
_Noreturn void finish(int code);
/* Prints `what` and ends the program with 1 unless `holds`. */
void require(int holds, const char* what);

void print(const char* text);
void print_number(uint64_t value);
void print_hex(uint64_t value);
/* "<what>: <value>\n" */
void print_value(const char* what, uint64_t value);

/* mtime, in ticks of BOARD_TIMEBASE_HZ. */
uint64_t now(void);
uint64_t cycles(void);
uint64_t instructions(void);

/* ---- interrupts and the timer: hart 0's ---- */

typedef void interrupt_handler(void* context);
/* Routes interrupt `number` of the interrupt controller to `handler`, called from the trap. */
void on_interrupt(unsigned number, interrupt_handler* handler, void* context);
/* Calls `handler` once, when `ticks` from now have passed. */
void on_timer(uint64_t ticks, interrupt_handler* handler, void* context);
void interrupts_on(void);
void interrupts_off(void);
/* Interrupts off. Sleeps until *flag is set by a handler; handlers run in here. */
void sleep_until(volatile int* flag);

/* ---- faults ---- */

struct fault {
    uintptr_t cause; /* mcause, 0 = none happened */
    uintptr_t pc;
    uintptr_t address;
};
/* Between the two, a fault is noted and its instruction skipped; otherwise it ends the program. */
void expect_faults(void);
struct fault fault_seen(void);

/* ---- accelerators ---- */

/* One accelerator of the board. */
struct npu {
    uintptr_t base;
    unsigned irq;
    int claimed; /* its interrupt waits for completion */
    struct pimvp_device device;
};

enum waiting { WAIT_POLLING, WAIT_SLEEPING };
/* Probes the accelerator and starts a ring of 16 jobs. Sleeping: wait_irq waits by WFI for the
 * interrupt; polling: it returns at once and the driver looks again. */
void npu_start(struct npu* npu, uintptr_t base, unsigned irq, enum waiting how);
/* Memory from the payload's free part; ends the program if there is none left. */
uint64_t take_memory(uint64_t bytes);

static inline uint32_t npu_read(const struct npu* npu, uint32_t offset) {
    return *(volatile uint32_t*)(npu->base + offset);
}
static inline void npu_write(const struct npu* npu, uint32_t offset, uint32_t value) {
    *(volatile uint32_t*)(npu->base + offset) = value;
}

/* ---- payload ---- */

/* Looks at what the loader says it has placed; ends the program if it is no payload. */
void payload_at(const struct pimvp_payload* payload);
uint32_t payload_networks(void);
uint32_t payload_inferences(void);
/* Makes the program of a network resident. */
uint64_t payload_load(struct npu* npu, uint32_t network);
/* The tensor table of an inference: how many entries. `table` has room for 8. */
uint32_t payload_table(uint32_t network, uint32_t inference, struct pimvp_tensor* table);
