// SPDX-License-Identifier: Apache-2.0
#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/bus/initiator_port.h>
#include <pimvp/core/clock.h>
#include <pimvp/reram/adc_bank.h>
#include <pimvp/reram/messages.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace pimvp;
using namespace pimvp::reram;
using core::coding_style;
using sc_core::sc_time;

namespace {

struct code_sink : sc_core::sc_module, private bus::service {
    bus::service_port in;
    std::vector<std::vector<std::uint16_t>> codes;
    std::vector<std::uint64_t> times_fs;

    code_sink(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          in("in", context, *this) {}

private:
    void execute(tlm::tlm_generic_payload& payload, const sc_time& at) override {
        const auto header = bus::header_of<adc_code_header>(payload);
        std::vector<std::uint16_t> got(header.samples);
        std::memcpy(got.data(),
                    bus::tail_of<adc_code_header>(payload) + 2 * std::size_t{header.crossbars},
                    got.size() * 2);
        codes.push_back(got);
        times_fs.push_back(core::now_fs() + core::to_fs(at));
    }
};

struct bank_bench : support::bench {
    bus::initiator_port source{"source", context};
    adc_bank dut;
    code_sink sink{"sink", context};

    explicit bank_bench(coding_style style, const ima_params& params = {})
        : bench(style),
          dut("dut", context, params) {
        source.bind(dut.in);
        dut.out.bind(sink.in);
    }
    /// `crossbars` equal shares of the samples.
    [[nodiscard]] bus::message samples(const std::vector<std::uint16_t>& values,
                                       std::uint16_t crossbars) const {
        adc_sample_header header;
        header.crossbars = static_cast<std::uint8_t>(crossbars);
        header.crossbar_mask = (1U << crossbars) - 1U;
        header.samples = static_cast<std::uint32_t>(values.size());
        header.conversions = crossbars * 128U;
        header.scope = 2;
        const std::vector<std::uint16_t> counts(
            crossbars, static_cast<std::uint16_t>(values.size() / crossbars));
        bus::message message =
            source.pool().allocate_for(header, 2 * (counts.size() + values.size()));
        std::memcpy(message.data() + sizeof(header), counts.data(), 2 * counts.size());
        std::memcpy(message.data() + sizeof(header) + 2 * counts.size(), values.data(),
                    2 * values.size());
        return message;
    }
};

/// Time of one message of `columns` used columns in each of 2 crossbars, in fs.
std::uint64_t conversion_time(coding_style style, const ima_params& params, unsigned columns) {
    bank_bench b{style, params};
    std::uint64_t took = 0;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        CHECK(b.source.transport(b.samples(std::vector<std::uint16_t>(2 * columns), 2)) ==
              tlm::TLM_OK_RESPONSE);
        took = core::now_fs();
        REQUIRE(b.sink.times_fs.size() == 1);
        CHECK(b.sink.times_fs[0] == took);
    });
    CHECK(b.source.pool().outstanding() == 0);
    return took;
}

constexpr std::uint64_t cycle_fs = 100'000'000;

}  // namespace

TEST_CASE("reram.adc_bank.codes_saturate_and_are_counted", "[reram][unit]") {
    bank_bench b{coding_style::at};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        CHECK(b.source.transport(b.samples({0, 1, 254, 255, 256, 384}, 2)) == tlm::TLM_OK_RESPONSE);
        CHECK(b.sink.codes.at(0) == std::vector<std::uint16_t>{0, 1, 254, 255, 255, 255});
    });
    CHECK(b.dut.clipped() == 2);
    CHECK(b.dut.conversions() == 256);
    const auto report = b.context.ledger().price(b.context.ledger().snapshot(core::now_fs()));
    CHECK(report.counts.at("adc.conversion.8b") == 256);
    CHECK(report.by_component_j.at("adc") == Approx(256 * 1.5625e-12));
    CHECK(report.by_scope_j.at(2) == Approx(256 * 1.5625e-12));
    CHECK(b.source.pool().outstanding() == 0);
}

TEST_CASE("reram.adc_bank.each_converter_has_errors_of_its_own", "[reram][unit]") {
    ima_params params;
    params.adc.offset_sigma = 3.0;
    params.adc.gain_sigma = 0.05;
    params.crossbar.unit_column = unit_column_kind::own_adc;
    bank_bench b{coding_style::lt, params};
    const std::vector<std::uint16_t> sums{10, 100, 64, 20, 200, 128};  // two crossbars of two
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        bus::message message = b.samples(sums, 2);
        const std::uint8_t crossbars_2_and_5 = 0b100100;
        message.data()[offsetof(adc_sample_header, crossbar_mask)] = crossbars_2_and_5;
        CHECK(b.source.transport(message) == tlm::TLM_OK_RESPONSE);
    });
    const core::random_field errors{b.context.seed(), b.dut.name()};
    std::vector<std::uint16_t> expected(sums.size());
    for (const auto& [converter_index, first, count] :
         {std::array<unsigned, 3>{2, 0, 2}, {8 + 2, 2, 1}, {5, 3, 2}, {8 + 5, 5, 1}}) {
        converter{params, errors, converter_index}.convert(&sums[first], 0, &expected[first],
                                                           count);
    }
    CHECK(b.sink.codes.at(0) == expected);
    CHECK(expected != sums);
}

