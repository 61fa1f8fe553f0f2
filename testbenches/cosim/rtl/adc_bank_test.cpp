// SPDX-License-Identifier: Apache-2.0
// Does the ADC bank in Verilog give the codes, counts and times of reram::adc_bank?
#include <support/bench.h>
#include <support/catch.h>
#include <support/child.h>
#include <support/random.h>
#include <unit/reram/ima_bench.h>

#include "outside/rtl_adc_bank.h"

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/push_port.h>
#include <pimvp/core/clock.h>
#include <pimvp/reram/adc_bank.h>
#include <pimvp/reram/adc_message.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <vector>

using namespace pimvp;
using namespace pimvp::reram;
using core::coding_style;
using sc_core::sc_time;

namespace {

constexpr std::uint64_t cycle_fs = 100'000'000;

/// Takes codes; each message keeps it busy for `busy`.
struct code_sink : sc_core::sc_module, private bus::service {
    struct arrival {
        std::uint64_t sequence, time_fs;
        std::vector<std::uint16_t> codes;
        bool operator==(const arrival& other) const {
            return sequence == other.sequence && time_fs == other.time_fs && codes == other.codes;
        }
    };
    bus::service_port in;
    std::vector<arrival> arrivals;
    sc_time busy;

    code_sink(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          in("in", context, *this) {}

private:
    [[nodiscard]] sc_time occupancy(const tlm::tlm_generic_payload&) const override { return busy; }
    void execute(tlm::tlm_generic_payload& payload, const sc_time& at) override {
        const auto header = bus::header_of<adc_code_header>(payload);
        const std::uint16_t* codes = adc_values(payload);
        arrivals.push_back(
            {header.sequence, core::now_fs() + core::to_fs(at), {codes, codes + header.samples}});
    }
};

/// A bank between a sender and a receiver, checked on both sides.
template <class Bank>
struct line : sc_core::sc_module {
    bus::push_port source;
    Bank bank;
    code_sink sink;

    line(const sc_core::sc_module_name& name, core::context& context, const ima_params& params)
        : sc_module(name),
          source("source", context),
          bank("bank", context, params),
          sink("sink", context) {
        bus::connect(context, source, bank.samples_in());
        bus::connect(context, bank.codes_out(), sink.in);
    }
    void abort() {
        source.clear();
        bank.abort();
    }
};

/// The bank in Verilog and the model it replaces, fed with the same messages.
struct twin_bench : support::bench {
    const ima_params params;
    line<rtl_adc_bank> rtl;
    line<adc_bank> model;
    std::uint64_t sent = 0;

    explicit twin_bench(coding_style style, const ima_params& given = {})
        : bench(style),
          params(given),
          rtl("rtl", watched(context), given),
          model("model", context, given) {}

    static core::context& watched(core::context& context) {
        context.service<bus::protocol_checkers>().enable(core::parse<core::duration>("10 ms"));
        return context;
    }
    /// One message for each bank; scope 1 is the RTL's, 2 the model's.
    void send(const std::vector<std::uint16_t>& counts, const std::vector<std::uint16_t>& samples) {
        adc_sample_header header;
        header.sequence = sent++;
        header.crossbars = static_cast<std::uint8_t>(counts.size());
        header.crossbar_mask = (1U << counts.size()) - 1U;
        header.samples = static_cast<std::uint32_t>(samples.size());
        const unsigned units = params.crossbar.unit_is_converted() ? 1 : 0;
        for (const std::uint16_t count : counts) {
            header.conversions +=
                params.crossbar.convert_unused_columns ? params.crossbar.columns + units : count;
        }
        for (bus::push_port* const source : {&rtl.source, &model.source}) {
            header.scope = source == &rtl.source ? 1 : 2;
            bus::message message =
                source->pool().allocate_for(header, 2 * (counts.size() + samples.size()));
            std::uint8_t* to = message.data() + sizeof(header);
            std::memcpy(to, counts.data(), 2 * counts.size());
            std::memcpy(to + 2 * counts.size(), samples.data(), 2 * samples.size());
            source->send(std::move(message));
        }
    }
    /// 1 .. all crossbars with up to `columns` columns; many samples around the highest code, some
    /// far above it.
    void send_random(support::generator& random, unsigned columns) {
        const std::uint64_t units = params.crossbar.unit_is_converted() ? 1 : 0;
        std::vector<std::uint16_t> counts(1 + random.below(params.crossbars)), samples;
        for (std::uint16_t& count : counts) {
            count = static_cast<std::uint16_t>(1 + random.below(columns) + units);
            for (unsigned i = 0; i < count; ++i) {
                const std::uint64_t kind = random.below(4);
                samples.push_back(static_cast<std::uint16_t>(kind == 0   ? random.below(65536)
                                                             : kind == 1 ? 253 + random.below(6)
                                                                         : random.below(256)));
            }
        }
        send(counts, samples);
    }
    void wait_fs(std::uint64_t fs) { wait(core::from_fs(fs)); }
    using sc_core::sc_module::wait;

