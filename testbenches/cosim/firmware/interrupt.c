/* SPDX-License-Identifier: Apache-2.0 */
/* One inference after the other; the core sleeps, and an interrupt handler says when one is done.
 */
#include "platform.h"

#include "board.h"

#include <pimvp/accel/common_regs_c.h>

struct completion {
    const struct npu* npu;
    volatile int done;
    volatile unsigned count;
};

/* Clears what has happened, or the interrupt would come again at once. An interrupt of before the
 * handler was there may still be pending: then nothing has happened. */
static void job_done(void* context) {
    struct completion* completion = context;
    const uint32_t happened = npu_read(completion->npu, PIMVP_COMMON_IRQ_STATUS);
    if (happened == 0) return;
    npu_write(completion->npu, PIMVP_COMMON_IRQ_STATUS, happened);
    ++completion->count;
    completion->done = 1;
}

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    payload_at(payload);
    struct npu npu;
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_POLLING);
    const uint64_t handle = payload_load(&npu, 0);
    npu_write(&npu, PIMVP_COMMON_IRQ_STATUS, npu_read(&npu, PIMVP_COMMON_IRQ_STATUS));

    struct completion completion = {&npu, 0, 0};
    on_interrupt(BOARD_NPU_IRQ, job_done, &completion);
    struct pimvp_tensor table[8];
    for (uint32_t i = 0; i < payload_inferences(); ++i) {
        const uint32_t tensors = payload_table(0, i, table);
        pimvp_ticket ticket;
        completion.done = 0;
        require(pimvp_run_async(&npu.device, handle, table, tensors, &ticket) == PIMVP_OK, "RUN");
        sleep_until(&completion.done);
        require(pimvp_poll(&npu.device, ticket, NULL) == PIMVP_OK, "done");
    }
    require(completion.count == payload_inferences(), "an interrupt for each inference");
    print_value("inferences", payload_inferences());
    return 0;
}
