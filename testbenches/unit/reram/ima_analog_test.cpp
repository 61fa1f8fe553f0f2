// SPDX-License-Identifier: Apache-2.0
// IMA and ADC bank as they are made: what they compute, and what it depends on.
#include "ima_bench.h"

#include <support/catch.h>
#include <support/child.h>

#include <algorithm>
#include <vector>

using namespace reram_test;
using core::coding_style;
using sc_core::sc_time;

namespace {

constexpr unsigned rows = 128;
constexpr unsigned multiplies = 6;
constexpr std::uint32_t arrays = 0b1011;  // three of the crossbars, all of one row block

struct options {
    coding_style style = coding_style::lt;
    std::uint64_t seed = 1;
    bool backwards = false;
};

/// Sums of `multiplies` multiplies on three arrays, sequence by sequence, and what clipped.
/// Weights and inputs are the same in every call.
std::vector<std::uint64_t> sums_of(const reram::ima_params& params, const options& chosen) {
    return support::in_child([&] {
        support::generator random{12};
        ima_bench b{chosen.style, params, reram::parts::defaults(), false, chosen.seed};
        std::vector<std::uint64_t> seen;
        b.run(sc_time(10, sc_core::SC_MS), [&] {
            for (unsigned crossbar = 0, first = 0; crossbar < 4; ++crossbar) {
                if ((arrays >> crossbar & 1U) == 0) continue;
                const matrix block{random, rows, 24, 8};
                b.commands.send(b.program_message(block, crossbar, 0, first, 8));
                first += 24;
            }
            std::vector<std::vector<int>> inputs;
            for (unsigned i = 0; i < multiplies; ++i) {
                inputs.push_back(b.random_inputs(random, rows, 8, false));
            }
            for (unsigned i = 0; i < multiplies; ++i) {
                const unsigned which = chosen.backwards ? multiplies - 1 - i : i;
                b.commands.send(
                    b.multiply_message({8, false, 1, arrays, 1, 70 + which}, inputs[which]));
            }
            b.wait(sc_time(200, sc_core::SC_US));
            auto& results = b.sink.results;
            std::sort(results.begin(), results.end(), [](const auto& one, const auto& other) {
                return one.sequence < other.sequence;
            });
            for (const result_sink::result& result : results) {
                for (const std::int64_t sum : result.sums) {
                    seen.push_back(static_cast<std::uint64_t>(sum));
                }
            }
        });
        seen.push_back(static_cast<reram::adc_bank&>(*b.bank).clipped());
        seen.push_back(b.pool.outstanding());
        return seen;
    });
}

/// Each of the things that can be wrong, alone, and all together.
std::vector<reram::ima_params> all_kinds() {
    std::vector<reram::ima_params> kinds(8);
    kinds[0].crossbar.conductance_sigma = 0.1;
    kinds[1].crossbar.stuck_at_zero = 0.01;
    kinds[2].crossbar.stuck_at_max = 0.01;
    kinds[3].crossbar.read_noise = 0.7;
    kinds[4].adc.offset_sigma = 1.0;
    kinds[5].adc.gain_sigma = 0.01;
    kinds[6].adc.bits = 6;
    kinds[6].adc.range = reram::adc_range::full_scale;
    for (unsigned k = 0; k < 6; ++k) {
        kinds[7].crossbar.conductance_sigma += kinds[k].crossbar.conductance_sigma;
        kinds[7].crossbar.stuck_at_zero += kinds[k].crossbar.stuck_at_zero;
        kinds[7].crossbar.stuck_at_max += kinds[k].crossbar.stuck_at_max;
        kinds[7].crossbar.read_noise += kinds[k].crossbar.read_noise;
        kinds[7].adc.offset_sigma += kinds[k].adc.offset_sigma;
        kinds[7].adc.gain_sigma += kinds[k].adc.gain_sigma;
    }
    kinds[7].crossbar.unit_column = reram::unit_column_kind::own_adc;
    return kinds;
}

}  // namespace

TEST_CASE("reram.ima_analog.noise_below_a_step_of_the_fixed_point_changes_nothing",
          "[reram][unit]") {
    for (const auto unit : {reram::unit_column_kind::counter, reram::unit_column_kind::own_adc}) {
        reram::ima_params ideal;
        ideal.crossbar.unit_column = unit;
        reram::ima_params analog =
            ideal;  // all ways of analog arrays are gone, with an even result
        analog.crossbar.read_noise = 1e-6;
        analog.crossbar.conductance_sigma = 1e-9;
        analog.adc.offset_sigma = 1e-6;
        CHECK_FALSE(analog.is_exact());
        const std::vector<std::uint64_t> expected = sums_of(ideal, {});
        REQUIRE(expected.size() == multiplies * 72 + 2);
        CHECK(sums_of(analog, {}) == expected);
        CHECK(sums_of(analog, {coding_style::at, 5, true}) == expected);
    }
}

TEST_CASE("reram.ima_analog.sums_depend_on_seed_and_sequence_not_on_order_or_style",
          "[reram][unit]") {
    const std::vector<std::uint64_t> ideal = sums_of({}, {});
    for (const reram::ima_params& params : all_kinds()) {
        const std::vector<std::uint64_t> first = sums_of(params, {});
        CAPTURE(params.crossbar.conductance_sigma, params.crossbar.stuck_at_zero,
                params.crossbar.stuck_at_max, params.crossbar.read_noise, params.adc.offset_sigma,
                params.adc.gain_sigma, params.adc.bits);
        REQUIRE(first.size() == multiplies * 72 + 2);
        CHECK(first.back() == 0);
        CHECK(first != ideal);
        CHECK(sums_of(params, {}) == first);
        CHECK(sums_of(params, {coding_style::at, 1, false}) == first);
        CHECK(sums_of(params, {coding_style::lt, 1, true}) == first);
        CHECK(sums_of(params, {coding_style::at, 1, true}) == first);
        const bool is_random = !params.crossbar.is_ideal() || !params.adc.is_ideal();
        CHECK((sums_of(params, {coding_style::lt, 2, false}) != first) == is_random);
    }
}
