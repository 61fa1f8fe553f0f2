// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/cpu_params.h>
#include <pimvp/cpu/debug_agent.h>
#include <pimvp/cpu/iss.h>

#include <pimvp/bus/initiator_port.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/statistics.h>
#include <pimvp/core/trace.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <systemc>

namespace pimvp::cpu {

/// A RISC-V core: an instruction-set simulator (iss) with a bus, interrupts and time.
///
/// **Interface**
/// | name       | kind                 | meaning                                                |
/// |------------|----------------------|--------------------------------------------------------|
/// | `out`      | initiator, LT and AT | devices by transactions, memory by DMI where granted   |
/// | `external` | level in             | mip.MEIP, from an interrupt controller                 |
/// | `timer`    | level in             | mip.MTIP                                               |
/// | `software` | level in             | mip.MSIP                                               |
/// | `rst`      | level in             | high: held; falling: starts where start_at() says      |
///
/// **Timing** An instruction takes the cycles of its class (cpu_params); a taken jump and a trap
/// take more. An access to a device starts when the block of instructions that makes it is over and
/// takes the bus on top. The core runs ahead of simulated time by up to the quantum of the context;
/// with a quantum of 0 it synchronises after every block. Interrupt lines that an access has
/// changed are seen at the end of its block. WFI sleeps until an enabled interrupt is pending.
/// Instructions, results and counts are the same for every quantum as long as software waits for
/// interrupts by WFI or by reading devices; an interrupt that breaks into a computation does so at
/// the end of the block after the next synchronisation.
///
/// **Energy** `<name>.instruction` per instruction. Accesses by DMI are not counted at the memory.
///
/// **Software** starts with the hart number in a0 and start_at()'s argument in a1. Semihosting
/// (EBREAK between SLLI x0,x0,31 and SRAI x0,x0,7): SYS_WRITEC, SYS_WRITE0, SYS_CLOCK, SYS_EXIT,
/// SYS_EXIT_EXTENDED; other numbers return -1.
///
/// **Limits** What the ISS says. The thread must not be killed while it waits for a device. A reset
/// takes effect after the access under way.
///
/// **Example**
/// \code
///     cpu::riscv_cpu core{"core", context, {}, cpu::make_unicorn_iss};
///     bus::connect(context, core.out, bus.in);
///     core.start_at(0x8000'0000, 0);
/// \endcode
///
/// **Source** defaults of cpu_params (`cards/risc_v_core.yaml`), all `assumed`.
class riscv_cpu : public sc_core::sc_module, private iss_environment {
public:
    bus::initiator_port out;
    sc_core::sc_in<bool> external{"external"};
    sc_core::sc_in<bool> timer{"timer"};
    sc_core::sc_in<bool> software{"software"};
    sc_core::sc_in<bool> rst{"rst"};

    riscv_cpu(const sc_core::sc_module_name& name, core::context& context, const cpu_params& params,
              const iss_factory& make_iss);
    ~riscv_cpu() override;

    const char* kind() const override { return "pimvp::cpu::riscv_cpu"; }
    [[nodiscard]] const cpu_params& params() const { return m_params; }

    /// Before simulation: the first instruction, now and after resets, and what a1 holds.
    void start_at(std::uint64_t entry, std::uint64_t argument);
    /// What RDTIME reads, `ahead` of sc_time_stamp(); without it, cycles.
    using time_source = std::function<std::uint64_t(const sc_core::sc_time& ahead)>;
    void read_time_from(time_source source) { m_time = std::move(source); }
    /// Where semihosting writes.
    using console = std::function<void(std::string_view text)>;
    void write_to(console where) { m_console = std::move(where); }
    /// A debugger; the CPU stops before its first instruction. It must outlive the simulation.
    void attach(debug_agent& agent);

    /// How a program ended.
    struct ending {
        enum class how { exited, locked_up } reason = how::exited;
        int code = 0;      ///< of SYS_EXIT
        std::string text;  ///< locked up: why
    };
    /// Empty while it runs.
    [[nodiscard]] const std::optional<ending>& ended() const { return m_ending; }
    /// Notified when it has ended.
    [[nodiscard]] const sc_core::sc_event& ended_event() const { return m_ended; }
    /// Where it is and whether it sleeps: for messages.
    [[nodiscard]] std::string progress() const;

    /// Registers, counts, breakpoints: in debug_agent::stopped() and outside of simulation.
    [[nodiscard]] cpu::iss& iss() { return *m_iss; }
    [[nodiscard]] const cpu::iss& iss() const { return *m_iss; }

private:
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter instructions{*this, "instructions", "instructions executed",
                                   core::quantity::count};
        core::counter cycles{*this, "cycles", "cycles of them", core::quantity::cycles};
        core::counter loads{*this, "device_loads", "loads by transactions", core::quantity::count};
        core::counter stores{*this, "device_stores", "stores by transactions",
                             core::quantity::count};
        core::counter sleeps{*this, "sleeps", "times WFI had to wait", core::quantity::count};
    };

    bool load(std::uint64_t address, void* to, std::size_t bytes) override;
    bool store(std::uint64_t address, const void* from, std::size_t bytes) override;
    std::optional<direct_region> direct_memory(std::uint64_t address) override;
    std::uint64_t time() override;

    void execute();  // SC_THREAD
    void restart();
    void handle(stop_reason why);
    void on_lines();
    void charge();
    void settle_lines();
    void sleep();
    [[nodiscard]] std::uint64_t budget() const;
    void ask_debugger(stop_reason why);
    bool semihosting();
    void serve_semihosting();
    void end(ending how);
    [[nodiscard]] std::uint64_t local_fs() const;
    [[nodiscard]] std::uint64_t debug_word(std::uint64_t address);

    const cpu_params m_params;
    const core::clock m_clock;
    const std::uint64_t m_quantum_fs;
    std::unique_ptr<cpu::iss> m_iss;
    core::energy_ledger& m_ledger;
    const core::event_id m_instruction;
    core::trace& m_trace;
    const core::trace_track m_track;
    statistics m_stats;

    std::uint64_t m_entry = 0;
    std::uint64_t m_argument = 0;
    std::uint64_t m_charged_cycles = 0;
    std::uint64_t m_charged_instructions = 0;
    std::uint64_t m_awake_since_fs = 0;
    time_source m_time;
    console m_console;
    debug_agent* m_debugger = nullptr;
    bool m_stepping = false;
    bool m_at_breakpoint = false;  ///< whose instruction is executed next
    bool m_sleeping = false;
    std::optional<ending> m_ending;
    sc_core::sc_event m_line_changed;
    sc_core::sc_event m_ended;
};

}  // namespace pimvp::cpu
