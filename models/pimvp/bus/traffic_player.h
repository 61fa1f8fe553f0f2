// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/traffic_table.h>

#include <pimvp/core/context.h>
#include <pimvp/core/diagnostics.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::bus {

/// Plays a table of transactions on a bus and compares every answer with what the table expects.
///
/// **Interface** `out`: initiator, LT or AT as core::context::style says, with the context's
/// quantum. Starts by itself at the start of the simulation.
///
/// **Timing** A row begins at max(end of the row before + `after`, start of the table + `at`); its
/// transaction is issued then, and the row ends with the response.
///
/// **Limits** One transaction in flight: several players make traffic that overlaps. No byte
/// enables, no streaming. After a mismatch the table goes on.
///
/// **Example**
/// \code
///     bus::traffic_player player{
///         "player", context, bus::read_traffic_table(core::document::load("traffic.yaml"))};
///     bus::connect(context, player.out, ram.in);
///     sc_core::sc_start();
///     std::cout << player.report();
///     return player.passed() ? 0 : 3;
/// \endcode
///
/// **Source** none: a tool of tests.
class traffic_player : public sc_core::sc_module {
public:
    initiator_port out;

    /// Throws core::user_error if the table breaks its rules, as a table from a file cannot.
    traffic_player(const sc_core::sc_module_name& name, core::context& context,
                   traffic_table table);

    const char* kind() const override { return "pimvp::bus::traffic_player"; }
    [[nodiscard]] const traffic_table& table() const { return m_table; }

    /// Rows that have ended.
    [[nodiscard]] std::size_t played() const { return m_played; }
    [[nodiscard]] bool done() const { return m_played == m_table.rows.size(); }
    /// Notified when the last row has ended.
    [[nodiscard]] const sc_core::sc_event& finished() const { return m_finished; }

    /// What differed, with the place of the row: "file:line:col: rows[3]: ...".
    [[nodiscard]] const core::diagnostics& mismatches() const { return m_mismatches; }
    /// Played to the end, without a mismatch.
    [[nodiscard]] bool passed() const { return done() && m_mismatches.empty(); }
    /// The mismatches, a line each, and a line that sums up; names the row that has not ended.
    [[nodiscard]] std::string report() const;

private:
    void run();  // SC_THREAD: per row (1) wait for its time (2) transaction (3) compare
    [[nodiscard]] std::uint64_t local_fs() const;
    void wait_until(std::uint64_t fs);
    tlm::tlm_response_status issue(const traffic_row& row, std::vector<std::uint8_t>& bytes);
    void compare(std::size_t index, tlm::tlm_response_status response, std::uint64_t took_fs,
                 const std::vector<std::uint8_t>& bytes);
    [[nodiscard]] std::string transaction_text(const traffic_row& row) const;

    const traffic_table m_table;
    std::size_t m_played = 0;
    std::vector<std::uint8_t> m_bytes;  ///< of the row; here, as a thread that waits never unwinds
    core::diagnostics m_mismatches;
    sc_core::sc_event m_finished{"finished"};
};

}  // namespace pimvp::bus
