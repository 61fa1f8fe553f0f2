// SPDX-License-Identifier: Apache-2.0
// Saving a board between jobs, and restoring it.
#include <pimvp/board/board.h>
#include <pimvp/board/cores.h>

#include <pimvp/bus/payload_pool.h>
#include <pimvp/core/checkpoint.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/sha256.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::board {
namespace {

struct savable_part {
    std::string name;  ///< below the board
    core::savable* module;
};

/// Parents before their children.
void collect(const sc_core::sc_object& above, std::size_t prefix,
             std::vector<savable_part>& parts) {
    for (sc_core::sc_object* child : above.get_child_objects()) {
        auto* module = dynamic_cast<core::savable*>(child);
        if (module != nullptr) parts.push_back({child->name() + prefix, module});
        collect(*child, prefix, parts);
    }
}

std::vector<savable_part> parts_of(const sc_core::sc_module& board) {
    std::vector<savable_part> parts;
    collect(board, std::strlen(board.name()) + 1, parts);
    return parts;
}

/// core::canonical() by path: " = value" or " has elements".
std::map<std::string_view, std::string_view> values_in(std::string_view configuration) {
    std::map<std::string_view, std::string_view> values;
    while (!configuration.empty()) {
        const std::string_view line = configuration.substr(0, configuration.find('\n'));
        const std::size_t end_of_path = std::min(line.find(' '), line.size());
        values.emplace(line.substr(0, end_of_path), line.substr(end_of_path));
        configuration.remove_prefix(std::min(configuration.size(), line.size() + 1));
    }
    return values;
}

/// "memory.size = 64 MiB there, = 16 MiB here; ...": some of what differs, other values first.
std::string differences(std::string_view there, std::string_view here) {
    constexpr std::size_t most = 6;
    const auto saved = values_in(there);
    const auto mine = values_in(here);
    std::vector<std::string> changed, absent;
    for (const auto& [path, value] : saved) {
        const auto at = mine.find(path);
        const std::string was = std::string(path) + std::string(value) + " there, ";
        if (at == mine.end()) {
            absent.push_back(was + "absent here");
        } else if (at->second != value) {
            changed.push_back(was + std::string(at->second.substr(1)) + " here");
        }
    }
    for (const auto& [path, value] : mine) {
        if (saved.count(path) != 0) continue;
        absent.push_back(std::string(path) + " absent there," + std::string(value) + " here");
    }
    changed.insert(changed.end(), absent.begin(), absent.end());
    std::string text;
    for (std::size_t i = 0; i < std::min(most, changed.size()); ++i) {
        text += (i == 0 ? "" : "; ") + changed[i];
    }
    return changed.size() > most ? text + "; ..." : text;
}

void require_same_machine(const std::string& path, const core::checkpoint_reader& saved,
                          const std::string& configuration) {
    if (saved.configuration() == configuration) return;
    throw core::user_error(path, "was saved on another machine, configuration " +
                                     core::sha256_hex(saved.configuration()) + " there, " +
                                     core::sha256_hex(std::string_view(configuration)) + " here (" +
                                     differences(saved.configuration(), configuration) +
                                     "): build the same one, or save again");
}

/// Refuses modules whose state would be lost.
void require_savable(const std::string& path,
                     const std::vector<const sc_core::sc_object*>& modules) {
    for (const sc_core::sc_object* module : modules) {
        if (dynamic_cast<const core::savable*>(module) != nullptr) continue;
        throw core::user_error(path, "a board with " + core::quoted(module->basename()) + " (" +
                                         module->kind() +
                                         ") has no checkpoints: leave its cores out");
    }
}

void require_known_parts(const core::checkpoint_reader& saved,
                         const std::vector<savable_part>& parts) {
    for (const auto& section : saved.sections()) {
        const auto is_it = [&](const savable_part& part) { return part.name == section.first; };
        if (std::none_of(parts.begin(), parts.end(), is_it)) {
            throw core::format_error(0, "it holds the state of " + core::quoted(section.first) +
                                            ", which this board has not");
        }
    }
}

void restore_part(const savable_part& part, core::byte_reader from) {
    try {
        part.module->restore(from);
        if (!from.at_end()) from.fail("bytes left over");
    } catch (const core::format_error& error) {
        throw core::format_error(error.offset(), "state of " + part.name + ": " + error.what());
    }
}

std::string busy_among(const std::vector<savable_part>& parts, core::context& context) {
    std::string text;
    for (const savable_part& part : parts) {
        const std::string does = part.module->busy();
        if (!does.empty()) text += (text.empty() ? "" : "; ") + part.name + " " + does;
    }
    const std::size_t under_way = context.service<bus::payload_pool>().outstanding();
    if (text.empty() && under_way != 0)
        text = std::to_string(under_way) + " messages are under way";
    return text;
}

void require_idle(const std::string& path, const char* verb, const std::vector<savable_part>& parts,
                  core::context& context) {
    const std::string who = busy_among(parts, context);
    if (who.empty()) return;
    throw core::user_error(path, std::string("a busy board cannot be ") + verb + ": " + who +
                                     ": wait for it, or abort");
}

}  // namespace

std::string board::busy() const {
    return busy_among(parts_of(*this), m_context);
}

std::vector<const sc_core::sc_object*> board::core_modules() const {
    if (!m_cores) return {};
    std::vector<const sc_core::sc_object*> modules{&m_cores->plic(), &m_cores->clint(),
                                                   &m_cores->uart()};
    for (const auto& core : m_cores->cpus()) modules.push_back(core.second.get());
    return modules;
}

void board::save(const std::string& path) const {
    require_savable(path, core_modules());
    const std::vector<savable_part> parts = parts_of(*this);
    require_idle(path, "saved", parts, m_context);
    core::checkpoint_writer file(core::canonical(m_params), core::now_fs());
    for (const savable_part& part : parts) file.add(part.name, *part.module);
    const std::vector<std::uint8_t>& bytes = file.finish();
    core::write_file(path, bytes.data(), bytes.size());
}

void board::restore(const std::string& path) {
    const std::string bytes = core::read_file(path);
    try {
        const core::checkpoint_reader saved(bytes.data(), bytes.size());
        require_savable(path, core_modules());
        const std::vector<savable_part> parts = parts_of(*this);
        require_same_machine(path, saved, core::canonical(m_params));
        require_known_parts(saved, parts);
        require_idle(path, "restored", parts, m_context);
        const std::uint64_t now = core::now_fs();
        if (saved.time_fs() < now) {
            throw core::user_error(
                path, "was saved at " + core::from_fs(saved.time_fs()).to_string() + ", it is " +
                          sc_core::sc_time_stamp().to_string() +
                          " already and time does not go back: restore into a new board");
        }
        if (saved.time_fs() != now) {
            sc_core::wait(core::from_fs(saved.time_fs() - now));
            require_idle(path, "restored", parts, m_context);
        }
        for (const savable_part& part : parts) restore_part(part, saved.section(part.name));
    } catch (const core::format_error& error) {
        throw core::user_error(path, "is no checkpoint to restore (byte " +
                                         std::to_string(error.offset()) + ": " + error.what() +
                                         "): save it again");
    }
}

}  // namespace pimvp::board
