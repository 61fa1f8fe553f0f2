// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/html.h>

#include <cstddef>

namespace pimvp::report {

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        case '\n':
        case '\t':
            out += c;
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20U || c == 0x7f) {
                out += "\xEF\xBF\xBD";
            } else {
                out += c;
            }
        }
    }
    return out;
}

std::string element(const char* name, const attributes& with, const std::string& content) {
    std::string out = std::string("<") + name;
    for (const auto& [key, value] : with) {
        if (!value.empty()) out += std::string(" ") + key + "=\"" + escaped(value) + "\"";
    }
    return out + ">" + content + "</" + name + ">";
}

std::string html_table::markup_of(const std::vector<cell>& cells, const char* kind) const {
    std::string row;
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        const cell shown = i < cells.size() ? cells[i] : cell{};
        std::string style = m_columns[i].is_number ? "n" : "";
        if (shown.is_better) style += " better";
        if (shown.is_worse) style += " worse";
        row += element("td", {{"class", style}, {"title", shown.hint}}, escaped(shown.text));
    }
    return element("tr", {{"class", kind}}, row) + "\n";
}

void html_table::row(std::vector<cell> cells) {
    m_rows += markup_of(cells, "");
}

void html_table::last_row(std::vector<cell> cells) {
    m_rows += markup_of(cells, "total");
}

std::string html_table::markup() const {
    std::string titles;
    for (const column& each : m_columns) {
        titles += element("th", {{"class", each.is_number ? "n" : ""}, {"scope", "col"}},
                          escaped(each.title));
    }
    return "<div class=\"table\"><table><thead>" + element("tr", titles) + "</thead>\n<tbody>\n" +
           m_rows + "</tbody></table></div>\n";
}

}  // namespace pimvp::report
