// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/parameters.h>

#include <pimvp/core/sha256.h>
#include <pimvp/core/text_table.h>

#include <algorithm>

namespace pimvp::core {

namespace {

std::string joined(const std::string& path, std::string_view name) {
    if (path.empty() || name.empty() || name.front() == '[') return path + std::string(name);
    return path + "." + std::string(name);
}

/// Keeps the path of the level it is in; does nothing else.
class walker : public parameter_visitor {
protected:
    void visit(const parameter_info&, parameter_leaf&) override {}
    bool enter(const parameter_info& info) override {
        m_paths.push_back(joined(path(), info.name));
        return true;
    }
    void leave() override { m_paths.pop_back(); }
    list_size enter_list(const parameter_info& info, std::size_t size) override {
        enter(info);
        return {true, false, false, size};
    }
    void leave_list(std::size_t, const range<std::size_t>&) override { m_paths.pop_back(); }

    [[nodiscard]] std::string path() const { return m_paths.empty() ? "" : m_paths.back(); }

private:
    std::vector<std::string> m_paths;
};

class validator final : public walker {
public:
    explicit validator(diagnostics& found)
        : m_found(found) {}

private:
    void check(const std::function<void(diagnostics&)>& rules) override {
        diagnostics found;
        rules(found);
        for (diagnostic finding : found.list()) {
            finding.path = joined(path(), finding.path);
            m_found.add(std::move(finding));
        }
    }
    diagnostics& m_found;
};

class lister final : public walker {
public:
    std::vector<parameter_row> rows;

private:
    void visit(const parameter_info& info, parameter_leaf& leaf) override {
        parameter_row row;
        row.path = joined(path(), info.name);
        row.type = leaf.type_name();
        row.value = leaf.is_text() ? "\"" + leaf.print() + "\"" : leaf.print();
        row.range = leaf.range_text();
        row.sentence = std::string(info.sentence);
        row.origin = leaf.origin() != nullptr ? *leaf.origin() : info.origin;
        row.required = info.required;
        rows.push_back(std::move(row));
    }
    list_size enter_list(const parameter_info& info, std::size_t size) override {
        enter(info);
        return {true, false, true, size};
    }
};

class canonicaliser final : public walker {
public:
    std::string text;

private:
    void visit(const parameter_info& info, parameter_leaf& leaf) override {
        text += joined(path(), info.name) + " = " + leaf.print() + "\n";
    }
    void leave_list(std::size_t size, const range<std::size_t>& sizes) override {
        text += path() + " has " + std::to_string(size) + "\n";
        walker::leave_list(size, sizes);
    }
};

/// A YAML double-quoted scalar; what YAML takes for a line break or a byte order mark is escaped.
std::string in_quotes(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto code = static_cast<unsigned char>(c);
        const std::string_view rest = text.substr(i);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (code < 0x20U || code == 0x7fU) {
            out += "\\x";
            out += hex[code >> 4U];
            out += hex[code & 15U];
        } else if (code == 0xC2U && rest.size() > 1 &&
                   static_cast<unsigned char>(rest[1]) < 0xA0U) {
            const auto control = static_cast<unsigned char>(rest[1]);  // U+0080 .. U+009F
            out += "\\x";
            out += hex[control >> 4U];
            out += hex[control & 15U];
            i += 1;
        } else if (rest.substr(0, 3) == "\u2028" || rest.substr(0, 3) == "\u2029") {
            out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else if (rest.substr(0, 3) == "\uFEFF") {
            out += "\\uFEFF";
            i += 2;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

bool is_plain_key(std::string_view key) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto inside = [&letter](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !key.empty() && letter(key.front()) && std::all_of(key.begin(), key.end(), inside) &&
           key != "null" && key != "Null" && key != "NULL";
}

/// The document that reads back to the same struct.
class dumper final : public parameter_visitor {
public:
    explicit dumper(bool comments)
        : m_comments(comments) {}

    [[nodiscard]] std::string take() { return m_text.empty() ? "{}\n" : std::move(m_text); }

private:
    void visit(const parameter_info& info, parameter_leaf& leaf) override {
        const source* origin = leaf.origin();
        const bool named = origin != nullptr && *origin != set_by_the_user();
        comment(info, leaf.range_text(), leaf.origin() == nullptr ? info.origin : source{});
        const std::string value = leaf.is_text() ? in_quotes(leaf.print()) : leaf.print();
        if (named) {
            key(info.name, "{value: " + value + ", grade: " + std::string(to_string(origin->g)) +
                               ", source: " + in_quotes(origin->text) + "}");
        } else {
            key(info.name, value);
        }
    }
    bool enter(const parameter_info& info) override {
        comment(info, {}, {});
        key(info.name, {});
        m_indent += 2;
        return true;
    }
    void leave() override { m_indent -= 2; }
    list_size enter_list(const parameter_info& info, std::size_t size) override {
        comment(info, {}, info.origin);
        key(info.name, size == 0 ? "[]" : "");
        m_indent += 2;
        return {true, false, false, size};
    }
    void leave_list(std::size_t, const range<std::size_t>&) override { m_indent -= 2; }

    void comment(const parameter_info& info, const std::string& range, const source& origin) {
        if (!m_comments || info.sentence.empty()) return;
        m_text.append(m_indent, ' ');
        m_text += "# " + std::string(info.sentence);
        if (!range.empty()) m_text += " Range " + range + ".";
        if (!origin.text.empty()) m_text += " " + to_string(origin);
        m_text += '\n';
    }
    void key(std::string_view name, const std::string& value) {
        m_text.append(m_indent, ' ');
        if (!name.empty() && name.front() == '[') {
            m_text += '-';
        } else {
            m_text += (is_plain_key(name) ? std::string(name) : in_quotes(name)) + ":";
        }
        if (!value.empty()) m_text += " " + value;
        m_text += '\n';
    }

    bool m_comments;
    std::size_t m_indent = 0;
    std::string m_text;
};

std::string origin_text(const parameter_row& row) {
    if (row.required && row.origin.text.empty()) return "required";
    return row.origin.text.empty() ? "" : to_string(row.origin);
}

}  // namespace

void validate_into(diagnostics& found, const std::function<void(parameter_visitor&)>& describe) {
    validator visitor(found);
    describe(visitor);
}

std::vector<parameter_row> list_rows(const std::function<void(parameter_visitor&)>& describe) {
    lister visitor;
    describe(visitor);
    return std::move(visitor.rows);
}

std::string dump_text(const std::function<void(parameter_visitor&)>& describe, bool comments) {
    dumper visitor(comments);
    describe(visitor);
    return visitor.take();
}

std::string canonical_text(const std::function<void(parameter_visitor&)>& describe) {
    canonicaliser visitor;
    describe(visitor);
    return std::move(visitor.text);
}

std::string hash_of(const std::function<void(parameter_visitor&)>& describe) {
    return sha256_hex(canonical_text(describe));
}

std::string parameters_table(const std::vector<parameter_row>& rows) {
    text_table table{{"parameter"}, {"type"}, {"value"}, {"range"}, {"meaning"}, {"source"}};
    for (const parameter_row& row : rows) {
        table.row({row.path, row.type, row.value, row.range, row.sentence, origin_text(row)});
    }
    return table.text();
}

std::string parameters_markdown(const std::vector<parameter_row>& rows) {
    text_table table{{"parameter"}, {"type"}, {"default"}, {"range"}, {"meaning"}, {"source"}};
    for (const parameter_row& row : rows) {
        table.row({"`" + row.path + "`", row.type, row.required ? "" : "`" + row.value + "`",
                   row.range, row.sentence, origin_text(row)});
    }
    return table.markdown();
}

}  // namespace pimvp::core
