// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <systemc>
#include <vector>

/// One way out for messages, SystemC's own included. Message types are constants of the room that
/// reports, "/pimvp/<room>/<block>/<what>", and tests expect them by type.
namespace pimvp::core {

/// One message as the handler received it.
struct report_record {
    sc_core::sc_severity severity = sc_core::SC_INFO;
    std::string type;  ///< "/pimvp/reram/tile/bad_descriptor", or SystemC's
    std::string text;
    std::string process;  ///< hierarchical name of the process that reported, may be empty
    sc_core::sc_time time;

    /// "warning 1.25 us top.tile: text [/pimvp/...]"
    [[nodiscard]] std::string line() const;
};

/// Reports with the instance path in front of the text. `type` must be a constant. An error throws
/// sc_core::sc_report out of the calling process and so out of sc_start; fatal aborts.
void report_info(const char* type, const std::string& text);
void report_warning(const char* type, const std::string& text);
void report_error(const char* type, const std::string& text);
[[noreturn]] void report_fatal(const char* type, const std::string& text);

/// Installs the handler: info to `out` (silent if null), the rest to `err`. simulation_setup()
/// calls it with (null, std::cerr). The streams must outlive the simulation.
void install_report_handler(std::ostream* out, std::ostream* err);

/// While it lives, messages go here instead of to the streams, so that tests can expect them. The
/// newest one wins. Errors still throw unless told otherwise.
///
/// \code
///     core::report_capture seen;
///     dut.poke();
///     CHECK(seen.count("/pimvp/bus/router/overlap") == 1);
/// \endcode
class report_capture {
public:
    enum class errors { thrown, recorded };

    explicit report_capture(errors mode = errors::thrown);
    ~report_capture();
    report_capture(const report_capture&) = delete;
    report_capture& operator=(const report_capture&) = delete;

    [[nodiscard]] const std::vector<report_record>& records() const { return m_records; }
    /// Messages of exactly this type.
    [[nodiscard]] std::size_t count(std::string_view type) const;
    /// Messages of this severity.
    [[nodiscard]] std::size_t count(sc_core::sc_severity severity) const;
    void clear() { m_records.clear(); }

private:
    friend struct report_dispatch;
    std::vector<report_record> m_records;
    report_capture* m_previous;
    errors m_mode;
};

}  // namespace pimvp::core
