// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/service_port.h>

#include <pimvp/core/bytes.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::bus {

class register_bank;
class register64;

/// What software may do with the bits of a register: each bit is in at most one of the first three
/// masks; bits in none of them are read-only or reserved.
struct register_rights {
    std::uint32_t writable = 0;  ///< stores what is written
    std::uint32_t clearing = 0;  ///< write 1 to clear
    std::uint32_t command = 0;   ///< given to on_write only; stores nothing, reads 0
    std::uint32_t readable = 0;  ///< 0: a read is a COMMAND_ERROR
    bool synchronises = false;   ///< LT: an access happens at its exact time
};

/// One 32-bit register. Generated banks own these as members; a block attaches callbacks.
///
/// set(), set_bits() are the hardware's side: no rights, no callbacks. Bits that hardware sets in
/// the same instant in which software clears them stay set, whichever came first.
class register32 {
public:
    /// `name` and `bank` must outlive the register.
    register32(register_bank& bank, const char* name, std::uint32_t offset, std::uint32_t reset,
               const register_rights& rights);
    register32(const register32&) = delete;
    register32& operator=(const register32&) = delete;

    [[nodiscard]] const char* name() const { return m_name; }
    [[nodiscard]] std::uint32_t offset() const { return m_offset; }
    [[nodiscard]] const register_rights& rights() const { return m_rights; }

    [[nodiscard]] std::uint32_t get() const { return m_value; }
    void set(std::uint32_t value);
    void set_bits(std::uint32_t bits);
    void clear_bits(std::uint32_t bits) { m_value &= ~bits; }

    /// After a write by software: what was written (command bits included), `at` after
    /// sc_time_stamp(); get() has the new value.
    using write_callback = std::function<void(std::uint32_t written, const sc_core::sc_time& at)>;
    void on_write(write_callback callback) { m_on_write = std::move(callback); }
    /// Whether software may write this now, before anything happens: else COMMAND_ERROR.
    void allow_write(std::function<bool(std::uint32_t written)> rule);
    /// After a read by software (not debug): side effects of reading.
    void on_read(std::function<void(const sc_core::sc_time& at)> callback);
    /// The value is computed when it is read, by debug too: no side effects in `value`.
    void provide(std::function<std::uint32_t()> value) { m_provide = std::move(value); }

private:
    friend class register_bank;
    friend class register64;

    [[nodiscard]] std::uint32_t current() const { return m_provide ? m_provide() : m_value; }
    void note_set(std::uint32_t bits);
    std::uint32_t bus_read(const sc_core::sc_time& at);
    void bus_write(std::uint32_t value, const sc_core::sc_time& at);
    void reset();

    const char* m_name;
    std::uint32_t m_offset;
    std::uint32_t m_reset;
    register_rights m_rights;
    std::uint32_t m_value;
    std::uint32_t m_set_bits = 0;  ///< by hardware at m_set_at
    sc_core::sc_time m_set_at;
    write_callback m_on_write;
    std::function<bool(std::uint32_t)> m_allow_write;
    std::function<void(const sc_core::sc_time&)> m_on_read;
    std::function<std::uint32_t()> m_provide;
    register64* m_pair = nullptr;  ///< the 64-bit value this is a half of
};

/// A 64-bit value as two registers, NAME_LO at the offset and NAME_HI behind it. Reading LO latches
/// HI, so that two 4-byte reads, LO first, see one value; an 8-byte read needs no latch.
class register64 {
public:
    register64(register_bank& bank, const char* name_lo, const char* name_hi, std::uint32_t offset,
               std::uint64_t reset, const register_rights& rights);
    register64(const register64&) = delete;
    register64& operator=(const register64&) = delete;

    [[nodiscard]] std::uint64_t get() const;
    void set(std::uint64_t value);
    /// The value is computed when LO is read (or both at once); by debug too.
    void provide(std::function<std::uint64_t()> value);
    /// After a write to either half: the whole new value.
    void on_write(std::function<void(std::uint64_t value, const sc_core::sc_time& at)> callback);

    register32 lo, hi;

private:
    friend class register32;
    friend class register_bank;
    std::uint32_t read_half(const register32& half);

    std::function<std::uint64_t()> m_provide;
    std::uint32_t m_latched_hi = 0;
    bool m_latched = false;
};

/// Equal 32-bit registers one behind the other, NAME0, NAME1 ...
class register_array {
public:
    register_array(register_bank& bank, const char* name, std::uint32_t offset, std::uint32_t count,
                   std::uint32_t reset, const register_rights& rights);

    [[nodiscard]] std::size_t size() const { return m_registers.size(); }
    [[nodiscard]] register32& operator[](std::size_t index) { return m_registers[index]; }
    [[nodiscard]] const register32& operator[](std::size_t index) const {
        return m_registers[index];
    }

private:
    std::deque<std::string> m_names;
    std::deque<register32> m_registers;
};

/// Where a bank's registers meet the bus: give it to a service_port.
///
/// Banks are generated from one description (`*.regs.yaml`, CMake function pimvp_registers): the
/// C++ class, the C header for drivers, the table for the documentation.
///
/// **Answers** accesses of 4 or 8 bytes at multiples of their size; anything else, and a streaming
/// width below the length, is a BURST_ERROR; byte enables are a BYTE_ENABLE_ERROR; an offset
/// without register an ADDRESS_ERROR; reading a write-only or writing a read-only register a
/// COMMAND_ERROR. An access with an error changes nothing. Reserved bits ignore writes, read 0.
/// 8 bytes are two registers, the lower one first.
///
/// **Debug** bypasses rights, has no side effects, reads and writes any bytes of the bank.
///
/// **Timing** `access_time` per access, one at a time.
class register_bank : public service {
public:
    explicit register_bank(const sc_core::sc_time& access_time = sc_core::SC_ZERO_TIME)
        : m_access_time(access_time) {}
    register_bank(const register_bank&) = delete;
    register_bank& operator=(const register_bank&) = delete;
    virtual ~register_bank() = default;

    /// All registers to their reset values; no callbacks.
    void reset();
    /// What the registers store, for the owner's core::savable; no callbacks.
    void save(core::byte_writer& to) const;
    void restore(core::byte_reader& from);

    /// By offset, or null.
    [[nodiscard]] register32* find(std::uint64_t offset) const;
    /// By rising offset.
    [[nodiscard]] const std::vector<register32*>& registers() const { return m_registers; }
    /// From offset 0 to the end of the last register.
    [[nodiscard]] std::uint64_t bytes() const;

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time occupancy(
        const tlm::tlm_generic_payload& payload) const override;
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;
    [[nodiscard]] bool synchronises(const tlm::tlm_generic_payload& payload) const override;
    unsigned debug(tlm::tlm_generic_payload& payload) override;

private:
    friend class register32;
    void add(register32& added);
    [[nodiscard]] std::vector<register32*>::const_iterator first_from(std::uint64_t offset) const;

    const sc_core::sc_time m_access_time;
    std::vector<register32*> m_registers;
};

}  // namespace pimvp::bus
