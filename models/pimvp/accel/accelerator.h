// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <tlm>

namespace pimvp::accel {

/// What an accelerator shows to the outside: four connections and nothing else.
///
/// A board binds these; whatever is behind them (a front_end with an engine, a wrapper around RTL)
/// speaks the registers of `common.regs.yaml` and the jobs of `driver/pimvp_job.h`.
class accelerator : public sc_core::sc_module {
public:
    using target_socket =
        tlm::tlm_base_target_socket<32, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<>>;
    using initiator_socket =
        tlm::tlm_base_initiator_socket<32, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<>>;

    sc_core::sc_out<bool> irq{"irq"};  ///< level, high = attention
    sc_core::sc_in<bool> rst{"rst"};   ///< high = reset

    [[nodiscard]] virtual target_socket& regs_socket() = 0;
    [[nodiscard]] virtual initiator_socket& dma_socket() = 0;
    /// Bytes of address space behind regs_socket(): a multiple of 4 KiB.
    [[nodiscard]] virtual std::uint64_t regs_bytes() const = 0;
    /// What its parts wait for, a line each: to explain a machine that stands still.
    [[nodiscard]] virtual std::string pending() const { return {}; }

protected:
    explicit accelerator(const sc_core::sc_module_name& name)
        : sc_module(name) {}
};

}  // namespace pimvp::accel
