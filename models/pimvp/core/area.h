// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/quantity.h>

#include <cstdint>
#include <string>
#include <vector>

namespace pimvp::core {

/// One row of a table of parts: `count` instances of a component with area and power each.
struct budget_item {
    std::string component;
    std::uint64_t count = 1;
    graded<core::area> area;
    graded<core::power> power;
};

/// Parts of one level; levels nest by giving a total as one item of the next.
class budget {
public:
    explicit budget(std::string name)
        : m_name(std::move(name)) {}

    void add(budget_item item) { m_items.push_back(std::move(item)); }
    void add(std::string component, std::uint64_t count, const graded<core::area>& area,
             const graded<core::power>& power) {
        m_items.push_back({std::move(component), count, area, power});
    }

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] const std::vector<budget_item>& items() const { return m_items; }
    /// Sums of count * value in the order of the items.
    [[nodiscard]] core::area total_area() const;
    [[nodiscard]] core::power total_power() const;
    /// `count` times this level as one item; its grade is the weakest of the parts'.
    [[nodiscard]] budget_item as_item(std::uint64_t count) const;
    /// Aligned table with the shares of each item.
    [[nodiscard]] std::string text() const;

private:
    std::string m_name;
    std::vector<budget_item> m_items;
};

}  // namespace pimvp::core
