/* SPDX-License-Identifier: Apache-2.0 */
/* Two accelerators at work at the same time: each has its network, one core feeds both. */
#include "platform.h"

#include "board.h"

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    payload_at(payload);
    require(payload_networks() == 2, "two networks");
    static struct npu npus[2];
    npu_start(&npus[0], BOARD_LEFT_BASE, BOARD_LEFT_IRQ, WAIT_SLEEPING);
    npu_start(&npus[1], BOARD_RIGHT_BASE, BOARD_RIGHT_IRQ, WAIT_SLEEPING);
    uint64_t handles[2];
    for (uint32_t n = 0; n < 2; ++n) handles[n] = payload_load(&npus[n], n);

    struct pimvp_tensor table[8];
    uint64_t both = 0;
    for (uint32_t i = 0; i < payload_inferences(); ++i) {
        pimvp_ticket tickets[2];
        struct pimvp_record records[2];
        for (uint32_t n = 0; n < 2; ++n) {
            const uint32_t tensors = payload_table(n, i, table);
            require(pimvp_run_async(&npus[n].device, handles[n], table, tensors, &tickets[n]) ==
                        PIMVP_OK,
                    "RUN");
        }
        for (uint32_t n = 0; n < 2; ++n) {
            require(pimvp_wait(&npus[n].device, tickets[n], &records[n]) == PIMVP_OK, "done");
        }
        /* their clocks count from the same instant: nobody has reset one of them */
        both += records[0].start_ps < records[1].end_ps && records[1].start_ps < records[0].end_ps;
    }
    require(both == payload_inferences(), "the two overlap in time");
    print_value("inferences of each", payload_inferences());
    return 0;
}
