// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/decode.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace pimvp::cpu {

/// Memory of the host that holds memory of the machine, addresses first .. last.
struct direct_region {
    std::uint8_t* data = nullptr;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool writable = false;
};

/// The machine around a hart, as its instruction-set simulator sees it.
class iss_environment {
public:
    virtual ~iss_environment() = default;

    // Accesses that no direct region serves, at the cycle iss::cycles() names; may wait. False: an
    // access fault.
    virtual bool load(std::uint64_t address, void* to, std::size_t bytes) = 0;
    virtual bool store(std::uint64_t address, const void* from, std::size_t bytes) = 0;
    /// The direct region around an address, if there is one.
    virtual std::optional<direct_region> direct_memory(std::uint64_t address) = 0;
    /// What RDTIME reads.
    virtual std::uint64_t time() = 0;
};

/// Interrupt lines of a hart: bit numbers of mip and mie.
enum class interrupt_line : unsigned { software = 3, timer = 7, external = 11 };

/// Why iss::run() has returned.
enum class stop_reason {
    budget,      ///< the cycles are used up
    requested,   ///< request_stop()
    waiting,     ///< behind a WFI: sleep until interrupt_pending(), which may be so already
    ebreak,      ///< at an EBREAK, which has not been executed
    breakpoint,  ///< at an address of set_breakpoint(), not executed
    stepped,     ///< step() has executed its instruction
    locked_up    ///< a trap handler whose first instruction cannot be fetched
};

/// Numbers of read_register() and write_register(): those of gdb for RISC-V.
struct register_number {
    static constexpr unsigned x0 = 0, sp = 2, a0 = 10, a1 = 11, pc = 32, f0 = 33, csr0 = 65;
    static constexpr unsigned csr(unsigned number) { return csr0 + number; }
};

/// An instruction-set simulator of one RISC-V hart in machine mode.
///
/// It executes, takes traps and interrupts and counts; it knows nothing of SystemC. Whoever drives
/// it (riscv_cpu) turns cycles into time. Results and counts do not depend on how a run is divided
/// into budgets.
///
/// **Limits** An interrupt that is raised while run() computes is taken at the end of the block of
/// instructions (up to the next jump) after the next call of the environment, or at the end of the
/// budget. Breakpoints, step() and registers: only while run() is not active.
class iss {
public:
    virtual ~iss() = default;

    /// As after power-on, with this program counter. Counts, lines and breakpoints stay.
    virtual void reset(std::uint64_t program_counter) = 0;
    /// Executes blocks until `budget` cycles are used up (at least one block), or another reason.
    virtual stop_reason run(std::uint64_t budget) = 0;
    /// Executes one instruction; `stepped`, or what run() would have said of it.
    virtual stop_reason step() = 0;
    /// From within the environment's functions or from outside: run() returns at the next block.
    virtual void request_stop() = 0;
    /// At any time, also from within the environment's functions.
    virtual void set_interrupt(interrupt_line line, bool level) = 0;
    /// An enabled interrupt is pending (whether or not mstatus lets it trap): what ends a WFI.
    [[nodiscard]] virtual bool interrupt_pending() const = 0;
    /// Takes the trap of an EBREAK at the program counter.
    virtual void trap_ebreak() = 0;

    [[nodiscard]] virtual std::uint64_t read_register(unsigned number) const = 0;
    virtual void write_register(unsigned number, std::uint64_t value) = 0;
    [[nodiscard]] virtual unsigned xlen() const = 0;

    virtual void set_breakpoint(std::uint64_t address) = 0;
    virtual void clear_breakpoint(std::uint64_t address) = 0;
    virtual void clear_breakpoints() = 0;

    /// Somebody else has written there: what was translated is void.
    virtual void code_changed(std::uint64_t first, std::uint64_t last) = 0;
    /// The direct regions there are void; from the next block on.
    virtual void direct_memory_changed(std::uint64_t first, std::uint64_t last) = 0;

    /// Since construction. Within the environment's functions: up to the block that calls.
    [[nodiscard]] virtual std::uint64_t cycles() const = 0;
    [[nodiscard]] virtual std::uint64_t instructions() const = 0;
    using class_counts = std::array<std::uint64_t, instruction_classes>;
    [[nodiscard]] virtual class_counts instructions_by_class() const = 0;
};

/// Cycles an instruction takes, by class.
struct cycle_model {
    std::array<std::uint32_t, instruction_classes> cycles{};
    std::uint32_t taken = 0;  ///< more, where execution does not go on with the next instruction
    std::uint32_t trap = 0;   ///< to enter a trap handler
};

struct iss_options {
    unsigned xlen = 64;
    bool floating = false;  ///< misa says F and D
    std::uint32_t hart = 0;
    cycle_model timing;
};

/// Makes an ISS in an environment that outlives it.
using iss_factory = std::function<std::unique_ptr<iss>(const iss_options&, iss_environment&)>;

}  // namespace pimvp::cpu
