// SPDX-License-Identifier: Apache-2.0
// Does a design with pins behind a clocked_stream get its clock, its reset and its messages?
#include <support/bench.h>
#include <support/catch.h>

#include <pimvp/bus/clocked_stream.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/clock.h>

#include <cstdint>
#include <systemc>
#include <utility>
#include <vector>

using namespace pimvp;
using core::coding_style;
using sc_core::sc_time;

namespace {

constexpr std::uint64_t period_fs = 333'333;  // 3 GHz: not a whole number of fs

/// Stands for RTL: counts a byte down to 0, one each clock.
struct countdown : sc_core::sc_module {
    sc_core::sc_in<bool> clk{"clk"}, rst{"rst"}, start{"start"};
    sc_core::sc_in<unsigned> from{"from"};
    sc_core::sc_out<bool> done{"done"};
    unsigned resets = 0;

    explicit countdown(const sc_core::sc_module_name& name)
        : sc_module(name) {
        sc_core::sc_spawn_options options;
        options.spawn_method();
        options.dont_initialize();
        options.set_sensitivity(&clk);
        options.set_sensitivity(&rst);
        sc_core::sc_spawn([this] { edge(); }, "edge", &options);
    }

private:
    void edge() {
        if (rst.read()) {
            resets += rst.event() ? 1 : 0;
            m_left = 0;
            done.write(false);
        } else if (clk.posedge()) {
            m_left = start.read() ? from.read() : m_left;
            if (m_left != 0) --m_left;
            done.write(m_left == 0);
        }
    }
    unsigned m_left = ~0U;  // as after power-up: anything
};

/// Answers each message of one byte n with the same byte, n clocks later.
struct counter : sc_core::sc_module, private bus::clocked_design {
    bus::clocked_stream stream;
    countdown pins{"pins"};
    sc_time rest;  ///< after each message

