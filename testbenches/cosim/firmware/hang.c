/* SPDX-License-Identifier: Apache-2.0 */
/* Three programs that never end; the simulator has to say so. */
#include "platform.h"

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    (void)payload;
#if defined ASLEEP_FOR_EVER
    for (;;) __asm__ volatile("wfi");
#elif defined BUSY_FOR_EVER
    for (volatile unsigned turns = 0;; turns = turns + 1) {
    }
#elif defined LOCKED_UP
    __asm__ volatile("csrw mtvec, %0\n\tecall" ::"r"(0x70000000ul));
    return 0;
#endif
}
