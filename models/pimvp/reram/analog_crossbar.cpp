// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/analog_crossbar.h>

#include <algorithm>
#include <cmath>

namespace pimvp::reram {
namespace {

constexpr double highest_held = 65535.0;

/// Of 2^32.
std::uint64_t share(double part) {
    return static_cast<std::uint64_t>(std::ldexp(part, 32));
}

std::int16_t noise_scale(const crossbar_params& params) {
    const int fraction_bits = static_cast<int>(params.sum_fraction_bits());
    const double scale =
        std::ldexp(params.read_noise, fraction_bits + 9) / std::sqrt(noise_variance);
    return static_cast<std::int16_t>(scale + 0.5);  // 18 446 at most
}

}  // namespace

analog_rule::analog_rule(const crossbar_params& params)
    : m_fraction_bits(params.sum_fraction_bits()),
      m_highest_level(params.highest_cell()),
      m_has_noise(params.read_noise != 0.0),
      m_noise_scale(noise_scale(params)),
      m_stuck_at_zero(share(params.stuck_at_zero)),
      m_stuck_at_any(m_stuck_at_zero + share(params.stuck_at_max)) {
    const std::array<double, 256>& halves = core::normal_halves();
    for (std::size_t i = 0; i < halves.size(); ++i) {
        m_factors[i] = core::portable_exp(params.conductance_sigma * halves[i]);
    }
}

std::uint16_t analog_rule::conductance(unsigned level, std::uint32_t fate,
                                       std::uint32_t variation) const {
    double conducts = level;
    if (fate < m_stuck_at_zero) {
        conducts = 0.0;
    } else if (fate < m_stuck_at_any) {
        conducts = m_highest_level;
    } else {
        conducts *= m_factors[variation & 0xFFU] * m_factors[variation >> 8U & 0xFFU];
    }
    const double steps = std::ldexp(conducts, static_cast<int>(m_fraction_bits));
    return static_cast<std::uint16_t>(std::min(steps + 0.5, highest_held));
}

void analog_rule::add_noise(const std::uint32_t* draws, std::size_t first, std::uint16_t* sums,
                            std::size_t count, const simd_kernels& simd) const {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(draws);
    simd.add_noise(m_noise_scale, bytes + 2 * first, sums, count);
}

analog_crossbar::analog_crossbar(const analog_rule& rule, const crossbar_shape& shape,
                                 const programmed_crossbar& cells, std::uint64_t seed,
                                 const std::string& name)
    : m_rows(cells.layout().rows),
      m_columns(cells.layout().columns + (shape.unit_is_converted() ? 1U : 0U)),
      m_cells(std::size_t{m_rows} * conductance_row_cells(m_columns)),
      m_noise(seed, name + ".read_noise") {
    const unsigned used = cells.layout().columns;
    const std::size_t all = shape.columns + 1U;  // the unit column, used or not, is the last
    const core::random_field fates(seed, name + ".cells");  // an entry per row
    std::vector<std::uint32_t> words(2 * all);
    std::vector<std::uint32_t> highest(m_columns);
    std::uint16_t* row_cells = m_cells.data();
    for (unsigned row = 0; row < m_rows; ++row, row_cells += conductance_row_cells(m_columns)) {
        fates.fill(row, words.data(), words.size());
        for (unsigned c = 0; c < m_columns; ++c) {
            const std::size_t cell = c < used ? c : all - 1;
            const unsigned level = c < used ? cells.cell(row, c) : 1;
            row_cells[c] = rule.conductance(level, words[2 * cell], words[2 * cell + 1]);
            highest[c] += row_cells[c];
        }
    }
    m_fits_16_bits = *std::max_element(highest.begin(), highest.end()) <= 0xFFFFU;
}

conductance_view analog_crossbar::view() const {
    return {m_cells.data(), m_rows, m_columns, conductance_row_cells(m_columns), m_fits_16_bits};
}

void analog_crossbar::column_sums(const std::uint64_t* row_bits, std::uint16_t* sums,
                                  const simd_kernels& simd) const {
    simd.conductance_sums(view(), row_bits, sums);
}

void analog_crossbar::draw_noise(std::uint64_t sequence, std::size_t reads,
                                 std::uint32_t* draws) const {
    m_noise.fill(sequence, draws, noise_words(reads));
}

}  // namespace pimvp::reram
