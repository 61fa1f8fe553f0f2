// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::core {

/// What a statistic counts; decides its unit.
enum class quantity { count, bytes, cycles, time, energy, power, area, ratio };

/// "" (a count), "B", "cycles", "s", "J", "W", "mm2" or "1".
std::string_view unit_of(quantity what);

class stat_group;

/// Base of everything with a name, a description and a quantity in a stat_group. Name and
/// description must be string literals (or outlive the statistic): there are thousands of them.
class statistic {
public:
    statistic(stat_group& group, std::string_view name, std::string_view description,
              quantity what);
    virtual ~statistic();
    statistic(const statistic&) = delete;
    statistic& operator=(const statistic&) = delete;

    [[nodiscard]] std::string_view name() const { return m_name; }
    [[nodiscard]] std::string_view description() const { return m_description; }
    [[nodiscard]] quantity what() const { return m_what; }
    /// Integers stay integers, time in seconds, the rest doubles.
    [[nodiscard]] virtual nlohmann::ordered_json value() const = 0;
    virtual void reset() = 0;

private:
    stat_group* m_group;
    std::string_view m_name;
    std::string_view m_description;
    quantity m_what;
};

/// A count that only grows, until reset().
class counter : public statistic {
public:
    using statistic::statistic;
    counter& operator++() {
        ++m_value;
        return *this;
    }
    counter& operator+=(std::uint64_t n) {
        m_value += n;
        return *this;
    }
    [[nodiscard]] std::uint64_t get() const { return m_value; }
    [[nodiscard]] nlohmann::ordered_json value() const override;
    void reset() override { m_value = 0; }

private:
    std::uint64_t m_value = 0;
};

/// A level that goes up and down; reports its high-water mark. reset() keeps the level and makes it
/// the mark.
class gauge : public statistic {
public:
    using statistic::statistic;
    void set(std::uint64_t level) {
        m_level = level;
        if (level > m_high_water) m_high_water = level;
    }
    gauge& operator+=(std::uint64_t n) {
        set(m_level + n);
        return *this;
    }
    /// Precondition: n <= level().
    gauge& operator-=(std::uint64_t n) {
        m_level -= n;
        return *this;
    }
    [[nodiscard]] std::uint64_t level() const { return m_level; }
    [[nodiscard]] std::uint64_t high_water() const { return m_high_water; }
    [[nodiscard]] nlohmann::ordered_json value() const override;
    void reset() override { m_high_water = m_level; }

private:
    std::uint64_t m_level = 0;
    std::uint64_t m_high_water = 0;
};

/// A span of simulated time in fs, summed; printed in seconds.
class time_total : public statistic {
public:
    time_total(stat_group& group, std::string_view name, std::string_view description)
        : statistic(group, name, description, quantity::time) {}
    void add(std::uint64_t fs) { m_fs += fs; }
    [[nodiscard]] std::uint64_t fs() const { return m_fs; }
    [[nodiscard]] nlohmann::ordered_json value() const override;
    void reset() override { m_fs = 0; }

private:
    std::uint64_t m_fs = 0;
};

/// Computed from others when somebody asks: a hit rate, a utilisation.
class derived_stat : public statistic {
public:
    derived_stat(stat_group& group, std::string_view name, std::string_view description,
                 quantity what, std::function<double()> compute);
    [[nodiscard]] nlohmann::ordered_json value() const override;  ///< null if not finite
    void reset() override {}

private:
    std::function<double()> m_compute;
};

/// A named set of statistics and of further groups; a module nests its own below its parent's.
///
/// \code
///     struct statistics : core::stat_group {
///         using stat_group::stat_group;
///         core::counter bytes{*this, "bytes", "bytes counted", core::quantity::bytes};
///     };
///     statistics m_stats{m_context.statistics(), name()};
/// \endcode
/// **Limits** A group must not outlive its parent. Names are unique within a group: a second one
/// throws internal_error.
class stat_group {
public:
    explicit stat_group(std::string name);
    stat_group(stat_group& parent, std::string name);
    virtual ~stat_group();
    stat_group(const stat_group&) = delete;
    stat_group& operator=(const stat_group&) = delete;

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] const std::vector<statistic*>& own() const { return m_statistics; }
    [[nodiscard]] const std::map<std::string_view, stat_group*>& groups() const { return m_groups; }

    /// Starts a region of interest: everything below counts from here.
    void reset();
    /// {"bytes": 12, "dma": {...}}: statistics in order of declaration, then groups by name; dots
    /// in a group's name ("top.dma") nest.
    [[nodiscard]] nlohmann::ordered_json json() const;
    /// One aligned line per statistic: path, value, unit, description.
    [[nodiscard]] std::string text() const;

private:
    friend class statistic;
    void add(statistic& child);
    void remove(const statistic& child);

    std::string m_name;
    stat_group* m_parent = nullptr;
    std::vector<statistic*> m_statistics;
    std::map<std::string_view, stat_group*> m_groups;
};

}  // namespace pimvp::core
