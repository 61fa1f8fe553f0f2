// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/document.h>

#include <algorithm>
#include <set>

namespace pimvp::core {

namespace {

std::string joined(const std::string& path, std::string_view name) {
    if (path.empty() || name.empty() || name.front() == '[') return path + std::string(name);
    return path + "." + std::string(name);
}

/// Walks describe() and a document together. Every level of the struct has a frame that knows which
/// keys were asked for, so that what is left over can be named.
class yaml_reader final : public parameter_visitor {
public:
    yaml_reader(const yaml_node& root, diagnostics& found)
        : m_found(found) {
        push({&root, {}});
    }
    ~yaml_reader() override = default;

    void finish() { pop(); }

private:
    struct frame {
        const yaml_node* node = nullptr;  ///< null: the document is silent here
        std::string path;
        std::vector<std::string> known = {};
        std::size_t errors_before = 0;
    };

    void push(frame level) {
        level.errors_before = errors();
        if (level.node != nullptr && level.node->type == yaml_node::kind::map) {
            report_duplicates(*level.node, level.path);
        }
        m_frames.push_back(std::move(level));
    }
    void pop() {
        const frame& level = m_frames.back();
        if (level.node != nullptr && level.node->type == yaml_node::kind::map) {
            std::set<std::string> reported;
            for (std::size_t i = 0; i < level.node->members.size(); ++i) {
                const std::string& key = level.node->members[i].first;
                const bool known =
                    std::find(level.known.begin(), level.known.end(), key) != level.known.end();
                if (known || !reported.insert(key).second) continue;
                if (!key.empty() && key.front() == '[') {
                    error(joined(level.path, key), "there is no such element (the first is [0])",
                          level.node->key_marks[i]);
                } else {
                    error(level.path,
                          "unknown key " + core::quoted(key) + did_you_mean(key, level.known),
                          level.node->key_marks[i]);
                }
            }
        }
        m_frames.pop_back();
    }
    void report_duplicates(const yaml_node& map, const std::string& path) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < map.members.size(); ++i) {
            const std::string& key = map.members[i].first;
            if (seen.insert(key).second) continue;
            const auto first = static_cast<std::size_t>(
                std::find_if(map.members.begin(), map.members.end(),
                             [&key](const auto& member) { return member.first == key; }) -
                map.members.begin());
            error(joined(path, key),
                  "the key appears twice (first in line " +
                      std::to_string(map.key_marks[first].line) + "): keep one",
                  map.key_marks[i]);
        }
    }

    /// The node of a name asked for by describe(), null if the document does not mention it.
    const yaml_node* look_up(std::string_view name) {
        frame& level = m_frames.back();
        level.known.emplace_back(name);
        if (level.node == nullptr) return nullptr;
        if (level.node->type == yaml_node::kind::list) {
            const std::size_t index = level.known.size() - 1;
            return index < level.node->items.size() ? &level.node->items[index] : nullptr;
        }
        return level.node->find(name);
    }

    void visit(const parameter_info& info, parameter_leaf& leaf) override {
        const yaml_node* node = look_up(info.name);
        const std::string path = joined(m_frames.back().path, info.name);
        if (node == nullptr) {
            if (info.required && m_frames.back().node != nullptr) {
                error(m_frames.back().path,
                      "the key " + core::quoted(info.name) + " is missing (" + leaf.type_name() +
                          "): " + std::string(info.sentence),
                      m_frames.back().node->mark);
            }
            return;
        }
        if (node->type == yaml_node::kind::map && leaf.origin() != nullptr) {
            read_graded(*node, path, leaf);
        } else {
            read_leaf(*node, path, leaf);
        }
    }

    bool read_leaf(const yaml_node& node, const std::string& path, parameter_leaf& leaf) {
        if (node.type != yaml_node::kind::scalar) {
            error(path, "is " + describe_kind(node) + ", expected " + expected(leaf), node.mark);
            return false;
        }
        const std::string problem = leaf.parse(node.text);
        if (problem.empty()) return true;
        error(path, problem, node.mark);
        return false;
    }

