// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/peripheral_params.h>
#include <pimvp/cpu/plic_regs.h>

#include <pimvp/bus/service_port.h>
#include <pimvp/core/context.h>
#include <pimvp/core/trace.h>

#include <array>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::cpu {

/// A platform-level interrupt controller: level sources in, one line a hart out.
///
/// **Interface**
/// | name       | kind              | meaning                                                   |
/// |------------|-------------------|-----------------------------------------------------------|
/// | `regs`     | target, LT and AT | registers (`plic_regs`)                                   |
/// | `source`   | levels in         | source[i] has number i + 1                                |
/// | `external` | levels out        | of each hart: an enabled source above its threshold waits |
///
/// **Timing** `register_access` per access; lines follow in the next delta cycle.
///
/// A source that is high becomes pending; claiming it takes it from pending until it is completed,
/// and if it is then still high, it is pending again. Equal priorities: the lowest number first.
///
/// **Limits** 31 sources, 4 harts, machine mode only, levels only.
///
/// **Example**
/// \code
///     cpu::plic plic{"plic", context, {}, {"core"}, {"npu.irq"}};
///     bus.map(plic.regs, 0x0C00'0000, cpu::plic::regs_bytes);
/// \endcode
///
/// **Source** RISC-V Platform-Level Interrupt Controller Specification 1.0.0: register layout and
/// claim, completion. The time of an access is `assumed`.
class plic : public sc_core::sc_module {
public:
    static constexpr std::uint64_t regs_bytes = 0x400000;
    static constexpr std::size_t most_sources = 31;
    static constexpr std::size_t most_harts = 4;

    bus::service_port regs;
    sc_core::sc_vector<sc_core::sc_in<bool>> source;
    sc_core::sc_vector<sc_core::sc_out<bool>> external;

    /// One output a hart, one input a source. Names are those of their trace tracks: an arrow leads
    /// from a source's to the one of the hart that claims it. Throws core::user_error if there are
    /// too many of either.
    plic(const sc_core::sc_module_name& name, core::context& context, const plic_params& params,
         const std::vector<std::string>& harts, const std::vector<std::string>& sources);

    const char* kind() const override { return "pimvp::cpu::plic"; }
    void reset();

private:
    struct hart_registers {
        bus::register32& enable;
        bus::register32& threshold;
        bus::register32& claim;
    };

    void on_sources();
    void on_changed();
    void claimed(std::size_t hart);
    void completed(std::size_t hart, std::uint32_t number);
    [[nodiscard]] std::uint32_t levels() const;
    [[nodiscard]] std::uint32_t most_urgent(std::size_t hart, std::uint32_t above) const;

    plic_regs m_bank;
    std::array<hart_registers, most_harts> m_harts;
    std::uint32_t m_pending = 0;
    std::uint32_t m_in_service = 0;
    std::uint32_t m_known_levels = 0;
    sc_core::sc_event m_changed;
    core::trace& m_trace;
    std::vector<core::trace_track> m_source_tracks;
    std::vector<core::trace_track> m_hart_tracks;
    std::vector<std::uint64_t> m_raised_fs;
};

}  // namespace pimvp::cpu
