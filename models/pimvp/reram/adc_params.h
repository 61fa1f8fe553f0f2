// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/cards/isaac_32nm_card.h>

#include <pimvp/core/quantity.h>

#include <cstdint>
#include <string>

namespace pimvp::reram {

/// The converter of a crossbar. Defaults: ISAAC, 32 nm.
struct adc_params {
    std::string type = "saturating";  ///< a name of parts::adc_banks
    unsigned bits = static_cast<unsigned>(cards::isaac_32nm::adc_bits.value);
    core::graded<core::frequency> sample_rate = cards::isaac_32nm::adc_sample_rate;
    core::graded<core::energy> conversion = cards::isaac_32nm::adc_conversion;
    core::graded<core::energy> energy_linear = cards::isaac_32nm::adc_energy_linear;
    core::graded<core::energy> energy_exponential = cards::isaac_32nm::adc_energy_exponential;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member("type", p.type, "Which ADC bank: `saturating`, or a registered one of yours.");
        v.member("bits", p.bits, {1, 15}, "Resolution; larger sums saturate at 2^bits - 1.",
                 core::published("ISAAC, ISCA 2016, Table I"));
        v.member("sample_rate", p.sample_rate, {1_Hz, 1000_GHz}, "Conversions per second.");
        v.member("conversion", p.conversion, "One conversion at 8 bits.");
        v.member("energy_linear", p.energy_linear,
                 "a of E(b) = a * b + c * 2^b, by which `conversion` is scaled to other bits.");
        v.member("energy_exponential", p.energy_exponential, "c of E(b).");
    }

    /// E(bits) of the scaling rule, not normalised.
    [[nodiscard]] core::energy scaling_energy(unsigned resolution) const {
        return {energy_linear.value.joules * resolution +
                energy_exponential.value.joules *
                    static_cast<double>(std::uint64_t{1} << resolution)};
    }
    /// One conversion at this resolution: `conversion`, scaled by E(bits) / E(8).
    [[nodiscard]] core::graded<core::energy> conversion_energy() const;
    /// Time of `conversions` in sequence, in whole cycles of the crossbar: codes are taken over at
    /// the end of a cycle. 128 conversions at 1.28 GS/s take one cycle of 100 ns.
    [[nodiscard]] static std::uint64_t conversion_cycles(std::uint64_t conversions,
                                                         core::frequency sample_rate,
                                                         core::duration cycle);
};

}  // namespace pimvp::reram
