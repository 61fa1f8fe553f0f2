// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/card.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>
#include <pimvp/core/parameters.h>
#include <pimvp/core/text_table.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>

namespace pimvp::core {

namespace {

struct card_entry {
    std::string value;
    std::string source;
    std::string note;
    grade g = grade::unverified;
    std::string grade_name;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.required("value", p.value, "Number and unit.");
        v.required("grade", p.grade_name, "How far the number may be trusted.");
        v.required("source", p.source, "Where it was read, or how it was derived.");
        v.member("note", p.note, "Caveat.");
    }
    void validate(diagnostics& d) const {
        if (!grade_from(grade_name)) {
            d.error("grade", core::quoted(grade_name) +
                                 " is not one of: published, secondary, code, "
                                 "derived, assumed, unverified");
        }
        if (source.empty()) d.error("source", "is empty: name the paper and place");
    }
};

struct card_file {
    std::string card;
    std::string description;
    std::map<std::string, card_entry> values;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.required("card", p.card, "Name of the card: that of the file.");
        v.required("description", p.description, "One sentence.");
        v.map("values", p.values, "The numbers.");
    }
};

template <class T>
bool try_quantity(const std::string& text, double& value, std::string_view& unit,
                  std::string& problem) {
    T parsed{};
    const std::string wrong = parse_into(text, parsed);
    if (wrong.empty()) {
        value = static_cast<double>(raw(parsed));
        unit = quantity_traits<T>::unit;
        return true;
    }
    // The right dimension with a wrong number explains more than seven wrong dimensions.
    if (wrong.find("unit") == std::string::npos) problem = wrong;
    return false;
}

/// Value and base unit of a card entry's text; returns what is wrong.
std::string measure(const std::string& text, double& value, std::string_view& unit) {
    if (parse_into(text, value).empty()) {
        unit = "1";
        return {};
    }
    std::string problem = core::quoted(text) +
                          " is neither a number nor a quantity: write for example 1.5 pJ, 2 mW, "
                          "0.01 mm2, 100 ns, 1.2 GHz, 64 KiB, 6.4 GB/s, 0.9 V or 128";
    if (try_quantity<energy>(text, value, unit, problem) ||
        try_quantity<power>(text, value, unit, problem) ||
        try_quantity<area>(text, value, unit, problem) ||
        try_quantity<duration>(text, value, unit, problem) ||
        try_quantity<frequency>(text, value, unit, problem) ||
        try_quantity<byte_size>(text, value, unit, problem) ||
        try_quantity<bandwidth>(text, value, unit, problem) ||
        try_quantity<voltage>(text, value, unit, problem)) {
        return {};
    }
    return problem;
}

bool is_identifier(std::string_view name) {
    static constexpr std::array<std::string_view, 12> refused{"all",  "values", "auto",  "bool",
                                                              "char", "double", "float", "int",
                                                              "long", "new",    "short", "static"};
    if (name.empty() || name.front() < 'a' || name.front() > 'z') return false;
    const bool snake = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    return snake && std::find(refused.begin(), refused.end(), name) == refused.end();
}

/// A C++ string literal.
std::string literal(std::string_view text) {
    constexpr std::string_view octal = "01234567";
    std::string out = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (code < 0x20U) {
            out += {'\\', '0', octal[code >> 3U], octal[code & 7U]};
        } else {
            out += c;
        }
    }
    return out + "\"";
}

}  // namespace

namespace detail {

std::string_view card_text(const card_value& card) {
    return card.text;
}

source card_source(const card_value& card) {
    return {std::string(card.source), card.g};
}

void throw_bad_card(const card_value& card, const std::string& problem) {
    throw internal_error("card value '" + std::string(card.name) + "' (" + std::string(card.text) +
                         "): " + problem);
}

}  // namespace detail

std::string compile_card(std::string_view yaml, const std::string& file_name,
                         const std::string& room) {
    const document doc = document::from_text(yaml, file_name);
    diagnostics found;
    card_file card;
    doc.read(card, found);
    found.throw_if_errors();

    const std::string stem = std::filesystem::path(file_name).stem().string();
    if (card.card != stem) {
        found.error("card",
                    core::quoted(card.card) + " differs from the name of its file, " +
                        core::quoted(stem) + ": rename one",
                    doc.root().find("card")->mark);
    }
    if (!is_identifier(card.card)) {
        found.error("card", core::quoted(card.card) + " is not a snake_case C++ name",
                    doc.root().find("card")->mark);
    }
    const yaml_node* values = doc.root().find("values");
    if (values == nullptr || values->members.empty()) {
        found.error("values", "the card has no values", doc.root().mark);
        found.throw_if_errors();
    }

    std::string entries;
    std::string names;
    for (std::size_t i = 0; i < values->members.size(); ++i) {
        const auto& [key, node] = values->members[i];
        const card_entry& entry = card.values.at(key);
        double value = 0.0;
        std::string_view unit;
        const std::string problem = measure(entry.value, value, unit);
        if (!problem.empty()) found.error("values." + key + ".value", problem, node.mark);
        if (!is_identifier(key)) {
            found.error("values." + key,
                        "the key must be a snake_case C++ name, not a word of "
                        "C++ or of the generated header",
                        values->key_marks[i]);
        }
        entries += "inline constexpr ::pimvp::core::card_value " + key + "{\n    " + literal(key) +
                   ", " + literal(entry.value) + ", " + to_string(value) + ", " + literal(unit) +
                   ",\n    " + literal(entry.source) +
                   ",\n    ::pimvp::core::grade::" + entry.grade_name + ", " + literal(entry.note) +
                   "};\n";
        names += (names.empty() ? "" : ", ") + key;
    }
    found.throw_if_errors();

    const std::string origin = std::filesystem::path(file_name).filename().string();
    return "// generated by pimvp_card_compiler from " + origin + ": edit that\n" +
           "#pragma once\n\n#include <pimvp/core/card.h>\n\n" + "/// " + card.description + "\n" +
           "namespace pimvp::" + room + "::cards::" + card.card + " {\n\n" + entries +
           "\ninline constexpr ::pimvp::core::card_value values[] = {" + names + "};\n" +
           "inline constexpr ::pimvp::core::card_view all{" + literal(card.card) + ", " +
           literal(card.description) + ", values,\n    sizeof values / sizeof values[0]};\n\n" +
           "}  // namespace pimvp::" + room + "::cards::" + card.card + "\n";
}

std::string cards_table(const std::vector<card_view>& cards) {
    text_table table{{"card"},  {"value"},  {"number", text_table::align::right},
                     {"grade"}, {"source"}, {"note"}};
    for (const card_view& card : cards) {
        if (table.rows() != 0) table.rule();
        for (const card_value& value : card) {
            table.row({std::string(card.name), std::string(value.name), std::string(value.text),
                       std::string(to_string(value.g)), std::string(value.source),
                       std::string(value.note)});
        }
    }
    return table.text();
}

std::string cards_markdown(const std::vector<card_view>& cards) {
    std::string text;
    for (const card_view& card : cards) {
        text_table table{
            {"value"}, {"number", text_table::align::right}, {"grade"}, {"source"}, {"note"}};
        for (const card_value& value : card) {
            table.row({"`" + std::string(value.name) + "`", std::string(value.text),
                       std::string(to_string(value.g)), std::string(value.source),
                       std::string(value.note)});
        }
        if (!text.empty()) text += "\n";
        text += "### " + std::string(card.name) + "\n\n" + std::string(card.description) + "\n\n" +
                table.markdown();
    }
    return text;
}

}  // namespace pimvp::core
