// SPDX-License-Identifier: Apache-2.0
// push_port and service_port: the same values and times in LT and AT, errors, reset.
#include "fixtures.h"

#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/report.h>
#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <tlm_utils/simple_target_socket.h>
#include <memory>
#include <optional>
#include <string>

using namespace bus_test;

namespace {
/// source -> relay -> relay -> stage, with protocol checkers in between.
struct pipeline {
    source first;
    relay second;
    relay third;
    stage last;

    pipeline(const std::string& prefix, core::context& context)
        : first((prefix + "_source").c_str(), context),
          second((prefix + "_second").c_str(), context, 7, 11),
          third((prefix + "_third").c_str(), context, 13, 13),
          last((prefix + "_last").c_str(), context) {
        context.service<bus::protocol_checkers>().enable(core::duration{1'000'000'000'000U});
        bus::connect(context, first.out, second.in);
        bus::connect(context, second.out, third.in);
        bus::connect(context, third.out, last.in);
    }
};

struct both_styles : support::bench {
    core::context at_context{at_options()};
    pipeline lt{"lt", context};
    pipeline at{"at", at_context};
};
}  // namespace

TEST_CASE("bus.operation.lt_and_at_are_equal", "[bus]") {
    both_styles b;
    support::generator random;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        for (int i = 0; i < 300; ++i) {
            const auto value = static_cast<std::uint8_t>(i);
            const auto occupancy = static_cast<std::uint8_t>(random.below(12));
            const auto latency = static_cast<std::uint8_t>(random.below(12));
            const sc_time at = ns(static_cast<double>(random.below(20)));
            b.lt.first.send(value, occupancy, latency, at);
            b.at.first.send(value, occupancy, latency, at);
            if (random.chance(30)) sc_core::wait(ns(static_cast<double>(random.below(200))));
        }
        sc_core::wait(ns(20'000));
    });
    REQUIRE(b.lt.last.log.size() == 300);
    CHECK(b.lt.second.log == b.at.second.log);
    CHECK(b.lt.third.log == b.at.third.log);
    CHECK(b.lt.last.log == b.at.last.log);
    CHECK(b.lt.first.out.free_at() == b.at.first.out.free_at());
    CHECK(b.lt.third.out.free_at() == b.at.third.out.free_at());
    for (core::context* context : {&b.context, &b.at_context}) {
        CHECK(outstanding(*context) == 0);
        CHECK(context->service<bus::protocol_checkers>().breaches() == 0);
        CHECK(context->service<bus::protocol_checkers>().transactions() == 900);
    }
}

namespace {
/// Two sources share one unit through two ports.
struct shared_unit {
    bus::resource unit;
    source a, b;
    stage left, right;

    shared_unit(const std::string& prefix, core::context& context)
        : unit(context),
          a((prefix + "_a").c_str(), context),
          b((prefix + "_b").c_str(), context),
          left((prefix + "_left").c_str(), context, unit),
          right((prefix + "_right").c_str(), context, unit) {
        a.out.bind(left.in);
        b.out.bind(right.in);
    }
};
struct two_units : support::bench {
    core::context at_context{at_options()};
    shared_unit lt{"lt", context};
    shared_unit at{"at", at_context};
};
}  // namespace

TEST_CASE("bus.resource.lt_fills_gaps_so_call_order_does_not_matter", "[bus]") {
    two_units b;
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        for (shared_unit* u : {&b.lt, &b.at}) {
            u->a.send(1, 10, 10, ns(100));  // the later one is called first
            u->b.send(2, 10, 10, ns(20));
            u->b.send(3, 10, 12, ns(150));
            u->a.send(4, 10, 11, ns(130));
        }
        sc_core::wait(ns(1'000));
    });
    CHECK(b.lt.left.log == std::vector<seen>{{ns(110), 1}, {ns(141), 4}});
    CHECK(b.lt.right.log == std::vector<seen>{{ns(30), 2}, {ns(162), 3}});
    CHECK(b.at.left.log == b.lt.left.log);
    CHECK(b.at.right.log == b.lt.right.log);
    CHECK(b.lt.unit.busy_time() == ns(40));
    CHECK(b.at.unit.busy_time() == ns(40));
    CHECK(outstanding(b.context) + outstanding(b.at_context) == 0);
}

