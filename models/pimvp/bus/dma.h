// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/dma_params.h>
#include <pimvp/bus/initiator_port.h>

#include <pimvp/core/context.h>
#include <pimvp/core/statistics.h>
#include <pimvp/core/trace.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

namespace pimvp::bus {

/// Rows of bytes at a stride; `rows` 1 is a plain block.
struct dma_block {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;  ///< of one row
    std::uint64_t rows = 1;
    std::uint64_t stride = 0;  ///< from row to row; 0 = rows are adjacent

    [[nodiscard]] std::uint64_t total() const { return bytes * rows; }
    [[nodiscard]] std::uint64_t row_address(std::uint64_t row) const {
        return address + row * (stride == 0 ? bytes : stride);
    }
};

/// From memory to memory; both sides hold the same number of bytes.
struct dma_descriptor {
    dma_block source;
    dma_block destination;
};

/// How a transfer ended.
struct dma_result {
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
    std::uint64_t address = 0;  ///< of the burst that failed
    std::uint64_t bytes = 0;    ///< moved before it
    bool aborted = false;

    explicit operator bool() const { return status == tlm::TLM_OK_RESPONSE; }
};

/// The `dma` initiator socket of an accelerator and the engine behind it.
///
/// **Interface** initiator, LT and AT (see initiator_port). Threads of the accelerator call read,
/// write and copy, which return when the transfer has ended; each calling thread is a channel of
/// its own with one burst in flight.
///
/// **Timing** setup, then burst after burst: a row is cut at multiples of `burst` addresses, and a
/// burst is issued at the response of the one before it.
///
/// **Limits** A transfer stops at the first burst that is answered with an error; what was moved
/// before stays moved. No decoupling: the quantum does not apply. copy() holds a burst in a buffer
/// of the engine, so overlapping blocks are copied burst by burst upwards.
///
/// **Example**
/// \code
///     bus::dma dma{"dma", context, {}};
///     const bus::dma_result done = dma.read({table, 64}, buffer.data());
///     if (!done) fail(error_code::bus_error, done.address);
/// \endcode
///
/// A trace shows transfers as slices, on one track per channel in use.
///
/// **Source** the defaults of dma_params (`cards/system_bus.yaml`), all `assumed`.
class dma : public initiator_port {
public:
    dma(const char* name, core::context& context, dma_params params = {});

    const char* kind() const override { return "pimvp::bus::dma"; }
    [[nodiscard]] const dma_params& params() const { return m_params; }

    /// Memory to the accelerator: rows arrive densely at `to`. From threads only.
    dma_result read(const dma_block& from, void* to);
    /// The accelerator to memory.
    dma_result write(const dma_block& to, const void* from);
    /// Memory to memory. Throws core::internal_error if the sizes differ.
    dma_result copy(const dma_descriptor& what);

    /// Ends all transfers at once, from any process: they return with `aborted` before simulated
    /// time advances. A burst under way still reaches its target; its data are dropped.
    void abort();

private:
    class transfer;
    struct statistics : core::stat_group {
        using stat_group::stat_group;
        core::counter transfers{*this, "transfers", "read, write and copy calls",
                                core::quantity::count};
        core::counter failed{*this, "failed", "of them ended by an error or abort()",
                             core::quantity::count};
        core::counter bytes_read{*this, "bytes_read", "bytes read", core::quantity::bytes};
        core::counter bytes_written{*this, "bytes_written", "bytes written", core::quantity::bytes};
    };

    [[nodiscard]] std::uint64_t burst_bytes() const { return m_params.burst.value.bytes; }

    const dma_params m_params;
    const sc_core::sc_time m_setup;
    statistics m_stats;
    core::trace& m_trace;
    std::vector<bool> m_channels;  ///< in use
    std::uint64_t m_aborts = 0;
    sc_core::sc_event m_abort;
};

}  // namespace pimvp::bus
