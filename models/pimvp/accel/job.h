// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/driver/pimvp_job.h>
#include <pimvp/accel/engine.h>
#include <pimvp/accel/program.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// What the front end reads from memory, judged without any hardware around it: jobs, tensor tables
/// and program headers. Plain C++; hostile bytes end in a job_fault, nothing else.
namespace pimvp::accel {

enum class opcode : std::uint16_t {
    load = PIMVP_JOB_LOAD,
    run = PIMVP_JOB_RUN,
    unload = PIMVP_JOB_UNLOAD,
    fence = PIMVP_JOB_FENCE
};

/// A job whose every field makes sense by itself.
struct job {
    opcode operation = opcode::fence;
    bool irq = false;
    bool record = false;
    std::uint32_t tag = 0;
    std::uint64_t handle = 0;
    std::uint64_t address = 0;  ///< program image or tensor table
    std::uint64_t length = 0;   ///< bytes there
    std::uint64_t record_address = 0;
};

constexpr std::uint32_t sections_max = 4096;  ///< of a program image
constexpr std::uint64_t tensors_max = 1024;   ///< of a tensor table

/// Checks one ring entry; `address` is where it was read, for the fault. Throws job_fault:
/// bad_version, bad_job, bad_tensor_table (length of the table), bad_program (length of the image).
job decode_job(const pimvp_job& raw, std::uint64_t address);

/// Checks a program's header against the accelerator and the job's length. Addresses in faults are
/// offsets in the image. Throws job_fault: bad_program, bad_version, config_mismatch.
void check_header(const program_header& header, std::uint64_t length, std::uint32_t family,
                  const hash256& config_hash);

/// Checks the section table: aligned, inside the image, after the table, without overlap.
/// Throws job_fault bad_program.
void check_sections(const program_header& header, const std::vector<section_entry>& sections);

/// Checks a RUN's tensor table, read from `address`, against what the program wants, and returns
/// it. Throws job_fault bad_tensor_table with the address of the entry.
std::vector<tensor_binding> bind_tensors(const std::vector<pimvp_tensor>& table,
                                         std::uint64_t address,
                                         const std::vector<tensor_descriptor>& wanted,
                                         const engine& target);

/// Head and tail of the job ring: free-running 32-bit numbers, so that full, empty and overflow
/// are told apart; the slot of job n is n modulo the size.
class job_ring {
public:
    /// Takes the ring registers. Throws job_fault bad_ring: the base is not aligned to 64 bytes,
    /// the size is not a power of two in 1 .. 65536, or the ring leaves the address space.
    void start(std::uint64_t base, std::uint32_t size);
    void stop() { *this = {}; }

    /// The host's new tail. Throws job_fault bad_ring and keeps the old tail if there is no ring,
    /// if the new one lies more than `size` jobs beyond head (overflow) or takes back jobs.
    void doorbell(std::uint32_t tail);

    [[nodiscard]] bool started() const { return m_size != 0; }
    [[nodiscard]] std::uint32_t head() const { return m_head; }
    [[nodiscard]] std::uint32_t tail() const { return m_tail; }
    [[nodiscard]] std::uint32_t next() const { return m_next; }
    /// There is a job that has not been fetched.
    [[nodiscard]] bool pending() const { return m_next != m_tail; }
    /// Address of the next job to fetch.
    [[nodiscard]] std::uint64_t next_address() const { return slot(m_next); }
    [[nodiscard]] std::uint64_t head_address() const { return slot(m_head); }

    void fetched() { ++m_next; }
    void retired() { ++m_head; }
    /// Forgets everything between head and tail.
    void drop() { m_head = m_next = m_tail; }

private:
    [[nodiscard]] std::uint64_t slot(std::uint32_t number) const {
        return m_base + std::uint64_t{number & (m_size - 1)} * PIMVP_JOB_BYTES;
    }

    std::uint64_t m_base = 0;
    std::uint32_t m_size = 0;
    std::uint32_t m_head = 0;  // oldest job that has not retired
    std::uint32_t m_next = 0;  // first job that has not been fetched
    std::uint32_t m_tail = 0;  // the host's
};

}  // namespace pimvp::accel
