// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/crossbar_simd.h>
#include <pimvp/reram/ima_params.h>

#include <pimvp/core/random_field.h>

#include <cstddef>
#include <cstdint>

namespace pimvp::reram {

/// One converter as it is made: gain and offset of its own, drawn once.
///
/// A sum S becomes round((S * (1 + gain) + offset) / step) * step, within 0 .. (2^bits - 1) * step,
/// in cell steps; step = 1, or, where the codes span the full scale, what adc_params::step_bits()
/// says. All in fixed point: 16 bits hold a sum, `sum_fraction_bits()` of the shape.
class converter {
public:
    /// The ideal one of these parameters.
    explicit converter(const ima_params& params);
    /// Number `index` of those whose errors are drawn from this field.
    converter(const ima_params& params, const core::random_field& field, unsigned index);

    /// codes[i] = the code of samples[i], whole cell steps; samples have `fraction_bits`, at most
    /// those of the shape. Returns how many were above the highest code. May work in place.
    std::size_t convert(const std::uint16_t* samples, unsigned fraction_bits, std::uint16_t* codes,
                        std::size_t count, const simd_kernels& simd = best_kernels()) const;

    /// Relative, and in cell steps: what was drawn, to the resolution of the fixed point.
    [[nodiscard]] double gain() const;
    [[nodiscard]] double offset() const;

private:
    conversion m_rule;
    unsigned m_fraction_bits;
    bool m_is_plain = true;  ///< whole samples only saturate
};

}  // namespace pimvp::reram
