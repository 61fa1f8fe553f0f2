/* SPDX-License-Identifier: Apache-2.0 */
#include <pimvp/accel/driver/pimvp_driver.h>

#include <pimvp/accel/common_regs_c.h> /* generated from common.regs.yaml */

/* How often an abort or reset looks at STATUS before it gives up. The accelerator needs the
 * time of one memory transaction; every look takes at least one register access. */
enum { BOUNDED_POLLS = 1000000 };

static const uint32_t record_absent = 0xFFFFFFFFu; /* no ERR_CODE has this value */

/* ---- hooks ---------------------------------------------------------------------------------- */

static uint32_t read_register(struct pimvp_device* device, uint32_t offset) {
    return device->hooks.read32(device->hooks.context, offset);
}

static void write_register(struct pimvp_device* device, uint32_t offset, uint32_t value) {
    device->hooks.write32(device->hooks.context, offset, value);
}

/* Volatile words: the compiler neither drops, reorders nor turns them into a call of memcpy. */
static void copy_to(struct pimvp_device* device, uint64_t address, const void* from, size_t bytes) {
    if (device->memory.copy_to != NULL) {
        device->memory.copy_to(device->memory.context, address, from, bytes);
    } else {
        volatile uint64_t* to = (volatile uint64_t*)(uintptr_t)address;
        const uint64_t* words = (const uint64_t*)from;
        for (size_t i = 0; i < bytes / sizeof(uint64_t); ++i) to[i] = words[i];
    }
}

static void copy_from(struct pimvp_device* device, void* to, uint64_t address, size_t bytes) {
    if (device->memory.copy_from != NULL) {
        device->memory.copy_from(device->memory.context, to, address, bytes);
    } else {
        const volatile uint64_t* from = (const volatile uint64_t*)(uintptr_t)address;
        uint64_t* words = (uint64_t*)to;
        for (size_t i = 0; i < bytes / sizeof(uint64_t); ++i) words[i] = from[i];
    }
}

/* ---- start ---------------------------------------------------------------------------------- */

int pimvp_probe(struct pimvp_device* device, const struct pimvp_hooks* hooks,
                const struct pimvp_memory* memory) {
    if (hooks->read32 == NULL || hooks->write32 == NULL || hooks->barrier == NULL ||
        hooks->wait_irq == NULL) {
        return PIMVP_E_ARGUMENT;
    }
    if (memory != NULL && (memory->copy_to == NULL) != (memory->copy_from == NULL)) {
        return PIMVP_E_ARGUMENT;
    }
    device->hooks = *hooks;
    device->memory.context = NULL;
    device->memory.copy_to = NULL;
    device->memory.copy_from = NULL;
    if (memory != NULL) device->memory = *memory;
    device->ring = 0;
    device->records = 0;
    device->tables = 0;
    device->jobs = 0;
    device->tensors = 0;
    device->tail = 0;
    if (read_register(device, PIMVP_COMMON_ID) != PIMVP_COMMON_ID_RESET) return PIMVP_E_DEVICE;
    const uint32_t version = read_register(device, PIMVP_COMMON_VERSION);
    if ((version & PIMVP_COMMON_VERSION_MAJOR_MASK) !=
        (PIMVP_COMMON_VERSION_RESET & PIMVP_COMMON_VERSION_MAJOR_MASK)) {
        return PIMVP_E_DEVICE;
    }
    device->family = read_register(device, PIMVP_COMMON_FAMILY);
    device->capabilities = read_register(device, PIMVP_COMMON_CAPABILITIES);
    return PIMVP_OK;
}

static uint64_t records_offset(uint32_t jobs) {
    return (uint64_t)jobs * PIMVP_JOB_BYTES;
}

static uint64_t tables_offset(uint32_t jobs) {
    return records_offset(jobs) + (uint64_t)jobs * PIMVP_RECORD_BYTES;
}

uint64_t pimvp_work_bytes(uint32_t jobs, uint32_t tensors) {
    return tables_offset(jobs) + (uint64_t)jobs * tensors * PIMVP_TENSOR_BYTES;
}

