/* SPDX-License-Identifier: Apache-2.0 */
/* What software can do wrong, and how each mistake ends: in a fault of the core or in the error
 * registers of the accelerator, and in both cases things go on afterwards. */
#include "platform.h"

#include "board.h"

#include <pimvp/accel/common_regs_c.h>

enum { /* mcause */
       FETCH_FAULT = 1,
       ILLEGAL = 2,
       LOAD_MISALIGNED = 4,
       LOAD_FAULT = 5,
       STORE_MISALIGNED = 6,
       STORE_FAULT = 7,
       ECALL = 11
};
enum { /* ERR_CODE, see accel/engine.h */
       BAD_JOB = 1,
       BAD_VERSION = 2,
       BAD_HANDLE = 3,
       BAD_PROGRAM = 4,
       BAD_TENSOR_TABLE = 7,
       BUS_ERROR = 8,
       BAD_RING = 9
};
#define NOWHERE ((uintptr_t)0x70000000u)

static struct npu npu;
static uint64_t handle;
static struct pimvp_tensor table[8];
static uint32_t tensors;

static void passed(const char* what) {
    print("ok: ");
    print(what);
    print("\n");
}

/* ---- the core ---- */

static void expect_fault(uintptr_t cause, uintptr_t address, const char* what) {
    const struct fault fault = fault_seen();
    if (fault.cause != cause || fault.address != address) {
        print_value("mcause", fault.cause);
        print("mtval: ");
        print_hex(fault.address);
        print("\n");
    }
    require(fault.cause == cause && fault.address == address, what);
    passed(what);
}

static void faults_of_the_core(void) {
    volatile uint32_t* wild = (volatile uint32_t*)NOWHERE;
    expect_faults();
    (void)*wild;
    expect_fault(LOAD_FAULT, NOWHERE, "load from nowhere");
    expect_faults();
    *wild = 1;
    expect_fault(STORE_FAULT, NOWHERE, "store to nowhere");

    const uintptr_t odd = BOARD_NPU_BASE + 2;
    uint32_t value;
    expect_faults();
    __asm__ volatile("lw %0, 0(%1)" : "=r"(value) : "r"(odd));
    expect_fault(LOAD_MISALIGNED, odd, "misaligned register read");
    expect_faults();
    __asm__ volatile("sw zero, 0(%0)" ::"r"(odd));
    expect_fault(STORE_MISALIGNED, odd, "misaligned register write");
    expect_faults();
    (void)*(volatile uint8_t*)(uintptr_t)BOARD_NPU_BASE;
    expect_fault(LOAD_FAULT, BOARD_NPU_BASE, "a byte of a register");
    expect_faults();
    npu_write(&npu, PIMVP_COMMON_ID, 1);
    expect_fault(STORE_FAULT, BOARD_NPU_BASE + PIMVP_COMMON_ID, "write to a read-only register");
    expect_faults();
    (void)npu_read(&npu, 0xFFC);
    expect_fault(LOAD_FAULT, BOARD_NPU_BASE + 0xFFC, "no such register");
#ifdef BOARD_ROM_BASE
    (void)*(volatile uint32_t*)(uintptr_t)BOARD_ROM_BASE;
    expect_faults();
    *(volatile uint32_t*)(uintptr_t)BOARD_ROM_BASE = 1;
    expect_fault(STORE_FAULT, BOARD_ROM_BASE, "store to read-only memory");
#endif
    expect_faults();
    __asm__ volatile(".option push\n.option norvc\n.word 0xFFFFFFFF\n.option pop");
    require(fault_seen().cause == ILLEGAL, "illegal instruction");
    passed("illegal instruction");
    expect_faults();
    __asm__ volatile("ecall");
    require(fault_seen().cause == ECALL, "ECALL");
    passed("ECALL");
}

/* ---- the accelerator ---- */

/* The ring has halted on `code`; says so, and clears it. */
static void expect_error(uint32_t code, const char* what) {
    struct pimvp_error_info info;
    require(pimvp_error(&npu.device, &info) == PIMVP_E_FAULT, what);
    if (info.code != code) print_value("ERR_CODE", info.code);
    require(info.code == code, what);
    passed(what);
}

static void run_well(const char* after) {
    if (pimvp_run(&npu.device, handle, table, tensors) == PIMVP_OK) return;
    print("after ");
    require(0, after);
}

