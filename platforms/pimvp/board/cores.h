// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/board_params.h>

#include <pimvp/bus/router.h>
#include <pimvp/core/context.h>
#include <pimvp/cpu/clint.h>
#include <pimvp/cpu/iss.h>
#include <pimvp/cpu/plic.h>
#include <pimvp/cpu/riscv_cpu.h>
#include <pimvp/cpu/uart.h>

#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::board {

/// The RISC-V cores of a board and what they need: interrupt controller, timer, UART.
///
/// ```
///   <accelerator>.irq ──► plic.source[i]      plic.external[h] ──► cpu h
///   uart.irq ───────────► plic.source[last]   clint.timer[h], clint.software[h] ──► cpu h
/// ```
/// The modules become children of the module under construction; they have the sockets, the times
/// and the limits.
class cores {
public:
    /// `board`: the module that is built. `accelerators`: their names, in the order of their
    /// interrupts.
    cores(const std::string& board, core::context& context, const board_params& params,
          const cpu::iss_factory& make_iss, const std::vector<std::string>& accelerators);
    ~cores();

    void connect_interrupt(std::size_t accelerator, sc_core::sc_signal<bool>& line) {
        m_plic.source[accelerator].bind(line);
    }
    void connect(core::context& context, bus::router& router);
    /// Cores are held in reset until then. Before simulation.
    void release();

    [[nodiscard]] cpu::plic& plic() { return m_plic; }
    [[nodiscard]] cpu::clint& clint() { return m_clint; }
    [[nodiscard]] cpu::uart& uart() { return m_uart; }
    /// By name.
    [[nodiscard]] const std::map<std::string, std::unique_ptr<cpu::riscv_cpu>>& cpus() const {
        return m_cpus;
    }
    /// Interrupt number of the UART.
    [[nodiscard]] int uart_irq() const { return static_cast<int>(m_plic.source.size()); }
    [[nodiscard]] sc_core::sc_signal<bool>& reset_line(const std::string& cpu);

private:
    struct wires;  ///< of one core

    cpu::plic m_plic;
    cpu::clint m_clint;
    cpu::uart m_uart;
    sc_core::sc_signal<bool> m_uart_irq{"uart-irq"};
    std::map<std::string, std::unique_ptr<wires>> m_wires;
    std::map<std::string, std::unique_ptr<cpu::riscv_cpu>> m_cpus;
};

}  // namespace pimvp::board