    /// {value: 3 pJ, grade: published, source: "..."}
    void read_graded(const yaml_node& node, const std::string& path, parameter_leaf& leaf) {
        report_duplicates(node, path);
        static const std::vector<std::string> known{"value", "grade", "source"};
        for (std::size_t i = 0; i < node.members.size(); ++i) {
            const std::string& key = node.members[i].first;
            if (std::find(known.begin(), known.end(), key) == known.end()) {
                error(path, "unknown key " + core::quoted(key) + did_you_mean(key, known),
                      node.key_marks[i]);
            }
        }
        const yaml_node* value = node.find("value");
        if (value == nullptr) {
            error(path, "the key 'value' is missing: write {value: ..., grade: ..., source: ...}",
                  node.mark);
            return;
        }
        if (!read_leaf(*value, joined(path, "value"), leaf)) return;
        source given = set_by_the_user();
        if (const yaml_node* text = node.find("source")) {
            if (text->type == yaml_node::kind::scalar) {
                given.text = text->text;
            } else {
                error(joined(path, "source"), "is " + describe_kind(*text) + ", expected text",
                      text->mark);
            }
        }
        if (const yaml_node* name = node.find("grade")) {
            const auto named = grade_from(name->text);
            if (!named || name->type != yaml_node::kind::scalar) {
                error(joined(path, "grade"),
                      "is " + describe_kind(*name) +
                          ", expected one of: published, secondary, code, "
                          "derived, assumed, unverified",
                      name->mark);
            } else if (*named < grade::assumed && node.find("source") == nullptr) {
                error(path, "a " + name->text + " value must name its source: add source: \"...\"",
                      node.mark);
            } else {
                given.g = *named;
            }
        }
        *leaf.origin() = given;
    }

    bool enter(const parameter_info& info) override {
        const yaml_node* node = look_up(info.name);
        const std::string path = joined(m_frames.back().path, info.name);
        if (node != nullptr && node->type != yaml_node::kind::map &&
            node->type != yaml_node::kind::null) {
            error(path, "is " + describe_kind(*node) + ", expected a group of keys", node->mark);
            node = nullptr;
        }
        push({node, path});
        return true;
    }
    void leave() override { pop(); }

    list_size enter_list(const parameter_info& info, std::size_t size) override {
        const yaml_node* node = look_up(info.name);
        if (node == nullptr) return {};
        const std::string path = joined(m_frames.back().path, info.name);
        const bool by_index =
            node->type == yaml_node::kind::map && !node->members.empty() &&
            std::all_of(node->members.begin(), node->members.end(),
                        [](const auto& member) { return member.first.substr(0, 1) == "["; });
        if (node->type != yaml_node::kind::list && !by_index) {
            error(path, "is " + describe_kind(*node) + ", expected a list ('- ...' or [a, b])",
                  node->mark);
            return {};
        }
        push({node, path});
        if (by_index) return {true, false, false, size};
        return {true, true, false, node->items.size()};
    }
    void leave_list(std::size_t size, const range<std::size_t>& sizes) override {
        const frame& level = m_frames.back();
        if (!sizes.open && (size < sizes.low || size > sizes.high)) {
            error(level.path,
                  "has " + std::to_string(size) + " elements, allowed " +
                      std::to_string(sizes.low) + " .. " + std::to_string(sizes.high),
                  level.node->mark);
        }
        pop();
    }
    std::vector<std::string> keys(const std::vector<std::string>& known) override {
        std::vector<std::string> all = known;
        if (const yaml_node* node = m_frames.back().node) {
            for (const auto& member : node->members) {
                if (std::find(all.begin(), all.end(), member.first) == all.end()) {
                    all.push_back(member.first);
                }
            }
        }
        return all;
    }

    /// Rules across members are only asked if the members themselves are sound.
    void check(const std::function<void(diagnostics&)>& rules) override {
        const frame& level = m_frames.back();
        if (errors() != level.errors_before) return;
        diagnostics found;
        rules(found);
        for (diagnostic finding : found.list()) {
            finding.mark = mark_of(level, finding.path);
            finding.path = joined(level.path, finding.path);
            m_found.add(std::move(finding));
        }
    }
    /// The nearest thing in the document to a path below a frame.
    [[nodiscard]] static source_mark mark_of(const frame& level, const std::string& path) {
        const yaml_node* node = level.node;
        if (node == nullptr) return {};
        std::size_t at = 0;
        while (at < path.size()) {
            const std::size_t end = std::min(path.find_first_of(".[", at + 1), path.size());
            const std::string step = path.substr(at, end - at);
            const yaml_node* next = nullptr;
            if (step.front() == '[' && node->type == yaml_node::kind::list) {
                const std::size_t index = std::strtoul(step.c_str() + 1, nullptr, 10);
                if (index < node->items.size()) next = &node->items[index];
            } else {
                next = node->find(step);
            }
            if (next == nullptr) break;
            node = next;
            at = end < path.size() && path[end] == '.' ? end + 1 : end;
        }
        return node->mark;
    }

    [[nodiscard]] static std::string expected(const parameter_leaf& leaf) {
        const std::string range = leaf.range_text();
        return leaf.type_name() + (range.empty() ? "" : " (" + range + ")");
    }
    [[nodiscard]] std::size_t errors() const { return m_found.list().size(); }
    void error(const std::string& path, const std::string& message, const source_mark& mark) {
        m_found.error(path, message, mark);
    }

    diagnostics& m_found;
    std::vector<frame> m_frames;
};

}  // namespace

void document::read_with(const std::function<void(parameter_visitor&)>& describe,
                         diagnostics& found) const {
    yaml_reader reader(m_root, found);
    describe(reader);
    reader.finish();
}

}  // namespace pimvp::core