static void start_again(void) {
    const uint64_t work = npu.device.ring;
    require(pimvp_start(&npu.device, work, 16, 8) == PIMVP_OK, "start again");
    handle = payload_load(&npu, 0);
}

/* Puts a job of our own making where the driver would put its next one. */
static pimvp_ticket submit_raw(const struct pimvp_job* job) {
    struct pimvp_device* device = &npu.device;
    const uint32_t slot = device->tail % device->jobs;
    *(struct pimvp_job*)(uintptr_t)(device->ring + slot * PIMVP_JOB_BYTES) = *job;
    __asm__ volatile("fence" ::: "memory");
    npu_write(&npu, PIMVP_COMMON_RING_TAIL, ++device->tail);
    return device->tail - 1;
}

static const struct pimvp_job fence = {
    .opcode = PIMVP_JOB_FENCE, .version = PIMVP_JOB_VERSION, .size = PIMVP_JOB_BYTES};

static void wait_for_halt(void) {
    for (int i = 0; i < 100000; ++i) {
        if ((npu_read(&npu, PIMVP_COMMON_STATUS) & PIMVP_COMMON_STATUS_HALTED_MASK) != 0) return;
    }
    require(0, "the ring halts");
}

static void bad_jobs(void) {
    struct pimvp_job job = fence;
    job.opcode = 77;
    submit_raw(&job);
    wait_for_halt();
    expect_error(BAD_JOB, "job of an unknown kind");
    require(pimvp_resume(&npu.device) == PIMVP_OK, "RESUME");
    run_well("RESUME");

    job = fence;
    job.version = 9;
    submit_raw(&job);
    wait_for_halt();
    expect_error(BAD_VERSION, "job of a future version");
    require(pimvp_abort(&npu.device) == PIMVP_OK, "ABORT");
    run_well("ABORT");

    require(pimvp_run(&npu.device, handle + 1000, table, tensors) == PIMVP_E_FAULT, "RUN");
    expect_error(BAD_HANDLE, "RUN of a program nobody loaded");
    require(pimvp_resume(&npu.device) == PIMVP_OK, "RESUME");

    require(pimvp_run(&npu.device, handle, table, 0) == PIMVP_E_FAULT, "RUN");
    expect_error(BAD_TENSOR_TABLE, "RUN without tensors");
    require(pimvp_resume(&npu.device) == PIMVP_OK, "RESUME");

    struct pimvp_tensor wild[8];
    for (uint32_t i = 0; i < tensors; ++i) wild[i] = table[i];
    wild[0].address = NOWHERE;
    require(pimvp_run(&npu.device, handle, wild, tensors) == PIMVP_E_FAULT, "RUN");
    expect_error(BUS_ERROR, "input from nowhere");
    require(pimvp_resume(&npu.device) == PIMVP_OK, "RESUME");
    for (uint32_t i = 0; i < tensors; ++i) wild[i] = table[i];
    wild[tensors - 1].address = NOWHERE;
    require(pimvp_run(&npu.device, handle, wild, tensors) == PIMVP_E_FAULT, "RUN");
    expect_error(BUS_ERROR, "output to nowhere");
    require(pimvp_abort(&npu.device) == PIMVP_OK, "ABORT");
    run_well("a wild pointer");

    uint64_t never = 0;
    require(
        pimvp_load(&npu.device, table[0].address, table[0].bytes / 8 * 8, &never) == PIMVP_E_FAULT,
        "LOAD");
    expect_error(BAD_PROGRAM, "LOAD of what is no program");
    require(pimvp_resume(&npu.device) == PIMVP_OK, "RESUME");
    run_well("LOAD of what is no program");
}

