// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/clint_regs.h>
#include <pimvp/cpu/peripheral_params.h>

#include <pimvp/bus/service_port.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>

#include <array>
#include <cstdint>
#include <systemc>

namespace pimvp::cpu {

/// Timer and software interrupts of up to four harts.
///
/// **Interface**
/// | name       | kind              | meaning                                    |
/// |------------|-------------------|--------------------------------------------|
/// | `regs`     | target, LT and AT | registers (`clint_regs`)                   |
/// | `timer`    | levels out        | of each hart: MTIME is not below MTIMECMPn |
/// | `software` | levels out        | of each hart: MSIPn                        |
///
/// **Timing** MTIME = simulated time times `timebase`, rounded down. A timer line rises when MTIME
/// reaches MTIMECMPn; other changes reach the lines in the next delta cycle. `register_access` per
/// access.
///
/// **Limits** MTIME cannot be written. 4 harts.
///
/// **Example**
/// \code
///     cpu::clint clint{"clint", context, {}, 1};
///     core.read_time_from([&](const sc_core::sc_time& ahead) { return clint.ticks(ahead); });
/// \endcode
///
/// **Source** SiFive's core-local interruptor (register layout), defaults `assumed`.
class clint : public sc_core::sc_module {
public:
    static constexpr std::uint64_t regs_bytes = 0x10000;
    static constexpr std::size_t most_harts = 4;

    bus::service_port regs;
    sc_core::sc_vector<sc_core::sc_out<bool>> timer;
    sc_core::sc_vector<sc_core::sc_out<bool>> software;

    /// Throws core::user_error if there are too many harts.
    clint(const sc_core::sc_module_name& name, core::context& context, const clint_params& params,
          std::size_t harts);

    const char* kind() const override { return "pimvp::cpu::clint"; }
    void reset();

    /// MTIME, `ahead` of now.
    [[nodiscard]] std::uint64_t ticks(const sc_core::sc_time& ahead = sc_core::SC_ZERO_TIME) const;

private:
    void on_changed();

    const core::clock m_clock;
    clint_regs m_bank;
    std::array<bus::register64*, most_harts> m_compare;
    sc_core::sc_event m_changed;
};

}  // namespace pimvp::cpu
