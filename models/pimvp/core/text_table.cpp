// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/text_table.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace pimvp::core {

std::size_t display_width(std::string_view utf8) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        if ((lead & 0xC0U) == 0x80U) continue;  // inside a code point
        // U+0300 .. U+036F combine with what precedes them: CC 80 .. CD AF.
        const bool combining = (lead == 0xCCU) || (lead == 0xCDU && i + 1 < utf8.size() &&
                                                   static_cast<unsigned char>(utf8[i + 1]) < 0xB0U);
        if (!combining) ++width;
    }
    return width;
}

std::string si(double value, std::string_view unit, int digits) {
    constexpr std::array<std::string_view, 13> prefixes{"a", "f", "p", "n", "\u00b5", "m", "",
                                                        "k", "M", "G", "T", "P",      "E"};
    constexpr int first = -18;
    if (!std::isfinite(value)) return "n/a";
    std::string text;
    std::string_view prefix;
    if (value == 0.0) {
        text = "0";
    } else {
        // Rounding first decides the prefix: 999.96 n at 3 digits is 1.00 µ.
        char rounded[64];
        std::snprintf(rounded, sizeof rounded, "%.*e", std::max(digits, 1) - 1, value);
        const char* e = std::find(rounded, rounded + sizeof rounded, 'e');
        const int power = std::atoi(e + 1);
        int group = (power >= 0 ? power / 3 : -((-power + 2) / 3)) * 3;
        group = std::clamp(group, first, first + 3 * static_cast<int>(prefixes.size() - 1));
        prefix = prefixes[static_cast<std::size_t>((group - first) / 3)];
        const int decimals = std::clamp(digits - 1 - (power - group), 0, std::max(digits, 1) - 1);
        // Read back from the rounded digits, so that no second rounding happens.
        char shown[64];
        std::snprintf(shown, sizeof shown, "%.*f", decimals,
                      std::strtod(rounded, nullptr) * std::pow(10.0, -group));
        text = shown;
    }
    if (unit.empty() && prefix.empty()) return text;
    return text + " " + std::string(prefix) + std::string(unit);
}

std::string grouped(unsigned long long value) {
    std::string digits = std::to_string(value);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
    return digits;
}

std::string percent(double ratio, int decimals) {
    if (!std::isfinite(ratio)) return "n/a";
    char text[64];
    std::snprintf(text, sizeof text, "%.*f %%", decimals, 100.0 * ratio);
    return text;
}

text_table::text_table(std::initializer_list<column> columns)
    : m_columns(columns) {}

text_table::text_table(std::vector<column> columns)
    : m_columns(std::move(columns)) {}

void text_table::row(std::vector<std::string> cells) {
    if (cells.size() > m_columns.size()) {
        throw internal_error("a table row has " + std::to_string(cells.size()) + " cells, but " +
                             std::to_string(m_columns.size()) + " columns exist");
    }
    cells.resize(m_columns.size());
    m_rows.push_back(std::move(cells));
}

void text_table::rule() {
    m_rows.emplace_back();
}

std::string text_table::text() const {
    std::vector<std::size_t> widths;
    std::size_t whole = 0;
    for (std::size_t c = 0; c < m_columns.size(); ++c) {
        std::size_t width = display_width(m_columns[c].title);
        for (const auto& cells : m_rows) {
            if (!cells.empty()) width = std::max(width, display_width(cells[c]));
        }
        widths.push_back(width);
        whole += width + (c == 0 ? 0 : 2);
    }
    std::string out;
    const auto line = [&](const auto& cell) {
        std::string text;
        for (std::size_t c = 0; c < m_columns.size(); ++c) {
            if (c != 0) text += "  ";
            const std::string& content = cell(c);
            const std::string fill(widths[c] - display_width(content), ' ');
            text += m_columns[c].side == align::right ? fill + content : content + fill;
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + '\n';
    };
    std::string dashes;
    for (std::size_t i = 0; i < whole; ++i) dashes += "\u2500";
    line([&](std::size_t c) -> const std::string& { return m_columns[c].title; });
    out += dashes + '\n';
    for (const auto& cells : m_rows) {
        if (cells.empty()) {
            out += dashes + '\n';
        } else {
            line([&](std::size_t c) -> const std::string& { return cells[c]; });
        }
    }
    return out;
}

std::string text_table::markdown() const {
    const auto escaped = [](const std::string& cell) {
        std::string text;
        for (const char c : cell) {
            if (c == '|') text += '\\';
            text += c == '\n' ? ' ' : c;
        }
        return text;
    };
    std::string out = "|";
    for (const column& c : m_columns) out += " " + escaped(c.title) + " |";
    out += "\n|";
    for (const column& c : m_columns) out += c.side == align::right ? "---:|" : "---|";
    out += '\n';
    for (const auto& cells : m_rows) {
        if (cells.empty()) continue;
        out += '|';
        for (const std::string& cell : cells) out += " " + escaped(cell) + " |";
        out += '\n';
    }
    return out;
}

}  // namespace pimvp::core
