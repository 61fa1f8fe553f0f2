// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/mem/edram_params.h>

#include <pimvp/core/area.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>
#include <pimvp/core/statistics.h>

#include <cstdint>
#include <string>

namespace pimvp::mem {

/// Time, energy and occupancy of a banked on-chip buffer, without its contents: a plain object
/// inside a block that keeps the data itself.
///
/// **Timing** An access moves whole words, ceil(bytes / word) of them, at `transfer` bytes per
/// `cycle`, and occupies its port as long: done = max(earliest, port free) + words * word /
/// transfer * cycle. There is a port for reads and one for writes; with one bank they are the same.
/// Times are absolute, in fs; a port serves in the order of the calls.
///
/// **Limits** Which bank an address lies in is not modelled: two or more banks mean that a read and
/// a write never meet in one. No refresh.
///
/// **Example**
/// \code
///     mem::edram_buffer buffer{context, "tile.edram", params};
///     const std::uint64_t ready_fs = buffer.read(core::now_fs(), 288, layer);
/// \endcode
///
/// **Source** ISAAC, ISCA 2016, Table I and text (`cards/isaac_32nm.yaml`).
class edram_buffer {
public:
    /// `name`: hierarchical, for statistics. Throws core::user_error if the parameters contradict
    /// each other.
    edram_buffer(core::context& context, const std::string& name, const edram_params& params = {});

    /// Reserve a port, not before `earliest_fs`, charge the bytes to `scope`, and return when the
    /// last word has moved. No bytes take no time.
    std::uint64_t read(std::uint64_t earliest_fs, std::uint64_t bytes, std::uint32_t scope = 0);
    std::uint64_t write(std::uint64_t earliest_fs, std::uint64_t bytes, std::uint32_t scope = 0);
    /// Charge without reserving: for owners that keep the time themselves.
    void count_read(std::uint64_t bytes, std::uint32_t scope = 0);
    void count_write(std::uint64_t bytes, std::uint32_t scope = 0);
    /// How long a port is busy with so many bytes, fs.
    [[nodiscard]] std::uint64_t busy_fs(std::uint64_t bytes) const;
    [[nodiscard]] std::uint64_t read_free_fs() const { return m_free[0]; }
    [[nodiscard]] std::uint64_t write_free_fs() const { return m_free[m_write_port]; }

    /// Takes room for live data. False, and nothing changes, if it does not fit.
    [[nodiscard]] bool occupy(std::uint64_t bytes);
    /// Precondition: bytes <= occupied() (internal_error).
    void release(std::uint64_t bytes);
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

    std::uint64_t reserve(unsigned port, std::uint64_t earliest_fs, std::uint64_t bytes);

    const edram_params m_params;
    const unsigned m_write_port;  // 1, or 0 if there is one bank
    std::uint64_t m_free[2] = {};
    core::energy_ledger& m_ledger;
    core::event_id m_read_byte, m_write_byte;
    statistics m_stats;
};

}  // namespace pimvp::mem
