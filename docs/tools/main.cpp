// SPDX-License-Identifier: Apache-2.0
// Fills in the generated parts of the pages (pimvp_docs docs), or says which are not current; both
// times, which pages have wrong headings or dead links.
// `--check` also takes a file with the names of all tests, and refuses pages that name others.
#include "page.h"
#include "tables.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>
#include <pimvp/core/setup.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <systemc>
#include <vector>

namespace {

using namespace pimvp;

std::vector<std::filesystem::path> pages_below(const std::string& folder) {
    std::vector<std::filesystem::path> pages;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".md") pages.push_back(entry.path());
    }
    std::sort(pages.begin(), pages.end());
    return pages;
}

/// The last word of each line of `ctest -N`.
std::vector<std::string> names_in(const std::string& file) {
    std::vector<std::string> names;
    std::istringstream lines(core::read_text_file(file));
    for (std::string line; std::getline(lines, line);) {
        if (line.find("Test ") != std::string::npos) {
            names.push_back(line.substr(line.rfind(' ') + 1));
        }
    }
    return names;
}

/// Number of problems.
int refresh_all(const std::string& folder, bool only_check, const std::vector<std::string>& suite) {
    const docs::catalogue library;
    int problems = 0;
    const auto complain = [&problems](const std::filesystem::path& page, const std::string& what) {
        ++problems;
        std::cerr << page.string() << ": " << what << '\n';
    };
    for (const std::filesystem::path& path : pages_below(folder)) {
        const std::string text = core::read_text_file(path.string());
        const docs::refreshed_page fresh =
            docs::refresh(path.string(), text,
                          [&library](const auto& words) { return docs::table(library, words); });
        if (path.parent_path().filename() == "models") {
            for (const std::string& problem : docs::heading_problems(text)) complain(path, problem);
        }
        for (const std::string& link : docs::dead_links(path.parent_path().string(), text)) {
            complain(path, "a link leads nowhere: " + link);
        }
        if (!suite.empty()) {
            for (const std::string& name : docs::unknown_tests(text, suite)) {
                complain(path, "there is no test " + name);
            }
        }
        if (only_check) {
            for (const std::string& marker : fresh.changed) {
                complain(path, marker + " is not current: run scripts/docs.sh");
            }
        } else if (!fresh.changed.empty()) {
            std::ofstream(path) << fresh.text;
            std::cout << path.string() << ": " << fresh.changed.size() << " tables new\n";
        }
    }
    return problems;
}

}  // namespace

int sc_main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const bool only_check = !words.empty() && words[0] == "--check";
    const std::size_t least = only_check ? 2 : 1;
    if (words.size() < least || words.size() > 2 * least - 1) {
        std::cerr << "usage: pimvp_docs FOLDER | pimvp_docs --check FOLDER [TESTS]\n";
        return 2;
    }
    try {
        core::simulation_setup();
        const std::vector<std::string> suite =
            words.size() > least ? names_in(words[least]) : std::vector<std::string>();
        return refresh_all(words[least - 1], only_check, suite) == 0 ? 0 : 1;
    } catch (const std::exception& problem) {
        std::cerr << "pimvp_docs: " << problem.what() << '\n';
        return 2;
    }
}

int main(int argc, char** argv) {
    return pimvp::core::run_sc_main(argc, argv);
}
