// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/core/text_table.h>
#include <pimvp/report/page.h>

#include <iostream>
#include <optional>
#include <string>

namespace pimvp::cli {

int report_command(const arguments& words) {
    namespace po = boost::program_options;
    std::string out, curves;
    std::vector<std::string> records;
    po::options_description all("options");
    all.add_options()("help,h", "this text")(
        "record", po::value(&records)->composing(),
        "[NAME=]DIR or run.json of a run; others are compared with the first")(
        "study", po::value(&curves), "curves of precision against divergence and energy (.json)")(
        "out", po::value(&out)->default_value("report.html"), "the page")("quiet,q", "no line");
    po::positional_options_description positions;
    positions.add("record", -1);
    po::variables_map seen;
    if (!parse(words, all, "pimvp report [NAME=]DIR... [options]", seen, positions)) return 0;
    if (records.empty()) {
        throw core::user_error("pimvp report",
                               "names no record: the folder a pimvp run --out has written");
    }
    const std::vector<report::recorded_run> runs = report::read_runs(records);
    std::optional<report::study> study;
    if (!curves.empty()) study = report::read_study(curves);
    const std::string page = report::page(runs, study);
    core::write_file(out, page);
    if (seen.count("quiet") == 0) {
        std::cout << out << ": " << core::grouped(page.size()) << " bytes\n";
    }
    return 0;
}

}  // namespace pimvp::cli
