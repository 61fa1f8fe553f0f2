/* SPDX-License-Identifier: Apache-2.0 */
/* Register accesses, for the speed of the simulator. */
#include "platform.h"

#include "board.h"

#include <pimvp/accel/common_regs_c.h>

#define ACCESSES 1000000

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    (void)payload;
    const struct npu npu = {.base = BOARD_NPU_BASE};
    uint32_t sum = 0;
    for (uint32_t i = 0; i < ACCESSES / 2; ++i) {
        npu_write(&npu, PIMVP_COMMON_RING_SIZE, 16u << (i & 1u));
        sum += npu_read(&npu, PIMVP_COMMON_RING_SIZE);
    }
    print_value("accesses", ACCESSES);
    return sum == ACCESSES / 2 * 24u ? 0 : 1;
}
