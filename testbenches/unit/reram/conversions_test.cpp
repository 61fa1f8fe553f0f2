// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/reram/conversions.h>
#include <pimvp/reram/crossbar_kernel.h>

#include <algorithm>
#include <cstdint>

using namespace pimvp::reram;

TEST_CASE("reram.conversions.formula_equals_a_count_array_by_array", "[reram][unit]") {
    support::generator random;
    for (unsigned round = 0; round < 500; ++round) {
        crossbar_shape shape;
        shape.rows = 8 * static_cast<unsigned>(random.between(1, 32));
        shape.columns = static_cast<unsigned>(random.between(16, 256));
        shape.cell_bits = static_cast<unsigned>(random.between(1, 4));
        shape.convert_unused_columns = random.chance(50);
        shape.unit_column =
            random.chance(50) ? unit_column_kind::own_adc : unit_column_kind::counter;
        const auto weight_bits = static_cast<unsigned>(random.between(2, 16));
        const auto input_bits = static_cast<unsigned>(random.between(1, 16));
        const bool grouped = random.chance(50);
        matrix_layer layer;
        layer.rows = random.below(grouped ? 40 : 1000) + 1;
        layer.outputs = random.below(grouped ? 4 : 300) + 1;
        layer.windows = random.below(50) + 1;
        layer.groups = grouped ? random.below(60) + 1 : 1;

        // Place block by block, as a mapper would.
        const unsigned digits = cells_per_weight(weight_bits, shape.cell_bits);
        const std::uint64_t outputs = shape.columns / digits;
        std::uint64_t arrays = 0, conversions = 0;
        const auto place = [&](std::uint64_t weights) {
            ++arrays;
            conversions += std::uint64_t{conversions_per_cycle(
                               shape, static_cast<unsigned>(weights * digits))} *
                           input_bits * layer.windows;
        };
        if (layer.rows <= shape.rows && layer.outputs <= outputs) {
            std::uint64_t left = layer.groups;
            while (left > 0) {
                std::uint64_t rows = 0, used = 0;
                while (left > 0 && rows + layer.rows <= shape.rows &&
                       used + layer.outputs <= outputs) {
                    rows += layer.rows;
                    used += layer.outputs;
                    --left;
                }
                place(used);
            }
        } else {
            for (std::uint64_t g = 0; g < layer.groups; ++g) {
                for (std::uint64_t r = 0; r < layer.rows; r += shape.rows) {
                    for (std::uint64_t o = 0; o < layer.outputs; o += outputs) {
                        place(std::min(outputs, layer.outputs - o));
                    }
                }
            }
        }
        const conversion_counts counts = count_conversions(layer, weight_bits, input_bits, shape);
        CAPTURE(round, layer.rows, layer.outputs, layer.groups, shape.rows, shape.columns);
        REQUIRE(counts.arrays == arrays);
        REQUIRE(counts.conversions == conversions);
        REQUIRE(counts.activations == arrays * layer.windows);
        REQUIRE(counts.macs == layer.rows * layer.outputs * layer.groups * layer.windows);
    }
}
