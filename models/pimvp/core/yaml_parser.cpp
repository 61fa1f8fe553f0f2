// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/document.h>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>
#include <algorithm>
#include <sstream>
#include <utility>

namespace pimvp::core {

namespace {

constexpr std::size_t max_nodes = 1'000'000;

/// Offset of the first byte that is no UTF-8 (nor allowed in text); text.size() if all is well.
std::size_t first_bad_byte(std::string_view text) {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    std::size_t at = 0;
    while (at < text.size()) {
        const unsigned lead = byte(at);
        std::size_t more = 0;
        unsigned smallest = 0;
        unsigned code = lead;
        if (lead >= 0xF0U) {
            more = 3, smallest = 0x10000U, code = lead & 0x07U;
        } else if (lead >= 0xE0U) {
            more = 2, smallest = 0x800U, code = lead & 0x0FU;
        } else if (lead >= 0xC0U) {
            more = 1, smallest = 0x80U, code = lead & 0x1FU;
        } else if (lead >= 0x80U || lead == 0) {
            return at;
        }
        if (lead >= 0xF8U || at + more >= text.size()) return at;
        for (std::size_t i = 1; i <= more; ++i) {
            if ((byte(at + i) & 0xC0U) != 0x80U) return at;
            code = (code << 6U) | (byte(at + i) & 0x3FU);
        }
        if (code < smallest || code > 0x10FFFFU || (code >= 0xD800U && code <= 0xDFFFU)) return at;
        at += more + 1;
    }
    return at;
}

/// Builds our nodes from yaml-cpp's events: its own Node keeps neither duplicates nor all marks.
class builder final : public YAML::EventHandler {
public:
    explicit builder(std::string file_name)
        : m_file(std::move(file_name)) {}

    [[nodiscard]] yaml_node take() { return std::move(m_root); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        yaml_node node;
        node.mark = at(mark);
        leaf(std::move(node));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        fail(mark, "aliases ('*name') are not supported: write the value out");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        // yaml-cpp turns the escapes \N and \_ into lone bytes.
        if (first_bad_byte(value) != value.size()) {
            fail(mark,
                 "the text has an escape that is no character (\\0, \\N or \\_): write \\uXXXX");
        }
        yaml_node node;
        node.type = yaml_node::kind::scalar;
        node.text = value;
        node.is_quoted = tag == "!";
        node.mark = at(mark);
        leaf(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, yaml_node::kind::list);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, yaml_node::kind::map);
    }
    void OnMapEnd() override { close(); }

private:
    struct level {
        yaml_node node;
        std::string key;
        source_mark key_mark;
        bool has_key = false;
    };

    [[nodiscard]] source_mark at(const YAML::Mark& mark) const {
        return {m_file, mark.line + 1, mark.column + 1};
    }
    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
        throw user_error({}, message, at(mark));
    }
    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        if (anchor != 0) fail(mark, "anchors ('&name') are not supported: write the value out");
    }
    void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!") {
            fail(mark, "the tag " + core::quoted(tag) + " is not supported: leave it out");
        }
    }
    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              yaml_node::kind kind) {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        if (awaits_key()) fail(mark, "a key must be a single word, not a list or map");
        level next;
        next.node.type = kind;
        next.node.mark = at(mark);
        m_open.push_back(std::move(next));
    }
    void close() {
        yaml_node done = std::move(m_open.back().node);
        m_open.pop_back();
        value(std::move(done));
    }
    [[nodiscard]] bool awaits_key() const {
        return !m_open.empty() && m_open.back().node.type == yaml_node::kind::map &&
               !m_open.back().has_key;
    }
    void leaf(yaml_node node) {
        if (!awaits_key()) {
            value(std::move(node));
            return;
        }
        level& map = m_open.back();
        if (node.type == yaml_node::kind::null) {
            throw user_error({}, "a key is missing before ':'", node.mark);
        }
        map.key = std::move(node.text);
        map.key_mark = node.mark;
        map.has_key = true;
    }
    void value(yaml_node node) {
        if (++m_nodes > max_nodes) {
            throw user_error({}, "the document has more than a million values", node.mark);
        }
        if (m_open.empty()) {
            m_root = std::move(node);
        } else if (m_open.back().node.type == yaml_node::kind::list) {
            m_open.back().node.items.push_back(std::move(node));
        } else {
            level& map = m_open.back();
            map.node.add(std::move(map.key), std::move(map.key_mark), std::move(node));
            map.has_key = false;
        }
    }

    std::string m_file;
    std::vector<level> m_open;
    yaml_node m_root;
    std::size_t m_nodes = 0;
};

}  // namespace

yaml_node parse_yaml(std::string_view text, const std::string& file_name) {
    if (const std::size_t bad = first_bad_byte(text); bad != text.size()) {
        const auto before = text.substr(0, bad);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        throw user_error({}, "not text in UTF-8: save the file in that encoding",
                         {file_name, static_cast<int>(line), 0});
    }
    std::istringstream stream{std::string(text)};
    builder built(file_name);
    try {
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(built)) {
            builder second(file_name);
            if (parser.HandleNextDocument(second)) {
                throw user_error({}, "a second document ('---') follows: one a file is read",
                                 {file_name, second.take().mark.line, 0});
            }
        }
    } catch (const YAML::Exception& error) {
        source_mark mark{file_name, 0, 0};
        if (!error.mark.is_null()) mark = {file_name, error.mark.line + 1, error.mark.column + 1};
        throw user_error({}, "not valid YAML: " + error.msg, mark);
    }
    return built.take();
}

}  // namespace pimvp::core
