/* SPDX-License-Identifier: Apache-2.0 */
/* Saves energy between inferences: the clock off, and then the supply. */
#include "platform.h"

#include "board.h"

#include <pimvp/accel/common_regs_c.h>

enum { ON, CLOCK_GATED, OFF };

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    payload_at(payload);
    struct npu npu;
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_SLEEPING);
    uint64_t handle = payload_load(&npu, 0);
    struct pimvp_tensor table[8];
    const uint32_t tensors = payload_table(0, 0, table);
    require(pimvp_run(&npu.device, handle, table, tensors) == PIMVP_OK, "RUN");

    /* without a clock jobs wait; with it they run, and programs are still there */
    npu_write(&npu, PIMVP_COMMON_POWER, CLOCK_GATED);
    pimvp_ticket ticket;
    require(pimvp_run_async(&npu.device, handle, table, tensors, &ticket) == PIMVP_OK, "RUN");
    const uint64_t begin = now();
    while (now() - begin < BOARD_TIMEBASE_HZ / 1000) {
    }
    require(npu_read(&npu, PIMVP_COMMON_IN_FLIGHT) == 0, "a job waits for the clock");
    expect_faults();
    npu_write(&npu, PIMVP_COMMON_POWER, OFF);
    require(fault_seen().cause == 7, "a busy accelerator cannot be switched off");
    npu_write(&npu, PIMVP_COMMON_POWER, ON);
    require(pimvp_wait(&npu.device, ticket, NULL) == PIMVP_OK, "with the clock it runs");

    /* without supply programs are gone, and coming back takes a while */
    npu_write(&npu, PIMVP_COMMON_POWER, OFF);
    require(npu_read(&npu, PIMVP_COMMON_RESIDENT) == 0, "off forgets programs");
    npu_write(&npu, PIMVP_COMMON_POWER, ON);
    const uint64_t powered = now();
    require(pimvp_fence(&npu.device) == PIMVP_OK, "FENCE");
    const uint64_t took = now() - powered;
    print_value("ticks to power up", took);
    require(took >= BOARD_TIMEBASE_HZ / 100000, "10 us at least");
    require(pimvp_run(&npu.device, handle, table, tensors) == PIMVP_E_FAULT, "RUN");
    require(pimvp_resume(&npu.device) == PIMVP_OK, "RESUME");
    handle = payload_load(&npu, 0);
    require(pimvp_run(&npu.device, handle, table, tensors) == PIMVP_OK, "RUN");
    return 0;
}
