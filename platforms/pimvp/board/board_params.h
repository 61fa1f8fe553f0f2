// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/accelerator_types.h>
#include <pimvp/board/host_params.h>

#include <pimvp/bus/memory_params.h>
#include <pimvp/bus/router_params.h>
#include <pimvp/core/document.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>
#include <pimvp/cpu/cpu_params.h>
#include <pimvp/cpu/peripheral_params.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace pimvp::board {

/// One accelerator of a board: `name: {type: ..., address: ..., params: {...}}`.
struct accelerator_entry {
    std::string type;
    std::uint64_t address = 0;
    std::shared_ptr<accelerator_settings> settings;  ///< null: the type is not known

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.required("type", p.type, "The family, such as isaac_like.");
        v.required("address", p.address, "Where its registers begin, a multiple of 4 KiB.");
        if (p.settings) v.group("params", *p.settings, "Parameters of this type.");
    }
    void validate(core::diagnostics& found) const {
        if (address % 0x1000 != 0) found.error("address", "must be a multiple of 4 KiB (0x1000)");
    }
};

/// A memory and where it begins.
struct memory_entry {
    std::uint64_t address = 0;
    bus::memory_params params;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("address", p.address, "Where the memory begins.");
        bus::memory_params::describe(p.params, v);
    }
};

/// A device and where its registers begin.
template <class Params>
struct device_entry {
    std::uint64_t address = 0;
    Params params;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("address", p.address, "Where its registers begin, a multiple of 4 KiB.");
        Params::describe(p.params, v);
    }
    void validate(core::diagnostics& found) const {
        if (address % 0x1000 != 0) found.error("address", "must be a multiple of 4 KiB (0x1000)");
    }
};

/// A complete board: one host, a system memory, one router, any number of accelerators, RISC-V
/// cores and further memories by name. With a core come an interrupt controller, a timer and a
/// UART.
///
/// \code
///     memory: {size: 64 MiB, address: 0x80000000}
///     cpus:
///       cpu0: {isa: rv64imac, frequency: 500 MHz}
///     accelerators:
///       left:  {type: isaac_like, address: 0x20000000, params: {chips: 1}}
///       right: {type: isaac_like, address: 0x20001000}
/// \endcode
/// Read it with read_board(): the types of the accelerators decide which parameters exist.
struct board_params {
    host_params host;
    bus::router_params router;
    memory_entry memory;
    std::map<std::string, memory_entry> memories;
    std::map<std::string, accelerator_entry> accelerators;
    std::map<std::string, cpu::cpu_params> cpus;
    device_entry<cpu::plic_params> plic{0x0C00'0000, {}};
    device_entry<cpu::clint_params> clint{0x0200'0000, {}};
    device_entry<cpu::uart_params> uart{0x1000'0000, {}};
    bool check_protocol = false;
    core::duration hang_limit{};

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.group("host", p.host, "The processor that runs the driver.");
        v.group("router", p.router, "The interconnect.");
        v.group("memory", p.memory, "The system memory.");
        v.map("memories", p.memories, "More memories by name, such as a ROM.");
        v.map("accelerators", p.accelerators, "Accelerators by name.");
        v.map("cpus", p.cpus, "RISC-V cores by name; the next three are there if any is.");
        v.group("plic", p.plic, "The interrupt controller.");
        v.group("clint", p.clint, "Timer and software interrupts.");
        v.group("uart", p.uart, "The serial port.");
        v.member("check_protocol", p.check_protocol,
                 "A protocol checker on every memory-mapped connection.");
        v.member("hang_limit", p.hang_limit,
                 "Longest transaction the checkers accept, 0 = no limit.");
    }
    void validate(core::diagnostics& found) const;
};

/// Reads a platform document. Throws core::user_error with everything that is wrong, unknown types
/// included.
board_params read_board(const core::document& document, const accelerator_types& types);

}  // namespace pimvp::board
