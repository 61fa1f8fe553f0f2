/* SPDX-License-Identifier: Apache-2.0 */
/* Two networks resident on one accelerator, asked in turn. */
#include "platform.h"

#include "board.h"

#include <pimvp/accel/common_regs_c.h>

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    payload_at(payload);
    require(payload_networks() == 2, "two networks");
    struct npu npu;
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_SLEEPING);
    const uint64_t handles[2] = {payload_load(&npu, 0), payload_load(&npu, 1)};
    require(npu_read(&npu, PIMVP_COMMON_RESIDENT) == 2, "both are resident");
    struct pimvp_tensor table[8];
    for (uint32_t i = 0; i < payload_inferences(); ++i) {
        for (uint32_t n = 0; n < 2; ++n) {
            const uint32_t tensors = payload_table(n, i, table);
            require(pimvp_run(&npu.device, handles[n], table, tensors) == PIMVP_OK, "RUN");
        }
    }
    require(pimvp_unload(&npu.device, handles[0]) == PIMVP_OK, "UNLOAD");
    require(npu_read(&npu, PIMVP_COMMON_RESIDENT) == 1, "one is left");
    print_value("inferences of each", payload_inferences());
    return 0;
}
