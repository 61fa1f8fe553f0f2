// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/riscv_cpu.h>

#include <pimvp/core/diagnostics.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace pimvp::cpu {

using sc_core::sc_time;

riscv_cpu::riscv_cpu(const sc_core::sc_module_name& name, core::context& context,
                     const cpu_params& params, const iss_factory& make_iss)
    : sc_module(name),
      out("out", context),
      m_params(params),
      m_clock(params.frequency.value),
      m_quantum_fs(context.quantum_fs()),
      m_iss(make_iss({xlen_of(params.isa), has_floating(params.isa), params.hart, params.timing()},
                     *this)),
      m_ledger(context.ledger()),
      m_instruction(
          m_ledger.event(basename(), "instruction", "", params.instruction_energy, core::off_chip)),
      m_trace(context.trace()),
      m_track(m_trace.track(this->name())),
      m_stats(context.statistics(), this->name()) {
    out.on_invalidation([this](std::uint64_t first, std::uint64_t last) {
        m_iss->direct_memory_changed(first, last);
    });
    sc_core::sc_spawn_options lines;
    lines.spawn_method();
    lines.set_sensitivity(&external);
    lines.set_sensitivity(&timer);
    lines.set_sensitivity(&software);
    lines.set_sensitivity(&rst);
    sc_core::sc_spawn([this] { on_lines(); }, "on_lines", &lines);
    sc_core::sc_spawn_options thread;
    thread.set_stack_size(2 << 20);  // the ISS takes one of them
    sc_core::sc_spawn([this] { execute(); }, "execute", &thread);
}

riscv_cpu::~riscv_cpu() = default;

void riscv_cpu::start_at(std::uint64_t entry, std::uint64_t argument) {
    m_entry = entry;
    m_argument = argument;
}

void riscv_cpu::attach(debug_agent& agent) {
    m_debugger = &agent;
}

// ---- the life of a core ------------------------------------------------------------------------

void riscv_cpu::on_lines() {
    m_iss->set_interrupt(interrupt_line::external, external.read());
    m_iss->set_interrupt(interrupt_line::timer, timer.read());
    m_iss->set_interrupt(interrupt_line::software, software.read());
    if (rst.read()) m_iss->request_stop();
    m_line_changed.notify();
}

void riscv_cpu::execute() {
    for (;;) {
        // (1) reset
        while (rst.read()) sc_core::wait(m_line_changed);
        restart();
        if (m_debugger != nullptr) ask_debugger(stop_reason::requested);
        // (2) run, (3) let time pass, (4) see why it stopped
        while (!rst.read() && !m_ending) {
            const bool leaves_breakpoint = std::exchange(m_at_breakpoint, false);
            const bool steps = std::exchange(m_stepping, false);
            const stop_reason why =
                steps || leaves_breakpoint ? m_iss->step() : m_iss->run(budget());
            charge();
            handle(why == stop_reason::stepped && !steps ? stop_reason::budget : why);
        }
        while (!rst.read()) sc_core::wait(m_line_changed);
    }
}

void riscv_cpu::restart() {
    m_iss->reset(m_entry);
    m_iss->write_register(register_number::a0, m_params.hart);
    m_iss->write_register(register_number::a1, m_argument);
    m_ending.reset();
    m_awake_since_fs = local_fs();
}

/// Cycles up to the end of the quantum.
std::uint64_t riscv_cpu::budget() const {
    if (m_quantum_fs == 0) return 1;
    const std::uint64_t now = core::now_fs();
    const std::uint64_t boundary = (now / m_quantum_fs + 1) * m_quantum_fs;
    return m_clock.cycles_in(core::from_fs(boundary - std::min(boundary, local_fs())));
}

std::uint64_t riscv_cpu::local_fs() const {
    return core::to_fs(sc_core::sc_time_stamp() + out.local_time());
}

