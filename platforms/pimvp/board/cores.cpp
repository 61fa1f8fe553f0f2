// SPDX-License-Identifier: Apache-2.0
#include <pimvp/board/cores.h>

#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/diagnostics.h>

#include <algorithm>

namespace pimvp::board {
namespace {

std::size_t harts_of(const board_params& params) {
    std::uint32_t highest = 0;
    for (const auto& [name, core] : params.cpus) highest = std::max(highest, core.hart);
    return highest + 1;
}

// Trace tracks, as the modules name them.

std::vector<std::string> hart_tracks(const std::string& board, const board_params& params) {
    std::vector<std::string> tracks(harts_of(params), board + ".no_hart");
    for (const auto& [name, core] : params.cpus) tracks[core.hart] = board + "." + name;
    return tracks;
}

std::vector<std::string> source_tracks(const std::string& board,
                                       const std::vector<std::string>& accelerators) {
    std::vector<std::string> tracks;
    for (const std::string& each : accelerators) tracks.push_back(board + "." + each + ".irq");
    tracks.push_back(board + ".uart.irq");
    return tracks;
}

}  // namespace

/// Interrupt lines of harts nobody has end in one of these, too. No part of a board has a '-' in
/// its name.
struct cores::wires {
    explicit wires(const std::string& core)
        : external((core + "-external").c_str()),
          timer((core + "-timer").c_str()),
          software((core + "-software").c_str()),
          rst((core + "-rst").c_str(), true) {}

    sc_core::sc_signal<bool> external, timer, software, rst;
};

cores::cores(const std::string& board, core::context& context, const board_params& params,
             const cpu::iss_factory& make_iss, const std::vector<std::string>& accelerators)
    : m_plic("plic", context, params.plic.params, hart_tracks(board, params),
             source_tracks(board, accelerators)),
      m_clint("clint", context, params.clint.params, harts_of(params)),
      m_uart("uart", context, params.uart.params) {
    if (!make_iss) {
        throw core::user_error("cpus",
                               "this build has no instruction-set simulator: install "
                               "libunicorn-dev and build again");
    }
    std::vector<bool> used(harts_of(params));
    const auto wire = [this](const std::string& name, std::uint32_t hart) -> wires& {
        wires& made = *(m_wires[name] = std::make_unique<wires>(name));
        m_plic.external[hart].bind(made.external);
        m_clint.timer[hart].bind(made.timer);
        m_clint.software[hart].bind(made.software);
        return made;
    };
    for (const auto& [name, core] : params.cpus) {
        auto made = std::make_unique<cpu::riscv_cpu>(name.c_str(), context, core, make_iss);
        wires& lines = wire(name, core.hart);
        made->external.bind(lines.external);
        made->timer.bind(lines.timer);
        made->software.bind(lines.software);
        made->rst.bind(lines.rst);
        made->read_time_from(
            [this](const sc_core::sc_time& ahead) { return m_clint.ticks(ahead); });
        used[core.hart] = true;
        m_cpus[name] = std::move(made);
    }
    for (std::uint32_t hart = 0; hart < used.size(); ++hart) {
        if (!used[hart]) wire("hart-" + std::to_string(hart), hart);
    }
    m_uart.irq.bind(m_uart_irq);
    m_plic.source[accelerators.size()].bind(m_uart_irq);
}

cores::~cores() = default;

void cores::connect(core::context& context, bus::router& router) {
    for (auto& [name, core] : m_cpus) bus::connect(context, core->out, router.in);
}

void cores::release() {
    for (auto& [name, lines] : m_wires) lines->rst.write(false);
}

sc_core::sc_signal<bool>& cores::reset_line(const std::string& cpu) {
    return m_wires.at(cpu)->rst;
}

}  // namespace pimvp::board
