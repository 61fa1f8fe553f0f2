// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/post/cards/isaac_32nm_card.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>

namespace pimvp::post {

/// Equal digital units that share a kind of work.
struct post_unit_params {
    core::graded<std::uint32_t> units;
    core::graded<std::uint32_t> rate;
    core::graded<core::duration> cycle;
    core::graded<core::energy> cycle_energy;
    core::graded<core::power> power;
    core::graded<core::area> area;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("units", p.units, {1, 1024}, "How many there are.");
        v.member("rate", p.rate, {1, 1'000'000}, "Elements per unit and cycle.");
        v.member("cycle", p.cycle, {core::duration{1'000}, core::duration{1'000'000'000'000}},
                 "The cycle `rate` and `cycle_energy` refer to.");
        v.member("cycle_energy", p.cycle_energy, "One unit, busy for one cycle.");
        v.member("power", p.power, "One unit at peak, for budgets.");
        v.member("area", p.area, "One unit.");
    }

    /// Of one unit: cycle_energy / rate; no better than the weaker of the two.
    [[nodiscard]] core::graded<core::energy> element_energy() const;
};

/// The post-processing of a tile: its defaults are ISAAC's sigmoid units, max-pool unit and
/// shift-and-add unit.
struct post_params {
    post_unit_params activation{cards::isaac_32nm::activation_units,
                                cards::isaac_32nm::activation_rate,
                                cards::isaac_32nm::cycle,
                                cards::isaac_32nm::activation_cycle,
                                cards::isaac_32nm::activation_power,
                                cards::isaac_32nm::activation_area};
    post_unit_params max_pool{cards::isaac_32nm::max_pool_units, cards::isaac_32nm::max_pool_rate,
                              cards::isaac_32nm::cycle,          cards::isaac_32nm::max_pool_cycle,
                              cards::isaac_32nm::max_pool_power, cards::isaac_32nm::max_pool_area};
    post_unit_params shift_add{
        cards::isaac_32nm::shift_add_units, cards::isaac_32nm::shift_add_rate,
        cards::isaac_32nm::cycle,           cards::isaac_32nm::shift_add_cycle,
        cards::isaac_32nm::shift_add_power, cards::isaac_32nm::shift_add_area};

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.group("activation", p.activation, "Look-up tables of activation functions.");
        v.group("max_pool", p.max_pool, "Comparators.");
        v.group("shift_add", p.shift_add, "Sums, requantisation, averages, changes of format.");
    }
};

}  // namespace pimvp::post
