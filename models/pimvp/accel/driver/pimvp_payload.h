/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pimvp/accel/driver/pimvp_job.h>

/* What a loader has placed in memory for firmware: programs of networks, inputs of inferences, and
 * room for their outputs, listed in a directory whose address the core finds in a1 at its start.
 * Little-endian, naturally aligned. Firmware without use for it ignores it. */

#ifdef __cplusplus
extern "C" {
#endif

#define PIMVP_PAYLOAD_MAGIC 0x4C504D50u /* "PMPL" */
#define PIMVP_PAYLOAD_VERSION 1u

enum pimvp_payload_kind {
    PIMVP_PAYLOAD_PROGRAM = 1, /* image for LOAD, of network `network` */
    PIMVP_PAYLOAD_INPUT = 2,   /* tensor `tensor` of inference `inference` */
    PIMVP_PAYLOAD_OUTPUT = 3,  /* where that tensor of that inference is to be written */
    PIMVP_PAYLOAD_STATE = 4    /* a state tensor of the network, all zero */
};

struct pimvp_payload_entry {
    uint32_t kind;      /* enum pimvp_payload_kind */
    uint32_t network;   /* from 0 */
    uint32_t inference; /* from 0; else 0 */
    uint32_t tensor;    /* place in the program's tensor table; else 0 */
    uint64_t address;
    uint64_t bytes;
};

/* Followed by `entries` entries. */
struct pimvp_payload {
    uint32_t magic;
    uint32_t version;
    uint32_t entries;
    uint32_t networks;
    uint32_t inferences; /* of each network */
    uint32_t reserved;
    uint64_t work; /* free memory: rings, tables ... */
    uint64_t work_bytes;
};

#ifdef __cplusplus
}
#endif

PIMVP_STATIC_ASSERT(sizeof(struct pimvp_payload_entry) == 32, "wire format");
PIMVP_STATIC_ASSERT(sizeof(struct pimvp_payload) == 40, "wire format");
