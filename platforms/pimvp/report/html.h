// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pimvp::report {

/// Text as it may stand in HTML and SVG, in an element or a quoted attribute; control characters
/// become U+FFFD.
std::string escaped(std::string_view text);

/// One element: its attributes' values are escaped, its content is markup.
using attributes = std::vector<std::pair<const char*, std::string>>;
std::string element(const char* name, const attributes& with, const std::string& content);
inline std::string element(const char* name, const std::string& content) {
    return element(name, {}, content);
}

/// A table whose cells are text; numbers stand right.
class html_table {
public:
    struct column {
        std::string title;
        bool is_number = false;
    };
    struct cell {
        std::string text;
        std::string hint = "";  ///< shown when pointed at
        bool is_better = false, is_worse = false;
    };

    explicit html_table(std::vector<column> columns)
        : m_columns(std::move(columns)) {}

    /// Missing cells are empty.
    void row(std::vector<cell> cells);
    /// A row set apart from those above: a total.
    void last_row(std::vector<cell> cells);
    [[nodiscard]] std::string markup() const;

private:
    [[nodiscard]] std::string markup_of(const std::vector<cell>& cells, const char* kind) const;

    std::vector<column> m_columns;
    std::string m_rows;
};

}  // namespace pimvp::report
