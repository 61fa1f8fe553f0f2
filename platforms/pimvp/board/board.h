// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/board_params.h>
#include <pimvp/board/cores.h>
#include <pimvp/board/device.h>
#include <pimvp/board/host.h>

#include <pimvp/accel/accelerator.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/router.h>
#include <pimvp/core/context.h>
#include <pimvp/cpu/elf.h>
#include <pimvp/cpu/iss.h>
#include <pimvp/cpu/riscv_cpu.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::board {

/// A host, a memory, any number of accelerators and of RISC-V cores on one router: the only place
/// where they are wired, from a document.
///
/// ```
///   host.out, <cpu>.out ──► bus ──► memory.in, <accelerator>.regs, plic, clint, uart
///   <accelerator>.dma ────► bus
///   <accelerator>.irq ────► host.<accelerator>.irq, plic
///   board::reset_line() ──► <accelerator>.rst, <cpu>.rst
/// ```
/// The child modules are `host`, `bus`, `memory`, further memories and the accelerators by their
/// names in the document; with cores (see cores) these by theirs, and `plic`, `clint`, `uart`. Host
/// and cores may both drive an accelerator, but not the same one at the same time.
///
/// **Interface** no sockets: the functions below, and the children.
///
/// **Timing** that of the parts.
///
/// **Limits** One host thread drives everything (see host). One board per simulation is the usual
/// case, several work.
///
/// **Example**
/// \code
///     core::simulation_setup();
///     core::context context;
///     board::board platform{"board", context, board::read_board(document, types)};
///     platform.run([&] {
///         board::device& dev = platform.device_named("left");
///         const auto program = dev.load(image);
///         output = dev.run(program, {input}).outputs.at(0);
///     });
/// \endcode
class board : public sc_core::sc_module {
public:
    /// Throws core::user_error if two parts of the address map overlap, and if there are cores but
    /// nothing to simulate their instructions with.
    board(const sc_core::sc_module_name& name, core::context& context, const board_params& params,
          const cpu::iss_factory& make_iss = {});
    ~board() override;

    const char* kind() const override { return "pimvp::board::board"; }

    [[nodiscard]] pimvp::board::host& host() { return *m_host; }
    [[nodiscard]] bus::memory& memory() { return *m_memory; }
    /// The driver of an accelerator. Throws core::user_error with the names there are.
    [[nodiscard]] device& device_named(const std::string& name);
    /// The accelerator itself, for tests and statistics.
    [[nodiscard]] accel::accelerator& accelerator_named(const std::string& name);
    [[nodiscard]] std::vector<std::string> accelerator_names() const;
    [[nodiscard]] std::vector<std::string> cpu_names() const;
    /// Throws core::user_error with the names there are.
    [[nodiscard]] cpu::riscv_cpu& cpu_named(const std::string& name);
    /// The serial port. Precondition: there is a core.
    [[nodiscard]] cpu::uart& uart();
    /// Places bytes in a memory like a boot loader, also before simulation: no time passes.
    /// Throws core::user_error, which begins with `what`, if they do not fit one.
    void place(std::uint64_t address, const void* from, std::size_t bytes, const std::string& what);
    /// Places a program and lets the cores run. Its entry becomes the first instruction of every
    /// core, which finds `argument` in a1. Throws core::user_error if the program does not fit the
    /// memory or the cores. Before simulation; without it, cores are held in reset. Precondition:
    /// there is one.
    void load_firmware(const cpu::elf_program& program, std::uint64_t argument);

    /// The reset input of an accelerator, low from the beginning, or of a core, low once there is
    /// firmware.
    [[nodiscard]] sc_core::sc_signal<bool>& reset_line(const std::string& name);

    /// Simulates until `body`, which runs in an SC_THREAD, has ended or `limit` has passed (zero:
    /// none). Throws what the body throws. If the body has not ended, or waits for what will never
    /// come, it is killed and an accelerator_error says who waits for what. Once per simulation.
    void run(std::function<void()> body, const sc_core::sc_time& limit = sc_core::SC_ZERO_TIME);

    // Checkpoints, between jobs: see docs/guide/save_restore.md (checkpoint.cpp).
    /// Who is busy and with what; empty if the board can be saved now.
    [[nodiscard]] std::string busy() const;
    /// Writes memories, registers and programmed arrays to a file, completely or not at all. Throws
    /// core::user_error if somebody is busy.
    void save(const std::string& path) const;
    /// Becomes the board that was saved, at the simulated time of the save; waits for it. From a
    /// thread. Throws core::user_error if somebody is busy, if it is later already, or if the file
    /// is not a checkpoint of a board like this; if a part is refused, the board is unusable.
    void restore(const std::string& path);

    struct region {
        std::string name;
        std::string kind;
        std::uint64_t base = 0;
        std::uint64_t bytes = 0;
        int irq = 0;  ///< interrupt number, 0 = none
    };
    /// By rising address.
    [[nodiscard]] const std::vector<region>& regions() const { return m_regions; }
    /// Address and interrupt map as an aligned table, ...
    [[nodiscard]] std::string map_text() const;
    /// ... as a C header: BOARD_<NAME>_BASE, _BYTES, _IRQ ..., and
    [[nodiscard]] std::string map_header() const;
    /// ... as a device-tree fragment.
    [[nodiscard]] std::string device_tree() const;

private:
    struct slot;

    void add_region(region added, const std::string& path);
    void add_memory(bus::memory& added, const std::string& part, std::uint64_t base,
                    const std::string& path);
    /// Maps a target, behind a protocol checker if the context asks for them.
    template <class Target>
    void map(Target& target, const std::string& part, std::uint64_t base, std::uint64_t bytes);
    template <class Device>
    void map_device(Device& device, const std::string& part, std::uint64_t base, int irq = 0);
    [[nodiscard]] std::string waiting_text() const;
    [[nodiscard]] std::vector<const sc_core::sc_object*> core_modules() const;
    slot& slot_named(const std::string& name);

    core::context& m_context;
    const board_params m_params;
    std::vector<region> m_regions;
    std::unique_ptr<bus::router> m_router;
    std::unique_ptr<bus::memory> m_memory;
    std::map<std::string, std::unique_ptr<bus::memory>> m_memories;  ///< the others
    std::unique_ptr<pimvp::board::host> m_host;
    std::unique_ptr<cores> m_cores;  ///< null without cores
    std::vector<std::unique_ptr<slot>> m_slots;
};

}  // namespace pimvp::board
