// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/area.h>

#include <pimvp/core/text_table.h>

namespace pimvp::core {

area budget::total_area() const {
    core::area sum{};
    for (const budget_item& item : m_items) {
        sum.mm2 += static_cast<double>(item.count) * item.area.value.mm2;
    }
    return sum;
}

power budget::total_power() const {
    core::power sum{};
    for (const budget_item& item : m_items) {
        sum.watts += static_cast<double>(item.count) * item.power.value.watts;
    }
    return sum;
}

budget_item budget::as_item(std::uint64_t count) const {
    grade area_grade = grade::published;
    grade power_grade = grade::published;
    for (const budget_item& item : m_items) {
        area_grade = worse(area_grade, item.area.origin.g);
        power_grade = worse(power_grade, item.power.origin.g);
    }
    // A sum is our own arithmetic, even over published rows.
    return {m_name,
            count,
            {total_area(), {"sum of the parts of " + m_name, worse(area_grade, grade::derived)}},
            {total_power(), {"sum of the parts of " + m_name, worse(power_grade, grade::derived)}}};
}

std::string budget::text() const {
    using align = text_table::align;
    text_table table{{m_name},
                     {"count", align::right},
                     {"area", align::right},
                     {"share", align::right},
                     {"power", align::right},
                     {"share", align::right},
                     {"grade"}};
    const double all_mm2 = total_area().mm2;
    const double all_watts = total_power().watts;
    for (const budget_item& item : m_items) {
        const double mm2 = static_cast<double>(item.count) * item.area.value.mm2;
        const double watts = static_cast<double>(item.count) * item.power.value.watts;
        table.row({item.component, grouped(item.count), to_string(core::area{mm2}),
                   all_mm2 > 0.0 ? percent(mm2 / all_mm2) : "", si(watts, "W"),
                   all_watts > 0.0 ? percent(watts / all_watts) : "",
                   std::string(to_string(worse(item.area.origin.g, item.power.origin.g)))});
    }
    table.rule();
    table.row({"total", "", to_string(total_area()), "", si(all_watts, "W"), "", ""});
    return table.text();
}

}  // namespace pimvp::core
