/* SPDX-License-Identifier: Apache-2.0 */
/* A computing loop, for the speed of the simulator: an integer matrix product, again and again. */
#include "platform.h"

#define SIZE 32
#define ROUNDS 4000

static int8_t a[SIZE][SIZE], b[SIZE][SIZE];
static int32_t c[SIZE][SIZE];

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    (void)payload;
    for (int i = 0; i < SIZE; ++i) {
        for (int j = 0; j < SIZE; ++j) {
            a[i][j] = (int8_t)(i * 7 + j * 3);
            b[i][j] = (int8_t)(i * 5 - j * 11);
        }
    }
    uint32_t sum = 0;
    for (int round = 0; round < ROUNDS; ++round) {
        for (int i = 0; i < SIZE; ++i) {
            for (int j = 0; j < SIZE; ++j) {
                int32_t dot = round;
                for (int k = 0; k < SIZE; ++k) dot += a[i][k] * b[k][j];
                c[i][j] = dot;
                sum = sum * 31 + (uint32_t)dot;
            }
        }
    }
    print_value("sum", sum);
    print_value("instructions", instructions());
    return 0;
}
