// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

namespace pimvp::docs {
namespace {

const std::vector<std::string> fixed_headings{
    "Picture",    "Status",   "Interface", "Parameters",
    "Registers",  "Numerics", "Timing",    "Energy and counts",
    "Statistics", "Limits",   "Use it",    "Software view",
    "Tests",      "Sources"};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

/// The words of an opening marker; empty if the line is none.
std::vector<std::string> marker_words(const std::string& line) {
    const std::string open = "<!-- generated:", close = "-->";
    if (line.rfind(open, 0) != 0 || line.size() < open.size() + close.size()) return {};
    std::istringstream in(line.substr(open.size(), line.size() - open.size() - close.size()));
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

/// Headings as links name them: lower case, blanks to hyphens, nothing else but word characters.
std::set<std::string> anchors_of(const std::string& text) {
    std::set<std::string> anchors;
    for (const std::string& line : lines_of(text)) {
        const std::size_t begin = line.find_first_not_of('#');
        if (begin == 0 || begin == std::string::npos || line[begin] != ' ') continue;
        std::string anchor;
        for (const char c : line.substr(begin + 1)) {
            if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-') {
                anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            } else if (c == ' ') {
                anchor += '-';
            }
        }
        anchors.insert(anchor);
    }
    return anchors;
}

}  // namespace

refreshed_page refresh(
    const std::string& page, const std::string& text,
    const std::function<std::string(const std::vector<std::string>& words)>& table) {
    refreshed_page result;
    const std::vector<std::string> lines = lines_of(text);
    bool is_code = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        result.text += lines[i] + '\n';
        if (lines[i].rfind("```", 0) == 0) is_code = !is_code;
        const std::vector<std::string> words = marker_words(lines[i]);
        if (is_code || words.empty()) continue;
        std::string made, stands;
        try {
            made = table(words);
        } catch (const core::user_error& problem) {
            throw core::user_error(page + ": " + lines[i] + ": " + problem.what());
        }
        std::size_t end = i + 1;
        for (; end < lines.size() && lines[end] != "<!-- end -->"; ++end) {
            stands += lines[end] + '\n';
        }
        if (end == lines.size()) {
            throw core::user_error(page + ": " + lines[i] + ": no line says <!-- end -->");
        }
        if (made != stands) result.changed.push_back(lines[i]);
        result.text += made + lines[end] + '\n';
        i = end;
    }
    return result;
}

std::vector<std::string> heading_problems(const std::string& text) {
    std::vector<std::string> problems, headings;
    bool is_code = false, is_empty = false;
    const auto close = [&] {
        if (is_empty && !headings.empty()) {
            problems.push_back("nothing stands under '" + headings.back() + "'");
        }
    };
    for (const std::string& line : lines_of(text)) {
        if (line.rfind("```", 0) == 0) is_code = !is_code;
        if (!is_code && line.rfind("## ", 0) == 0) {
            close();
            headings.push_back(line.substr(3));
            is_empty = true;
        } else if (!line.empty()) {
            is_empty = false;
        }
    }
    close();
    if (headings != fixed_headings) {
        std::string all;
        for (const std::string& heading : fixed_headings) {
            all += (all.empty() ? "" : ", ") + heading;
        }
        const auto differs = std::mismatch(headings.begin(), headings.end(), fixed_headings.begin(),
                                           fixed_headings.end());
        problems.push_back("the headings are not the fixed ones from '" +
                           (differs.first == headings.end() ? "the end" : *differs.first) +
                           "' on: " + all);
    }
    return problems;
}

std::vector<std::string> dead_links(const std::string& folder, const std::string& text) {
    static const std::regex link("\\]\\(([^)#: ]*)(#[^)]*)?\\)");
    std::vector<std::string> dead;
    std::string prose;
    bool is_code = false;
    for (const std::string& line : lines_of(text)) {
        if (line.rfind("```", 0) == 0) is_code = !is_code;
        if (!is_code) prose += line + '\n';
    }
    for (std::sregex_iterator it(prose.begin(), prose.end(), link), end; it != end; ++it) {
        const std::string file = (*it)[1], anchor = (*it)[2];
        const std::filesystem::path target = std::filesystem::path(folder) / file;
        const bool is_good =
            std::filesystem::exists(target) &&
            (anchor.empty() ||
             anchors_of(file.empty() ? text : core::read_text_file(target.string()))
                     .count(anchor.substr(1)) != 0);
        if (!is_good) dead.push_back(file + anchor);
    }
    return dead;
}

std::vector<std::string> unknown_tests(const std::string& text,
                                       const std::vector<std::string>& suite) {
    // `room.block.what_holds` of a room that has tests, or the id of a check against a paper
    static const std::regex name("`((?:[a-z_0-9]+\\.)[A-Za-z_0-9.*]+|D[0-9]+_[a-z_0-9*]+)`");
    std::set<std::string> rooms;
    for (const std::string& test : suite) rooms.insert(test.substr(0, test.find('.')));
    const std::size_t begin = text.find("\n## Tests\n");
    if (begin == std::string::npos) return {};
    const std::string section = text.substr(begin + 1, text.find("\n## ", begin + 1) - begin);
    std::vector<std::string> unknown;
    for (std::sregex_iterator it(section.begin(), section.end(), name), end; it != end; ++it) {
        const std::string found = (*it)[1];
        const std::size_t dot = found.find('.');
        if (dot != std::string::npos && rooms.count(found.substr(0, dot)) == 0) continue;
        const std::regex pattern(std::regex_replace(
            std::regex_replace(found, std::regex("\\."), "\\."), std::regex("\\*"), ".*"));
        if (std::none_of(suite.begin(), suite.end(), [&pattern](const std::string& test) {
                return std::regex_match(test, pattern);
            })) {
            unknown.push_back(found);
        }
    }
    return unknown;
}

}  // namespace pimvp::docs
