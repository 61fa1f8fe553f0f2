// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/accelerator.h>
#include <pimvp/accel/common_regs.h>  // generated from common.regs.yaml
#include <pimvp/accel/engine.h>
#include <pimvp/accel/front_end_params.h>
#include <pimvp/accel/job.h>

#include <pimvp/bus/dma.h>
#include <pimvp/bus/service_port.h>
#include <pimvp/core/checkpoint.h>
#include <pimvp/core/context.h>
#include <pimvp/core/statistics.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::accel {

/// The part every accelerator shares: registers, job ring, program loader, interrupt, reset.
///
/// A family derives its top from it and puts an engine behind it (usually itself):
///
/// **Interface**
/// | name   | kind                 | meaning                                                   |
/// |--------|----------------------|-----------------------------------------------------------|
/// | `regs` | target, LT and AT    | `common.regs.yaml`, 32-bit registers, 4 or 8 byte accesses |
/// | `dma`  | initiator, LT and AT | everything the accelerator reads and writes               |
/// | `irq`  | level out            | high while `IRQ_STATUS & IRQ_ENABLE` is not zero          |
/// | `rst`  | in, high = reset     | as CTRL.RESET, for as long as it is high                  |
///
/// **Jobs** are fetched in ring order and started in that order: LOAD and UNLOAD one at a time,
/// RUNs beside each other as far as the engine accepts them. They retire in ring order: outputs and
/// completion record are in memory before HEAD moves, HEAD moves before `irq` rises. A FENCE starts
/// when everything before it has retired and holds back everything after it. UNLOAD of a handle
/// whose runs have not retired is `handle_busy`: put a FENCE before it.
///
/// **Errors** A faulty job halts the ring when it has become the oldest: its record (if it has one)
/// tells, HEAD points at it, ERR_* hold the first error, IRQ_STATUS.ERROR is set; runs already
/// started go on and retire after RESUME, which skips the faulty job. No job is started after one
/// that is known to be faulty. `bad_ring` (ring registers, doorbell) halts at once and has no job.
/// ABORT drops all jobs up to TAIL, clears the error, keeps programs; records of dropped jobs mean
/// nothing. RESET and `rst` also forget programs, ring and registers. Both end within the time of a
/// wait of the engine's `load` or `unload` at worst, and in zero time if a `load` looks at
/// program_reader::aborted(); STATUS.ABORTING tells, ABORT_HEAD where the dropped jobs begin. Then
/// all payloads have been given up; they come home when targets answer.
///
/// **Timing** A register access takes `register_access`. A job starts one DMA read of 64 bytes and
/// `job_decode` after the doorbell or after the start of the job before it; a RUN also reads its
/// tensor table first. Retirement takes one DMA write of 32 bytes if a record is asked for.
///
/// **Limits** Handles are never given twice, not even after a reset. The registers grant no DMI. No
/// energy is charged for the front end itself.
///
/// **Example**
/// \code
///     class top : public accel::front_end, private accel::engine {
///     public:
///         top(const sc_core::sc_module_name& name, core::context& context, const params& p)
///             : front_end(name, context, p.front_end, static_cast<accel::engine&>(*this)) {}
///         // family(), load(), run() ...; memory by read_memory(), write_memory()
///     };
/// \endcode
///
/// **Source** none: a host interface of our own; every constant is `assumed`
/// (`cards/front_end.yaml`).
class front_end : public accelerator, public core::savable {
    std::unique_ptr<common_regs> m_bank;  // first: regs serves it

public:
    bus::service_port regs;
    bus::dma dma;

    /// `served` must outlive the front end or be its derived class: it is not called before
    /// simulation starts, except for on_completion().
    front_end(const sc_core::sc_module_name& name, core::context& context,
              const front_end_params& params, engine& served);
    /// With the registers of a family behind the common ones: `bank` is generated from a
    /// description with `base: accel/common` and built with `register_access`.
    front_end(const sc_core::sc_module_name& name, core::context& context,
              const front_end_params& params, engine& served, std::unique_ptr<common_regs> bank);
    ~front_end() override;

    const char* kind() const override { return "pimvp::accel::front_end"; }
    [[nodiscard]] const front_end_params& params() const { return m_params; }
    [[nodiscard]] core::context& context() const { return m_context; }
    [[nodiscard]] target_socket& regs_socket() override { return regs; }
    [[nodiscard]] initiator_socket& dma_socket() override { return dma; }
    [[nodiscard]] std::uint64_t regs_bytes() const override { return 0x1000; }

    /// Memory access of the engine's threads: dma.read and dma.write, counted in BYTES_READ and
    /// BYTES_WRITTEN. `aborted` results belong to jobs that are gone.
    bus::dma_result read_memory(const bus::dma_block& from, void* to);
    bus::dma_result write_memory(const bus::dma_block& to, const void* from);

