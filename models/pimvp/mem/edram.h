// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/mem/edram_params.h>

#include <pimvp/core/area.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/statistics.h>

#include <cstdint>
#include <systemc>

namespace pimvp::mem {

/// Time, energy and occupancy of a banked on-chip buffer, without its contents: a part of a block
/// that keeps the data itself. No socket, no process.
///
/// **Timing** An access moves whole words, ceil(bytes / word) of them, at `transfer` bytes per
/// `cycle`, and occupies its port as long: done = max(earliest, port free) + words * word /
/// transfer * cycle. There is a port for reads and one for writes; with one bank they are the same.
/// Times are absolute; a port serves in the order of the calls.
///
/// **Limits** Which bank an address lies in is not modelled: two or more banks mean that a read and
/// a write never meet in one. Occupancy is accounted for; what happens when it exceeds the capacity
/// is the owner's business (fits()). No refresh.
///
/// **Example**
/// \code
///     mem::edram edram{"edram", context, params};  // member of a module
///     const sc_core::sc_time ready = edram.read(sc_core::sc_time_stamp(), 288, layer);
/// \endcode
///
/// **Source** ISAAC, ISCA 2016, Table I and text (`cards/isaac_32nm.yaml`).
class edram : public sc_core::sc_object {
public:
    /// Throws core::user_error if the parameters contradict each other.
    edram(const char* name, core::context& context, const edram_params& params = {});

    const char* kind() const override { return "pimvp::mem::edram"; }

    /// Reserve a port, not before `earliest`, charge the bytes to `scope`, and return when the last
    /// word has moved. No bytes take no time.
    sc_core::sc_time read(const sc_core::sc_time& earliest, std::uint64_t bytes,
                          std::uint32_t scope = 0);
    sc_core::sc_time write(const sc_core::sc_time& earliest, std::uint64_t bytes,
                           std::uint32_t scope = 0);
    /// Charge without reserving: for owners with a schedule of their own.
    void count_read(std::uint64_t bytes, std::uint32_t scope = 0);
    void count_write(std::uint64_t bytes, std::uint32_t scope = 0);
    /// How long a port is busy with so many bytes; and the same in whole cycles of `transfer`.
    [[nodiscard]] sc_core::sc_time busy_time(std::uint64_t bytes) const;
    [[nodiscard]] std::uint64_t transfer_cycles(std::uint64_t bytes) const;
    /// When the port is free, absolute.
    [[nodiscard]] sc_core::sc_time read_free_at() const;
    [[nodiscard]] sc_core::sc_time write_free_at() const;

    /// Live data: counted, also beyond the capacity.
    void allocate(std::uint64_t bytes);
    /// Precondition: bytes <= occupied() (internal_error).
    void release(std::uint64_t bytes);
    [[nodiscard]] bool fits(std::uint64_t bytes) const;
    [[nodiscard]] std::uint64_t occupied() const { return m_stats.occupied.level(); }
    [[nodiscard]] std::uint64_t high_water() const { return m_stats.occupied.high_water(); }
    [[nodiscard]] std::uint64_t capacity() const { return m_params.size.value.bytes; }

    /// Nothing is occupied, ports are free (reset). Statistics stay.
    void clear();

    [[nodiscard]] const edram_params& params() const { return m_params; }
    [[nodiscard]] const core::stat_group& stats() const { return m_stats; }
    [[nodiscard]] core::budget_item budget() const;

private:
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter bytes_read{*this, "bytes_read", "bytes read", core::quantity::bytes};
        core::counter bytes_written{*this, "bytes_written", "bytes written", core::quantity::bytes};
        core::gauge occupied{*this, "occupied", "most bytes of live data", core::quantity::bytes};
    };

    [[nodiscard]] std::uint64_t busy_fs(std::uint64_t bytes) const;
    sc_core::sc_time reserve(unsigned port, const sc_core::sc_time& earliest, std::uint64_t bytes);

    const edram_params m_params;
    const unsigned m_write_port;  // 1, or 0 if there is one bank
    std::uint64_t m_free_fs[2] = {};
    core::energy_ledger& m_ledger;
    core::event_id m_read_byte, m_write_byte;
    statistics m_stats;
};

}  // namespace pimvp::mem
