// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/comparing.h>

#include <pimvp/runner/child_process.h>
#include <pimvp/runner/platform.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace pimvp::runner {

namespace {

constexpr int differs = 3;  // a run whose integers differ leaves a record all the same

std::vector<std::string> labels_of(const std::vector<contender>& contenders) {
    std::vector<std::string> labels;
    for (const contender& each : contenders) labels.push_back(each.label);
    return labels;
}

contender read_contender(const std::string& word) {
    const report::labelled named = report::split_label(word);
    contender made{named.label, named.rest, {}};
    if (made.label.empty()) made.label = std::filesystem::path(named.rest).stem().string();
    if (made.label.empty() || report::split_label(made.label + "=x").label.empty()) {
        throw core::user_error("--platforms", core::quoted(word) +
                                                  " is no platform with a name: write NAME=" +
                                                  (named.rest.empty() ? "PLATFORM" : named.rest));
    }
    return made;
}

/// Gives "LABEL:path=value" to the one it names, anything else to all.
void apply(const std::string& assignment, std::vector<contender>& all) {
    const std::size_t colon = assignment.find(':');
    if (colon == std::string::npos || colon > assignment.find('=')) {
        for (contender& each : all) each.overrides.push_back(assignment);
        return;
    }
    const std::string label = assignment.substr(0, colon);
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const contender& each) { return each.label == label; });
    if (found == all.end()) {
        throw core::user_error("--set " + assignment,
                               "no platform is called " + core::quoted(label) +
                                   core::did_you_mean(label, labels_of(all)));
    }
    found->overrides.push_back(assignment.substr(colon + 1));
}

/// Without "pimvp: error: " and the final newline.
std::string message_in(std::string text) {
    constexpr const char* mark = "pimvp: error: ";
    if (text.rfind(mark, 0) == 0) text.erase(0, std::string(mark).size());
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.empty() ? "no message" : text;
}

}  // namespace

std::vector<contender> contenders_in(const std::string& platforms,
                                     const std::vector<std::string>& overrides) {
    std::vector<contender> all;
    std::istringstream words(platforms);
    for (std::string word; std::getline(words, word, ',');) {
        contender next = read_contender(word);
        const std::vector<std::string> labels = labels_of(all);
        if (std::find(labels.begin(), labels.end(), next.label) != labels.end()) {
            throw core::user_error(
                "--platforms",
                core::quoted(next.label) + " is there twice: write OTHER_NAME=" + next.platform);
        }
        all.push_back(std::move(next));
    }
    if (all.size() < 2) {
        throw core::user_error("--platforms", "a comparison takes two or more: A,B,NAME=C");
    }
    for (const std::string& assignment : overrides) apply(assignment, all);
    for (const contender& each : all) load_platform(each.platform, each.overrides);
    return all;
}

contender_failed::contender_failed(const std::string& label, int code, const std::string& text)
    : std::runtime_error(label + ": " + message_in(text)),
      m_code(code) {}

std::vector<report::recorded_run> run_contenders(const std::vector<contender>& contenders,
                                                 const std::vector<std::string>& arguments,
                                                 const std::string& folder,
                                                 const std::function<void(std::size_t)>& progress) {
    std::vector<report::recorded_run> runs;
    for (const contender& each : contenders) {
        if (progress) progress(runs.size());
        const std::string out = (std::filesystem::path(folder) / each.label).string();
        std::vector<std::string> words{"run", "--quiet", "--platform", each.platform, "--out", out};
        for (const std::string& one : each.overrides) words.insert(words.end(), {"--set", one});
        words.insert(words.end(), arguments.begin(), arguments.end());
        const child_result ended = run_this_program(words);
        if (ended.code != 0 && ended.code != differs) {
            throw contender_failed(each.label, ended.code, ended.text);
        }
        runs.push_back(report::read_run(each.label + "=" + out));
    }
    if (progress) progress(runs.size());
    return runs;
}

}  // namespace pimvp::runner
