// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/mem/edram.h>

#include <pimvp/bus/service_port.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::mem {

/// A banked on-chip buffer behind one target socket.
///
/// **Interface**
/// | name | kind              | meaning                                    |
/// |------|-------------------|--------------------------------------------|
/// | `in` | target, LT and AT | read and write, addresses from 0, debug    |
///
/// **Timing** An access occupies the socket for ceil(bytes / word) * word / transfer * cycle and is
/// answered at its end: one access at a time, whatever the number of banks.
///
/// **Limits** No byte enables, no streaming width below the length, no DMI (every byte is charged).
/// Contents are 0 at first and after reset().
///
/// **Example**
/// \code
///     pimvp::mem::edram_memory scratchpad{"scratchpad", context, {}};
///     cpu.bind(scratchpad.in);
/// \endcode
///
/// **Source** ISAAC, ISCA 2016, Table I and text (`cards/isaac_32nm.yaml`).
class edram_memory : public sc_core::sc_module, private bus::service {
public:
    bus::service_port in;

    edram_memory(const sc_core::sc_module_name& name, core::context& context,
                 const edram_params& params = {});

    const char* kind() const override { return "pimvp::mem::edram_memory"; }
    [[nodiscard]] const edram_params& params() const { return m_edram.params(); }
    [[nodiscard]] const core::stat_group& stats() const { return m_edram.stats(); }
    [[nodiscard]] std::uint64_t size() const { return m_bytes.size(); }

    /// Contents become 0; transactions under way end with GENERIC_ERROR.
    void reset();

private:
    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time occupancy(
        const tlm::tlm_generic_payload& payload) const override;
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;
    unsigned debug(tlm::tlm_generic_payload& payload) override;
    void move(tlm::tlm_generic_payload& payload, std::uint64_t bytes);

    edram m_edram;
    std::vector<std::uint8_t> m_bytes;
};

}  // namespace pimvp::mem
