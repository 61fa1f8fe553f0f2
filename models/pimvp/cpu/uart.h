// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/peripheral_params.h>
#include <pimvp/cpu/uart_regs.h>

#include <pimvp/bus/service_port.h>
#include <pimvp/core/context.h>
#include <pimvp/core/statistics.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <systemc>

namespace pimvp::cpu {

/// A serial port, like a 16550 with its FIFOs on.
///
/// **Interface**
/// | name   | kind              | meaning                                      |
/// |--------|-------------------|----------------------------------------------|
/// | `regs` | target, LT and AT | registers (`uart_regs`)                      |
/// | `irq`  | level out         | an event of IER waits                        |
/// | sent_to(), receive() | functions | the other end of the line              |
///
/// **Timing** A byte takes ten bits at `baud`, whatever the divisor says, and is sent_to() at the
/// end of its last bit; `register_access` per access.
///
/// **Limits** Writing into the full transmit FIFO (16 bytes) loses the byte, as does receiving into
/// the full receive FIFO (LSR.OVERRUN); both are counted. No modem lines, no loop-back.
///
/// **Example**
/// \code
///     cpu::uart uart{"uart", context};
///     uart.sent_to([](char byte) { std::cout << byte; });
/// \endcode
///
/// **Source** National Semiconductor PC16550D (registers); `baud` and times `assumed`.
class uart : public sc_core::sc_module {
public:
    static constexpr std::uint64_t regs_bytes = 0x1000;
    static constexpr std::size_t fifo_bytes = 16;

    bus::service_port regs;
    sc_core::sc_out<bool> irq{"irq"};

    uart(const sc_core::sc_module_name& name, core::context& context,
         const uart_params& params = {});

    const char* kind() const override { return "pimvp::cpu::uart"; }
    void reset();

    void sent_to(std::function<void(char)> receiver) { m_receiver = std::move(receiver); }
    /// From the other end, at simulation start or from any process.
    void receive(std::string_view bytes);
    /// Hands over at once what is still being sent: after the end of a simulation.
    void flush();

private:
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter sent{*this, "sent", "bytes sent", core::quantity::bytes};
        core::counter received{*this, "received", "bytes received", core::quantity::bytes};
        core::counter lost{*this, "lost", "bytes that met a full FIFO", core::quantity::bytes};
    };

    void write_data(std::uint32_t byte);
    void write_ier(std::uint32_t byte);
    void read_data();
    void byte_sent();
    void on_changed();
    [[nodiscard]] bool divisor_selected() const;
    [[nodiscard]] std::uint32_t status() const;

    uart_regs m_bank;
    const sc_core::sc_time m_byte_time;
    std::uint32_t m_enabled = 0;  ///< IER, also while the divisor stands in its place
    std::uint32_t m_divisor = 1;
    std::deque<char> m_sending;
    std::deque<char> m_received;
    bool m_overrun = false;
    std::function<void(char)> m_receiver;
    sc_core::sc_event m_byte_done;
    sc_core::sc_event m_changed;
    statistics m_stats;
};

}  // namespace pimvp::cpu
