// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/document.h>

#include <pimvp/core/file.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>

namespace pimvp::core {

namespace {

bool is_path(const std::string& name) {
    const auto ends_with = [&name](std::string_view end) {
        return name.size() >= end.size() &&
               name.compare(name.size() - end.size(), end.size(), end) == 0;
    };
    return name.find('/') != std::string::npos || ends_with(".yaml") || ends_with(".yml");
}

/// Removes and returns a member.
std::optional<yaml_node> take_member(yaml_node& map, std::string_view key) {
    for (std::size_t i = 0; i < map.members.size(); ++i) {
        if (map.members[i].first != key) continue;
        yaml_node taken = std::move(map.members[i].second);
        map.members.erase(map.members.begin() + static_cast<std::ptrdiff_t>(i));
        map.key_marks.erase(map.key_marks.begin() + static_cast<std::ptrdiff_t>(i));
        return taken;
    }
    return std::nullopt;
}

/// `over` wins; maps merge by key. Duplicate keys of `over` stay, for the reader to report.
void merge(yaml_node& base, yaml_node over) {
    if (base.type != yaml_node::kind::map || over.type != yaml_node::kind::map) {
        base = std::move(over);
        return;
    }
    base.mark = over.mark;
    std::vector<std::string> merged;
    for (std::size_t i = 0; i < over.members.size(); ++i) {
        auto& [key, value] = over.members[i];
        yaml_node* below = base.find(key);
        const bool again = std::find(merged.begin(), merged.end(), key) != merged.end();
        if (below == nullptr || again) {
            base.add(key, over.key_marks[i], std::move(value));
        } else if (value.type == yaml_node::kind::null) {
            take_member(base, key);
        } else {
            const auto at = static_cast<std::size_t>(
                std::find_if(base.members.begin(), base.members.end(),
                             [&key = key](const auto& member) { return member.first == key; }) -
                base.members.begin());
            base.key_marks[at] = over.key_marks[i];
            merge(*below, std::move(value));
        }
        merged.push_back(key);
    }
}

/// A document with its `extends:` chain merged below it. `chain`: the names on the way here.
yaml_node resolve(yaml_node root, const std::string& file_name, const preset_resolver& presets,
                  std::vector<std::string>& chain);

yaml_node load_node(const std::string& name, const source_mark& asked_at,
                    const preset_resolver& presets, std::vector<std::string>& chain) {
    preset_text found;
    if (is_path(name)) {
        try {
            found = {read_text_file(name), name};
        } catch (const user_error& error) {
            throw user_error({}, error.list().front().message, asked_at);
        }
    } else {
        std::optional<preset_text> preset;
        if (presets) preset = presets(name);
        if (!preset) {
            throw user_error({},
                             "no preset is named " + core::quoted(name) +
                                 ": `pimvp list platforms` shows the names; a file needs the "
                                 "ending .yaml or a '/' in its path",
                             asked_at);
        }
        found = std::move(*preset);
    }
    if (std::find(chain.begin(), chain.end(), found.file_name) != chain.end()) {
        std::string circle;
        for (const std::string& link : chain) circle += link + " -> ";
        throw user_error({}, "'extends' runs in a circle: " + circle + found.file_name, asked_at);
    }
    chain.push_back(found.file_name);
    return resolve(parse_yaml(found.text, found.file_name), found.file_name, presets, chain);
}

yaml_node resolve(yaml_node root, const std::string& file_name, const preset_resolver& presets,
                  std::vector<std::string>& chain) {
    if (root.type == yaml_node::kind::null) {
        root.type = yaml_node::kind::map;
        if (root.mark.file.empty()) root.mark.file = file_name;
    }
    if (root.type != yaml_node::kind::map) {
        throw user_error(
            {},
            "the document is " + describe_kind(root) + ", expected a map (lines of 'key: value')",
            root.mark);
    }
    const std::optional<yaml_node> extends = take_member(root, "extends");
    if (!extends) return root;
    if (extends->type != yaml_node::kind::scalar || extends->text.empty()) {
        throw user_error("extends",
                         "is " + describe_kind(*extends) + ", expected one preset name or file",
                         extends->mark);
    }
    std::string name = extends->text;
    if (is_path(name)) {
        const std::filesystem::path path(name);
        const auto folder = std::filesystem::path(file_name).parent_path();
        name = (path.is_absolute() || folder.empty() ? path : folder / path)
                   .lexically_normal()
                   .string();
        if (!is_path(name)) name = "./" + name;
    }
    yaml_node base = load_node(name, extends->mark, presets, chain);
    merge(base, std::move(root));
    return base;
}

/// "a.b[3].c" as {"a", "b", "[3]", "c"}; empty if malformed.
std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> steps;
    std::size_t at = 0;
    while (at <= path.size()) {
        std::size_t end = std::min(path.find_first_of(".[", at), path.size());
        if (end == at) return {};
        steps.emplace_back(path.substr(at, end - at));
        while (end < path.size() && path[end] == '[') {
            const std::size_t close = path.find(']', end);
            if (close == std::string_view::npos || close == end + 1) return {};
            for (std::size_t i = end + 1; i < close; ++i) {
                if (path[i] < '0' || path[i] > '9') return {};
            }
            steps.emplace_back(path.substr(end, close - end + 1));
            end = close + 1;
        }
        if (end == path.size()) return steps;
        if (path[end] != '.') return {};
        at = end + 1;
    }
    return {};
}

}  // namespace