    void check_equal() {
        CHECK(rtl.bank.conversions() == model.bank.conversions());
        CHECK(rtl.bank.clipped() == model.bank.clipped());
        CHECK(charged().by_scope_j.at(1) == charged().by_scope_j.at(2));
        check_home();
    }
    core::energy_report charged() {
        return context.ledger().price(context.ledger().snapshot(core::now_fs()));
    }
    void check_home() {
        CHECK(charged().counts.at("adc.conversion.8b") ==
              rtl.bank.conversions() + model.bank.conversions());
        CHECK(context.service<bus::payload_pool>().outstanding() == 0);
        CHECK(context.service<bus::protocol_checkers>().breaches() == 0);
    }
};

/// The bank in Verilog behind a port that may send anything.
struct raw_bench : support::bench {
    bus::initiator_port source{"source", context};
    rtl_adc_bank bank{"bank", context, {}};
    code_sink sink{"sink", context};
    raw_bench() {
        source.bind(bank.samples_in());
        bank.codes_out().bind(sink.in);
    }
};

ima_params only_used_columns() {
    ima_params params;
    params.crossbar.convert_unused_columns = false;
    return params;
}

std::uint64_t differences(const twin_bench& b) {
    const auto &rtl = b.rtl.sink.arrivals, &model = b.model.sink.arrivals;
    std::uint64_t differing =
        rtl.size() > model.size() ? rtl.size() - model.size() : model.size() - rtl.size();
    for (std::size_t i = 0; i < std::min(rtl.size(), model.size()); ++i) {
        if (!(rtl[i] == model[i])) ++differing;
    }
    return differing;
}

/// Bursts of up to 6 messages with random pauses; 8 conversions a cycle, so most take several.
void random_messages(coding_style style, std::uint64_t messages) {
    ima_params params = only_used_columns();
    params.adc.sample_rate.set({80'000'000});
    twin_bench b(style, params);
    support::generator random;
    b.run(sc_time(1, sc_core::SC_SEC), [&] {
        while (b.sent < messages) {
            for (std::uint64_t i = 1 + random.below(6); i != 0; --i) b.send_random(random, 18);
            b.wait_fs(random.below(20 * cycle_fs));
        }
        while (b.model.sink.arrivals.size() < b.sent) b.wait_fs(cycle_fs);
        b.wait_fs(10 * cycle_fs);
    });
    CHECK(b.rtl.sink.arrivals.size() == b.sent);
    CHECK(b.rtl.bank.clipped() > messages);
    const std::uint64_t mismatches = differences(b);
    CHECK(mismatches == 0);
    b.check_equal();
    std::cout << b.sent << " messages, " << b.rtl.bank.conversions() << " conversions, "
              << b.rtl.bank.clipped() << " clipped, " << b.rtl.bank.stream.cycles()
              << " clock cycles, " << mismatches << " mismatches, seed " << random.seed() << "\n";
}

/// A receiver that needs three cycles a message: the RTL stalls, and nothing is lost or late.
void slow_receiver(coding_style style) {
    twin_bench b(style);
    b.rtl.sink.busy = b.model.sink.busy = core::from_fs(3 * cycle_fs);
    support::generator random;
    std::size_t most_queued = 0;
    b.run(sc_time(1, sc_core::SC_SEC), [&] {
        for (unsigned i = 0; i < 50; ++i) b.send_random(random, 128);
        while (b.rtl.sink.arrivals.size() < b.sent) {
            b.wait_fs(cycle_fs / 2);
            most_queued = std::max(most_queued, b.rtl.bank.stream.unanswered());
        }
        b.wait_fs(10 * cycle_fs);
    });
    CHECK(most_queued == rtl_adc_bank::most_unanswered);
    CHECK(b.rtl.bank.stream.cycles() > 50 * 128 * 2);  // it stood more often than it converted
    CHECK(differences(b) == 0);
    b.check_equal();
}

/// Aborts both banks at random moments, with messages waiting, under way and just done.
void random_aborts(coding_style style) {
    twin_bench b(style, only_used_columns());
    support::generator random;
    std::uint64_t late = 0, dropped = 0;
    b.run(sc_time(1, sc_core::SC_SEC), [&] {
        for (unsigned round = 0; round < 500; ++round) {
            for (std::uint64_t i = random.below(5); i != 0; --i) b.send_random(random, 128);
            b.wait_fs(random.below(5 * cycle_fs));
            b.rtl.abort();
            b.model.abort();
            const std::size_t before = b.rtl.sink.arrivals.size();
            dropped = b.sent - before;
            if (random.chance(50)) b.wait_fs(random.below(2 * cycle_fs));
            late += b.rtl.sink.arrivals.size() - before;
            b.send_random(random, 128);  // in the instant of the abort, half of the time
            b.wait_fs(2 * cycle_fs);
            REQUIRE(b.rtl.sink.arrivals.size() == before + 1);
            CHECK(b.rtl.sink.arrivals.back() == b.model.sink.arrivals.back());
        }
    });
    CHECK(late == 0);
    CHECK(dropped > 100);
    if (style == coding_style::at) {  // LT's model has answered ahead of the abort
        CHECK(differences(b) == 0);
        // what a dropped burst has cost so far counts too
        CHECK(b.rtl.bank.conversions() > b.model.bank.conversions());
        CHECK(b.rtl.bank.conversions() < b.model.bank.conversions() + dropped * 8 * 128);
    }
    b.check_home();
}

}  // namespace

TEST_CASE("cosim.rtl.adc_bank.100000_random_messages_equal_the_model_lt", "[cosim]") {
    random_messages(coding_style::lt, 100'000);
}
TEST_CASE("cosim.rtl.adc_bank.100000_random_messages_equal_the_model_at", "[cosim]") {
    random_messages(coding_style::at, 100'000);
}
TEST_CASE("cosim.rtl.adc_bank.a_slow_receiver_stalls_it_lt", "[cosim]") {
    slow_receiver(coding_style::lt);
}
TEST_CASE("cosim.rtl.adc_bank.a_slow_receiver_stalls_it_at", "[cosim]") {
    slow_receiver(coding_style::at);
}
TEST_CASE("cosim.rtl.adc_bank.abort_at_any_moment_lt", "[cosim]") {
    random_aborts(coding_style::lt);
}
TEST_CASE("cosim.rtl.adc_bank.abort_at_any_moment_at", "[cosim]") {
    random_aborts(coding_style::at);
}

TEST_CASE("cosim.rtl.adc_bank.a_full_crossbar_takes_one_cycle_and_the_clock_stops", "[cosim]") {
    twin_bench b(coding_style::at);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.wait_fs(12'345);  // at no edge of anything
        b.send({128}, std::vector<std::uint16_t>(128, 256));
        b.wait_fs(cycle_fs - 1);
        CHECK(b.rtl.sink.arrivals.empty());
        b.wait_fs(1);
        wait(sc_core::SC_ZERO_TIME);
        wait(sc_core::SC_ZERO_TIME);
        CHECK(b.rtl.sink.arrivals.size() == 1);
        CHECK(b.rtl.bank.stream.cycles() == 128);
        b.wait_fs(1'000 * cycle_fs);
        CHECK(b.rtl.bank.stream.cycles() == 128);
    });
    CHECK(b.rtl.sink.arrivals.at(0).codes == std::vector<std::uint16_t>(128, 255));
    CHECK(differences(b) == 0);
    b.check_equal();
}

TEST_CASE("cosim.rtl.adc_bank.unit_columns_have_lanes_of_their_own", "[cosim]") {
    ima_params params;
    params.crossbars = 4;
    params.crossbar.unit_column = unit_column_kind::own_adc;
    twin_bench b(coding_style::lt, params);
    support::generator random;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        for (unsigned i = 0; i < 20; ++i) b.send_random(random, 128);
        b.wait_fs(30 * cycle_fs);
    });
    CHECK(b.rtl.sink.arrivals.size() == 20);
    CHECK(differences(b) == 0);
    b.check_equal();
}

TEST_CASE("cosim.rtl.adc_bank.what_is_no_burst_for_it_gets_an_error", "[cosim]") {
    raw_bench b;
    const auto answer = [&b](std::uint8_t crossbars, const std::vector<std::uint16_t>& words,
                             std::uint32_t samples) {
        adc_sample_header header;
        header.crossbars = crossbars;
        header.crossbar_mask = (1U << crossbars) - 1U;
        header.samples = samples;
        const bus::message message = b.source.pool().allocate_for(header, 2 * words.size());
        std::memcpy(message.data() + sizeof(header), words.data(), 2 * words.size());
        return b.source.transport(message);
    };
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        CHECK(answer(1, {2, 7, 8}, 2) == tlm::TLM_OK_RESPONSE);
        CHECK(answer(1, {2, 7, 8}, 3) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(answer(0, {7, 8}, 2) == tlm::TLM_BURST_ERROR_RESPONSE);       // no crossbar
        CHECK(answer(1, {3, 7, 8}, 2) == tlm::TLM_BURST_ERROR_RESPONSE);    // counts more
        CHECK(answer(2, {0, 1, 7}, 1) == tlm::TLM_GENERIC_ERROR_RESPONSE);  // an empty crossbar
        CHECK(answer(9, std::vector<std::uint16_t>(18, 1), 9) ==            // too many of them
              tlm::TLM_GENERIC_ERROR_RESPONSE);
        wait(core::from_fs(2 * cycle_fs));
        CHECK(b.sink.arrivals.size() == 1);
    });
    CHECK(b.source.pool().outstanding() == 0);
}

