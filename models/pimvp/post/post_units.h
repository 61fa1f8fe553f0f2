// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/post/post_kernel.h>
#include <pimvp/post/post_params.h>

#include <pimvp/core/area.h>
#include <pimvp/core/context.h>
#include <pimvp/core/energy.h>

#include <cstdint>
#include <vector>

namespace pimvp::post {

/// How long units of these parameters take; see post_units.
[[nodiscard]] core::duration time_of(const post_params& params, const operation_counts& work);

/// Prices the work of post_kernel: which unit does it, how long, for how much energy.
///
/// | unit         | elements of operation_counts                       |
/// |--------------|----------------------------------------------------|
/// | `activation` | looked_up                                          |
/// | `max_pool`   | compared                                           |
/// | `shift_add`  | requantised + added + multiplied + rescaled + accumulated |
///
/// **Timing** A unit takes elements / rate cycles, a fraction of a cycle included; the units work
/// at the same time, so the slowest decides.
///
/// **Limits** An element costs the same whatever its width and operation. ISAAC has no requantiser
/// (its 16-bit sums are shifted) and no multiplier: charging them to the shift-and-add unit is an
/// assumption.
///
/// **Example**
/// \code
///     post::post_units units{context};
///     const auto done = post::requantise(sums, multipliers, 1, 64, format, out);
///     units.charge(done, layer);
///     const core::duration busy = units.time(done);
/// \endcode
class post_units {
public:
    explicit post_units(core::context& context, const post_params& params = {});

    void charge(const operation_counts& work, std::uint32_t scope = 0);
    [[nodiscard]] core::duration time(const operation_counts& work) const {
        return time_of(m_params, work);
    }

    [[nodiscard]] const post_params& params() const { return m_params; }
    /// One item per kind of unit.
    [[nodiscard]] std::vector<core::budget_item> budget() const;

private:
    post_params m_params;
    core::energy_ledger& m_ledger;
    core::event_id m_activation, m_max_pool, m_shift_add;
};

}  // namespace pimvp::post
