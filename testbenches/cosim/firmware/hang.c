/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that never end; the simulator has to say so. */
#include "platform.h"

#include "board.h"

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    (void)payload;
#if defined ASLEEP_FOR_EVER
    for (;;) __asm__ volatile("wfi");
#elif defined WAITS_FOR_A_FAR_TIMER
    *(volatile uint32_t*)(uintptr_t)(BOARD_CLINT_BASE + 0x4000) = 0xFFFFFFFFu;
    *(volatile uint32_t*)(uintptr_t)(BOARD_CLINT_BASE + 0x4004) = 0x7FFFFFFFu;
    for (;;) __asm__ volatile("wfi");
#elif defined BUSY_FOR_EVER
    print("last words\n");
    for (volatile unsigned turns = 0;; turns = turns + 1) {
    }
#elif defined LOCKED_UP || defined SECOND_LOCKED_UP
#ifdef SECOND_LOCKED_UP
    if (hart == 0) {
        for (;;) __asm__ volatile("wfi");
    }
#endif
    __asm__ volatile("csrw mtvec, %0\n\tecall" ::"r"(0x70000000ul));
    return 0;
#endif
}
