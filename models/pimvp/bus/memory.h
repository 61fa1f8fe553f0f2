// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/memory_params.h>
#include <pimvp/bus/service_port.h>

#include <pimvp/core/checkpoint.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/statistics.h>

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::bus {

/// A random-access memory behind one target socket: the system memory of a platform.
///
/// **Interface**
/// | name | kind              | meaning                                                  |
/// |------|-------------------|----------------------------------------------------------|
/// | `in` | target, LT and AT | read, write, byte enables, debug, DMI; addresses from 0  |
///
/// **Timing** An access of n bytes occupies the data bus for n / bandwidth; its response comes
/// latency + n / bandwidth after the bus is free. Debug takes no time; DMI is granted with
/// `latency` per access and leaves out the bandwidth.
///
/// **Limits** No banks, rows or refresh (see room `mem`). A streaming width below the length and
/// a length of 0 are burst errors. With `read_only`, writes are command errors and DMI is for
/// reading; load() and debug writes go through. Host memory is allocated in pages when first
/// written; what was never written reads 0.
///
/// **Example**
/// \code
///     pimvp::bus::memory ram{"ram", context, {}};
///     cpu.bind(ram.in);
/// \endcode
///
/// **Source** the defaults of memory_params (`cards/system_memory.yaml`), all `assumed`.
class memory : public sc_core::sc_module, public core::savable, private service {
public:
    service_port in;

    memory(const sc_core::sc_module_name& name, core::context& context, memory_params params = {});
    ~memory() override;

    const char* kind() const override { return "pimvp::bus::memory"; }
    [[nodiscard]] const memory_params& params() const { return m_params; }
    [[nodiscard]] std::uint64_t size() const { return m_params.size.value.bytes; }

    /// Contents become 0, transactions under way end with GENERIC_ERROR, DMI is invalidated.
    void reset();

    /// Like debug access, for loaders and tests that own the memory. Throws core::internal_error
    /// outside of the memory.
    void load(std::uint64_t address, const void* from, std::size_t bytes);
    using sc_core::sc_module::dump;  // of the object tree
    void dump(std::uint64_t address, void* to, std::size_t bytes) const;

    /// Host pages in use.
    [[nodiscard]] std::size_t pages() const;

    /// What is not 0, in runs of blocks of 4 KiB.
    void save(core::byte_writer& to) const override;
    /// As after reset(), then what was saved.
    void restore(core::byte_reader& from) override;

private:
    static constexpr std::uint64_t page_bytes = std::uint64_t{1} << 20U;  ///< of the host's heap

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time occupancy(
        const tlm::tlm_generic_payload& payload) const override;
    [[nodiscard]] sc_core::sc_time latency(const tlm::tlm_generic_payload& payload) const override;
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;
    unsigned debug(tlm::tlm_generic_payload& payload) override;
    bool direct_memory(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;

    std::uint8_t* page(std::uint64_t address);
    template <class Piece>
    void for_each_page(std::uint64_t address, std::size_t bytes, Piece piece) const;

    const memory_params m_params;
    const sc_core::sc_time m_latency;
    std::vector<std::unique_ptr<std::uint8_t[]>> m_pages;
    core::energy_ledger& m_ledger;
    core::event_id m_read_energy;
    core::event_id m_write_energy;
    core::stat_group m_stats;
    core::counter m_reads, m_writes, m_bytes_read, m_bytes_written;
};

}  // namespace pimvp::bus