int pimvp_start(struct pimvp_device* device, uint64_t work, uint32_t jobs, uint32_t tensors) {
    if (jobs == 0 || (jobs & (jobs - 1)) != 0 || jobs > PIMVP_RING_JOBS_MAX ||
        work % PIMVP_RING_ALIGNMENT != 0) {
        return PIMVP_E_ARGUMENT;
    }
    device->ring = work;
    device->records = work + records_offset(jobs);
    device->tables = work + tables_offset(jobs);
    device->jobs = jobs;
    device->tensors = tensors;
    device->tail = 0;
    write_register(device, PIMVP_COMMON_CTRL, 0); /* a ring starts when ENABLE goes from 0 to 1 */
    write_register(device, PIMVP_COMMON_RING_BASE_LO, (uint32_t)(work & 0xFFFFFFFFu));
    write_register(device, PIMVP_COMMON_RING_BASE_HI, (uint32_t)(work >> 32));
    write_register(device, PIMVP_COMMON_RING_SIZE, jobs);
    write_register(device, PIMVP_COMMON_IRQ_STATUS, 0xFFFFFFFFu);
    write_register(device, PIMVP_COMMON_IRQ_ENABLE,
                   PIMVP_COMMON_IRQ_ENABLE_JOB_DONE_MASK | PIMVP_COMMON_IRQ_ENABLE_ERROR_MASK);
    write_register(device, PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
    return pimvp_error(device, NULL);
}

void pimvp_stop(struct pimvp_device* device) {
    write_register(device, PIMVP_COMMON_CTRL, 0);
}

/* ---- submit --------------------------------------------------------------------------------- */

static uint64_t record_address(const struct pimvp_device* device, pimvp_ticket ticket) {
    return device->records + (uint64_t)(ticket & (device->jobs - 1)) * PIMVP_RECORD_BYTES;
}

static uint64_t table_address(const struct pimvp_device* device, pimvp_ticket ticket) {
    return device->tables +
           (uint64_t)(ticket & (device->jobs - 1)) * device->tensors * PIMVP_TENSOR_BYTES;
}

/* So that a record the accelerator has not written is told from one it has. */
static void mark_record(struct pimvp_device* device, pimvp_ticket ticket) {
    const struct pimvp_record record = {ticket, record_absent, 0, 0, 0};
    copy_to(device, record_address(device, ticket), &record, sizeof record);
}

static int check_space(struct pimvp_device* device) {
    if (device->jobs == 0) return PIMVP_E_ARGUMENT;
    const uint32_t head = read_register(device, PIMVP_COMMON_RING_HEAD);
    return device->tail - head < device->jobs ? PIMVP_OK : PIMVP_E_FULL;
}

static int submit(struct pimvp_device* device, enum pimvp_opcode opcode, uint64_t handle,
                  uint64_t address, uint64_t length, pimvp_ticket* ticket) {
    const pimvp_ticket slot = device->tail;
    const struct pimvp_job job = {(uint16_t)opcode,
                                  PIMVP_JOB_VERSION,
                                  PIMVP_JOB_BYTES,
                                  PIMVP_JOB_IRQ | PIMVP_JOB_RECORD,
                                  slot,
                                  0,
                                  handle,
                                  address,
                                  length,
                                  record_address(device, slot),
                                  {0, 0}};
    mark_record(device, slot);
    copy_to(device, device->ring + (uint64_t)(slot & (device->jobs - 1)) * PIMVP_JOB_BYTES, &job,
            sizeof job);
    device->tail = slot + 1;
    device->hooks.barrier(device->hooks.context);
    write_register(device, PIMVP_COMMON_RING_TAIL, device->tail);
    if (ticket != NULL) *ticket = slot;
    return PIMVP_OK;
}

int pimvp_load_async(struct pimvp_device* device, uint64_t image, uint64_t bytes,
                     pimvp_ticket* ticket) {
    const int space = check_space(device);
    if (space != PIMVP_OK) return space;
    return submit(device, PIMVP_JOB_LOAD, 0, image, bytes, ticket);
}

int pimvp_run_async(struct pimvp_device* device, uint64_t handle,
                    const struct pimvp_tensor* tensors, uint32_t count, pimvp_ticket* ticket) {
    if (count > device->tensors) return PIMVP_E_ARGUMENT;
    const int space = check_space(device);
    if (space != PIMVP_OK) return space;
    const uint64_t table = table_address(device, device->tail);
    const size_t bytes = (size_t)count * PIMVP_TENSOR_BYTES;
    if (count != 0) copy_to(device, table, tensors, bytes);
    return submit(device, PIMVP_JOB_RUN, handle, table, bytes, ticket);
}

int pimvp_unload_async(struct pimvp_device* device, uint64_t handle, pimvp_ticket* ticket) {
    const int space = check_space(device);
    if (space != PIMVP_OK) return space;
    return submit(device, PIMVP_JOB_UNLOAD, handle, 0, 0, ticket);
}

int pimvp_fence_async(struct pimvp_device* device, pimvp_ticket* ticket) {
    const int space = check_space(device);
    if (space != PIMVP_OK) return space;
    return submit(device, PIMVP_JOB_FENCE, 0, 0, 0, ticket);
}

/* ---- wait ----------------------------------------------------------------------------------- */

int pimvp_poll(struct pimvp_device* device, pimvp_ticket ticket, struct pimvp_record* record) {
    const uint32_t age = device->tail - ticket; /* 1 = the newest */
    if (age == 0 || age > 0x80000000u) return PIMVP_E_ARGUMENT;
    if (age > device->jobs) return PIMVP_E_STALE;
    const uint32_t head = read_register(device, PIMVP_COMMON_RING_HEAD);
    if (device->tail - head >= age) return PIMVP_PENDING;
    struct pimvp_record found;
    copy_from(device, &found, record_address(device, ticket), sizeof found);
    if (record != NULL) *record = found;
    if (found.status == record_absent) return PIMVP_E_DROPPED;
    return found.status == 0 ? PIMVP_OK : PIMVP_E_FAULT;
}

int pimvp_wait(struct pimvp_device* device, pimvp_ticket ticket, struct pimvp_record* record) {
    for (;;) {
        /* Clear first, look afterwards: what happens in between raises the line again. */
        const uint32_t seen = read_register(device, PIMVP_COMMON_IRQ_STATUS);
        if (seen != 0) write_register(device, PIMVP_COMMON_IRQ_STATUS, seen);
        const int polled = pimvp_poll(device, ticket, record);
        if (polled != PIMVP_PENDING) return polled;
        if (pimvp_error(device, NULL) != PIMVP_OK) return PIMVP_E_FAULT;
        if (device->hooks.wait_irq(device->hooks.context) != 0) return PIMVP_E_TIMEOUT;
    }
}

int pimvp_load(struct pimvp_device* device, uint64_t image, uint64_t bytes, uint64_t* handle) {
    pimvp_ticket ticket;
    struct pimvp_record record;
    int status = pimvp_load_async(device, image, bytes, &ticket);
    if (status == PIMVP_OK) status = pimvp_wait(device, ticket, &record);
    if (status == PIMVP_OK && handle != NULL) *handle = record.handle;
    return status;
}

int pimvp_run(struct pimvp_device* device, uint64_t handle, const struct pimvp_tensor* tensors,
              uint32_t count) {
    pimvp_ticket ticket;
    const int status = pimvp_run_async(device, handle, tensors, count, &ticket);
    return status == PIMVP_OK ? pimvp_wait(device, ticket, NULL) : status;
}

int pimvp_unload(struct pimvp_device* device, uint64_t handle) {
    pimvp_ticket ticket;
    const int status = pimvp_unload_async(device, handle, &ticket);
    return status == PIMVP_OK ? pimvp_wait(device, ticket, NULL) : status;
}

int pimvp_fence(struct pimvp_device* device) {
    pimvp_ticket ticket;
    const int status = pimvp_fence_async(device, &ticket);
    return status == PIMVP_OK ? pimvp_wait(device, ticket, NULL) : status;
}

/* ---- errors --------------------------------------------------------------------------------- */

int pimvp_error(struct pimvp_device* device, struct pimvp_error_info* info) {
    const uint32_t code = read_register(device, PIMVP_COMMON_ERR_CODE);
    if (info != NULL) {
        const uint32_t low = read_register(device, PIMVP_COMMON_ERR_ADDR_LO); /* latches HI */
        const uint32_t high = read_register(device, PIMVP_COMMON_ERR_ADDR_HI);
        info->code = code;
        info->tag = read_register(device, PIMVP_COMMON_ERR_JOB_TAG);
        info->address = (uint64_t)high << 32 | low;
    }
    return code == 0 ? PIMVP_OK : PIMVP_E_FAULT;
}

int pimvp_resume(struct pimvp_device* device) {
    if (pimvp_error(device, NULL) == PIMVP_OK) return PIMVP_OK;
    write_register(device, PIMVP_COMMON_CTRL,
                   PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_RESUME_MASK);
    return PIMVP_OK;
}

static int wait_aborted(struct pimvp_device* device) {
    for (int polls = 0; polls < BOUNDED_POLLS; ++polls) {
        const uint32_t status = read_register(device, PIMVP_COMMON_STATUS);
        if ((status & PIMVP_COMMON_STATUS_ABORTING_MASK) == 0) return PIMVP_OK;
    }
    return PIMVP_E_TIMEOUT;
}

int pimvp_abort(struct pimvp_device* device) {
    write_register(device, PIMVP_COMMON_CTRL,
                   PIMVP_COMMON_CTRL_ENABLE_MASK | PIMVP_COMMON_CTRL_ABORT_MASK);
    const int status = wait_aborted(device);
    if (device->jobs == 0) return status;
    /* What dropped jobs may have written into their records is void. */
    const pimvp_ticket dropped = read_register(device, PIMVP_COMMON_ABORT_HEAD);
    for (uint32_t left = device->tail - dropped; left != 0 && left <= device->jobs; --left) {
        mark_record(device, device->tail - left);
    }
    return status;
}

int pimvp_reset(struct pimvp_device* device) {
    write_register(device, PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_RESET_MASK);
    device->jobs = 0;
    device->tail = 0;
    return wait_aborted(device);
}
