// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <platform/accel/copy_accelerator.h>
#include <support/bench.h>
#include <support/catch.h>

#include <pimvp/accel/common_regs.h>
#include <pimvp/accel/job.h>
#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/router.h>

#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

namespace support {

/// A copy_accelerator, a memory and a bus initiator, without a driver: tests write rings and
/// registers themselves. A protocol checker sits on every connection.
struct accel_bench : bench {
    static constexpr std::uint64_t regs = 0x1000'0000;
    static constexpr std::uint64_t ring = 0x0000;      ///< of `slots` jobs
    static constexpr std::uint64_t records = 0x2000;   ///< 32 bytes a job
    static constexpr std::uint64_t tables = 0x3000;    ///< 128 bytes a job
    static constexpr std::uint64_t images = 0x1'0000;  ///< 4 KiB each
    static constexpr std::uint64_t data = 0x4'0000;    ///< 4 KiB each
    static constexpr std::uint32_t slots = 16;
    static constexpr std::uint64_t unmapped = 0x9'0000'0000;

    pimvp::bus::router bus;
    pimvp::bus::memory ram;
    pimvp::bus::initiator_port cpu;
    copy_accelerator dut;
    sc_core::sc_signal<bool> irq{"irq"};
    sc_core::sc_signal<bool> rst{"rst"};
    std::uint32_t tail = 0;

    explicit accel_bench(pimvp::core::coding_style style = pimvp::core::coding_style::lt,
                         const copy_params& params = {});

    // registers, timed; every access must succeed
    std::uint32_t get(std::uint32_t offset);
    void set(std::uint32_t offset, std::uint32_t value);
    std::uint64_t get64(std::uint32_t offset);

    /// Ring registers and ENABLE, all interrupts enabled, everything acknowledged.
    void start_ring();
    /// A valid job of this ring slot; change it before push().
    [[nodiscard]] pimvp_job job(enum pimvp_opcode opcode) const;
    /// Into the ring, without time or doorbell. Its record is marked as not written.
    void push(const pimvp_job& job);
    void doorbell() { set(PIMVP_COMMON_RING_TAIL, tail); }
    [[nodiscard]] pimvp_record record(std::uint32_t number) const;

    /// Sleeps until irq is high, acknowledges everything, returns what was set.
    std::uint32_t wait_irq();
    /// Sleeps until the job has retired or the ring has halted.
    void wait_retired(std::uint32_t number);

    void place(std::uint64_t address, const std::vector<std::uint8_t>& bytes);
    [[nodiscard]] std::vector<std::uint8_t> bytes_at(std::uint64_t address, std::size_t n) const;

    // whole jobs
    pimvp_job load_job(const copy_program& program, std::uint64_t image = images,
                       std::size_t weights = 0);
    /// Input k and output k + 1 of the data blocks, filled with a pattern and with 0.
    pimvp_job run_job(std::uint64_t handle, const copy_program& program, unsigned block = 0);
    [[nodiscard]] bool output_is_right(const copy_program& program, unsigned block = 0) const;
    /// Loads and runs a program on an idle ring; CHECKs everything about it.
    void correct_run();

    /// What must hold at the end of every test: no payload is out, no checker has complained.
    void check_clean();
};

}  // namespace support