/// Time, energy and statistics of what has been executed since the last call.
void riscv_cpu::charge() {
    const std::uint64_t instructions = m_iss->instructions() - m_charged_instructions;
    m_charged_instructions += instructions;
    m_stats.instructions += instructions;
    m_ledger.add(m_instruction, instructions);
    const std::uint64_t cycles = m_iss->cycles();
    if (cycles == m_charged_cycles) return;
    m_stats.cycles += cycles - m_charged_cycles;
    const sc_time took = m_clock.cycles(cycles) - m_clock.cycles(m_charged_cycles);
    m_charged_cycles = cycles;
    out.advance(took);
}

void riscv_cpu::handle(stop_reason why) {
    switch (why) {
    case stop_reason::budget:
    case stop_reason::requested:
        if (m_debugger != nullptr && m_debugger->wants_stop(*this)) {
            ask_debugger(stop_reason::requested);
        }
        return;
    case stop_reason::waiting:
        sleep();
        return;
    case stop_reason::ebreak:
        if (semihosting()) {
            serve_semihosting();
        } else {
            const std::uint64_t here = m_iss->read_register(register_number::pc);
            if (m_debugger != nullptr) ask_debugger(why);
            if (m_iss->read_register(register_number::pc) == here) m_iss->trap_ebreak();
        }
        return;
    case stop_reason::breakpoint:
        m_at_breakpoint = true;
        [[fallthrough]];
    case stop_reason::stepped:
        if (m_debugger != nullptr) ask_debugger(why);
        return;
    case stop_reason::locked_up:
        end({ending::how::locked_up, 0,
             fmt::format("no instruction can be fetched at the trap handler {:#x}; the trap: "
                         "mcause {:#x}, mepc {:#x}, mtval {:#x}",
                         m_iss->read_register(register_number::pc),
                         m_iss->read_register(register_number::csr(0x342)),
                         m_iss->read_register(register_number::csr(0x341)),
                         m_iss->read_register(register_number::csr(0x343)))});
        return;
    }
}

void riscv_cpu::sleep() {
    out.synchronise();  // now lines show what has happened up to the WFI
    if (m_iss->interrupt_pending()) return;
    m_trace.slice(m_track, "run", m_awake_since_fs, core::now_fs());
    const std::uint64_t since = core::now_fs();
    ++m_stats.sleeps;
    m_sleeping = true;
    while (!m_iss->interrupt_pending() && !rst.read()) {
        if (m_debugger == nullptr) {
            sc_core::wait(m_line_changed);
            continue;
        }
        sc_core::wait(sc_time(1, sc_core::SC_MS), m_line_changed);
        if (m_debugger->wants_stop(*this)) ask_debugger(stop_reason::requested);
        if (m_stepping) break;
    }
    m_sleeping = false;
    m_awake_since_fs = core::now_fs();
    m_trace.slice(m_track, "wfi", since, m_awake_since_fs);
}

void riscv_cpu::ask_debugger(stop_reason why) {
    switch (m_debugger->stopped(*this, why)) {
    case debug_agent::action::run:
        return;
    case debug_agent::action::step:
        m_stepping = true;
        return;
    case debug_agent::action::detach:
        m_debugger = nullptr;
        m_iss->clear_breakpoints();
        return;
    }
}

void riscv_cpu::end(ending how) {
    out.synchronise();
    m_trace.slice(m_track, "run", m_awake_since_fs, core::now_fs());
    m_ending = std::move(how);
    if (m_debugger != nullptr) m_debugger->ended(*this);
    m_ended.notify(sc_core::SC_ZERO_TIME);
}

std::string riscv_cpu::progress() const {
    if (m_ending) return "has ended";
    return fmt::format("{} at {:#x} after {} instructions", m_sleeping ? "asleep" : "running",
                       m_iss->read_register(register_number::pc), m_iss->instructions());
}

// ---- the ISS's environment ---------------------------------------------------------------------

bool riscv_cpu::load(std::uint64_t address, void* to, std::size_t bytes) {
    charge();
    const std::uint64_t begin = local_fs();
    const bool done = out.read(address, to, bytes) == tlm::TLM_OK_RESPONSE;
    ++m_stats.loads;
    settle_lines();
    m_trace.slice(m_track, "load", begin, local_fs(), {{"address", address}});
    return done;
}

