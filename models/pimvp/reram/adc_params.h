// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/cards/isaac_32nm_card.h>

#include <pimvp/core/quantity.h>

#include <cstdint>
#include <string>

namespace pimvp::reram {

/// What the codes of a converter stand for.
enum class adc_range {
    saturate,   ///< a code is one cell step; larger sums saturate
    full_scale  ///< the codes span the highest sum of the array: fewer bits, coarser steps
};

/// Whether a configuration may have sums that no code stands for.
enum class adc_saturation { allow, forbid };

/// The converter of a crossbar. Defaults: ISAAC, 32 nm.
struct adc_params {
    std::string type = "saturating";  ///< a name of parts::adc_banks
    unsigned bits = static_cast<unsigned>(cards::isaac_32nm::adc_bits.value);
    core::graded<core::frequency> sample_rate = cards::isaac_32nm::adc_sample_rate;
    core::graded<core::energy> conversion = cards::isaac_32nm::adc_conversion;
    core::graded<core::energy> energy_linear = cards::isaac_32nm::adc_energy_linear;
    core::graded<core::energy> energy_exponential = cards::isaac_32nm::adc_energy_exponential;
    adc_range range = adc_range::saturate;
    adc_saturation saturation = adc_saturation::allow;
    double offset_sigma = 0.0;
    double gain_sigma = 0.0;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member("type", p.type, "Which ADC bank: `saturating`, or a registered one of yours.");
        v.member("bits", p.bits, {1, 15}, "Resolution.",
                 core::published("ISAAC, ISCA 2016, Table I"));
        v.member("sample_rate", p.sample_rate, {1_Hz, 1000_GHz}, "Conversions per second.");
        v.member("conversion", p.conversion, "One conversion at 8 bits.");
        v.member("energy_linear", p.energy_linear,
                 "a of E(b) = a * b + c * 2^b, by which `conversion` is scaled to other bits.");
        v.member("energy_exponential", p.energy_exponential, "c of E(b).");
        v.choice("range", p.range,
                 {{"saturate", adc_range::saturate}, {"full_scale", adc_range::full_scale}},
                 "What a code stands for: one cell step, sums above 2^bits - 1 saturating, or the "
                 "step with which 2^bits codes span the array's highest sum.",
                 core::assumed("ISAAC's converters never saturate: both are the same there"));
        v.choice("saturation", p.saturation,
                 {{"allow", adc_saturation::allow}, {"forbid", adc_saturation::forbid}},
                 "Whether sums may be above the highest code; if not, too few bits are an error.");
        const core::source ideal = core::assumed("0: ideal, as in the paper");
        v.member("offset_sigma", p.offset_sigma, {0.0, 64.0},
                 "Deviation of the offset from converter to converter, in cell steps.", ideal);
        v.member("gain_sigma", p.gain_sigma, {0.0, 0.25},
                 "Deviation of the gain from converter to converter, relative.", ideal);
    }

    [[nodiscard]] bool is_ideal() const { return offset_sigma == 0.0 && gain_sigma == 0.0; }
    /// A code stands for 2^step_bits cell steps where sums of up to `sum_bits` are converted.
    [[nodiscard]] unsigned step_bits(unsigned sum_bits) const {
        return range == adc_range::full_scale && bits < sum_bits ? sum_bits - bits : 0;
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
