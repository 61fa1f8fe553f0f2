// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/energy.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <tuple>

namespace pimvp::core {

namespace {

constexpr std::size_t state_index(power_state state) {
    return static_cast<std::size_t>(state);
}

std::uint64_t less(std::uint64_t later, std::uint64_t earlier, const char* what) {
    if (later < earlier) {
        throw internal_error(std::string("activity since a later one: ") + what +
                             " runs backwards");
    }
    return later - earlier;
}

}  // namespace

std::string_view to_string(envelope one) {
    switch (one) {
    case envelope::none:
        return "none";
    case envelope::array:
        return "array";
    case envelope::tile_dynamic:
        return "tile_dynamic";
    case envelope::chip:
        return "chip";
    case envelope::off_chip:
        return "off_chip";
    }
    return "several";
}

std::uint64_t activity::count(event_id event, std::uint32_t scope) const {
    if (event.index >= m_events || scope >= scopes()) return 0;
    return m_counts[scope * m_events + event.index];
}

std::uint64_t activity::count(event_id event) const {
    std::uint64_t sum = 0;
    for (std::uint32_t scope = 0; scope < scopes(); ++scope) sum += count(event, scope);
    return sum;
}

std::uint64_t activity::residency_fs(domain_id domain, power_state state) const {
    return domain.index < m_residency.size() ? m_residency[domain.index][state_index(state)] : 0;
}

std::uint32_t activity::scopes() const {
    return m_events == 0 ? 0 : static_cast<std::uint32_t>(m_counts.size() / m_events);
}

activity activity::since(const activity& earlier) const {
    activity difference = *this;
    difference.m_time_fs = less(m_time_fs, earlier.m_time_fs, "time");
    if (earlier.scopes() > scopes() || earlier.m_residency.size() > m_residency.size()) {
        throw internal_error("activity since a later one: it has more scopes or domains");
    }
    for (std::uint32_t scope = 0; scope < earlier.scopes(); ++scope) {
        for (std::uint32_t i = 0; i < earlier.m_events; ++i) {
            std::uint64_t& count = difference.m_counts[scope * m_events + i];
            count = less(count, earlier.count({i}, scope), "a count");
        }
    }
    for (std::size_t i = 0; i < earlier.m_residency.size(); ++i) {
        for (std::size_t state = 0; state < 3; ++state) {
            std::uint64_t& fs = difference.m_residency[i][state];
            fs = less(fs, earlier.m_residency[i][state], "a residency");
        }
    }
    return difference;
}

std::map<std::string, double> energy_report::grade_shares() const {
    std::map<std::string, double> shares;
    if (total_j == 0.0) return shares;
    for (const auto& [name, joules] : grades_j) shares[name] = joules / total_j;
    return shares;
}

grade energy_report::weakest() const {
    grade weakest = grade::published;
    for (const auto& [name, joules] : grades_j) {
        if (joules > 0.0) weakest = worse(weakest, grade_from(name).value_or(grade::unverified));
    }
    return weakest;
}

event_id energy_ledger::event(const std::string& component, const std::string& event,
                              const std::string& variant, const graded<energy>& per_event,
                              envelope where) {
    const auto key = std::make_tuple(component, event, variant);
    const auto found = m_index.find(key);
    if (found != m_index.end()) {
        const event_entry& known = m_events[found->second];
        if (known.per_event != per_event || known.where != where) {
            throw internal_error("energy event '" + name({found->second}) +
                                 "' is registered with " + to_string(known.per_event.value) +
                                 " and again with " + to_string(per_event.value) +
                                 " or another source or envelope: name the components apart");
        }
        return {found->second};
    }
    const auto index = static_cast<std::uint32_t>(m_events.size());
    if (m_events.size() == m_stride) resize(m_scopes, std::max<std::size_t>(16, 2 * m_stride));
    m_events.push_back({component, event, variant, per_event, where});
    m_index.emplace(key, index);
    return {index};
}

void energy_ledger::grow_scopes(std::uint32_t scope) {
    if (scope >= max_scopes) {
        throw internal_error("energy scope " + std::to_string(scope) + " exceeds the limit of " +
                             std::to_string(max_scopes));
    }
    resize(std::max<std::size_t>(scope + std::size_t{1}, 2 * m_scopes), m_stride);
}

void energy_ledger::resize(std::size_t scopes, std::size_t stride) {
    std::vector<std::uint64_t> counts(scopes * stride, 0);
    for (std::size_t scope = 0; scope < m_scopes; ++scope) {
        std::copy_n(m_counts.begin() + static_cast<std::ptrdiff_t>(scope * m_stride), m_stride,
                    counts.begin() + static_cast<std::ptrdiff_t>(scope * stride));
    }
    m_counts = std::move(counts);
    m_scopes = scopes;
    m_stride = stride;
}

domain_id energy_ledger::domain(const std::string& name, const graded<power>& on, bool headline) {
    return domain(name, on, on, headline);
}

domain_id energy_ledger::domain(const std::string& name, const graded<power>& on,
                                const graded<power>& clock_gated, bool headline) {
    for (const domain_entry& other : m_domains) {
        if (other.name == name) throw internal_error("two power domains are named '" + name + "'");
    }
    domain_entry entry;
    entry.name = name;
    entry.on = on;
    entry.clock_gated = clock_gated;
    entry.headline = headline;
    entry.since_fs = m_origin_fs;
    m_domains.push_back(std::move(entry));
    return {static_cast<std::uint32_t>(m_domains.size() - 1)};
}

void energy_ledger::set_state(domain_id domain, power_state state, std::uint64_t time_fs) {
    domain_entry& entry = m_domains.at(domain.index);
    entry.advance(time_fs);
    entry.state = state;
}

void energy_ledger::domain_entry::advance(std::uint64_t time_fs) {
    residency_fs[state_index(state)] += less(time_fs, since_fs, "the time of a power domain");
    since_fs = time_fs;
}

power_state energy_ledger::state(domain_id domain) const {
    return m_domains.at(domain.index).state;
}

activity energy_ledger::snapshot(std::uint64_t time_fs) const {
    activity now;
    now.m_time_fs = time_fs;
    now.m_events = m_events.size();
    now.m_counts.reserve(m_scopes * m_events.size());
    for (std::size_t scope = 0; scope < m_scopes; ++scope) {
        const auto first = m_counts.begin() + static_cast<std::ptrdiff_t>(scope * m_stride);
        now.m_counts.insert(now.m_counts.end(), first,
                            first + static_cast<std::ptrdiff_t>(m_events.size()));
    }
    for (domain_entry entry : m_domains) {
        entry.advance(time_fs);
        now.m_residency.push_back(entry.residency_fs);
    }
    return now;
}

energy_report energy_ledger::price(const activity& what) const {
    energy_report report;
    for (const envelope one : all_envelopes)
        report.by_envelope_j[std::string(to_string(one))] = 0.0;
    for (const auto& entry : m_index) {
        const event_id id{entry.second};
        const event_entry& event = m_events[id.index];
        const std::uint64_t count = what.count(id);
        const double joules = static_cast<double>(count) * event.per_event.value.joules;
        report.counts[name(id)] = count;
        report.by_component_j[event.component] += joules;
        for (const envelope one : all_envelopes) {
            if (contains(event.where, one)) {
                report.by_envelope_j[std::string(to_string(one))] += joules;
            }
        }
        if (count != 0) {
            report.grades_j[std::string(to_string(event.per_event.origin.g))] += joules;
        }
    }
    for (const auto& part : report.by_component_j) report.dynamic_j += part.second;
    report.off_chip_j = report.by_envelope_j[std::string(to_string(envelope::off_chip))];
    for (std::uint32_t scope = 0; scope < what.scopes(); ++scope) {
        report.by_scope_j.push_back(scope_j(what, scope));
    }

    for (std::uint32_t i = 0; i < m_domains.size(); ++i) {
        const domain_entry& domain = m_domains[i];
        domain_energy priced;
        priced.name = domain.name;
        priced.headline = domain.headline;
        const duration on{what.residency_fs({i}, power_state::on)};
        const duration gated{what.residency_fs({i}, power_state::clock_gated)};
        priced.joules = (domain.on.value * on).joules + (domain.clock_gated.value * gated).joules;
        priced.g = gated.fs == 0 ? domain.on.origin.g
                                 : worse(domain.on.origin.g, domain.clock_gated.origin.g);
        report.domains.push_back(std::move(priced));
    }
    std::sort(report.domains.begin(), report.domains.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const domain_energy& domain : report.domains) {
        if (!domain.headline) {
            report.apart_j += domain.joules;
            continue;
        }
        report.static_j += domain.joules;
        if (domain.joules > 0.0) report.grades_j[std::string(to_string(domain.g))] += domain.joules;
    }
    report.total_j = report.dynamic_j + report.static_j;
    return report;
}

double energy_ledger::scope_j(const activity& what, std::uint32_t scope) const {
    double joules = 0.0;
    for (const auto& part : scope_components_j(what, scope)) joules += part.second;
    return joules;
}

std::map<std::string, double> energy_ledger::scope_components_j(const activity& what,
                                                                std::uint32_t scope) const {
    std::map<std::string, double> parts;
    for (const auto& entry : m_index) {
        const std::uint64_t count = what.count({entry.second}, scope);
        if (count == 0) continue;
        const event_entry& event = m_events[entry.second];
        parts[event.component] += static_cast<double>(count) * event.per_event.value.joules;
    }
    return parts;
}

std::map<std::string, std::uint64_t> energy_ledger::scope_counts(const activity& what,
                                                                 std::uint32_t scope) const {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& entry : m_index) {
        const std::uint64_t count = what.count({entry.second}, scope);
        if (count != 0) counts[name({entry.second})] = count;
    }
    return counts;
}

const graded<energy>& energy_ledger::per_event(event_id event) const {
    return m_events.at(event.index).per_event;
}

envelope energy_ledger::where(event_id event) const {
    return m_events.at(event.index).where;
}

std::string energy_ledger::name(event_id event) const {
    const event_entry& entry = m_events.at(event.index);
    return entry.component + "." + entry.event + (entry.variant.empty() ? "" : ".") + entry.variant;
}

std::uint64_t energy_ledger::count(event_id event) const {
    std::uint64_t sum = 0;
    for (std::size_t scope = 0; scope < m_scopes; ++scope) {
        sum += m_counts[scope * m_stride + event.index];
    }
    return sum;
}

void energy_ledger::reset(std::uint64_t time_fs) {
    std::fill(m_counts.begin(), m_counts.end(), 0);
    for (domain_entry& domain : m_domains) {
        domain.residency_fs = {};
        domain.since_fs = time_fs;
    }
    m_origin_fs = time_fs;
}

}  // namespace pimvp::core