TEST_CASE("cosim.rtl.adc_bank.another_shape_than_verilated_is_refused", "[cosim]") {
    core::context context;
    ima_params params;
    params.adc.bits = 7;
    CHECK_THROWS_WITH(rtl_adc_bank("bits", context, params),
                      Catch::Contains("adc.bits") && Catch::Contains("-GBITS"));
    params = {};
    params.crossbar.read_noise = 0.5;
    CHECK_THROWS_WITH(rtl_adc_bank("analog", context, params),
                      Catch::Contains("crossbar") && Catch::Contains("whole cell steps"));
    params = {};
    params.crossbar.unit_column = unit_column_kind::own_adc;
    CHECK_THROWS_WITH(rtl_adc_bank("lanes", context, params), Catch::Contains("-GLANES"));
    params = {};
    params.crossbar.columns = 256;
    CHECK_THROWS_WITH(rtl_adc_bank("columns", context, params), Catch::Contains("-GCOLUMN_BITS"));
}

namespace {

/// Multiplies back to back on an IMA with ADC banks of that make: sums and times of the results.
std::vector<std::uint64_t> multiply(bool is_rtl, coding_style style, std::uint64_t sample_rate_hz) {
    return support::in_child([=] {
        ima_params params;
        params.adc.sample_rate.set({sample_rate_hz});
        reram::parts parts = reram::parts::defaults();
        if (is_rtl) {
            parts.adc_banks["saturating"] = [](const char* name, core::context& context,
                                               const ima_params& p) {
                return std::make_unique<rtl_adc_bank>(name, context, p);
            };
        }
        reram_test::ima_bench b(style, params, parts);
        support::generator random;
        b.run(sc_time(10, sc_core::SC_MS), [&] {
            for (unsigned i = 0; i < 3; ++i) {
                const reram_test::matrix block(random, 128, 32, 8);
                b.commands.send(b.program_message(block, i, 0, 32 * i, 8));
            }
            b.wait_fs(4 * b.write_time());
            for (unsigned i = 0; i < 6; ++i) {
                reram_test::ima_bench::request what;
                what.is_signed = true;
                what.mask = 7;
                what.sequence = i;
                b.commands.send(b.multiply_message(what, b.random_inputs(random, 128, 8, true)));
            }
            b.wait_fs(1000 * b.cycle());
        });
        std::vector<std::uint64_t> seen;
        for (const auto& result : b.sink.results) {
            seen.push_back(result.time_fs);
            for (const std::int64_t sum : result.sums) {
                seen.push_back(static_cast<std::uint64_t>(sum));
            }
        }
        return seen;
    });
}

}  // namespace

TEST_CASE("cosim.rtl.ima.sums_and_times_equal_the_model", "[cosim]") {
    const auto rate = GENERATE(as<std::uint64_t>(), 1'280'000'000, 1'200'000'000, 300'000'000);
    const std::vector<std::uint64_t> model = multiply(false, coding_style::lt, rate);
    CHECK(model.size() == 6 * 97);
    CHECK(multiply(true, coding_style::lt, rate) == model);
    CHECK(multiply(true, coding_style::at, rate) == model);
}
