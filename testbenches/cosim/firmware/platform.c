/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

#include "board.h"

#define RING_JOBS 16u
#define RING_TENSORS 8u
#define SOURCES 32u

#define MSTATUS_MIE 8u
#define MIE_MTIE (1u << 7)
#define MIE_MEIE (1u << 11)
#define CAUSE_TIMER 7u
#define CAUSE_EXTERNAL 11u

#define READ_CSR(name)                                      \
    ({                                                      \
        uintptr_t value_;                                   \
        __asm__ volatile("csrr %0, " #name : "=r"(value_)); \
        value_;                                             \
    })
#define SET_CSR(name, bits) __asm__ volatile("csrs " #name ", %0" ::"r"(bits) : "memory")
#define CLEAR_CSR(name, bits) __asm__ volatile("csrc " #name ", %0" ::"r"(bits) : "memory")

intptr_t semihosting(intptr_t operation, const void* argument);
uintptr_t handle_trap(uintptr_t cause, uintptr_t pc, uintptr_t address);

static volatile uint32_t* reg(uintptr_t base, uintptr_t offset) {
    return (volatile uint32_t*)(base + offset);
}

/* ---- the C compiler may call these in any program ---- */

void* memcpy(void* restrict to, const void* restrict from, size_t bytes) {
    unsigned char* t = to;
    const unsigned char* f = from;
    while (bytes-- != 0) *t++ = *f++;
    return to;
}
void* memset(void* to, int value, size_t bytes) {
    unsigned char* t = to;
    while (bytes-- != 0) *t++ = (unsigned char)value;
    return to;
}

/* ---- console and end ---- */

static void put(char c) {
    enum { DATA = 0x00, LINE_STATUS = 0x14, ROOM = 1 << 5 };
    static unsigned in_fifo;
    if (in_fifo == 16) {
        while ((*reg(BOARD_UART_BASE, LINE_STATUS) & ROOM) == 0) {
        }
        in_fifo = 0;
    }
    *reg(BOARD_UART_BASE, DATA) = (unsigned char)c;
    ++in_fifo;
}

void print(const char* text) {
    while (*text != 0) put(*text++);
}

void print_number(uint64_t value) {
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count != 0) put(digits[--count]);
}

void print_hex(uint64_t value) {
    print("0x");
    int started = 0;
    for (int shift = 60; shift >= 0; shift -= 4) {
        const unsigned digit = (unsigned)(value >> shift) & 15u;
        started |= digit != 0 || shift == 0;
        if (started) put("0123456789abcdef"[digit]);
    }
}

void print_value(const char* what, uint64_t value) {
    print(what);
    print(": ");
    print_number(value);
    print("\n");
}

void finish(int code) {
    enum { EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };
    const uintptr_t block[2] = {APPLICATION_EXIT, (uintptr_t)code};
    for (;;) semihosting(EXIT_EXTENDED, block);
}

void require(int holds, const char* what) {
    if (holds) return;
    print("FAILED: ");
    print(what);
    print("\n");
    finish(1);
}

/* ---- time ---- */

uint64_t now(void) {
    enum { MTIME = 0xBFF8 };
    const uint32_t low = *reg(BOARD_CLINT_BASE, MTIME); /* latches the other half */
    return (uint64_t)*reg(BOARD_CLINT_BASE, MTIME + 4) << 32 | low;
}

