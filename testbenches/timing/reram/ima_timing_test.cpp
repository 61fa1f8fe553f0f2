// SPDX-License-Identifier: Apache-2.0
#include <unit/reram/ima_bench.h>

#include <support/catch.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

using namespace reram_test;
using core::coding_style;
using sc_core::sc_time;

namespace {

constexpr unsigned rows = 128;

/// Programs crossbar 0 and returns when it is ready.
std::uint64_t program_one(ima_bench& b, support::generator& random, unsigned weight_bits = 8) {
    const unsigned outputs = reram::outputs_per_crossbar(b.params.crossbar, weight_bits);
    b.commands.send(
        b.program_message(matrix{random, rows, outputs, weight_bits}, 0, 0, 0, weight_bits));
    b.wait_fs(b.write_time());
    return core::now_fs();
}

void send_multiply(ima_bench& b, support::generator& random, unsigned bits, std::uint64_t sequence,
                   std::uint64_t at_fs = 0) {
    b.commands.send(b.multiply_message({bits, false, 1, 1, 1, sequence},
                                       b.random_inputs(random, rows, bits, false)),
                    core::from_fs(at_fs));
}

/// Start to result: B + 1 + combine cycles. ISAAC's 22 cycles for 16 bits less fetch (1), sigmoid
/// (1) and eDRAM write (1) of the tile.
void check_latency(coding_style style) {
    support::generator random;
    ima_bench b{style};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        program_one(b, random);
        for (const unsigned bits : {1U, 2U, 8U, 16U}) {
            b.sink.results.clear();
            const std::uint64_t start = core::now_fs();
            send_multiply(b, random, bits, bits);
            const std::uint64_t expected = (bits + 1 + 2) * b.cycle();
            if (style == coding_style::at) {
                b.wait_fs(expected - 1);
                CHECK(b.sink.results.empty());  // not ready at t - 1 ...
                b.wait_fs(1);
                b.wait(sc_core::SC_ZERO_TIME);
                CHECK(b.sink.results.size() == 1);  // ... ready at t
            } else {
                b.wait_fs(expected);
            }
            REQUIRE(b.sink.results.size() == 1);
            CHECK(b.sink.results[0].time_fs - start == expected);
            b.wait_fs(5 * b.cycle());
        }
    });
    CHECK(b.pool.outstanding() == 0);
}

/// Back to back, results come every B cycles, also when B changes.
void check_interval(coding_style style) {
    support::generator random;
    ima_bench b{style};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        const std::uint64_t start = program_one(b, random);
        const std::vector<unsigned> bits{8, 8, 8, 16, 16, 1, 1, 4, 8};
        for (unsigned i = 0; i < bits.size(); ++i) send_multiply(b, random, bits[i], i);
        b.wait_fs(100 * b.cycle());
        REQUIRE(b.sink.results.size() == bits.size());
        std::uint64_t streamed = 0;
        for (unsigned i = 0; i < bits.size(); ++i) {
            streamed += bits[i];
            CAPTURE(i);
            CHECK(b.sink.results[i].sequence == i);
            CHECK(b.sink.results[i].time_fs - start == (streamed + 3) * b.cycle());
        }
    });
    CHECK(b.pool.outstanding() == 0);
}

/// A multiply waits for the one before it, not longer; the sender gets its response at the start.
void check_occupancy(coding_style style) {
    support::generator random;
    ima_bench b{style};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        const std::uint64_t start = program_one(b, random);
        std::vector<std::uint64_t> responses;
        b.commands.on_response([&](const sc_time& at) {
            responses.push_back(core::now_fs() + core::to_fs(at) - start);
        });
        send_multiply(b, random, 8, 1);
        send_multiply(b, random, 8, 2, 8 * b.cycle() - 1);   // 1 fs too early
        send_multiply(b, random, 8, 3, 16 * b.cycle() + 1);  // 1 fs after the slot
        b.wait_fs(50 * b.cycle());
        CHECK(responses == std::vector<std::uint64_t>{0, 8 * b.cycle(), 16 * b.cycle() + 1});
    });
    CHECK(b.pool.outstanding() == 0);
}

void check_programming(coding_style style) {
    support::generator random;
    ima_bench b{style};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        std::vector<std::uint64_t> responses;
        b.commands.on_response(
            [&](const sc_time& at) { responses.push_back(core::now_fs() + core::to_fs(at)); });
        const matrix block{random, rows, 32, 8};
        for (unsigned i = 0; i < 3; ++i) b.commands.send(b.program_message(block, i, 0, 0, 8));
        b.wait_fs(4 * b.write_time());
        CHECK(b.write_time() == 10'968'750'000);  // 10.96875 us an array
        CHECK(responses ==
              std::vector<std::uint64_t>{b.write_time(), 2 * b.write_time(), 3 * b.write_time()});
    });
    const auto report = b.context.ledger().price(b.context.ledger().snapshot(core::now_fs()));
    CHECK(report.counts.at("crossbar.write.128x128x2b") == 3);
    CHECK(report.by_component_j.at("crossbar") == Approx(3 * 21.125e-9));
    CHECK(b.pool.outstanding() == 0);
}

/// Converters at half the rate: samples stay held, everything shifts by the bank's pace.
std::vector<std::uint64_t> slow_bank_times(coding_style style) {
    support::generator random;
    reram::ima_params params;
    params.adc.sample_rate.set({640'000'000});
    ima_bench b{style, params};
    std::vector<std::uint64_t> times;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        const std::uint64_t start = program_one(b, random);
        for (unsigned i = 0; i < 6; ++i) send_multiply(b, random, 8, i);
        b.wait_fs(200 * b.cycle());
        for (const auto& result : b.sink.results) {
            times.push_back((result.time_fs - start) / b.cycle());
        }
    });
    CHECK(b.pool.outstanding() == 0);
    return times;
}

// First sample after 1 cycle, 8 bits of 2 cycles, 2 cycles to combine; then one every 16 cycles.
const std::vector<std::uint64_t> slow_bank_expected{19, 35, 51, 67, 83, 99};

}  // namespace

TEST_CASE("reram.ima.unloaded_latency_lt", "[reram][timing]") {
    check_latency(coding_style::lt);
}
TEST_CASE("reram.ima.unloaded_latency_at", "[reram][timing]") {
    check_latency(coding_style::at);
}
TEST_CASE("reram.ima.interval_is_the_streamed_bits_lt", "[reram][timing]") {
    check_interval(coding_style::lt);
}
TEST_CASE("reram.ima.interval_is_the_streamed_bits_at", "[reram][timing]") {
    check_interval(coding_style::at);
}
TEST_CASE("reram.ima.occupancy_is_tight_lt", "[reram][timing]") {
    check_occupancy(coding_style::lt);
}
TEST_CASE("reram.ima.occupancy_is_tight_at", "[reram][timing]") {
    check_occupancy(coding_style::at);
}
TEST_CASE("reram.ima.arrays_are_written_one_after_the_other_lt", "[reram][timing]") {
    check_programming(coding_style::lt);
}
TEST_CASE("reram.ima.arrays_are_written_one_after_the_other_at", "[reram][timing]") {
    check_programming(coding_style::at);
}
TEST_CASE("reram.ima.a_slow_bank_shifts_everything_lt", "[reram][timing]") {
    CHECK(slow_bank_times(coding_style::lt) == slow_bank_expected);
}
TEST_CASE("reram.ima.a_slow_bank_shifts_everything_at", "[reram][timing]") {
    CHECK(slow_bank_times(coding_style::at) == slow_bank_expected);
}
