// SPDX-License-Identifier: Apache-2.0
#include "ima_bench.h"

#include <support/catch.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

/// Multiplies whose row blocks stream some of their bit planes only.
using namespace reram_test;
using core::coding_style;
using sc_core::sc_time;

namespace {

constexpr unsigned rows = 128;
constexpr unsigned outputs = 32;
constexpr unsigned row_blocks = 4;

/// Inputs of one row block that need no planes but those of the mask: unsigned ones have no other
/// bits, signed ones repeat the highest plane above it.
std::vector<int> inputs_within(support::generator& random, std::uint16_t planes, bool is_signed) {
    std::vector<int> made(rows, 0);
    unsigned top = 0;
    for (unsigned b = 0; b < 16; ++b) {
        if ((planes >> b & 1U) != 0) top = b;
    }
    for (int& x : made) {
        const int bits = static_cast<int>(random.below(1U << 16U)) & planes;
        const bool is_negative = is_signed && (bits >> top & 1) != 0;
        x = is_negative ? bits - (1 << (top + 1U)) : bits;
    }
    return made;
}

struct planes_case {
    unsigned bits = 8, cycles = 8;
    bool is_signed = false;
    std::array<std::uint16_t, row_blocks> planes{};
};

unsigned planes_in(std::uint16_t mask) {
    return reram::population_count(mask);
}

/// Two column blocks of four row blocks: sums, conversions and times of one multiply.
void check(coding_style style, reram::unit_column_kind unit, const planes_case& what) {
    support::generator random;
    reram::ima_params params;
    params.crossbar.unit_column = unit;
    ima_bench b{style, params};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        std::vector<matrix> blocks;
        for (unsigned crossbar = 0; crossbar < 8; ++crossbar) {
            blocks.emplace_back(random, rows, outputs, 8);
            b.commands.send(b.program_message(blocks.back(), crossbar, crossbar / 2,
                                              crossbar % 2 * outputs, 8));
        }
        b.wait(sc_time(200, sc_core::SC_US));

        std::vector<int> inputs;
        std::vector<std::int64_t> expected(2 * outputs, 0);
        for (unsigned block = 0; block < row_blocks; ++block) {
            const auto part = inputs_within(random, what.planes[block], what.is_signed);
            inputs.insert(inputs.end(), part.begin(), part.end());
            for (unsigned side = 0; side < 2; ++side) {
                const auto sums = blocks[2 * block + side].times(part);
                for (unsigned o = 0; o < outputs; ++o) expected[side * outputs + o] += sums[o];
            }
        }
        reram::ima_multiply_header header;
        header.input_bits = static_cast<std::uint8_t>(what.bits);
        header.input_signed = what.is_signed ? 1 : 0;
        header.cycles = static_cast<std::uint8_t>(what.cycles);
        header.row_blocks = row_blocks;
        header.crossbar_mask = 0xFF;
        header.scope = 1;
        const std::uint64_t start = core::now_fs();
        b.commands.send(reram::make_ima_multiply(b.pool, header, inputs,
                                                 {what.planes.begin(), what.planes.end()}));
        b.wait(sc_time(10, sc_core::SC_US));
        REQUIRE(b.sink.results.size() == 1);
        CHECK(b.sink.results[0].sums == expected);
        CHECK(b.sink.results[0].time_fs == start + (what.cycles + 3) * b.cycle());
        CHECK(core::to_fs(b.dut.in.used().free_at()) == start + what.cycles * b.cycle());
    });

    std::uint64_t streamed = 0;
    std::uint32_t union_of_planes = 0;
    unsigned most = 0;
    for (const std::uint16_t mask : what.planes) {
        streamed += planes_in(mask);
        union_of_planes |= mask;
        most = std::max(most, planes_in(mask));
    }
    const std::uint64_t per_cycle = unit == reram::unit_column_kind::own_adc ? 129 : 128;
    const std::map<std::string, std::uint64_t> counts =
        b.context.ledger().scope_counts(b.context.ledger().snapshot(core::now_fs()), 1);
    const auto count = [&](const std::string& name) {
        const auto found = counts.find(name);
        return found == counts.end() ? 0 : found->second;
    };
    CHECK(count("adc.conversion.8b") == 2 * streamed * per_cycle);
    CHECK(count("crossbar.read_cycle.128x128x2b") == 2 * streamed);
    CHECK(count("dac.row_cycle.1b") == 2 * streamed * rows);
    // The registers work while some array does: in place the planes of all, else the longest run.
    const unsigned busy =
        what.cycles == what.bits ? reram::population_count(union_of_planes) : most;
    CHECK(count("ima_ir.cycle") == busy);
    CHECK(b.pool.outstanding() == 0);
}

}  // namespace