    /// Fetched and not retired.
    [[nodiscard]] std::size_t jobs_in_flight() const { return m_flights.size(); }
    /// Handles of the resident programs, oldest first.
    [[nodiscard]] std::vector<std::uint64_t> resident() const;

    // Registers, ring, handles and, through the engine, resident programs.
    [[nodiscard]] std::string busy() const override;
    void save(core::byte_writer& to) const override;
    void restore(core::byte_reader& from) override;

private:
    /// A job between fetch and retirement.
    struct flight {
        std::uint32_t number = 0;  ///< in the ring
        std::uint32_t tag = 0;
        job work;
        bool done = false;
        std::optional<job_fault> fault;
        std::uint64_t run = 0;     ///< RUN: as the engine knows it
        std::uint64_t handle = 0;  ///< LOAD: given to it
        std::uint64_t start_fs = 0;
        std::uint64_t end_fs = 0;
    };
    using flight_ptr = std::shared_ptr<flight>;

    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter loads{*this, "loads", "LOAD jobs retired", core::quantity::count};
        core::counter runs{*this, "runs", "RUN jobs retired", core::quantity::count};
        core::counter faults{*this, "faults", "errors that halted the ring", core::quantity::count};
        core::counter aborts{*this, "aborts", "ABORTs", core::quantity::count};
        core::counter resets{*this, "resets", "RESETs, rst included", core::quantity::count};
        core::counter bytes_read{*this, "bytes_read", "read by DMA", core::quantity::bytes};
        core::counter bytes_written{*this, "bytes_written", "written by DMA",
                                    core::quantity::bytes};
        core::gauge in_flight{*this, "in_flight", "jobs fetched and not retired",
                              core::quantity::count};
    };

    void start_of_simulation() override;

    // front_end_jobs.cpp: the two threads
    void fetch_jobs();
    void retire_jobs();
    [[nodiscard]] bool may_fetch() const;
    [[nodiscard]] bool may_retire() const;
    void fetch(const flight_ptr& next);
    void start(const flight_ptr& next);
    void start_load(flight& next);
    void start_run(const flight_ptr& next);
    void start_unload(flight& next);
    void retire(flight_ptr oldest);
    void write_record(flight& oldest);
    void pop();
    void completed(std::uint64_t run, const std::optional<job_fault>& fault);
    void fail(flight& faulty, const job_fault& fault);
    void finish_abort();
    void read_job_memory(std::uint64_t address, void* to, std::size_t bytes);
    void wait_until(const std::function<bool()>& condition);

    // front_end_registers.cpp: what software sees, reset
    void connect_registers();
    void write_ctrl(std::uint32_t written);
    void enable();
    void resume();
    void ring_doorbell(std::uint32_t tail);
    void abort_jobs();
    void drop_jobs();
    void reset();
    void on_rst();
    void raise(const job_fault& fault, std::uint32_t tag);
    void set_power(std::uint32_t state);
    void set_irq(std::uint32_t bits);
    void drive_irq();
    [[nodiscard]] std::uint32_t status() const;
    void changed();
    [[nodiscard]] std::uint64_t time_ps(std::uint64_t fs) const;

    core::context& m_context;
    const front_end_params m_params;
    const sc_core::sc_time m_job_decode;
    engine& m_engine;
    job_ring m_ring;
    std::deque<flight_ptr> m_flights;                   ///< ring order
    std::map<std::uint64_t, std::uint32_t> m_resident;  ///< handle -> runs in flight
    std::vector<std::uint64_t> m_orphans;               ///< loaded by jobs that ABORT dropped
    std::uint64_t m_next_handle = 1;
    std::uint64_t m_next_run = 1;

    bool m_enabled = false;
    bool m_halted = false;
    bool m_halted_by_job = false;  ///< RESUME skips the oldest job
    bool m_aborting = false;
    bool m_report_abort = false;  ///< set IRQ_STATUS.ABORT_DONE at the end
    bool m_held = false;          ///< rst is high
    bool m_retiring = false;
    core::power_state m_power = core::power_state::on;
    bool m_powering_up = false;

    std::uint64_t m_resets = 0;
    std::uint64_t m_reset_fs = 0;  ///< TIME counts from here
    std::uint64_t m_busy_fs = 0;
    std::uint64_t m_busy_since_fs = 0;
    bool m_busy = false;
    std::uint64_t m_jobs_done = 0;
    std::uint64_t m_bytes_read = 0;
    std::uint64_t m_bytes_written = 0;

    sc_core::sc_event m_changed{"changed"};
    sc_core::sc_event m_irq_changed{"irq_changed"};
    sc_core::sc_event m_powered_up{"powered_up"};
    statistics m_stats;
    std::vector<core::trace_track> m_tracks;  ///< one per job in flight
    core::trace_track m_irq_track;
    std::uint64_t m_irq_since_fs = 0;
};

}  // namespace pimvp::accel
