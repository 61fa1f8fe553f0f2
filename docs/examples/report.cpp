// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/core/file.h>
#include <pimvp/report/measures.h>
#include <pimvp/report/page.h>

#include <iostream>

using namespace pimvp;

/// Before and after: a table on the terminal, a page on the disk.
void show(const std::string& before, const std::string& after) {
    const auto runs = report::read_runs({"before=" + before, "after=" + after});
    std::cout << report::comparison_table(runs).text();
    core::write_file("report.html", report::page(runs, std::nullopt));
}
// page ends
