/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What driver and accelerator exchange through memory. Little-endian, naturally aligned; every
 * structure is a whole number of 64-bit words. Reserved bytes must be 0. Numbers only grow. */

#ifdef __cplusplus
extern "C" {
#endif

#define PIMVP_JOB_VERSION 1u
#define PIMVP_JOB_BYTES 64u
#define PIMVP_RECORD_BYTES 32u
#define PIMVP_TENSOR_BYTES 32u
#define PIMVP_RING_ALIGNMENT 64u
#define PIMVP_RING_JOBS_MAX 65536u

enum pimvp_opcode {
    PIMVP_JOB_LOAD = 1,   /* make the program at `address` resident; the record names its handle */
    PIMVP_JOB_RUN = 2,    /* one inference or sequence step with the tensor table at `address` */
    PIMVP_JOB_UNLOAD = 3, /* free `handle`; its runs must have retired */
    PIMVP_JOB_FENCE = 4   /* later jobs start after all earlier ones have retired */
};

enum pimvp_job_flags {
    PIMVP_JOB_IRQ = 1,   /* set IRQ_STATUS.JOB_DONE when the job retires */
    PIMVP_JOB_RECORD = 2 /* write a completion record to `record`; LOAD must ask for one */
};

/* One entry of the job ring. */
struct pimvp_job {
    uint16_t opcode;  /* enum pimvp_opcode */
    uint16_t version; /* PIMVP_JOB_VERSION */
    uint16_t size;    /* PIMVP_JOB_BYTES */
    uint16_t flags;   /* enum pimvp_job_flags */
    uint32_t tag;     /* the host's; comes back in the record and in ERR_JOB_TAG */
    uint32_t reserved0;
    uint64_t handle;  /* RUN, UNLOAD: what LOAD returned; else 0 */
    uint64_t address; /* LOAD: program image, RUN: tensor table; a multiple of 8; else 0 */
    uint64_t length;  /* bytes at `address`; else 0 */
    uint64_t record;  /* where the completion record goes, a multiple of 8; 0 without RECORD */
    uint64_t reserved1[2];
};

/* Written before HEAD passes the job; a job that RESUME or ABORT drops may leave none. */
struct pimvp_record {
    uint32_t tag;
    uint32_t status;   /* ERR_CODE of the job, 0 = done */
    uint64_t handle;   /* of the program LOAD made resident, or the job's */
    uint64_t start_ps; /* TIME when the job was fetched ... */
    uint64_t end_ps;   /* ... and when it was complete: its outputs in memory */
};

enum pimvp_tensor_role { PIMVP_TENSOR_INPUT = 0, PIMVP_TENSOR_OUTPUT = 1, PIMVP_TENSOR_STATE = 2 };

/* One entry of a RUN's tensor table, in the order the program prescribes. */
struct pimvp_tensor {
    uint64_t address;
    uint64_t bytes;
    uint64_t stride; /* bytes between rows, where the family knows rows; 0 = dense */
    uint32_t role;   /* enum pimvp_tensor_role */
    uint32_t reserved;
};

#ifdef __cplusplus
}
#define PIMVP_STATIC_ASSERT static_assert
#else
#define PIMVP_STATIC_ASSERT _Static_assert
#endif

PIMVP_STATIC_ASSERT(sizeof(struct pimvp_job) == PIMVP_JOB_BYTES, "wire format");
PIMVP_STATIC_ASSERT(sizeof(struct pimvp_record) == PIMVP_RECORD_BYTES, "wire format");
PIMVP_STATIC_ASSERT(sizeof(struct pimvp_tensor) == PIMVP_TENSOR_BYTES, "wire format");
PIMVP_STATIC_ASSERT(offsetof(struct pimvp_job, handle) == 16, "wire format");
PIMVP_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian hosts only");
