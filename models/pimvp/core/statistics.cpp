// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/statistics.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/text_table.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace pimvp::core {

namespace {

void collect(const stat_group& group, const std::string& path, text_table& table) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const statistic* item : group.own()) {
        table.row({prefix + std::string(item->name()), item->value().dump(),
                   std::string(unit_of(item->what())), std::string(item->description())});
    }
    for (const auto& [name, child] : group.groups()) {
        collect(*child, prefix + std::string(name), table);
    }
}

}  // namespace

std::string_view unit_of(quantity what) {
    switch (what) {
    case quantity::count:
        return "";
    case quantity::bytes:
        return "B";
    case quantity::cycles:
        return "cycles";
    case quantity::time:
        return "s";
    case quantity::energy:
        return "J";
    case quantity::power:
        return "W";
    case quantity::area:
        return "mm2";
    case quantity::ratio:
        return "1";
    }
    return "";
}

statistic::statistic(stat_group& group, std::string_view name, std::string_view description,
                     quantity what)
    : m_group(&group),
      m_name(name),
      m_description(description),
      m_what(what) {
    m_group->add(*this);
}

statistic::~statistic() {
    m_group->remove(*this);
}

nlohmann::ordered_json counter::value() const {
    return m_value;
}

nlohmann::ordered_json gauge::value() const {
    return m_high_water;
}

nlohmann::ordered_json time_total::value() const {
    return static_cast<double>(m_fs) * 1e-15;
}

derived_stat::derived_stat(stat_group& group, std::string_view name, std::string_view description,
                           quantity what, std::function<double()> compute)
    : statistic(group, name, description, what),
      m_compute(std::move(compute)) {}

nlohmann::ordered_json derived_stat::value() const {
    const double computed = m_compute();
    if (!std::isfinite(computed)) return nullptr;
    return computed;
}

stat_group::stat_group(std::string name)
    : m_name(std::move(name)) {}

stat_group::stat_group(stat_group& parent, std::string name)
    : m_name(std::move(name)),
      m_parent(&parent) {
    if (!parent.m_groups.emplace(m_name, this).second) {
        throw internal_error("two groups of statistics are named '" + m_name + "'");
    }
}

stat_group::~stat_group() {
    if (m_parent != nullptr) m_parent->m_groups.erase(m_name);
}

void stat_group::add(statistic& child) {
    for (const statistic* other : m_statistics) {
        if (other->name() == child.name()) {
            throw internal_error("two statistics of '" + m_name + "' are named '" +
                                 std::string(child.name()) + "'");
        }
    }
    m_statistics.push_back(&child);
}

void stat_group::remove(const statistic& child) {
    m_statistics.erase(std::remove(m_statistics.begin(), m_statistics.end(), &child),
                       m_statistics.end());
}

void stat_group::reset() {
    for (statistic* item : m_statistics) item->reset();
    for (const auto& child : m_groups) child.second->reset();
}

nlohmann::ordered_json stat_group::json() const {
    auto object = nlohmann::ordered_json::object();
    for (const statistic* item : m_statistics) object[std::string(item->name())] = item->value();
    for (const auto& [name, child] : m_groups) {
        nlohmann::ordered_json* at = &object;
        std::string_view rest = name;
        for (std::size_t dot = rest.find('.'); dot != std::string_view::npos;
             dot = rest.find('.')) {
            at = &(*at)[std::string(rest.substr(0, dot))];
            rest.remove_prefix(dot + 1);
        }
        (*at)[std::string(rest)].update(child->json());
    }
    return object;
}

std::string stat_group::text() const {
    text_table table{{"statistic"}, {"value", text_table::align::right}, {"unit"}, {"meaning"}};
    collect(*this, m_name, table);
    return table.text();
}

}  // namespace pimvp::core
