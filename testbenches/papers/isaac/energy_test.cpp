// SPDX-License-Identifier: Apache-2.0
#include <unit/reram/ima_bench.h>

#include <support/catch.h>

#include <cstdint>
#include <string>

using namespace reram_test;
using core::coding_style;

namespace {

constexpr double pj = 1e-12;

core::energy_report priced(const core::context& context) {
    return context.ledger().price(context.ledger().snapshot(core::now_fs()));
}

double energy_of(const core::energy_report& report, const std::string& component) {
    return report.by_component_j.at(component);
}

/// `crossbars` full arrays of 16-bit weights, `count` multiplies of 16 bits back to back.
core::energy_report run_full(unsigned crossbars, unsigned count, unsigned bits) {
    support::generator random;
    ima_bench b{coding_style::lt};
    b.run(sc_core::sc_time(10, sc_core::SC_MS), [&] {
        std::uint32_t mask = 0;
        for (unsigned i = 0; i < crossbars; ++i) {
            const matrix block{random, 128, 16, 16};
            b.commands.send(b.program_message(block, i, 0, 16 * i, 16));
            mask |= 1U << i;
        }
        b.wait_fs(crossbars * b.write_time());
        b.context.ledger().reset(core::now_fs());
        for (unsigned i = 0; i < count; ++i) {
            b.commands.send(b.multiply_message({bits, false, 1, mask, 1, i},
                                               b.random_inputs(random, 128, bits, false)));
        }
        b.wait_fs((count * bits + 10) * b.cycle());
        REQUIRE(b.sink.results.size() == count);
    });
    CHECK(b.pool.outstanding() == 0);
    return priced(b.context);
}

}  // namespace

TEST_CASE("D6_energy_of_one_crossbar_bit_cycle", "[isaac][papers][exact]") {
    const core::energy_report report = run_full(1, 1, 1);
    CHECK(energy_of(report, "adc") == Approx(200 * pj).epsilon(1e-9));
    CHECK(energy_of(report, "dac") == Approx(50 * pj).epsilon(1e-9));
    CHECK(energy_of(report, "crossbar") == Approx(30 * pj).epsilon(1e-9));
    CHECK(energy_of(report, "ima_shift_add") == Approx(2.5 * pj).epsilon(1e-9));
    CHECK(energy_of(report, "sample_hold") == Approx(0.125 * pj).epsilon(1e-9));
    const double sum = energy_of(report, "adc") + energy_of(report, "dac") +
                       energy_of(report, "crossbar") + energy_of(report, "ima_shift_add") +
                       energy_of(report, "sample_hold");
    CHECK(sum == Approx(282.6 * pj).epsilon(0.01));
    CHECK(report.counts.at("adc.conversion.8b") == 128);
    CHECK(report.weakest() == core::grade::derived);
}

TEST_CASE("D6_crossbar_energy_of_a_16_bit_mac", "[isaac][papers][exact]") {
    const core::energy_report report = run_full(1, 4, 16);
    const double macs = 4 * 128 * 16;
    CHECK(energy_of(report, "crossbar") / macs == Approx(0.2344 * pj).epsilon(0.001));
    CHECK(report.counts.at("adc.conversion.8b") == static_cast<std::uint64_t>(macs));  // D4: 1.0
}

TEST_CASE("D2_an_ima_at_peak_takes_the_power_of_table_1", "[isaac][papers][matches_published]") {
    constexpr unsigned count = 10;
    const core::energy_report report = run_full(8, count, 16);
    const double seconds = count * 16 * 100e-9;
    CHECK(report.dynamic_j / seconds == Approx(24.08e-3).epsilon(1e-6));
    CHECK(energy_of(report, "adc") / seconds == Approx(16e-3).epsilon(1e-6));
    double parts = 0.0;
    for (const auto& component : report.by_component_j) parts += component.second;
    CHECK(parts == report.dynamic_j);  // the same order of summation: bit for bit
    const double tile_w = 12 * report.dynamic_j / seconds + 40.85e-3;
    CHECK(100 * 12 * energy_of(report, "adc") / seconds / tile_w == Approx(58).margin(1));
}