namespace {
struct one_stage : support::bench {
    source out{"out", context};
    stage in{"in", context};
    explicit one_stage(core::coding_style style)
        : support::bench(style) {
        out.out.bind(in.in);
    }
};

void check_refused(core::coding_style style, tlm::tlm_response_status answer,
                   const std::string& text) {
    one_stage b(style);
    b.in.answer = answer;
    core::report_capture reports(core::report_capture::errors::recorded);
    b.run(ns(1'000), [&] {
        b.out.send(1, 5, 5);
        sc_core::wait(ns(50));
    });
    CHECK(b.in.log.empty());
    REQUIRE(reports.count("/pimvp/bus/push_port/refused") == 1);
    CHECK_THAT(reports.records().front().text, Catch::Contains(text));
    CHECK_THAT(reports.records().front().text, Catch::Contains("bench.out.out"));
    CHECK_THAT(reports.records().front().text, Catch::Contains("bench.in.in"));
    CHECK(outstanding(b.context) == 0);
}
}  // namespace

TEST_CASE("bus.push_port.a_refused_message_names_both_ends_lt", "[bus]") {
    check_refused(core::coding_style::lt, tlm::TLM_BURST_ERROR_RESPONSE, "BURST_ERROR");
}
TEST_CASE("bus.push_port.a_refused_message_names_both_ends_at", "[bus]") {
    check_refused(core::coding_style::at, tlm::TLM_COMMAND_ERROR_RESPONSE, "COMMAND_ERROR");
}

TEST_CASE("bus.push_port.keeps_order_through_a_loop", "[bus]") {
    // A stage that answers by sending to itself: the port is re-entered and must not recurse.
    struct loop_bench : support::bench {
        core::context at_context{at_options()};
        relay lt{"lt", context, 3, 5};
        relay at{"at", at_context, 3, 5};
        loop_bench() {
            lt.out.bind(lt.in);
            at.out.bind(at.in);
        }
    };
    loop_bench b;
    constexpr std::size_t rounds = 100'000;  // deeper than any stack if it recursed
    for (relay* r : {&b.lt, &b.at}) {
        r->then = [r, go_on = r->then](tlm_generic_payload& p, const sc_time& at) {
            if (r->log.size() < rounds) go_on(p, at);
        };
    }
    b.run(sc_time(1, sc_core::SC_SEC), [&] {
        for (relay* r : {&b.lt, &b.at}) {
            bus::message start = r->out.pool().allocate(3);
            start.data()[0] = 0;
            start.data()[1] = 3;
            start.data()[2] = 5;
            r->out.send(std::move(start));
        }
        sc_core::wait(ns(5.0 * rounds + 10));
    });
    REQUIRE(b.lt.log.size() == rounds);
    CHECK(b.lt.log.back().at == ns(5.0 * rounds));
    CHECK(b.lt.log == b.at.log);
    CHECK(outstanding(b.context) + outstanding(b.at_context) == 0);
}

namespace {
/// A user's own target: a plain simple_target_socket.
struct plain_target : sc_core::sc_module {
    tlm_utils::simple_target_socket<plain_target> in{"in"};
    std::vector<sc_time> log;
    bool waits = false;