#if __riscv_xlen == 64
uint64_t cycles(void) {
    return READ_CSR(mcycle);
}
uint64_t instructions(void) {
    return READ_CSR(minstret);
}
#else
#define READ_CSR_PAIR(name)             \
    ({                                  \
        uint32_t high_, low_, again_;   \
        do {                            \
            high_ = READ_CSR(name##h);  \
            low_ = READ_CSR(name);      \
            again_ = READ_CSR(name##h); \
        } while (high_ != again_);      \
        (uint64_t) high_ << 32 | low_;  \
    })
uint64_t cycles(void) {
    return READ_CSR_PAIR(mcycle);
}
uint64_t instructions(void) {
    return READ_CSR_PAIR(minstret);
}
#endif

/* ---- interrupts and faults ---- */

enum { PLIC_PRIORITY = 0x0, PLIC_ENABLE = 0x2000, PLIC_CLAIM = 0x200004 };

static struct {
    interrupt_handler* handler;
    void* context;
} handlers[SOURCES], timer_handler;
static volatile int faults_expected;
static struct fault seen;

static void plic_allow(unsigned number) {
    *reg(BOARD_PLIC_BASE, PLIC_PRIORITY + 4 * number) = 1;
    *reg(BOARD_PLIC_BASE, PLIC_ENABLE) |= 1u << number;
    SET_CSR(mie, (uintptr_t)MIE_MEIE);
}

void on_interrupt(unsigned number, interrupt_handler* handler, void* context) {
    handlers[number].handler = handler;
    handlers[number].context = context;
    plic_allow(number);
}

static void set_timer(uint64_t at) {
    enum { MTIMECMP = 0x4000 };
    *reg(BOARD_CLINT_BASE, MTIMECMP + 4) = 0xFFFFFFFFu; /* not early in between */
    *reg(BOARD_CLINT_BASE, MTIMECMP) = (uint32_t)at;
    *reg(BOARD_CLINT_BASE, MTIMECMP + 4) = (uint32_t)(at >> 32);
}

void on_timer(uint64_t ticks, interrupt_handler* handler, void* context) {
    timer_handler.handler = handler;
    timer_handler.context = context;
    set_timer(now() + ticks);
    SET_CSR(mie, (uintptr_t)MIE_MTIE);
}

void interrupts_on(void) {
    SET_CSR(mstatus, (uintptr_t)MSTATUS_MIE);
}
void interrupts_off(void) {
    CLEAR_CSR(mstatus, (uintptr_t)MSTATUS_MIE);
}

void sleep_until(volatile int* flag) {
    while (!*flag) {
        __asm__ volatile("wfi"); /* wakes also while interrupts are off: none is lost */
        interrupts_on();
        interrupts_off();
    }
}

void expect_faults(void) {
    seen.cause = 0;
    faults_expected = 1;
}

struct fault fault_seen(void) {
    faults_expected = 0;
    return seen;
}

uintptr_t handle_trap(uintptr_t cause, uintptr_t pc, uintptr_t address) {
    const uintptr_t interrupt = (uintptr_t)1 << (__riscv_xlen - 1);
    if (cause == (interrupt | CAUSE_EXTERNAL)) {
        const uint32_t number = *reg(BOARD_PLIC_BASE, PLIC_CLAIM);
        if (number != 0) {
            if (handlers[number].handler) handlers[number].handler(handlers[number].context);
            *reg(BOARD_PLIC_BASE, PLIC_CLAIM) = number;
        }
        return pc;
    }
    if (cause == (interrupt | CAUSE_TIMER)) {
        CLEAR_CSR(mie, (uintptr_t)MIE_MTIE);
        set_timer(~(uint64_t)0);
        timer_handler.handler(timer_handler.context);
        return pc;
    }
    if (faults_expected) {
        seen.cause = cause;
        seen.pc = pc;
        seen.address = address;
        return pc + ((*(const volatile uint16_t*)pc & 3u) == 3u ? 4 : 2);
    }
    print("trap: mcause ");
    print_hex(cause);
    print(", mepc ");
    print_hex(pc);
    print(", mtval ");
    print_hex(address);
    print("\n");
    finish(2);
}

/* ---- accelerators ---- */

static uint32_t hook_read(void* context, uint32_t offset) {
    return npu_read(context, offset);
}
static void hook_write(void* context, uint32_t offset, uint32_t value) {
    npu_write(context, offset, value);
}
static void hook_barrier(void* context) {
    (void)context;
    __asm__ volatile("fence" ::: "memory");
}
static int hook_poll(void* context) {
    (void)context;
    return 0;
}
/* Interrupts stay off: WFI wakes, and the claim says whose it was. */
static int hook_sleep(void* context) {
    struct npu* npu = context;
    volatile uint32_t* enable = reg(BOARD_PLIC_BASE, PLIC_ENABLE);
    const uint32_t others = *enable; /* keep what they have to say for later */
    *enable = 1u << npu->irq;
    if (npu->claimed) *reg(BOARD_PLIC_BASE, PLIC_CLAIM) = npu->irq;
    while (*reg(BOARD_PLIC_BASE, PLIC_CLAIM) != npu->irq) __asm__ volatile("wfi");
    npu->claimed = 1;
    *enable = others;
    return 0;
}

void npu_start(struct npu* npu, uintptr_t base, unsigned irq, enum waiting how) {
    const struct pimvp_hooks hooks = {npu, hook_read, hook_write, hook_barrier,
                                      how == WAIT_POLLING ? hook_poll : hook_sleep};
    npu->base = base;
    npu->irq = irq;
    npu->claimed = 0;
    if (how == WAIT_SLEEPING) plic_allow(irq);
    require(pimvp_probe(&npu->device, &hooks, NULL) == PIMVP_OK, "probe");
    const uint64_t work = take_memory(pimvp_work_bytes(RING_JOBS, RING_TENSORS));
    require(pimvp_start(&npu->device, work, RING_JOBS, RING_TENSORS) == PIMVP_OK, "start");
}

/* ---- payload ---- */

static const struct pimvp_payload* payload;
static const struct pimvp_payload_entry* entries;
static uint64_t next_free, free_end;

void payload_at(const struct pimvp_payload* there) {
    require(there != NULL && there->magic == PIMVP_PAYLOAD_MAGIC &&
                there->version == PIMVP_PAYLOAD_VERSION,
            "payload");
    payload = there;
    entries = (const struct pimvp_payload_entry*)(there + 1);
    next_free = there->work;
    free_end = there->work + there->work_bytes;
}

uint32_t payload_networks(void) {
    return payload->networks;
}
uint32_t payload_inferences(void) {
    return payload->inferences;
}

uint64_t take_memory(uint64_t bytes) {
    const uint64_t taken_at = next_free;
    const uint64_t rounded = (bytes + 63) / 64 * 64;
    require(rounded <= free_end - next_free, "memory");
    next_free += rounded;
    return taken_at;
}

uint64_t payload_load(struct npu* npu, uint32_t network) {
    for (uint32_t i = 0; i < payload->entries; ++i) {
        const struct pimvp_payload_entry* e = &entries[i];
        if (e->kind != PIMVP_PAYLOAD_PROGRAM || e->network != network) continue;
        uint64_t handle = 0;
        require(pimvp_load(&npu->device, e->address, e->bytes, &handle) == PIMVP_OK, "LOAD");
        return handle;
    }
    require(0, "no such network in the payload");
    return 0;
}

uint32_t payload_table(uint32_t network, uint32_t inference, struct pimvp_tensor* table) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < payload->entries; ++i) {
        const struct pimvp_payload_entry* e = &entries[i];
        const int state = e->kind == PIMVP_PAYLOAD_STATE;
        if (e->kind == PIMVP_PAYLOAD_PROGRAM || e->network != network) continue;
        if (!state && e->inference != inference) continue;
        require(e->tensor < RING_TENSORS, "tensors");
        table[e->tensor] =
            (struct pimvp_tensor){e->address, e->bytes, 0,
                                  state                            ? PIMVP_TENSOR_STATE
                                  : e->kind == PIMVP_PAYLOAD_INPUT ? PIMVP_TENSOR_INPUT
                                                                   : PIMVP_TENSOR_OUTPUT,
                                  0};
        ++count;
    }
    return count;
}