TEST_CASE("reram.adc_bank.128_columns_take_one_cycle", "[reram][unit]") {
    CHECK(conversion_time(coding_style::lt, {}, 128) == cycle_fs);
}
TEST_CASE("reram.adc_bank.128_columns_take_one_cycle_at", "[reram][unit]") {
    CHECK(conversion_time(coding_style::at, {}, 128) == cycle_fs);
}
TEST_CASE("reram.adc_bank.a_slower_converter_takes_whole_cycles", "[reram][unit]") {
    ima_params params;
    params.adc.sample_rate.set({1'200'000'000});  // Table I's nameplate: 106.7 ns
    CHECK(conversion_time(coding_style::lt, params, 1) == 2 * cycle_fs);
}
TEST_CASE("reram.adc_bank.unused_columns_may_be_left_out", "[reram][unit]") {
    ima_params params;
    params.crossbar.convert_unused_columns = false;
    params.adc.sample_rate.set({320'000'000});  // 32 conversions a cycle
    CHECK(conversion_time(coding_style::lt, params, 33) == 2 * cycle_fs);
}
TEST_CASE("reram.adc_bank.the_unit_column_has_its_own_converter", "[reram][unit]") {
    ima_params params;
    params.crossbar.convert_unused_columns = false;
    params.crossbar.unit_column = unit_column_kind::own_adc;
    params.adc.sample_rate.set({320'000'000});
    CHECK(conversion_time(coding_style::at, params, 33) == 1 * cycle_fs);
}

TEST_CASE("reram.adc_bank.malformed_samples_get_the_exact_error", "[reram][unit]") {
    bank_bench b{coding_style::lt};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        bus::message broken = b.samples({1, 2, 3, 4}, 2);
        broken.data()[offsetof(adc_sample_header, samples)] = 5;  // one more than there is
        CHECK(b.source.transport(broken) == tlm::TLM_BURST_ERROR_RESPONSE);
        broken = b.samples({1, 2, 3, 4}, 2);
        broken.data()[sizeof(adc_sample_header)] = 3;  // and one less for the second crossbar
        CHECK(b.source.transport(broken) == tlm::TLM_BURST_ERROR_RESPONSE);
        broken = b.samples({1, 2, 3, 4}, 2);
        broken.data()[offsetof(adc_sample_header, crossbar_mask)] = 7;  // three, but it says two
        CHECK(b.source.transport(broken) == tlm::TLM_BURST_ERROR_RESPONSE);
        broken.data()[offsetof(adc_sample_header, crossbar_mask)] = 1;
        broken.data()[offsetof(adc_sample_header, crossbar_mask) + 1] = 1;  // crossbar 8 of 8
        CHECK(b.source.transport(broken) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        broken = b.samples({1, 2, 3, 4}, 2);
        broken.data()[offsetof(adc_sample_header, fraction_bits)] = 8;  // 7 at most, see the shape
        CHECK(b.source.transport(broken) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        broken = b.source.pool().allocate(8);
        CHECK(b.source.transport(broken) == tlm::TLM_BURST_ERROR_RESPONSE);
        broken = b.source.pool().allocate(tlm::TLM_READ_COMMAND, 0, 64);
        CHECK(b.source.transport(broken) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(b.source.debug_write(0, broken.data(), 8) == 0);
    });
    CHECK(b.source.pool().outstanding() == 0);
}

TEST_CASE("reram.adc_bank.hostile_headers_are_answered_and_no_payload_is_lost", "[reram][unit]") {
    support::generator random;
    ima_params params;
    params.adc.offset_sigma = 1.0;
    params.crossbar.unit_column = unit_column_kind::own_adc;
    bank_bench b{coding_style::lt, params};
    std::size_t taken = 0;
    b.run(sc_time(100, sc_core::SC_MS), [&] {
        for (unsigned i = 0; i < 5000; ++i) {
            bus::message message = b.samples(std::vector<std::uint16_t>(random.below(20) + 2), 2);
            for (unsigned change = 0; change < random.below(4); ++change) {
                const std::size_t at = offsetof(adc_sample_header, bit) + random.below(24);
                message.data()[at] = static_cast<std::uint8_t>(random.next() >> random.below(8));
            }
            CAPTURE(random.seed(), i);
            const tlm::tlm_response_status answer = b.source.transport(message);
            const bool is_known = answer == tlm::TLM_OK_RESPONSE ||
                                  answer == tlm::TLM_BURST_ERROR_RESPONSE ||
                                  answer == tlm::TLM_GENERIC_ERROR_RESPONSE;
            REQUIRE(is_known);
            if (answer == tlm::TLM_OK_RESPONSE) ++taken;
        }
    });
    CHECK(taken > 100);
    CHECK(b.sink.codes.size() == taken);
    CHECK(b.source.pool().outstanding() == 0);
}