static void bad_rings(void) {
    npu_write(&npu, PIMVP_COMMON_RING_TAIL, npu.device.tail + 1000);
    wait_for_halt();
    expect_error(BAD_RING, "doorbell beyond the ring");
    require(pimvp_abort(&npu.device) == PIMVP_OK, "ABORT");
    run_well("a doorbell beyond the ring");

    /* a ring where there is no memory, and one in read-only memory */
    const uint64_t work = npu.device.ring;
    const uint64_t places[] = {
        NOWHERE,
        BOARD_NPU_BASE,
#ifdef BOARD_ROM_BASE
        BOARD_ROM_BASE,
#endif
    };
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; ++i) {
        pimvp_stop(&npu.device);
        npu_write(&npu, PIMVP_COMMON_RING_BASE_LO, (uint32_t)places[i]);
        npu_write(&npu, PIMVP_COMMON_RING_BASE_HI, 0);
        npu_write(&npu, PIMVP_COMMON_RING_SIZE, 16);
        npu_write(&npu, PIMVP_COMMON_CTRL, PIMVP_COMMON_CTRL_ENABLE_MASK);
        npu_write(&npu, PIMVP_COMMON_RING_TAIL, 1);
        wait_for_halt();
        const int rom = i == 2; /* can be read: an empty job */
        expect_error(rom ? BAD_VERSION : BUS_ERROR,
                     rom ? "ring in read-only memory" : "ring where there is no memory");
        require(pimvp_reset(&npu.device) == PIMVP_OK, "RESET");
        npu.device.ring = work;
        start_again();
        run_well("a ring in the wrong place");
    }
}

static void jobs_in_flight(void) {
    pimvp_ticket ticket;
    /* the job in the ring is overwritten after it has been fetched: nobody notices */
    require(pimvp_run_async(&npu.device, handle, table, tensors, &ticket) == PIMVP_OK, "RUN");
    while (npu_read(&npu, PIMVP_COMMON_IN_FLIGHT) == 0) {
    }
    volatile struct pimvp_job* slot =
        (volatile struct pimvp_job*)(uintptr_t)(npu.device.ring +
                                                ticket % npu.device.jobs * PIMVP_JOB_BYTES);
    const uint64_t begin = now();
    while (now() - begin < BOARD_TIMEBASE_HZ / 500000) { /* 2 us: it has been read */
    }
    slot->opcode = 0xFFFF;
    require(pimvp_wait(&npu.device, ticket, NULL) == PIMVP_OK, "job overwritten in flight");
    passed("job overwritten in flight");

    /* ABORT, and RESET, in the middle of an inference */
    require(pimvp_run_async(&npu.device, handle, table, tensors, &ticket) == PIMVP_OK, "RUN");
    require(pimvp_abort(&npu.device) == PIMVP_OK, "ABORT");
    require(pimvp_poll(&npu.device, ticket, NULL) == PIMVP_E_DROPPED, "ABORT in mid-job");
    passed("ABORT in mid-job");
    run_well("ABORT in mid-job");

    require(pimvp_run_async(&npu.device, handle, table, tensors, &ticket) == PIMVP_OK, "RUN");
    const uint64_t work = npu.device.ring;
    require(pimvp_reset(&npu.device) == PIMVP_OK, "RESET");
    require(npu_read(&npu, PIMVP_COMMON_RESIDENT) == 0, "RESET in mid-job");
    require(npu_read(&npu, PIMVP_COMMON_STATUS) == 0, "RESET in mid-job");
    npu.device.ring = work;
    passed("RESET in mid-job");
    start_again();
    run_well("RESET in mid-job");
}

/* ---- an interrupt nobody clears ---- */

static volatile unsigned storms;

static void ignore(void* context) {
    (void)context;
    if (++storms == 100) npu_write(&npu, PIMVP_COMMON_IRQ_ENABLE, 0);
}

static void interrupt_storm(void) {
    npu_write(&npu, PIMVP_COMMON_IRQ_ENABLE, 0xF);
    on_interrupt(BOARD_NPU_IRQ, ignore, NULL);
    submit_raw(&fence);
    npu_write(&npu, PIMVP_COMMON_IRQ_STATUS, 0); /* clears nothing */
    interrupts_on();
    for (int i = 0; i < 100000 && storms < 100; ++i) (void)npu_read(&npu, PIMVP_COMMON_STATUS);
    interrupts_off();
    require(storms == 100, "an interrupt nobody clears comes again and again");
    passed("an interrupt nobody clears comes again and again");
}

int main(int hart, const struct pimvp_payload* payload) {
    (void)hart;
    payload_at(payload);
    npu_start(&npu, BOARD_NPU_BASE, BOARD_NPU_IRQ, WAIT_POLLING);
    handle = payload_load(&npu, 0);
    tensors = payload_table(0, 0, table);
    faults_of_the_core();
    bad_jobs();
    bad_rings();
    jobs_in_flight();
    interrupt_storm();
    run_well("everything");
    return 0;
}
