// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/report.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/quantity.h>

#include <cstdlib>
#include <ostream>

namespace pimvp::core {

/// SystemC knows one handler a process, a plain function: what it writes to is as global as it is.
struct report_dispatch {
    std::ostream* out = nullptr;
    std::ostream* err = nullptr;
    report_capture* capture = nullptr;

    static report_dispatch& instance() {
        static report_dispatch one;
        return one;
    }

    static void handle(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
        report_dispatch& self = instance();
        constexpr sc_core::sc_actions print = sc_core::SC_DISPLAY | sc_core::SC_LOG;
        constexpr sc_core::sc_actions raise = sc_core::SC_THROW;
        sc_core::sc_actions rest = actions & ~print;
        if ((actions & (print | raise)) != 0) {
            report_record record{
                report.get_severity(), report.get_msg_type(), report.get_msg(),
                report.get_process_name() != nullptr ? report.get_process_name() : "",
                report.get_time()};
            if (self.capture != nullptr) {
                if (self.capture->m_mode == report_capture::errors::recorded &&
                    record.severity == sc_core::SC_ERROR) {
                    rest &= ~raise;
                }
                self.capture->m_records.push_back(std::move(record));
            } else if ((actions & sc_core::SC_DISPLAY) != 0) {
                std::ostream* to = record.severity == sc_core::SC_INFO ? self.out : self.err;
                if (to != nullptr) *to << record.line() << std::endl;
            }
        }
        sc_core::sc_report_handler::default_handler(report, rest);
    }
};

namespace {

void send(sc_core::sc_severity severity, const char* type, const std::string& text) {
    sc_core::sc_report_handler::report(severity, type, text.c_str(), __FILE__, __LINE__);
}

}  // namespace

std::string report_record::line() const {
    std::string head = severity == sc_core::SC_INFO      ? "info"
                       : severity == sc_core::SC_WARNING ? "warning"
                       : severity == sc_core::SC_ERROR   ? "error"
                                                         : "fatal";
    head += " " + to_string(duration{to_fs(time)});
    if (!process.empty()) head += " " + process;
    return head + ": " + text + " [" + type + "]";
}

void report_info(const char* type, const std::string& text) {
    send(sc_core::SC_INFO, type, text);
}

void report_warning(const char* type, const std::string& text) {
    send(sc_core::SC_WARNING, type, text);
}

void report_error(const char* type, const std::string& text) {
    send(sc_core::SC_ERROR, type, text);
}

void report_fatal(const char* type, const std::string& text) {
    send(sc_core::SC_FATAL, type, text);
    std::abort();
}

void install_report_handler(std::ostream* out, std::ostream* err) {
    report_dispatch::instance().out = out;
    report_dispatch::instance().err = err;
    sc_core::sc_report_handler::set_handler(&report_dispatch::handle);
}

report_capture::report_capture(errors mode)
    : m_previous(report_dispatch::instance().capture),
      m_mode(mode) {
    report_dispatch::instance().capture = this;
    sc_core::sc_report_handler::set_handler(&report_dispatch::handle);
}

report_capture::~report_capture() {
    report_dispatch::instance().capture = m_previous;
}

std::size_t report_capture::count(std::string_view type) const {
    std::size_t found = 0;
    for (const report_record& record : m_records) found += record.type == type ? 1U : 0U;
    return found;
}

std::size_t report_capture::count(sc_core::sc_severity severity) const {
    std::size_t found = 0;
    for (const report_record& record : m_records) found += record.severity == severity ? 1U : 0U;
    return found;
}

}  // namespace pimvp::core