TEST_CASE("reram.ima.gated_planes_cost_nothing_and_change_no_time", "[unit][reram]") {
    check(coding_style::lt, reram::unit_column_kind::counter,
          {8, 8, false, {0b11111111, 0b00111100, 0b00000001, 0}});
}
TEST_CASE("reram.ima.gated_planes_cost_nothing_at", "[unit][reram]") {
    check(coding_style::at, reram::unit_column_kind::counter,
          {8, 8, false, {0b10100000, 0b00000110, 0, 0b01000000}});
}
TEST_CASE("reram.ima.highest_streamed_plane_of_signed_inputs_is_the_sign", "[unit][reram]") {
    check(coding_style::lt, reram::unit_column_kind::counter,
          {8, 8, true, {0b00011111, 0b11111110, 0b00000001, 0b01110000}});
}
TEST_CASE("reram.ima.fewer_cycles_stream_planes_one_after_the_other", "[unit][reram]") {
    check(coding_style::lt, reram::unit_column_kind::counter,
          {8, 3, false, {0b10000001, 0b00111000, 0b00000001, 0}});
}
TEST_CASE("reram.ima.fewer_cycles_with_signs", "[unit][reram]") {
    check(coding_style::at, reram::unit_column_kind::counter,
          {8, 4, true, {0b00001111, 0b11110000, 0b00001100, 0b00000010}});
}
TEST_CASE("reram.ima.multiply_without_any_plane_gives_zeros", "[unit][reram]") {
    check(coding_style::lt, reram::unit_column_kind::counter, {8, 1, false, {0, 0, 0, 0}});
}
TEST_CASE("reram.ima.sixteen_bit_planes_with_a_converted_unit_column", "[unit][reram]") {
    check(coding_style::lt, reram::unit_column_kind::own_adc,
          {16, 16, true, {0x7FF0, 0xFFFF, 0x0001, 0x0380}});
}
TEST_CASE("reram.ima.gated_planes_with_a_converted_unit_column", "[unit][reram]") {
    check(coding_style::lt, reram::unit_column_kind::own_adc,
          {8, 2, false, {0b00000011, 0b10000000, 0, 0b00010100}});
}

TEST_CASE("reram.ima.impossible_planes_are_refused", "[unit][reram]") {
    ima_bench b{coding_style::lt, {}, reram::parts::defaults(), true};
    support::generator random;
    const matrix block{random, rows, outputs, 8};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        const auto send = [&](bus::message message) {
            return b.raw.write(0, message.data(), message.payload().get_data_length());
        };
        REQUIRE(send(b.program_message(block, 0, 0, 0, 8)) == tlm::TLM_OK_RESPONSE);
        b.wait_fs(b.write_time());
        reram::ima_multiply_header header;
        header.crossbar_mask = 1;
        const std::vector<int> inputs(rows, 0);
        const auto answer = [&](unsigned cycles, const std::vector<std::uint16_t>& planes) {
            header.cycles = static_cast<std::uint8_t>(cycles);
            return send(reram::make_ima_multiply(b.pool, header, inputs, planes));
        };
        CHECK(answer(9, {1}) == tlm::TLM_GENERIC_ERROR_RESPONSE);      // more than the inputs have
        CHECK(answer(8, {0x100}) == tlm::TLM_GENERIC_ERROR_RESPONSE);  // a ninth plane
        CHECK(answer(2, {0x07}) == tlm::TLM_GENERIC_ERROR_RESPONSE);   // three planes in two cycles
        CHECK(answer(8, {}) == tlm::TLM_BURST_ERROR_RESPONSE);         // no masks
        CHECK(answer(0, {1}) == tlm::TLM_BURST_ERROR_RESPONSE);        // masks that nobody reads
        CHECK(answer(3, {0x07}) == tlm::TLM_OK_RESPONSE);
        b.wait(sc_time(5, sc_core::SC_US));
        CHECK(b.sink.results.size() == 1);
    });
}
