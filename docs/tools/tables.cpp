// SPDX-License-Identifier: Apache-2.0
#include "tables.h"

#include <pimvp/board/board.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>
#include <pimvp/core/text_table.h>
#include <pimvp/runner/platform.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

namespace pimvp::docs {
namespace {

using words = std::vector<std::string>;

std::string code(std::string_view text) {
    return "`" + std::string(text) + "`";
}

std::string parameters(const catalogue& library, const words& request) {
    std::map<std::string, std::string> page_of;  // by group
    for (std::size_t i = 2; i < request.size(); ++i) {
        const std::size_t equals = request[i].find('=');
        if (equals == std::string::npos) {
            throw core::user_error(core::quoted(request[i]) + " is not GROUP=PAGE.md");
        }
        page_of[request[i].substr(0, equals)] = request[i].substr(equals + 1);
    }
    std::vector<core::parameter_row> shown;
    std::set<std::string> linked;
    for (core::parameter_row& row : library.parameters(request.at(1))) {
        const auto group = std::find_if(page_of.begin(), page_of.end(), [&row](const auto& entry) {
            return row.path.rfind(entry.first + ".", 0) == 0;
        });
        if (group == page_of.end()) {
            shown.push_back(std::move(row));
        } else if (linked.insert(group->first).second) {
            core::parameter_row link;
            link.path = group->first;
            link.type = "group";
            link.value = "...";
            const std::string& page = group->second;
            link.sentence =
                "See [" + page.substr(0, page.find('.')) + "](" + page + "#parameters).";
            shown.push_back(std::move(link));
        }
    }
    if (linked.size() != page_of.size()) throw core::user_error("it has no such group");
    return core::parameters_markdown(shown);
}

std::string statistics(const catalogue& library, const words& request) {
    core::text_table table{{"statistic"}, {"unit"}, {"meaning"}};
    for (const core::statistic* s : library.statistics(request.at(1)).own()) {
        table.row({code(s->name()), std::string(core::unit_of(s->what())),
                   std::string(s->description())});
    }
    return table.markdown();
}

std::string innermost(core::envelope where) {
    for (const core::envelope one : core::all_envelopes) {
        if (core::contains(where, one)) return std::string(to_string(one));
    }
    return {};
}

std::string energy(const catalogue& library, const words& request) {
    std::set<std::string> of_parts;
    for (std::size_t i = 3; i < request.size(); ++i) {
        const core::energy_ledger& part = library.context_of(request[i]).ledger();
        for (std::uint32_t e = 0; e < part.events(); ++e) of_parts.insert(part.name({e}));
    }
    core::text_table table{{"event"}, {"energy"}, {"innermost envelope"}, {"source"}};
    const core::energy_ledger& ledger = library.context_of(request.at(1)).ledger();
    for (std::uint32_t e = 0; e < ledger.events(); ++e) {
        if (of_parts.count(ledger.name({e})) != 0) continue;
        const core::graded<core::energy>& price = ledger.per_event({e});
        table.row({code(ledger.name({e})), code(core::to_string(price.value)),
                   innermost(ledger.where({e})), core::to_string(price.origin)});
    }
    constexpr std::uint64_t second_fs = 1'000'000'000'000'000;  // in which joules are watts
    for (const core::domain_energy& domain : ledger.price(ledger.snapshot(second_fs)).domains) {
        table.row(
            {code(domain.name) + ", always on", code(core::to_string(core::power{domain.joules})),
             domain.headline ? "static" : "apart", "[" + std::string(to_string(domain.g)) + "]"});
    }
    return table.markdown();
}

std::string memory_map(const words& request) {
    core::context context;
    const board::board built("board", context, runner::load_platform(request.at(1), {}).params);
    return "```\n" + built.map_text() + "```\n";
}

/// What stands between the lines `// page begins` and `// page ends` of an example; of one part,
/// between `// page begins: PART` and `// page ends`.
std::string example(const words& request) {
    const std::string part = request.size() > 2 ? request[2] : std::string();
    std::filesystem::path path = std::filesystem::path(PIMVP_EXAMPLES) / request.at(1);
    if (path.extension().empty()) path += ".cpp";
    std::istringstream lines(core::read_text_file(path.string()));
    std::string shown;
    bool is_shown = false;
    for (std::string line; std::getline(lines, line);) {
        const std::string text = line.substr(std::min(line.find_first_not_of(' '), line.size()));
        if (text.rfind("// page begins", 0) == 0) {
            is_shown = part.empty() || text == "// page begins: " + part;
        } else if (text == "// page ends") {
            is_shown = false;
        } else if (is_shown) {
            shown += line + '\n';
        }
    }
    if (shown.empty()) throw core::user_error("nothing of that name is marked in the example");
    return "```cpp\n" + shown + "```\n";
}

/// A whole file, without its licence line.
std::string whole_file(const words& request) {
    const std::filesystem::path path = std::filesystem::path(PIMVP_EXAMPLES) / request.at(1);
    std::string text = core::read_text_file(path.string());
    if (text.rfind("# SPDX", 0) == 0) text.erase(0, text.find('\n') + 1);
    return (path.extension() == ".yaml" ? "```yaml\n" : "```\n") + text + "```\n";
}

}  // namespace

std::string table(const catalogue& library, const words& request) {
    const std::vector<std::string> kinds{"parameters", "card",       "registers", "statistics",
                                         "energy",     "memory_map", "example",   "file"};
    const std::string kind = request.empty() ? std::string() : request[0];
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
        throw core::user_error("there is no table of the kind " + core::quoted(kind) +
                               core::did_you_mean(kind, kinds));
    }
    if (request.size() < 2) throw core::user_error("it does not say which " + kind);
    if (kind == "parameters") return parameters(library, request);
    if (kind == "card") return core::cards_markdown({library.card(request[1])});
    if (kind == "registers") {
        return core::read_text_file(PIMVP_REGISTER_TABLES "/" + request[1] + ".md");
    }
    if (kind == "statistics") return statistics(library, request);
    if (kind == "energy") return energy(library, request);
    if (kind == "example") return example(request);
    if (kind == "file") return whole_file(request);
    return memory_map(request);
}

}  // namespace pimvp::docs
