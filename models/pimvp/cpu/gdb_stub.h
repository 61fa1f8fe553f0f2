// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/debug_agent.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace pimvp::cpu {

/// Lets gdb debug a core, over TCP on this computer: `target remote :PORT`.
///
/// The core stops before its first instruction until gdb comes. While it is stopped, simulated time
/// stands still. Memory is read and written by debug transport: registers of devices can be looked
/// at without side effects.
///
/// **Interface** a debug_agent: riscv_cpu::attach(). One stub a core.
///
/// **Timing** none; results do not depend on the debugger unless it changes something.
///
/// **Limits** What gdb_session says. Listens on 127.0.0.1 only. A peer that vanishes or sends
/// nothing but garbage is detached; the core then runs on without it. Ctrl-C is seen at the end of
/// a quantum.
///
/// **Example**
/// \code
///     cpu::gdb_stub debugger{{2345}};
///     core.attach(debugger);  // gdb-multiarch firmware.elf -ex 'target remote :2345'
/// \endcode
class gdb_stub : public debug_agent {
public:
    struct options {
        std::uint16_t port = 0;            ///< 0: one that is free
        std::chrono::seconds patience{0};  ///< how long to wait for gdb to come; 0 = for ever
    };

    /// Throws core::user_error if the port is taken.
    explicit gdb_stub(const options& chosen);
    ~gdb_stub() override;
    gdb_stub(const gdb_stub&) = delete;
    gdb_stub& operator=(const gdb_stub&) = delete;

    [[nodiscard]] std::uint16_t port() const { return m_port; }

    /// Throws core::user_error if no gdb comes in time.
    action stopped(riscv_cpu& cpu, stop_reason why) override;
    bool wants_stop(riscv_cpu& cpu) override;
    void ended(riscv_cpu& cpu) override;

private:
    class connection;

    void wait_for_peer(riscv_cpu& cpu);

    const options m_options;
    int m_listening = -1;
    std::uint16_t m_port = 0;
    std::unique_ptr<connection> m_peer;
    bool m_told = false;  ///< the peer waits to hear of a stop
};

}  // namespace pimvp::cpu
