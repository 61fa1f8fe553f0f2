// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/board/host_params.h>
#include <pimvp/board/memory_pool.h>

#include <pimvp/bus/initiator_port.h>
#include <pimvp/core/checkpoint.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::board {

class device;

/// An accelerator to drive: its name on the board and where its registers begin.
struct device_site {
    std::string name;
    std::uint64_t registers = 0;
};

/// The processor of a board, as far as the bus sees it: C++ threads that run the C driver and move
/// data over TLM.
///
/// **Interface**
/// | name  | kind                 | meaning                              |
/// |-------|----------------------|--------------------------------------|
/// | `out` | initiator, LT and AT | registers and memory                 |
/// Each device has an interrupt input, `device::irq`.
///
/// **Timing** A copy is a sequence of transactions of up to `copy_chunk` bytes, each issued at the
/// response of the one before it. Registers and interrupts: see device.
///
/// **Limits** One thread calls at a time. No caches, no instruction timing beyond host_params.
/// Whoever calls the timed functions must be an SC_THREAD.
class host : public sc_core::sc_module, public core::savable {
public:
    bus::initiator_port out;

    /// `memory`: the part of the address map the host may give out. One device a site.
    host(const sc_core::sc_module_name& name, core::context& context, const host_params& params,
         memory_pool memory, const std::vector<device_site>& sites);
    ~host() override;

    const char* kind() const override { return "pimvp::board::host"; }
    [[nodiscard]] const host_params& params() const { return m_params; }
    [[nodiscard]] memory_pool& memory() { return m_memory; }

    /// In the order of the sites.
    [[nodiscard]] const std::vector<std::unique_ptr<device>>& devices() const { return m_devices; }

    // Timed, over the bus. Throw core::internal_error if the bus answers with an error.
    void write_memory(std::uint64_t address, const void* from, std::size_t bytes);
    void read_memory(std::uint64_t address, void* to, std::size_t bytes);
    /// Like a boot loader: debug transport, no time passes. At any moment.
    void place_memory(std::uint64_t address, const void* from, std::size_t bytes);

    // What memory is in use; each device saves itself.
    [[nodiscard]] std::string busy() const override;
    void save(core::byte_writer& to) const override { m_memory.save(to); }
    void restore(core::byte_reader& from) override { m_memory.restore(from); }

    /// Computing time of the host.
    void compute(core::duration time);
    /// Time and energy of an operator that no accelerator has, on `elements` elements; what it
    /// reads and writes is read_memory() and write_memory().
    void step(std::uint64_t elements, std::uint32_t scope);

private:
    const host_params m_params;
    memory_pool m_memory;
    core::energy_ledger& m_ledger;
    const core::event_id m_step_element;
    std::vector<std::unique_ptr<device>> m_devices;
};

}  // namespace pimvp::board