    explicit plain_target(const sc_core::sc_module_name& name)
        : sc_module(name) {
        in.register_b_transport(this, &plain_target::b_transport);
    }
    void b_transport(tlm_generic_payload& p, sc_time& delay) {
        if (waits) {
            sc_core::wait(delay);
            delay = sc_core::SC_ZERO_TIME;
            sc_core::wait(ns(3));
        }
        log.push_back(sc_time_stamp() + delay);
        delay += ns(10);
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

void check_plain_target(core::coding_style style, bool waits) {
    struct plain_bench : support::bench {
        source out{"out", context};
        plain_target in{"in"};
        explicit plain_bench(core::coding_style s)
            : support::bench(s) {
            bus::protocol_checkers& checkers = context.service<bus::protocol_checkers>();
            checkers.enable();
            bus::connect(context, out.out, in.in);
        }
    };
    plain_bench b(style);
    b.in.waits = waits;
    std::vector<sc_time> responses;
    b.out.out.on_response([&](const sc_time& at) { responses.push_back(sc_time_stamp() + at); });
    b.run(ns(1'000), [&] {
        b.out.send(1, 0, 0, ns(2));
        b.out.send(2, 0, 0, ns(4));
        b.out.send(3, 0, 0, ns(100) - sc_time_stamp());
        sc_core::wait(ns(500));
    });
    const sc_time extra = waits ? ns(3) : sc_core::SC_ZERO_TIME;
    CHECK(responses ==
          std::vector<sc_time>{ns(12) + extra, ns(22) + extra + extra, ns(110) + extra});
    CHECK(b.in.log.size() == 3);
    CHECK(outstanding(b.context) == 0);
    CHECK(b.context.service<bus::protocol_checkers>().breaches() == 0);
}
}  // namespace

TEST_CASE("bus.push_port.serves_a_plain_target_lt", "[bus]") {
    check_plain_target(core::coding_style::lt, false);
}
TEST_CASE("bus.push_port.serves_a_plain_target_at", "[bus]") {
    check_plain_target(core::coding_style::at, false);
}
TEST_CASE("bus.push_port.serves_a_waiting_target_lt", "[bus]") {
    check_plain_target(core::coding_style::lt, true);
}
TEST_CASE("bus.push_port.serves_a_waiting_target_at", "[bus]") {
    check_plain_target(core::coding_style::at, true);
}

TEST_CASE("bus.push_port.takes_every_legal_shortcut_of_a_target", "[bus]") {
    struct shortcut_bench : support::bench {
        source out{"out", context};
        raw_target in{"in"};
        shortcut_bench()
            : support::bench(core::coding_style::at) {
            context.service<bus::protocol_checkers>().enable();
            bus::connect(context, out.out, in.in);
        }
    };
    shortcut_bench b;
    int turn = 0;
    bool ended = false;
    bus::message held;
    b.in.forward = [&](tlm_generic_payload& p, tlm::tlm_phase& phase, sc_time& delay) {
        if (phase == tlm::END_RESP) {
            ended = true;
            return tlm::TLM_COMPLETED;
        }
        p.set_response_status(tlm::TLM_OK_RESPONSE);
        switch (turn++) {
        case 0:
            delay += ns(5);
            return tlm::TLM_COMPLETED;
        case 1:
            phase = tlm::BEGIN_RESP;
            delay += ns(6);
            return tlm::TLM_UPDATED;
        case 2:
            phase = tlm::END_REQ;
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
            held = bus::message(p);
            return tlm::TLM_UPDATED;
        default:
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
            held = bus::message(p);
            return tlm::TLM_ACCEPTED;
        }
    };
    std::vector<sc_time> responses;
    b.out.out.on_response([&](const sc_time& at) { responses.push_back(sc_time_stamp() + at); });
    const auto answer = [&](const sc_time& annotated) {
        held.payload().set_response_status(tlm::TLM_OK_RESPONSE);
        CHECK(b.in.back(held.payload(), tlm::BEGIN_RESP, annotated) == tlm::TLM_COMPLETED);
        held.clear();
    };
    b.run(ns(1'000), [&] {
        for (std::uint8_t i = 0; i < 4; ++i) b.out.send(i, 0, 0);
        sc_core::wait(ns(20));  // 5, then 11; then the third is under way
        CHECK(ended);
        answer(ns(2));          // 22
        sc_core::wait(ns(10));  // the fourth left at 22
        CHECK(b.in.back(held.payload(), tlm::END_REQ) == tlm::TLM_ACCEPTED);
        answer(sc_core::SC_ZERO_TIME);  // 30
        sc_core::wait(ns(10));
    });
    CHECK(responses == std::vector<sc_time>{ns(5), ns(11), ns(22), ns(30)});
    CHECK(outstanding(b.context) == 0);
    CHECK(b.context.service<bus::protocol_checkers>().breaches() == 0);
}

namespace {
void check_reset(core::coding_style style) {
    one_stage b(style);
    core::report_capture reports(core::report_capture::errors::recorded);
    b.run(ns(10'000), [&] {
        for (std::uint8_t i = 0; i < 5; ++i) b.out.send(i, 50, 60);
        sc_core::wait(ns(70));
        b.out.out.clear();
        b.in.in.abort();
        b.out.send(9, 10, 20);
        sc_core::wait(ns(1'000));
    });
    REQUIRE(!b.in.log.empty());
    CHECK(b.in.log.back() == seen{ns(90), 9});     // starts afresh, as if nothing had been
    CHECK(reports.count(sc_core::SC_ERROR) == 0);  // dropped messages are no errors
    if (style == core::coding_style::at) CHECK(b.in.log.size() == 2);
    CHECK(b.out.out.pending() == 0);
    CHECK(b.in.in.in_flight() == 0);
    CHECK(outstanding(b.context) == 0);
}
}  // namespace

TEST_CASE("bus.operation.reset_in_the_middle_lt", "[bus]") {
    check_reset(core::coding_style::lt);
}
TEST_CASE("bus.operation.reset_in_the_middle_at", "[bus]") {
    check_reset(core::coding_style::at);
}

TEST_CASE("bus.operation.abort_answers_all_requests", "[bus]") {
    struct abort_bench : support::bench {
        raw_initiator out{"out"};
        stage in{"in", context};
        abort_bench() { out.out.bind(in.in); }
    };
    abort_bench b;
    auto& pool = b.context.service<bus::payload_pool>();
    b.run(ns(1'000), [&] {
        std::vector<bus::message> sent;
        for (std::uint8_t i = 0; i < 3; ++i) {
            bus::message m = pool.allocate(3);
            m.data()[0] = i;
            m.data()[1] = 10;
            m.data()[2] = 100;
            sent.push_back(m);
            CHECK(b.out.send(m.payload(), tlm::BEGIN_REQ) ==
                  (i < 2 ? tlm::TLM_UPDATED : tlm::TLM_ACCEPTED));
            sc_core::wait(i == 0 ? ns(12) : ns(1));  // the third one waits for the unit
        }
        b.out.phases.clear();
        b.in.in.abort();
        sc_core::wait(ns(1));
        for (std::size_t i = 0; i < sent.size(); ++i) {  // one response at a time
            REQUIRE(b.out.phases.size() == i + 1);
            CHECK(b.out.phases[i].phase == tlm::BEGIN_RESP);
            CHECK(b.out.phases[i].payload == &sent[i].payload());
            CHECK(sent[i].payload().get_response_status() == tlm::TLM_GENERIC_ERROR_RESPONSE);
            b.out.send(sent[i].payload(), tlm::END_RESP);
            sc_core::wait(ns(1));
        }
        CHECK(b.in.in.in_flight() == 0);
    });
    CHECK(b.in.log.empty());
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.operation.every_error_of_a_message", "[bus]") {
    struct error_bench : support::bench {
        raw_initiator out{"out"};
        stage in{"in", context};
        error_bench() { out.out.bind(in.in); }
    };
    error_bench b;
    auto& pool = b.context.service<bus::payload_pool>();
    std::uint8_t enables[1] = {0xFF};
    struct row {
        tlm::tlm_response_status expected;
        std::function<void(tlm_generic_payload&)> spoil;
    };
    const std::vector<row> rows{
        {tlm::TLM_OK_RESPONSE, [](tlm_generic_payload&) {}},
        {tlm::TLM_COMMAND_ERROR_RESPONSE, [](tlm_generic_payload& p) { p.set_read(); }},
        {tlm::TLM_COMMAND_ERROR_RESPONSE,
         [](tlm_generic_payload& p) { p.set_command(tlm::TLM_IGNORE_COMMAND); }},
        {tlm::TLM_ADDRESS_ERROR_RESPONSE, [](tlm_generic_payload& p) { p.set_address(4); }},
        {tlm::TLM_BURST_ERROR_RESPONSE, [](tlm_generic_payload& p) { p.set_data_length(2); }},
        {tlm::TLM_BURST_ERROR_RESPONSE, [](tlm_generic_payload& p) { p.set_data_length(0); }},
        {tlm::TLM_BURST_ERROR_RESPONSE, [](tlm_generic_payload& p) { p.set_streaming_width(1); }},
        {tlm::TLM_BURST_ERROR_RESPONSE, [](tlm_generic_payload& p) { p.set_streaming_width(0); }},
        {tlm::TLM_GENERIC_ERROR_RESPONSE, [](tlm_generic_payload& p) { p.set_data_ptr(nullptr); }},
        {tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE,
         [&](tlm_generic_payload& p) {
             p.set_byte_enable_ptr(enables);
             p.set_byte_enable_length(1);
         }},
    };
    b.run(ns(1'000), [&] {
        for (const row& r : rows) {
            for (const bool blocking : {true, false}) {
                bus::message m = pool.allocate(3);
                m.data()[0] = m.data()[1] = m.data()[2] = 0;
                tlm_generic_payload& p = m.payload();
                r.spoil(p);
                sc_time delay = ns(1);
                if (blocking) {
                    b.out.out->b_transport(p, delay);
                    CHECK(delay == ns(1));
                } else {
                    b.out.answer = tlm::TLM_COMPLETED;
                    b.out.send(p, tlm::BEGIN_REQ, delay);
                    sc_core::wait(ns(2));
                }
                CHECK(p.get_response_status() == r.expected);
                CHECK(b.out.out->transport_dbg(p) == 0);
            }
        }
    });
    CHECK(outstanding(b.context) == 0);
}
