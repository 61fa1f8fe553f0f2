/* SPDX-License-Identifier: Apache-2.0 */
/* A stream: as many inferences as the ring takes are on their way; the core sleeps in between. */
#include "platform.h"

#include "board.h"

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    payload_at(payload);
    struct npu npu;
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_SLEEPING);
    const uint64_t handle = payload_load(&npu, 0);
    struct pimvp_tensor table[8];
    pimvp_ticket first = 0;
    const uint32_t all = payload_inferences();
    uint32_t collected = 0;
    for (uint32_t i = 0; i < all; ++i) {
        const uint32_t tensors = payload_table(0, i, table);
        pimvp_ticket ticket;
        int status = pimvp_run_async(&npu.device, handle, table, tensors, &ticket);
        while (status == PIMVP_E_FULL) { /* make room: wait for the oldest */
            require(pimvp_wait(&npu.device, first + collected, NULL) == PIMVP_OK, "oldest");
            ++collected;
            status = pimvp_run_async(&npu.device, handle, table, tensors, &ticket);
        }
        require(status == PIMVP_OK, "RUN");
        if (i == 0) first = ticket;
    }
    for (; collected < all; ++collected) {
        require(pimvp_wait(&npu.device, first + collected, NULL) == PIMVP_OK, "RUN");
    }
    require(pimvp_unload(&npu.device, handle) == PIMVP_OK, "UNLOAD");
    print_value("inferences", all);
    return 0;
}
