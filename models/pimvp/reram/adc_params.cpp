// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/adc_params.h>

namespace pimvp::reram {

core::graded<core::energy> adc_params::conversion_energy() const {
    const auto reference = static_cast<unsigned>(cards::isaac_32nm::adc_bits.value);
    if (bits == reference) return conversion;
    const double factor = scaling_energy(bits).joules / scaling_energy(reference).joules;
    const core::grade g = core::worse(
        conversion.origin.g, core::worse(energy_linear.origin.g, energy_exponential.origin.g));
    return {{conversion.value.joules * factor},
            {conversion.origin.text + "; to " + std::to_string(bits) + " bits by the " +
                 energy_linear.origin.text,
             g}};
}

std::uint64_t adc_params::conversion_cycles(std::uint64_t conversions, core::duration cycle) const {
    // ceil(conversions / rate / cycle); conversions fit 16 bits, a cycle of 1 s is 10^15 fs
    const auto needed = static_cast<unsigned __int128>(conversions) * 1'000'000'000'000'000U;
    const auto per_cycle = static_cast<unsigned __int128>(sample_rate.value.hz) * cycle.fs;
    return static_cast<std::uint64_t>((needed + per_cycle - 1) / per_cycle);
}

}  // namespace pimvp::reram
