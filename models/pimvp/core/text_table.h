// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::core {

/// Columns a UTF-8 text takes on a terminal, one per code point (combining marks take none).
std::size_t display_width(std::string_view utf8);

/// A value with the prefix that leaves 1 .. 999 before the point: si(1.25e-6, "s") is "1.25 µs",
/// si(0, "J") "0 J". `digits` counts significant ones. Not finite: "n/a".
std::string si(double value, std::string_view unit, int digits = 3);
/// 1234567 as "1 234 567" (thin groups of three).
std::string grouped(unsigned long long value);
/// 0.1234 as "12.3 %".
std::string percent(double ratio, int decimals = 1);

/// Aligned table for terminals, or the same as markdown.
///
/// \code
///     core::text_table table{{"layer"}, {"energy", core::text_table::align::right}};
///     table.row({"conv1", core::si(3.2e-9, "J")});
///     std::cout << table.text();
/// \endcode
class text_table {
public:
    enum class align { left, right };
    struct column {
        std::string title;
        align side = align::left;
    };

    text_table(std::initializer_list<column> columns);
    explicit text_table(std::vector<column> columns);

    /// Missing cells are empty; more cells than columns throw internal_error.
    void row(std::vector<std::string> cells);
    /// A rule between the rows before and after.
    void rule();
    [[nodiscard]] std::size_t rows() const { return m_rows.size(); }

    /// Titles, a rule, the rows; columns two spaces apart, no trailing spaces, newline at the end.
    [[nodiscard]] std::string text() const;
    /// A markdown table; `|` is escaped, rules are left out.
    [[nodiscard]] std::string markdown() const;

private:
    std::vector<column> m_columns;
    std::vector<std::vector<std::string>> m_rows;  // an empty row is a rule
};

}  // namespace pimvp::core
