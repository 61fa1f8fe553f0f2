// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/quantity.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace pimvp::core {

/// Which of the boundaries, drawn around ever more of the hardware, an event lies in.
enum class envelope : std::uint8_t {
    none = 0,
    array = 1,
    tile_dynamic = 2,
    chip = 4,
    off_chip = 8
};

constexpr envelope operator|(envelope a, envelope b) {
    return static_cast<envelope>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool contains(envelope set, envelope one) {
    return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}
constexpr std::array<envelope, 4> all_envelopes{envelope::array, envelope::tile_dynamic,
                                                envelope::chip, envelope::off_chip};
std::string_view to_string(envelope one);

// The nesting of the envelopes: an array is inside a tile, a tile inside a chip.
constexpr envelope in_array = envelope::array | envelope::tile_dynamic | envelope::chip;
constexpr envelope in_tile = envelope::tile_dynamic | envelope::chip;
constexpr envelope in_chip = envelope::chip;
constexpr envelope off_chip = envelope::off_chip;

enum class power_state : std::uint8_t { on = 0, clock_gated = 1, off = 2 };

struct event_id {
    std::uint32_t index = 0;
};
struct domain_id {
    std::uint32_t index = 0;
};

/// What happened up to one instant, or (by difference) between two: counts, not joules.
class activity {
public:
    [[nodiscard]] std::uint64_t time_fs() const { return m_time_fs; }
    /// Of one event in one scope; 0 for a scope nobody charged.
    [[nodiscard]] std::uint64_t count(event_id event, std::uint32_t scope) const;
    /// Of one event in all scopes.
    [[nodiscard]] std::uint64_t count(event_id event) const;
    /// Time a domain spent in a state.
    [[nodiscard]] std::uint64_t residency_fs(domain_id domain, power_state state) const;
    [[nodiscard]] std::uint32_t scopes() const;

    /// What happened after `earlier`. Throws internal_error if `earlier` is not earlier (a counter
    /// would run below 0).
    [[nodiscard]] activity since(const activity& earlier) const;

private:
    friend class energy_ledger;
    std::uint64_t m_time_fs = 0;
    std::size_t m_events = 0;
    std::vector<std::uint64_t> m_counts;  // [scope][event]
    std::vector<std::array<std::uint64_t, 3>> m_residency;
};

/// Joules of one power domain over one activity.
struct domain_energy {
    std::string name;
    double joules = 0.0;
    bool headline = true;
    grade g = grade::unverified;
};

/// An activity priced with the cards' energies. Every map is ordered by name and every sum is taken
/// in that order, so that parts add up to totals bit for bit.
struct energy_report {
    double total_j = 0.0;     ///< dynamic_j + static_j
    double dynamic_j = 0.0;   ///< all events: the sum of by_component_j
    double static_j = 0.0;    ///< headline power domains
    double off_chip_j = 0.0;  ///< the part of dynamic_j whose events lie off chip
    double apart_j = 0.0;     ///< power domains outside the headline; in no total
    std::map<std::string, double> by_component_j;
    std::map<std::string, double> by_envelope_j;  ///< all four, 0 included; envelopes nest
    std::vector<double> by_scope_j;               ///< events only; [0] = outside layers
    std::vector<domain_energy> domains;           ///< by name, headline or not
    std::map<std::string, double> grades_j;       ///< total_j by grade (to rounding); those in use
    std::map<std::string, std::uint64_t> counts;  ///< "component.event.variant", 0 included

    /// grades_j as shares of total_j (empty if that is 0).
    [[nodiscard]] std::map<std::string, double> grade_shares() const;
    /// The weakest grade that carries energy of the total.
    [[nodiscard]] grade weakest() const;
};

/// Counts what happens and prices it: blocks report counts, the card knows the energy of one event.
///
/// An event is (component, event, variant): ("adc", "conversion", "8b"). A scope is a layer's index
/// + 1; scope 0 is work outside layers. Static power belongs to domains, which are on, clock-gated
/// or off, and is reported apart from the events.
///
/// **Limits** Counts are 64 bits; no check for their overflow (a conversion each ps wraps after 213
/// days). One ledger belongs to one context and is not thread-safe.
///
/// \code
///     const auto conversion = ledger.event("adc", "conversion", "8b", energy, core::in_tile);
///     ledger.add(conversion, 1024, scope);                    // in the block
///     const auto before = ledger.snapshot(now_fs);            // in the runner
///     const auto report = ledger.price(ledger.snapshot(later_fs).since(before));
/// \endcode
class energy_ledger {
public:
    static constexpr std::uint32_t max_scopes = 1U << 16U;

    energy_ledger() = default;
    energy_ledger(const energy_ledger&) = delete;
    energy_ledger& operator=(const energy_ledger&) = delete;

    /// The id of an event, registered on first use. Asking again with the same three names returns
    /// the same id; with another energy, origin or envelope it throws internal_error: instances
    /// whose energies differ need component names of their own.
    event_id event(const std::string& component, const std::string& event,
                   const std::string& variant, const graded<energy>& per_event, envelope where);

    /// Counts `count` events. A few instructions unless the scope is new. Throws internal_error for
    /// a scope of max_scopes or more.
    void add(event_id event, std::uint64_t count, std::uint32_t scope = 0) {
        if (scope >= m_scopes) grow_scopes(scope);
        m_counts[scope * m_stride + event.index] += count;
    }

    /// A power domain, `on` from time 0. Clock-gated power defaults to the power when on (leakage
    /// stays), `off` takes none. Outside the headline a domain is listed but in no total. Throws
    /// internal_error for a name in use.
    domain_id domain(const std::string& name, const graded<power>& on, bool headline = true);
    domain_id domain(const std::string& name, const graded<power>& on,
                     const graded<power>& clock_gated, bool headline = true);
    /// Precondition: time_fs does not run backwards (internal_error).
    void set_state(domain_id domain, power_state state, std::uint64_t time_fs);
    [[nodiscard]] power_state state(domain_id domain) const;

    /// Everything since construction or reset(), static power integrated up to time_fs.
    [[nodiscard]] activity snapshot(std::uint64_t time_fs) const;
    [[nodiscard]] energy_report price(const activity& what) const;
    /// Joules of the events of one scope: the sum of its components, in the order of their names.
    [[nodiscard]] double scope_j(const activity& what, std::uint32_t scope) const;
    /// The same by component, those without events left out.
    [[nodiscard]] std::map<std::string, double> scope_components_j(const activity& what,
                                                                   std::uint32_t scope) const;
    /// Counts of one scope by "component.event.variant", those that are 0 left out.
    [[nodiscard]] std::map<std::string, std::uint64_t> scope_counts(const activity& what,
                                                                    std::uint32_t scope) const;

    [[nodiscard]] std::size_t events() const { return m_events.size(); }
    [[nodiscard]] const graded<energy>& per_event(event_id event) const;
    [[nodiscard]] envelope where(event_id event) const;
    /// "component.event.variant"; an empty variant leaves its dot out.
    [[nodiscard]] std::string name(event_id event) const;
    [[nodiscard]] std::uint64_t count(event_id event) const;  ///< all scopes

    /// Forgets counts and residencies, keeps events, domains and their states.
    void reset(std::uint64_t time_fs);

private:
    struct event_entry {
        std::string component, event, variant;
        graded<energy> per_event;
        envelope where = envelope::none;
    };
    struct domain_entry {
        std::string name;
        graded<power> on, clock_gated;
        bool headline = true;
        power_state state = power_state::on;
        std::uint64_t since_fs = 0;
        std::array<std::uint64_t, 3> residency_fs{};

        void advance(std::uint64_t time_fs);
    };

    void grow_scopes(std::uint32_t scope);
    void resize(std::size_t scopes, std::size_t stride);

    std::vector<event_entry> m_events;
    std::map<std::tuple<std::string, std::string, std::string>, std::uint32_t> m_index;
    std::vector<domain_entry> m_domains;
    std::vector<std::uint64_t> m_counts;  // [scope][event], m_stride events a scope
    std::size_t m_scopes = 0;
    std::size_t m_stride = 0;
    std::uint64_t m_origin_fs = 0;  // of the last reset(): where new domains start
};

}  // namespace pimvp::core
