// SPDX-License-Identifier: Apache-2.0
#include <support/bench.h>
#include <support/catch.h>

#include <pimvp/core/report.h>

#include <iostream>
#include <sstream>

namespace core = pimvp::core;

namespace {
constexpr const char* odd = "/pimvp/unit/report/odd";
constexpr const char* wrong = "/pimvp/unit/report/wrong";
}  // namespace

TEST_CASE("core.report.capture_keeps_type_text_and_severity") {
    core::report_capture seen;
    core::report_info(odd, "information");
    core::report_warning(odd, "a warning");
    CHECK_THROWS_AS(core::report_error(wrong, "an error"), sc_core::sc_report);
    REQUIRE(seen.records().size() == 3);
    CHECK(seen.count(odd) == 2);
    CHECK(seen.count(wrong) == 1);
    CHECK(seen.count(sc_core::SC_ERROR) == 1);
    CHECK(seen.records()[1].text == "a warning");
    CHECK(seen.records()[1].line() == "warning 0 fs: a warning [/pimvp/unit/report/odd]");
    seen.clear();
    CHECK(seen.records().empty());
}

TEST_CASE("core.report.errors_may_be_recorded_only") {
    core::report_capture outer;
    {
        core::report_capture seen(core::report_capture::errors::recorded);
        CHECK_NOTHROW(core::report_error(wrong, "an error"));
        CHECK(seen.count(wrong) == 1);
    }
    CHECK(outer.records().empty());
    CHECK_THROWS(core::report_error(wrong, "an error"));
    CHECK(outer.count(wrong) == 1);
}

TEST_CASE("core.report.systemc_speaks_through_the_same_handler") {
    core::report_capture seen;
    SC_REPORT_WARNING("/systemc/own", "text");
    CHECK(seen.count("/systemc/own") == 1);
}

TEST_CASE("core.report.streams_get_one_line_each") {
    std::ostringstream out;
    std::ostringstream err;
    core::install_report_handler(&out, &err);
    core::report_info(odd, "hello");
    core::report_warning(odd, "careful");
    core::install_report_handler(nullptr, &std::cerr);
    core::report_info(odd, "silent");
    CHECK(out.str() == "info 0 fs: hello [/pimvp/unit/report/odd]\n");
    CHECK(err.str() == "warning 0 fs: careful [/pimvp/unit/report/odd]\n");
}

TEST_CASE("core.report.time_and_process_are_named") {
    support::bench bench;
    core::report_capture seen;
    bench.run(sc_core::sc_time(1, sc_core::SC_US), [] {
        wait(sc_core::sc_time(25, sc_core::SC_NS));
        core::report_warning(odd, "late");
    });
    REQUIRE(seen.count(odd) == 1);  // SystemC's own "stopped by user" follows
    CHECK(seen.records()[0].time == sc_core::sc_time(25, sc_core::SC_NS));
    CHECK_THAT(seen.records()[0].line(), Catch::Matchers::StartsWith("warning 25 ns bench"));
}
