// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/program.h>

#include <pimvp/core/energy.h>

#include <pimvp/core/bytes.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::accel {

/// ERR_CODE of the common register block. Numbers only grow.
enum class error_code : std::uint32_t {
    none = 0,
    bad_job = 1,           ///< unknown opcode, wrong size, reserved bytes not 0
    bad_version = 2,       ///< job or program format version
    bad_handle = 3,        ///< RUN or UNLOAD of a handle that is not resident
    bad_program = 4,       ///< magic, sections, sizes, contents
    config_mismatch = 5,   ///< program of another family or configuration
    no_capacity = 6,       ///< LOAD does not fit beside what is resident
    bad_tensor_table = 7,  ///< count, role, size or stride
    bus_error = 8,         ///< DMA read or write answered with a TLM error
    bad_ring = 9,          ///< size, base or tail out of range
    handle_busy = 10       ///< UNLOAD of a handle with runs in flight
};

/// The word for a code in logs and messages: "bad_handle".
const char* to_string(error_code code);

/// A guest's mistake: becomes ERR_CODE / ERR_ADDR / ERR_JOB_TAG and halts the ring.
struct job_fault {
    error_code code = error_code::none;
    std::uint64_t address = 0;  ///< where in memory or in the image; 0 if it has no place
    std::string text;           ///< for the log
};

/// Thrown by program_reader (and by any wait of an engine's `load`) after ABORT or RESET: `load`
/// lets it pass and leaves nothing behind.
struct job_aborted {};

/// One entry of a RUN's tensor table as the front end read it from memory.
struct tensor_binding {
    tensor_role role = tensor_role::input;
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
    std::uint64_t stride = 0;  ///< 0 = dense
};

struct run_request {
    std::uint64_t run = 0;  ///< unique, given by the front end
    std::uint32_t tag = 0;  ///< the job's
    std::uint64_t handle = 0;
    std::vector<tensor_binding> tensors;
};

/// Timed access of a loading engine to its program image in memory, by the accelerator's own DMA.
class program_reader {
public:
    virtual ~program_reader() = default;
    [[nodiscard]] virtual const program_header& header() const = 0;
    [[nodiscard]] virtual const std::vector<section_entry>& sections() const = 0;
    /// Reads bytes of the image; waits for the DMA. Throws job_fault (bus_error, bad_program) and
    /// job_aborted.
    virtual void read(std::uint64_t offset, void* to, std::size_t bytes) = 0;
    /// True once ABORT or RESET has asked for an end. A `load` that waits for its own hardware
    /// looks after every wait (abort() or reset() of the engine has been called, and may notify
    /// it).
    [[nodiscard]] virtual bool aborted() const = 0;
};

/// What a family puts behind the common front end (registers, job ring, loader).
///
/// `load` and `unload` run in the front end's thread and may wait; `run` only starts work and
/// returns. Completions are reported through the callback, in any order and from any process, also
/// from within `run`; the front end retires jobs in ring order.
class engine {
public:
    using completion = std::function<void(std::uint64_t run, const std::optional<job_fault>&)>;

    virtual ~engine() = default;

    /// FAMILY register, and what a program's header must name.
    [[nodiscard]] virtual std::uint32_t family() const = 0;
    [[nodiscard]] virtual const hash256& config_hash() const = 0;

    void on_completion(completion callback) { m_completed = std::move(callback); }

    /// Makes a program resident under `handle`. Throws job_fault and leaves nothing behind.
    virtual void load(std::uint64_t handle, program_reader& image) = 0;
    /// Frees what `handle` holds; the front end calls it only without runs in flight. A handle that
    /// reset() has forgotten is ignored.
    virtual void unload(std::uint64_t handle) = 0;
    /// The tensors a RUN of this handle must bind, in order.
    [[nodiscard]] virtual const std::vector<tensor_descriptor>& tensors(
        std::uint64_t handle) const = 0;
    /// Whether a tensor of matching role and size may be bound like this; a stride needs an engine
    /// that knows what its rows are.
    [[nodiscard]] virtual bool accepts_binding(const tensor_descriptor&,
                                               const tensor_binding& binding) const {
        return binding.stride == 0;
    }
    /// Whether another run may be started now; the front end asks again after every completion.
    /// A run must be accepted while none is in flight.
    [[nodiscard]] virtual bool accepts(std::uint64_t handle) const = 0;
    /// Starts a run. A fault found at once may be thrown (job_fault) or completed. A run is
    /// complete when its outputs have been written: their DMA writes have been answered.
    virtual void run(const run_request& request) = 0;
    /// Drops all runs in flight at once, without completions; all payloads return. Programs stay
    /// resident. May be called while `load` waits: the `load` then ends by job_aborted, as soon as
    /// it looks. Callers hold no lock; the front end starts nothing before the `load` has ended.
    virtual void abort() = 0;
    /// abort() and forget all handles.
    virtual void reset() = 0;
    /// Another state of supply and clock, while nothing runs: for power domains of the ledger. Off:
    /// reset() has been called.
    virtual void set_power(core::power_state) {}

    // Checkpoints. An engine without them throws core::user_error as soon as it holds a program.
    /// What is still computed although no job waits for it, in words; empty: nothing.
    [[nodiscard]] virtual std::string unfinished() const { return {}; }
    /// Writes what `load` made resident under `handle`; nothing is unfinished.
    virtual void save_program(std::uint64_t handle, core::byte_writer& to) const;
    /// Makes it resident again, without time, energy or statistics; comes after reset(). Throws
    /// core::format_error on anything malformed.
    virtual void restore_program(std::uint64_t handle, core::byte_reader& from);

protected:
    void complete(std::uint64_t run, const std::optional<job_fault>& fault = std::nullopt) {
        if (m_completed) m_completed(run, fault);
    }

private:
    completion m_completed;
};

}  // namespace pimvp::accel
