// SPDX-License-Identifier: Apache-2.0
#include <pimvp/board/board_params.h>

#include <pimvp/cpu/clint.h>
#include <pimvp/cpu/plic.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>

namespace pimvp::board {
namespace {

/// Names become SystemC names and parts of paths.
bool is_plain_name(const std::string& name) {
    if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) return false;
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
    }
    return true;
}

constexpr const char* own_parts[] = {"host", "bus", "memory", "plic", "clint", "uart"};

bool is_part(const std::string& name) {
    return std::find(std::begin(own_parts), std::end(own_parts), name) != std::end(own_parts);
}

/// Entries of the document's accelerators with the parameters their types have. What is malformed
/// is left to the strict reader.
std::map<std::string, accelerator_entry> typed_entries(const core::document& document,
                                                       const accelerator_types& types,
                                                       core::diagnostics& found) {
    std::map<std::string, accelerator_entry> entries;
    const core::yaml_node* all = document.root().find("accelerators");
    if (all == nullptr || all->type != core::yaml_node::kind::map) return entries;
    for (const auto& [name, node] : all->members) {
        if (node.type != core::yaml_node::kind::map) continue;
        const core::yaml_node* type = node.find("type");
        if (type == nullptr || type->type != core::yaml_node::kind::scalar) continue;
        if (types.knows(type->text)) {
            entries[name].settings = types.make(type->text);
        } else {
            found.error("accelerators." + name + ".type",
                        "unknown accelerator " + core::quoted(type->text) +
                            core::did_you_mean(type->text, types.names()),
                        type->mark);
        }
    }
    return entries;
}

}  // namespace

void board_params::validate(core::diagnostics& found) const {
    if (accelerators.empty()) {
        found.error("accelerators", "a board needs one accelerator at least");
    }
    const auto check_name = [&found](const std::string& list, const std::string& name) {
        if (is_plain_name(name) && !is_part(name)) return;
        std::string parts;
        for (const char* part : own_parts) parts += (parts.empty() ? "" : ", ") + std::string(part);
        found.error(list + "." + name,
                    "must be a name of letters, digits and '_' other than " + parts);
    };
    if (!cpus.empty()) {
        const auto check_pages = [&found](const std::string& path, const memory_entry& entry) {
            constexpr std::uint64_t page = 4096;
            if (entry.address % page == 0 && entry.params.size.value.bytes % page == 0) return;
            found.error(path, "address and size must be multiples of 4 KiB: cores map whole pages");
        };
        check_pages("memory", memory);
        for (const auto& [name, entry] : memories) check_pages("memories." + name, entry);
        if (accelerators.size() >= cpu::plic::most_sources) {  // the UART has the last one
            found.error("accelerators", "there are " + std::to_string(accelerators.size()) +
                                            ", but the interrupt controller has room for " +
                                            std::to_string(cpu::plic::most_sources - 1));
        }
    }
    std::map<std::string, std::string> lists;  // name -> where it is used already
    const auto use_name = [&](const std::string& list, const std::string& name) {
        check_name(list, name);
        std::string folded = name;  // in the C header, names are upper case
        for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        const auto [known, fresh] = lists.emplace(folded, list);
        if (!fresh) found.error(list + "." + name, "there is one in " + known->second + ", too");
    };
    for (const auto& entry : memories) use_name("memories", entry.first);
    for (const auto& entry : accelerators) use_name("accelerators", entry.first);
    for (const auto& entry : cpus) use_name("cpus", entry.first);
    std::set<std::uint32_t> harts;
    for (const auto& [name, core] : cpus) {
        if (core.hart >= cpu::clint::most_harts) {
            found.error("cpus." + name + ".hart",
                        "must be below 4: timer and interrupt "
                        "controller serve four harts");
        } else if (!harts.insert(core.hart).second) {
            found.error("cpus." + name + ".hart", "another core has this number, too");
        }
    }
}

board_params read_board(const core::document& document, const accelerator_types& types) {
    board_params params;
    core::diagnostics found;
    params.accelerators = typed_entries(document, types, found);
    // Everything below an unknown type would be unknown, too: name the type first.
    found.throw_if_errors();
    document.read(params, found);
    found.throw_if_errors();
    return params;
}

}  // namespace pimvp::board