const yaml_node* yaml_node::find(std::string_view key) const {
    for (const auto& member : members) {
        if (member.first == key) return &member.second;
    }
    return nullptr;
}

yaml_node* yaml_node::find(std::string_view key) {
    for (auto& member : members) {
        if (member.first == key) return &member.second;
    }
    return nullptr;
}

void yaml_node::add(std::string key, source_mark key_mark, yaml_node value) {
    members.emplace_back(std::move(key), std::move(value));
    key_marks.push_back(std::move(key_mark));
}

std::string describe_kind(const yaml_node& node) {
    switch (node.type) {
    case yaml_node::kind::null:
        return "empty";
    case yaml_node::kind::scalar:
        return "the text " + core::quoted(node.text);
    case yaml_node::kind::list:
        return "a list";
    case yaml_node::kind::map:
        return "a map";
    }
    return {};
}

document::document() {
    m_root.type = yaml_node::kind::map;
}

document document::from_text(std::string_view text, const std::string& file_name,
                             const preset_resolver& presets) {
    document read;
    std::vector<std::string> chain{file_name};
    read.m_root = resolve(parse_yaml(text, file_name), file_name, presets, chain);
    return read;
}

document document::load(const std::string& name_or_path, const preset_resolver& presets) {
    document read;
    std::vector<std::string> chain;
    read.m_root = load_node(name_or_path, {}, presets, chain);
    return read;
}

void document::set(const std::string& assignment) {
    const source_mark mark{"--set " + assignment, 0, 0};
    const std::size_t equals = assignment.find('=');
    const std::vector<std::string> steps =
        equals == std::string::npos ? std::vector<std::string>{}
                                    : split_path(std::string_view(assignment).substr(0, equals));
    if (steps.empty()) {
        throw user_error({},
                         "is not an assignment: write path=value, for instance "
                         "tile.adc.bits=9 or accelerators[1].chips=2",
                         mark);
    }
    yaml_node value = parse_yaml(std::string_view(assignment).substr(equals + 1), mark.file);
    const std::function<void(yaml_node&)> remark = [&](yaml_node& node) {
        node.mark = mark;
        for (auto& key_mark : node.key_marks) key_mark = mark;
        for (auto& member : node.members) remark(member.second);
        for (auto& item : node.items) remark(item);
    };
    remark(value);
    if (value.type == yaml_node::kind::null) {
        throw user_error(assignment.substr(0, equals),
                         "has no value: write path=value ('' is the empty text)", mark);
    }

    yaml_node* at = &m_root;
    std::string walked;
    for (const std::string& step : steps) {
        const bool is_index = step.front() == '[';
        if (at->type == yaml_node::kind::list && is_index) {
            std::size_t index = at->items.size();
            std::from_chars(step.data() + 1, step.data() + step.size() - 1, index);
            if (index >= at->items.size()) {
                throw user_error(walked + step,
                                 "there is no such element, the list has " +
                                     std::to_string(at->items.size()) + " (the first is [0])",
                                 mark);
            }
            at = &at->items[index];
        } else {
            // Where the document is silent, a map takes the step; the reader judges it.
            if (at->type != yaml_node::kind::map) {
                *at = yaml_node{};
                at->type = yaml_node::kind::map;
                at->mark = mark;
            }
            if (at->find(step) == nullptr) at->add(step, mark, yaml_node{});
            at = at->find(step);
        }
        walked += (walked.empty() || is_index ? "" : ".") + step;
    }
    *at = std::move(value);
}

std::optional<std::string> document::text_at(std::string_view key) const {
    const yaml_node* node = m_root.find(key);
    if (node == nullptr || node->type != yaml_node::kind::scalar) return std::nullopt;
    return node->text;
}

std::string read_text_file(const std::string& path) {
    return read_file(path, std::uint64_t{16} << 20U);
}

}  // namespace pimvp::core
