// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/report/measures.h>
#include <pimvp/runner/comparing.h>
#include <pimvp/runner/record.h>

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>

namespace pimvp::cli {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr int mismatch = 3;

/// A folder for records that nobody keeps.
class passing_folder {
public:
    passing_folder() {
        std::string name = (fs::temp_directory_path() / "pimvp_compare_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw core::user_error(name, std::string("cannot be made (") + std::strerror(errno) +
                                             "): name a folder with --out");
        }
        m_path = name;
    }
    ~passing_folder() {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    passing_folder(const passing_folder&) = delete;
    passing_folder& operator=(const passing_folder&) = delete;
    [[nodiscard]] const std::string& path() const { return m_path; }

private:
    std::string m_path;
};

struct compare_options {
    std::string platforms, out;
    std::vector<std::string> overrides, records;
    runner::workload_options data;
    simulation_words simulation;
};

po::options_description options_for(compare_options& chosen) {
    po::options_description all("options");
    all.add_options()("help,h", "this text")(
        "platforms", po::value(&chosen.platforms),
        "two or more presets or YAML files: A,B,NAME=C. NAME stands in the table")(
        "set", po::value(&chosen.overrides)->composing(),
        "path=value, overrides all platforms; NAME:path=value that one")(
        "out", po::value(&chosen.out), "folder for compare.json and a record for each platform")(
        "record", po::value(&chosen.records)->composing(),
        "[NAME=]DIR or run.json of a run to compare instead")("quiet,q", "no table, no progress");
    add_network_options(all, chosen.data);
    add_input_options(all, chosen.data);
    add_simulation_options(all, chosen.simulation);
    return all;
}

std::function<void(std::size_t)> progress_of(const std::vector<runner::contender>& contenders,
                                             bool quiet) {
    if (quiet || isatty(STDERR_FILENO) == 0) return {};
    return [&contenders](std::size_t done) {
        std::cerr << "\r\033[K";
        if (done == contenders.size()) return;
        std::cerr << "platform " << done + 1 << " of " << contenders.size() << ": "
                  << contenders[done].label << std::flush;
    };
}

/// "glyphs, 12 images", if that holds for all.
std::string heading(const std::vector<report::recorded_run>& runs) {
    const report::recorded_run& first = runs.front();
    const bool one = std::all_of(runs.begin(), runs.end(), [&](const report::recorded_run& run) {
        return run.network == first.network && run.images == first.images;
    });
    if (!one) return "networks or images differ";
    const std::string weights =
        first.weights == "trained" ? "" : " (" + first.weights + " weights)";
    return first.network + weights + ", " + std::to_string(first.images) +
           (first.images == 1 ? " image" : " images");
}

}  // namespace

int compare_command(const arguments& words) {
    compare_options chosen;
    const po::options_description all = options_for(chosen);
    po::positional_options_description positions;
    positions.add("record", -1);
    po::variables_map seen;
    if (!parse(words, all,
               "pimvp compare --platforms A,B,NAME=C [options] | pimvp compare [NAME=]DIR...", seen,
               positions)) {
        return 0;
    }
    const bool quiet = seen.count("quiet") != 0;
    if (chosen.platforms.empty() == chosen.records.empty()) {
        throw core::user_error("pimvp compare",
                               "takes either --platforms A,B or the records of runs: DIR DIR...");
    }
    std::optional<runner::record_folder> folder;
    std::vector<report::recorded_run> runs;
    if (chosen.platforms.empty()) {
        const arguments more = words_without(words, all, positions, {"record", "out", "quiet"});
        if (!more.empty()) {
            throw core::user_error(more.front(), "goes with --platforms: records are as they are");
        }
        if (chosen.records.size() < 2) {
            throw core::user_error("pimvp compare", "a comparison takes two records or more");
        }
        runs = report::read_runs(chosen.records);
        if (!chosen.out.empty()) folder.emplace(chosen.out);
    } else {
        options_of(chosen.simulation, chosen.data);  // refuses what every child would refuse
        const std::vector<runner::contender> contenders =
            runner::contenders_in(chosen.platforms, chosen.overrides);
        std::optional<passing_folder> passing;
        if (chosen.out.empty()) {
            passing.emplace();
        } else {
            folder.emplace(chosen.out);
        }
        runs = runner::run_contenders(
            contenders, words_without(words, all, positions, {"platforms", "set", "out", "quiet"}),
            passing ? passing->path() : chosen.out, progress_of(contenders, quiet));
    }
    if (folder) {
        core::write_file(folder->path() + "/compare.json",
                         report::comparison_record(runs).dump(2) + "\n");
    }
    if (!quiet) {
        std::cout << heading(runs) << ", per inference\n\n"
                  << report::comparison_table(runs).text();
    }
    const bool equal = std::all_of(runs.begin(), runs.end(), [](const report::recorded_run& run) {
        return run.mismatches == 0;
    });
    return equal ? 0 : mismatch;
}

}  // namespace pimvp::cli
