// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/text_table.h>

#include <limits>

namespace core = pimvp::core;

TEST_CASE("core.text_table.si_prefixes") {
    CHECK(core::si(1.25e-6, "s") == "1.25 \u00b5s");
    CHECK(core::si(3.2e-9, "J") == "3.20 nJ");
    CHECK(core::si(0.0, "J") == "0 J");
    CHECK(core::si(999.96e-9, "s") == "1.00 \u00b5s");
    CHECK(core::si(999.4e-9, "s") == "999 ns");
    CHECK(core::si(12345.0, "B/s") == "12.3 kB/s");
    CHECK(core::si(-0.02, "V") == "-20.0 mV");
    CHECK(core::si(1.0, "") == "1.00");
    CHECK(core::si(41.2877e12, "OPS", 4) == "41.29 TOPS");
    CHECK(core::si(1e-30, "J") == "0.00 aJ");
    CHECK(core::si(std::numeric_limits<double>::quiet_NaN(), "J") == "n/a");
}

TEST_CASE("core.text_table.counts_and_shares") {
    CHECK(core::grouped(0) == "0");
    CHECK(core::grouped(999) == "999");
    CHECK(core::grouped(1'234'567) == "1 234 567");
    CHECK(core::percent(0.1234) == "12.3 %");
    CHECK(core::percent(1.0, 0) == "100 %");
    CHECK(core::percent(std::numeric_limits<double>::infinity()) == "n/a");
}

TEST_CASE("core.text_table.width_counts_code_points") {
    CHECK(core::display_width("abc") == 3);
    CHECK(core::display_width("1.25 \u00b5s") == 7);
    CHECK(core::display_width("e\u0301") == 1);
}

TEST_CASE("core.text_table.aligns") {
    core::text_table table{{"layer"}, {"energy", core::text_table::align::right}, {"on"}};
    table.row({"conv1", "1.25 \u00b5J", "accelerator"});
    table.rule();
    table.row({"a|b", "12.5 nJ"});
    CHECK(table.text() ==
          "layer   energy  on\n"
          "───────────────────────────\n"
          "conv1  1.25 \u00b5J  accelerator\n"
          "───────────────────────────\n"
          "a|b    12.5 nJ\n");
    CHECK(table.markdown() ==
          "| layer | energy | on |\n"
          "|---|---:|---|\n"
          "| conv1 | 1.25 \u00b5J | accelerator |\n"
          "| a\\|b | 12.5 nJ |  |\n");
    CHECK_THROWS_AS(table.row({"1", "2", "3", "4"}), core::internal_error);
}
