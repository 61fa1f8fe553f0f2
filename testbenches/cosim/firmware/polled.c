/* SPDX-License-Identifier: Apache-2.0 */
/* One inference after the other; the driver looks until each is done. */
#include "platform.h"

#include "board.h"

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    payload_at(payload);
    struct npu npu;
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_POLLING);
    const uint64_t handle = payload_load(&npu, 0);
    struct pimvp_tensor table[8];
    for (uint32_t i = 0; i < payload_inferences(); ++i) {
        const uint32_t tensors = payload_table(0, i, table);
        require(pimvp_run(&npu.device, handle, table, tensors) == PIMVP_OK, "RUN");
    }
    require(pimvp_unload(&npu.device, handle) == PIMVP_OK, "UNLOAD");
    print_value("inferences", payload_inferences());
    return 0;
}
