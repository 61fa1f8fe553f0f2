// SPDX-License-Identifier: Apache-2.0
#include <pimvp/post/post_units.h>

#include <algorithm>

namespace pimvp::post {
namespace {

std::uint64_t shift_add_elements(const operation_counts& work) {
    return work.requantised + work.added + work.multiplied + work.rescaled + work.accumulated;
}

std::uint64_t time_fs(const post_unit_params& unit, std::uint64_t elements) {
    const std::uint64_t rate = std::uint64_t{unit.units.value} * unit.rate.value;
    return (elements * unit.cycle.value.fs + rate - 1) / rate;
}

}  // namespace

core::graded<core::energy> post_unit_params::element_energy() const {
    return {core::energy{cycle_energy.value.joules / rate.value},
            {cycle_energy.origin.text + "; per element: " + rate.origin.text,
             core::worse(cycle_energy.origin.g, rate.origin.g)}};
}

post_units::post_units(core::context& context, const post_params& params)
    : m_params(params),
      m_ledger(context.ledger()),
      m_activation(m_ledger.event("activation", "element", "", params.activation.element_energy(),
                                  core::in_tile)),
      m_max_pool(m_ledger.event("max_pool", "element", "", params.max_pool.element_energy(),
                                core::in_tile)),
      m_shift_add(m_ledger.event("shift_add", "element", "tile", params.shift_add.element_energy(),
                                 core::in_tile)) {}

void post_units::charge(const operation_counts& work, std::uint32_t scope) {
    m_ledger.add(m_activation, work.looked_up, scope);
    m_ledger.add(m_max_pool, work.compared, scope);
    m_ledger.add(m_shift_add, shift_add_elements(work), scope);
}

core::duration time_of(const post_params& params, const operation_counts& work) {
    return {std::max({time_fs(params.activation, work.looked_up),
                      time_fs(params.max_pool, work.compared),
                      time_fs(params.shift_add, shift_add_elements(work))})};
}

std::vector<core::budget_item> post_units::budget() const {
    return {{"activation", m_params.activation.units.value, m_params.activation.area,
             m_params.activation.power},
            {"max-pool", m_params.max_pool.units.value, m_params.max_pool.area,
             m_params.max_pool.power},
            {"shift-and-add", m_params.shift_add.units.value, m_params.shift_add.area,
             m_params.shift_add.power}};
}

}  // namespace pimvp::post
