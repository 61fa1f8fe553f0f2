/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pimvp/accel/driver/pimvp_job.h>

#include <stddef.h>
#include <stdint.h>

/* Driver of every pimvp accelerator: freestanding C11, no heap, no globals, no libc. One file
 * serves bare-metal firmware and the C++ host of the virtual platforms.
 *
 * The device needs one block of memory both sides can reach (pimvp_work_bytes() of it): the job
 * ring, one completion record and one tensor table per ring slot. Not thread-safe: one caller. */

#ifdef __cplusplus
extern "C" {
#endif

/* What the driver returns; negative = error. */
enum pimvp_status {
    PIMVP_OK = 0,
    PIMVP_PENDING = 1,     /* poll: the job has not retired yet */
    PIMVP_E_DEVICE = -1,   /* no accelerator answers there, or one of a newer format */
    PIMVP_E_ARGUMENT = -2, /* misaligned, zero or out of range; nothing was done */
    PIMVP_E_FULL = -3,     /* every slot of the ring is taken: wait for a job first */
    PIMVP_E_FAULT = -4,    /* the accelerator refused a job: see pimvp_error() or the record */
    PIMVP_E_DROPPED = -5,  /* the job was aborted or skipped before it wrote a record */
    PIMVP_E_TIMEOUT = -6,  /* wait_irq gave up */
    PIMVP_E_STALE = -7     /* the ticket's slot has been reused since */
};

/* How the driver reaches the device. All four are required; `context` is handed back. */
struct pimvp_hooks {
    void* context;
    uint32_t (*read32)(void* context, uint32_t offset);
    void (*write32)(void* context, uint32_t offset, uint32_t value);
    /* Memory writes before it are visible to the device before register writes after it. */
    void (*barrier)(void* context);
    /* Returns 0 when the interrupt line is high; anything else after a time-out. */
    int (*wait_irq)(void* context);
};

/* How the driver reaches the work memory. NULL functions: the addresses are ordinary pointers and
 * plain (volatile, 64-bit) loads and stores do. A host outside the simulated machine sets both. */
struct pimvp_memory {
    void* context;
    void (*copy_to)(void* context, uint64_t address, const void* from, size_t bytes);
    void (*copy_from)(void* context, void* to, uint64_t address, size_t bytes);
};

struct pimvp_error_info {
    uint32_t code;    /* ERR_CODE */
    uint32_t tag;     /* of the faulting job */
    uint64_t address; /* where in memory or in the image; 0 if it has no place */
};

struct pimvp_device {
    struct pimvp_hooks hooks;
    struct pimvp_memory memory;
    uint64_t ring;    /* address of the job ring */
    uint64_t records; /* one struct pimvp_record per slot */
    uint64_t tables;  /* `tensors` entries per slot */
    uint32_t jobs;    /* slots: a power of two */
    uint32_t tensors; /* largest tensor table */
    uint32_t tail;    /* next ticket */
    uint32_t family;
    uint32_t capabilities;
};

/* A submitted job: its running number in the ring. */
typedef uint32_t pimvp_ticket;

/* Fills `device` and reads ID, VERSION, FAMILY, CAPABILITIES. `memory` may be NULL: plain pointers.
 */
int pimvp_probe(struct pimvp_device* device, const struct pimvp_hooks* hooks,
                const struct pimvp_memory* memory);

/* Bytes of work memory pimvp_start() takes, from a 64-byte aligned address. */
uint64_t pimvp_work_bytes(uint32_t jobs, uint32_t tensors);

/* Sets the ring up and enables it: `jobs` slots (a power of two up to PIMVP_RING_JOBS_MAX), RUNs of
 * up to `tensors` tensors. Call it again after pimvp_reset(). */
int pimvp_start(struct pimvp_device* device, uint64_t work, uint32_t jobs, uint32_t tensors);

/* Stops fetching; jobs in flight complete. Start again with pimvp_start() once STATUS is idle. */
void pimvp_stop(struct pimvp_device* device);

int pimvp_load_async(struct pimvp_device* device, uint64_t image, uint64_t bytes,
                     pimvp_ticket* ticket);
int pimvp_run_async(struct pimvp_device* device, uint64_t handle,
                    const struct pimvp_tensor* tensors, uint32_t count, pimvp_ticket* ticket);
int pimvp_unload_async(struct pimvp_device* device, uint64_t handle, pimvp_ticket* ticket);
int pimvp_fence_async(struct pimvp_device* device, pimvp_ticket* ticket);

/* PIMVP_PENDING, or how the job ended. `record` may be NULL. */
int pimvp_poll(struct pimvp_device* device, pimvp_ticket ticket, struct pimvp_record* record);

/* Sleeps until the job has retired. PIMVP_E_FAULT also if the ring halts on an earlier job: the
 * caller chooses between pimvp_resume(), pimvp_abort() and pimvp_reset(). */
int pimvp_wait(struct pimvp_device* device, pimvp_ticket ticket, struct pimvp_record* record);

/* Submit and wait. */
int pimvp_load(struct pimvp_device* device, uint64_t image, uint64_t bytes, uint64_t* handle);
int pimvp_run(struct pimvp_device* device, uint64_t handle, const struct pimvp_tensor* tensors,
              uint32_t count);
int pimvp_unload(struct pimvp_device* device, uint64_t handle);
int pimvp_fence(struct pimvp_device* device);

/* PIMVP_OK and code 0 if nothing is wrong, else PIMVP_E_FAULT. `info` may be NULL. */
int pimvp_error(struct pimvp_device* device, struct pimvp_error_info* info);

/* Skips the faulting job and goes on with the next. */
int pimvp_resume(struct pimvp_device* device);

/* Drops every submitted job and clears the error; programs stay resident. Waits for the device. */
int pimvp_abort(struct pimvp_device* device);

/* Back to power-on: no programs, no ring. Waits for the device. */
int pimvp_reset(struct pimvp_device* device);

#ifdef __cplusplus
}
#endif
