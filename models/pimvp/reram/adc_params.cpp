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

std::uint64_t adc_params::conversion_cycles(std::uint64_t conversions, core::frequency sample_rate,
                                            core::duration cycle) {
    // ceil(conversions / rate / cycle) from integers: both products exceed 64 bits
    __extension__ using wide = unsigned __int128;
    const wide needed = wide{conversions} * 1'000'000'000'000'000U;
    const wide per_cycle = wide{sample_rate.hz} * cycle.fs;
    return static_cast<std::uint64_t>((needed + per_cycle - 1) / per_cycle);
}

}  // namespace pimvp::reram