    counter(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          stream("stream", context, core::clock(3'000'000'000), *this) {
        pins.clk(stream.clk);
        pins.rst(stream.rst);
        pins.start(m_start);
        pins.from(m_from);
        pins.done(m_done);
    }
    void abort() {
        stream.abort();
        m_current.clear();
    }

private:
    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override {
        return bus::check_message(payload, 1);
    }
    void collect() override {
        if (!m_done.read()) return;
        stream.rest_until(sc_core::sc_time_stamp() + rest);
        stream.out.send(std::exchange(m_current, {}));
    }
    bool drive() override {
        const bool starts = !m_current && stream.is_due();
        if (starts) {
            m_current = stream.take();
            m_from.write(m_current.data()[0]);
        }
        m_start.write(starts);
        return static_cast<bool>(m_current);
    }

    sc_core::sc_signal<bool> m_start{"start"}, m_done{"done"};
    sc_core::sc_signal<unsigned> m_from{"from"};
    bus::message m_current;
};

struct counter_bench : support::bench {
    struct arrival {
        unsigned value;
        std::uint64_t time_fs;
        bool operator==(const arrival& other) const {
            return value == other.value && time_fs == other.time_fs;
        }
    };
    struct sink : sc_core::sc_module, private bus::service {
        bus::service_port in;
        std::vector<arrival> arrivals;
        sink(const sc_core::sc_module_name& name, core::context& context)
            : sc_module(name),
              in("in", context, *this) {}

    private:
        void execute(tlm::tlm_generic_payload& payload, const sc_time& at) override {
            arrivals.push_back({payload.get_data_ptr()[0], core::now_fs() + core::to_fs(at)});
        }
    };

    bus::push_port source{"source", context};
    counter dut{"dut", context};
    sink taker{"taker", context};

    explicit counter_bench(coding_style style)
        : bench(style) {
        context.service<bus::protocol_checkers>().enable(core::parse<core::duration>("1 ms"));
        bus::connect(context, source, dut.stream.in);
        bus::connect(context, dut.stream.out, taker.in);
    }
    ~counter_bench() override {
        CHECK(source.pool().outstanding() == 0);
        CHECK(context.service<bus::protocol_checkers>().breaches() == 0);
    }
    void send(std::uint8_t value, std::uint64_t in_fs = 0) {
        bus::message message = source.pool().allocate(1);
        message.data()[0] = value;
        source.send(std::move(message), core::from_fs(in_fs));
    }
    void wait_fs(std::uint64_t fs) { wait(core::from_fs(fs)); }
    void settle() {
        for (int delta = 0; delta < 8; ++delta) wait(sc_core::SC_ZERO_TIME);
    }
    using sc_core::sc_module::wait;
};

void results_come_in_time(coding_style style) {
    counter_bench b(style);
    b.run(sc_time(1, sc_core::SC_US), [&] {
        b.wait_fs(1'001);
        const sc_time before = sc_core::sc_time_stamp();
        b.send(3);
        b.send(6);
        b.send(1, 10 * period_fs + 7);              // the first two take until 9 periods: a gap
        CHECK(sc_core::sc_time_stamp() == before);  // nobody waits
        b.wait_fs(1'000'000 - 1);                   // three periods of 3 GHz
        b.settle();
        CHECK(b.taker.arrivals.empty());
        b.wait_fs(1);
        b.settle();
        CHECK(b.taker.arrivals.size() == 1);
        b.wait_fs(20 * period_fs);
    });
    CHECK(b.taker.arrivals ==
          std::vector<counter_bench::arrival>{{3, 1'001 + 1'000'000},
                                              {6, 1'001 + 3'000'000},
                                              {1, 1'001 + 10 * period_fs + 7 + period_fs}});
    CHECK(b.dut.stream.cycles() == 10);
    CHECK(b.dut.pins.resets == 1);
}

void abort_drops_and_resets(coding_style style) {
    counter_bench b(style);
    b.run(sc_time(1, sc_core::SC_US), [&] {
        b.send(3);
        b.send(9);
        b.send(9, 20 * period_fs);
        b.wait_fs(5 * period_fs);
        b.source.clear();
        b.dut.abort();
        b.settle();
        CHECK(b.dut.stream.rst.read());
        CHECK_FALSE(b.dut.stream.clk.read());
        b.wait_fs(50 * period_fs);
        CHECK(b.taker.arrivals.size() == 1);
        CHECK(b.dut.stream.cycles() == 5);
        b.send(2);
        b.wait_fs(1);
        b.dut.abort();  // between two edges, and a new start in the same instant
        b.send(2);
        b.settle();
        CHECK_FALSE(b.dut.stream.rst.read());
        b.wait_fs(5 * period_fs);
    });
    REQUIRE(b.taker.arrivals.size() == 2);
    CHECK(b.taker.arrivals[1] == counter_bench::arrival{2, 55 * period_fs + 1 + 666'667});
    CHECK(b.dut.pins.resets == 3);
}

}  // namespace

TEST_CASE("bus.clocked_stream.results_come_in_time_and_the_clock_stops_lt", "[bus][protocol]") {
    results_come_in_time(coding_style::lt);
}
TEST_CASE("bus.clocked_stream.results_come_in_time_and_the_clock_stops_at", "[bus][protocol]") {
    results_come_in_time(coding_style::at);
}
TEST_CASE("bus.clocked_stream.abort_drops_messages_and_resets_the_design_lt", "[bus][protocol]") {
    abort_drops_and_resets(coding_style::lt);
}
TEST_CASE("bus.clocked_stream.abort_drops_messages_and_resets_the_design_at", "[bus][protocol]") {
    abort_drops_and_resets(coding_style::at);
}
TEST_CASE("bus.clocked_stream.a_design_may_rest_between_messages", "[bus][protocol]") {
    counter_bench b(coding_style::at);
    b.dut.rest = core::from_fs(500'000);
    b.run(sc_time(1, sc_core::SC_US), [&] {
        b.send(3);
        b.send(3);
        b.wait_fs(20 * period_fs);
    });
    CHECK(b.taker.arrivals == std::vector<counter_bench::arrival>{{3, 1'000'000}, {3, 2'500'000}});
    CHECK(b.dut.stream.cycles() == 6);  // none in between
}
TEST_CASE("bus.clocked_stream.what_the_design_refuses_is_answered", "[bus][protocol]") {
    core::context context;
    counter dut{"dut", context};
    tlm::tlm_generic_payload payload;
    std::uint8_t byte = 1;
    payload.set_data_ptr(&byte);
    payload.set_data_length(1);
    payload.set_streaming_width(1);
    payload.set_read();
    sc_time delay;
    dut.stream.in.b_transport(payload, delay);
    CHECK(payload.get_response_status() == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(delay == sc_core::SC_ZERO_TIME);
    CHECK_FALSE(dut.stream.is_due());
}
