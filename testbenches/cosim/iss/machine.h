// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "programs.h"

#include <pimvp/cpu/iss.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

/// What the tests of instruction-set simulators share.
namespace iss_test {

using namespace pimvp;  // NOLINT(google-build-using-namespace): tests only
using cpu::instruction_class;
using cpu::interrupt_line;
using cpu::register_number;
using cpu::stop_reason;

// Registers of the ABI.
constexpr unsigned ra = 1, sp = 2, s0 = 8, s1 = 9, a0 = 10, a1 = 11, a2 = 12, a3 = 13, a4 = 14,
                   a5 = 15, a6 = 16, a7 = 17, s2 = 18, s10 = 26, s11 = 27;
constexpr unsigned mstatus = register_number::csr(0x300), mie = register_number::csr(0x304),
                   mtvec = register_number::csr(0x305), mepc = register_number::csr(0x341),
                   mcause = register_number::csr(0x342), mtval = register_number::csr(0x343);

/// No two classes cost the same, so that a wrong class shows.
cpu::cycle_model distinct_cycles();

/// A simulator and all that is around it: memory, read-only memory, devices that log.
class machine : public cpu::iss_environment {
public:
    static constexpr std::uint64_t ram = 0x8000'0000, ram_bytes = 0x10000;
    static constexpr std::uint64_t rom = 0x9000'0000, rom_bytes = 0x1000;
    static constexpr std::uint64_t device = 0x1000'0000, device_bytes = 0x2000;
    static constexpr std::uint64_t nowhere = 0x4000'0000;

    struct access {
        bool stores = false;
        std::uint64_t address = 0, value = 0, bytes = 0, cycles = 0;
        friend bool operator==(const access& a, const access& b) {
            return a.stores == b.stores && a.address == b.address && a.value == b.value &&
                   a.bytes == b.bytes && a.cycles == b.cycles;
        }
    };

    explicit machine(unsigned xlen, bool floating = false, std::uint32_t hart = 0);

    /// Puts a program into memory and the program counter on it.
    template <std::size_t halves>
    void start(const std::uint16_t (&program)[halves], std::uint64_t at = ram) {
        put(program, at);
        core->reset(at);
    }
    template <std::size_t halves>
    void put(const std::uint16_t (&program)[halves], std::uint64_t at) {
        put_bytes(program, sizeof program, at);
    }
    /// A handler that is an EBREAK, at the end of memory.
    void trap_to_ebreak();

    [[nodiscard]] std::uint64_t x(unsigned number) const { return core->read_register(number); }
    void set(unsigned number, std::uint64_t value) { core->write_register(number, value); }
    [[nodiscard]] std::uint64_t pc() const { return x(register_number::pc); }
    [[nodiscard]] std::uint32_t word(std::uint64_t address) const;
    void set_word(std::uint64_t address, std::uint32_t value);
    /// Everything software could see, and the counts.
    [[nodiscard]] std::vector<std::uint64_t> state() const;
    [[nodiscard]] std::uint64_t count(instruction_class kind) const {
        return core->instructions_by_class()[static_cast<std::size_t>(kind)];
    }

    std::vector<access> log;
    std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(ram_bytes);
    std::vector<std::uint8_t> fixed = std::vector<std::uint8_t>(rom_bytes);
    std::uint64_t answer = 0;                 ///< of devices
    std::function<void(const access&)> then;  ///< after a device access
    std::uint64_t ticks = 0;                  ///< what RDTIME reads
    std::unique_ptr<cpu::iss> core;

private:
    bool load(std::uint64_t address, void* to, std::size_t bytes) override;
    bool store(std::uint64_t address, const void* from, std::size_t bytes) override;
    std::optional<cpu::direct_region> direct_memory(std::uint64_t address) override;
    std::uint64_t time() override { return ticks; }
    void put_bytes(const void* from, std::size_t bytes, std::uint64_t at);
    bool note(const access& made);
};

constexpr std::uint64_t unlimited = std::uint64_t{1} << 40U;

}  // namespace iss_test
