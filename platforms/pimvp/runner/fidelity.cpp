// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/fidelity.h>

#include <pimvp/core/quantity.h>

#include <initializer_list>
#include <utility>

namespace pimvp::runner {

std::string fidelity_of(const reram::ima_params& params, std::uint64_t seed) {
    if (params.is_exact()) return "bit-exact";
    const reram::crossbar_params& crossbar = params.crossbar;
    const reram::adc_params& adc = params.adc;
    std::string text = "analog";
    const char* before = ": ";
    const auto add = [&](const std::string& what) {
        text += before + what;
        before = ", ";
    };
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, double>>{
             {"crossbar.conductance_sigma", crossbar.conductance_sigma},
             {"crossbar.stuck_at_zero", crossbar.stuck_at_zero},
             {"crossbar.stuck_at_max", crossbar.stuck_at_max},
             {"crossbar.read_noise", crossbar.read_noise},
             {"adc.offset_sigma", adc.offset_sigma},
             {"adc.gain_sigma", adc.gain_sigma}}) {
        if (value != 0.0) add(name + (' ' + core::to_string(value)));
    }
    if (params.loses_sums()) {
        add("adc.bits " + std::to_string(adc.bits) + " of " +
            std::to_string(crossbar.required_adc_bits()) +
            (adc.range == reram::adc_range::full_scale ? " (full_scale)" : " (saturate)"));
    }
    if (!crossbar.is_ideal() || !adc.is_ideal()) text += "; seed " + std::to_string(seed);
    return text;
}

}  // namespace pimvp::runner
