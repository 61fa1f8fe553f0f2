/* SPDX-License-Identifier: Apache-2.0 */
/* Says what is on the board and tests that it answers. */
#include "platform.h"

#include "board.h"

#include <pimvp/accel/common_regs_c.h>

static void ring(void* flag) {
    *(volatile int*)flag = 1;
}

int main(int hart, const struct pimvp_payload* payload) {
    print_value("hart", (uint64_t)hart);
    payload_at(payload);

    /* the accelerator */
    struct npu npu;
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_POLLING);
    print("family: ");
    for (int i = 0; i < 4; ++i) {
        const char letter[2] = {(char)(npu.device.family >> (8 * i)), 0};
        print(letter);
    }
    print("\n");
    print_value("jobs in flight",
                npu.device.capabilities & PIMVP_COMMON_CAPABILITIES_JOBS_IN_FLIGHT_MASK);
    require(pimvp_fence(&npu.device) == PIMVP_OK, "FENCE");
    require(npu_read(&npu, PIMVP_COMMON_RING_HEAD) == 1, "RING_HEAD");

    /* the timer: 100 us of sleep */
    volatile int rang = 0;
    const uint64_t before = now();
    on_timer(BOARD_TIMEBASE_HZ / 10000, ring, (void*)&rang);
    sleep_until(&rang);
    const uint64_t slept = now() - before;
    print_value("slept ticks", slept);
    require(slept >= BOARD_TIMEBASE_HZ / 10000 && slept < BOARD_TIMEBASE_HZ / 5000, "timer");

    /* counters go up, time too */
    const uint64_t first = instructions(), cycle = cycles();
    require(instructions() > first && cycles() > cycle, "counters");
    print("all there\n");
    return 0;
}