bool riscv_cpu::store(std::uint64_t address, const void* from, std::size_t bytes) {
    charge();
    const std::uint64_t begin = local_fs();
    const bool done = out.write(address, from, bytes) == tlm::TLM_OK_RESPONSE;
    ++m_stats.stores;
    settle_lines();
    m_trace.slice(m_track, "store", begin, local_fs(), {{"address", address}});
    return done;
}

/// Lets what the access has done to interrupt lines arrive (register, signal, on_lines()): a
/// handler that has just cleared its cause must not be entered again.
void riscv_cpu::settle_lines() {
    if (out.local_time() != sc_core::SC_ZERO_TIME) return;  // has not happened at this time
    for (int delta = 0; delta < 3; ++delta) sc_core::wait(sc_core::SC_ZERO_TIME);
}

std::optional<direct_region> riscv_cpu::direct_memory(std::uint64_t address) {
    const bus::message question = out.pool().borrow(tlm::TLM_READ_COMMAND, address, nullptr, 0);
    tlm::tlm_dmi region;
    if (!out->get_direct_mem_ptr(question.payload(), region)) return std::nullopt;
    if (!region.is_read_allowed()) return std::nullopt;
    return direct_region{region.get_dmi_ptr(), region.get_start_address(), region.get_end_address(),
                         region.is_write_allowed()};
}

std::uint64_t riscv_cpu::time() {
    if (!m_time) return m_iss->cycles();
    const sc_time computed = m_clock.cycles(m_iss->cycles()) - m_clock.cycles(m_charged_cycles);
    return m_time(out.local_time() + computed);
}

// ---- semihosting -------------------------------------------------------------------------------

std::uint64_t riscv_cpu::debug_word(std::uint64_t address) {
    std::uint64_t value = 0;
    out.debug_read(address, &value, m_iss->xlen() / 8);
    return value;
}

/// Whether the EBREAK at the program counter stands between the two shifts that mark a call.
bool riscv_cpu::semihosting() {
    constexpr std::array<std::uint32_t, 3> call{0x01F01013, 0x00100073, 0x40705013};
    std::array<std::uint32_t, 3> code{};
    const std::uint64_t before = m_iss->read_register(register_number::pc) - 4;
    return out.debug_read(before, code.data(), sizeof code) == sizeof code && code == call;
}

void riscv_cpu::serve_semihosting() {
    enum operation : std::uint64_t {
        write_character = 0x03,
        write_text = 0x04,
        clock = 0x10,
        exit = 0x18,
        exit_extended = 0x20
    };
    constexpr std::uint64_t application_exit = 0x20026;
    constexpr std::size_t longest_text = 1 << 16;

    const std::uint64_t argument = m_iss->read_register(register_number::a1);
    std::uint64_t answer = 0;
    switch (m_iss->read_register(register_number::a0)) {
    case write_character:
    case write_text: {
        const bool one = m_iss->read_register(register_number::a0) == write_character;
        std::string text;
        char character = 0;
        while (text.size() < (one ? 1 : longest_text) &&
               out.debug_read(argument + text.size(), &character, 1) == 1 &&
               (one || character != 0)) {
            text += character;
        }
        if (m_console) m_console(text);
        break;
    }
    case clock: {
        constexpr std::uint64_t centisecond_fs = 10'000'000'000'000;
        answer = local_fs() / centisecond_fs;
        break;
    }
    case exit:
    case exit_extended: {
        const bool in_memory =
            m_iss->xlen() == 64 || m_iss->read_register(register_number::a0) == exit_extended;
        const std::uint64_t reason = in_memory ? debug_word(argument) : argument;
        const std::uint64_t code = in_memory ? debug_word(argument + m_iss->xlen() / 8) : 0;
        end({ending::how::exited, reason == application_exit ? static_cast<int>(code) : 1, {}});
        return;
    }
    default:
        answer = ~std::uint64_t{0};
        break;
    }
    m_iss->write_register(register_number::a0, answer);
    m_iss->write_register(register_number::pc, m_iss->read_register(register_number::pc) + 4);
}

}  // namespace pimvp::cpu
