/* SPDX-License-Identifier: Apache-2.0 */
/* Two cores share the work: hart 0 drives the accelerator, hart 1 checks that the outputs have been
 * written; they meet in memory, by atomics and by software interrupts. */
#include "platform.h"

#include "board.h"

#define MSIP(hart) ((volatile uint32_t*)(uintptr_t)(BOARD_CLINT_BASE + 4u * (unsigned)(hart)))
#define MIE_MSIE 8u

static volatile int posted, stop;
static int checked;
static uint64_t touched;

/* Sleeps until the other core rings. */
static void wait_for_bell(int hart) {
    while (*MSIP(hart) == 0) __asm__ volatile("wfi");
    *MSIP(hart) = 0;
}

static void hart_1(void) {
    for (;;) {
        wait_for_bell(1);
        const int inference = __atomic_load_n(&posted, __ATOMIC_ACQUIRE) - 1;
        if (__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) break;
        struct pimvp_tensor table[8];
        const uint32_t tensors = payload_table(0, (uint32_t)inference, table);
        const volatile uint8_t* output =
            (const volatile uint8_t*)(uintptr_t)table[tensors - 1].address;
        for (uint64_t i = 0; i < table[tensors - 1].bytes; ++i) touched += output[i] != 0;
        __atomic_fetch_add(&checked, 1, __ATOMIC_RELEASE);
        *MSIP(0) = 1;
    }
    for (;;) __asm__ volatile("wfi");
}

int main(int hart, const struct pimvp_payload* payload) {
    __asm__ volatile("csrs mie, %0" ::"r"((uintptr_t)MIE_MSIE));
    if (hart != 0) hart_1();
    payload_at(payload);
    struct npu npu;
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_POLLING);
    const uint64_t handle = payload_load(&npu, 0);
    struct pimvp_tensor table[8];
    const int all = (int)payload_inferences();
    for (int i = 0; i < all; ++i) {
        const uint32_t tensors = payload_table(0, (uint32_t)i, table);
        require(pimvp_run(&npu.device, handle, table, tensors) == PIMVP_OK, "RUN");
        __atomic_store_n(&posted, i + 1, __ATOMIC_RELEASE);
        *MSIP(1) = 1;
        wait_for_bell(0);
        require(__atomic_load_n(&checked, __ATOMIC_ACQUIRE) == i + 1, "checked");
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    *MSIP(1) = 1;
    require(touched > 0, "hart 1 has seen outputs");
    print_value("inferences", (uint64_t)all);
    return 0;
}
