// SPDX-License-Identifier: Apache-2.0
// The protocol checker: sees a seeded breach of each rule, and nothing where there is none.
#include "fixtures.h"

#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/report.h>
#include <support/bench.h>
#include <support/catch.h>

#include <algorithm>
#include <set>

using namespace bus_test;
using bus::rule;

namespace {
struct checker_bench : support::bench {
    raw_initiator out{"out"};
    bus::protocol_checker checker{"checker", context, core::duration{100'000'000U}};  // 100 ns
    raw_target in{"in"};
    bus::payload_pool& pool{context.service<bus::payload_pool>()};
    std::vector<rule> seen;

    checker_bench() {
        out.out.bind(checker.in);
        checker.out.bind(in.in);
        checker.on_breach([this](const bus::breach& b) { seen.push_back(b.broken); });
    }
    /// The rules broken since the last call.
    std::vector<rule> found() { return std::exchange(seen, {}); }
    bus::message make() {
        bus::message m = pool.allocate(tlm::TLM_WRITE_COMMAND, 0x40, 4);
        std::fill_n(m.data(), 4, std::uint8_t{1});
        return m;
    }
};
using rules = std::vector<rule>;
const auto ok = [](tlm_generic_payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); };
}  // namespace

TEST_CASE("bus.protocol_checker.attributes_of_a_request", "[bus]") {
    checker_bench b;
    std::uint8_t enables[1] = {0xFF};
    struct row {
        rules expected;
        std::function<void(tlm_generic_payload&)> spoil;
    };
    const std::vector<row> rows{
        {{}, [](tlm_generic_payload&) {}},
        {{rule::command},
         [](tlm_generic_payload& p) { p.set_command(static_cast<tlm::tlm_command>(3)); }},
        {{rule::data_pointer}, [](tlm_generic_payload& p) { p.set_data_ptr(nullptr); }},
        {{rule::data_length}, [](tlm_generic_payload& p) { p.set_data_length(0); }},
        {{rule::byte_enable_length},
         [&](tlm_generic_payload& p) { p.set_byte_enable_ptr(enables); }},
        {{rule::streaming_width}, [](tlm_generic_payload& p) { p.set_streaming_width(0); }},
        {{rule::initial_response},
         [](tlm_generic_payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); }},
        {{rule::initial_dmi_hint}, [](tlm_generic_payload& p) { p.set_dmi_allowed(true); }},
    };
    b.in.forward = [](tlm_generic_payload& p, tlm::tlm_phase&, sc_time&) {
        ok(p);
        return tlm::TLM_COMPLETED;
    };
    b.run(ns(1'000), [&] {
        for (const row& r : rows) {
            bus::message m = b.make();
            r.spoil(m.payload());
            sc_time delay;
            b.out.out->b_transport(m.payload(), delay);
            CHECK(b.found() == r.expected);
            m = b.make();
            r.spoil(m.payload());
            b.out.send(m.payload(), tlm::BEGIN_REQ);
            CHECK(b.found() == r.expected);
        }
    });
    CHECK(b.checker.transactions() == 2 * rows.size());
    CHECK(b.checker.in_flight() == 0);
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.protocol_checker.what_a_blocking_target_may_not_do", "[bus]") {
    checker_bench b;
    b.run(ns(1'000), [&] {
        const auto call = [&](const std::function<void(tlm_generic_payload&, sc_time&)>& target) {
            b.in.blocking = target;
            const bus::message m = b.make();
            sc_time delay = ns(5);
            b.out.out->b_transport(m.payload(), delay);
            return b.found();
        };
        CHECK(call([](tlm_generic_payload& p, sc_time&) { ok(p); }).empty());
        CHECK(call([](tlm_generic_payload& p, sc_time& delay) {
                  sc_core::wait(delay);
                  delay = sc_core::SC_ZERO_TIME;
                  ok(p);
              }).empty());
        CHECK(call([](tlm_generic_payload&, sc_time&) {}) == rules{rule::response_set});
        CHECK(call([](tlm_generic_payload& p, sc_time&) {
                  ok(p);
                  p.set_data_length(2);
              }) == rules{rule::attributes_kept});
        CHECK(call([](tlm_generic_payload& p, sc_time&) {
                  ok(p);
                  p.get_data_ptr()[0] = 9;
              }) == rules{rule::write_data_kept});
        CHECK(call([](tlm_generic_payload& p, sc_time& delay) {
                  ok(p);
                  delay = ns(4);
              }) == rules{rule::time_forwards});
        b.in.debug = [](tlm_generic_payload&) { return 5U; };
        const bus::message m = b.make();
        b.out.out->transport_dbg(m.payload());
        CHECK(b.found() == rules{rule::debug_count});
        tlm::tlm_dmi dmi;
        b.in.direct = [](tlm_generic_payload& p, tlm::tlm_dmi& d) {
            d.set_dmi_ptr(p.get_data_ptr());
            d.set_start_address(0x44);
            d.allow_read();
            return true;
        };
        b.out.out->get_direct_mem_ptr(m.payload(), dmi);
        CHECK(b.found() == rules{rule::dmi_region});
    });
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.protocol_checker.phases", "[bus]") {
    checker_bench b;
    b.run(ns(1'000), [&] {
        // the four phases in order are fine, and so is skipping END_REQ
        for (const bool skip : {false, true}) {
            const bus::message m = b.make();
            b.out.send(m.payload(), tlm::BEGIN_REQ);
            if (!skip) b.in.back(m.payload(), tlm::END_REQ);
            ok(m.payload());
            b.in.back(m.payload(), tlm::BEGIN_RESP);
            b.out.send(m.payload(), tlm::END_RESP);
            CHECK(b.found().empty());
            CHECK(b.checker.in_flight() == 0);
        }
        const bus::message m = b.make();
        b.in.back(m.payload(), tlm::END_REQ);
        CHECK(b.found() == rules{rule::phase_sequence});
        b.out.send(m.payload(), tlm::END_RESP);
        CHECK(b.found() == rules{rule::phase_sequence});
        b.out.send(m.payload(), tlm::END_REQ);
        CHECK(b.found() == rules{rule::phase_sequence});
        b.out.send(m.payload(), tlm::BEGIN_REQ);
        b.in.back(m.payload(), tlm::BEGIN_REQ);
        CHECK(b.found() == rules{rule::phase_sequence});
        b.in.back(m.payload(), tlm::END_REQ);
        b.in.back(m.payload(), tlm::END_REQ);
        CHECK(b.found() == rules{rule::phase_sequence});
        b.in.back(m.payload(), tlm::BEGIN_RESP);  // still INCOMPLETE
        CHECK(b.found() == rules{rule::response_set});
        b.in.back(m.payload(), tlm::BEGIN_RESP);
        CHECK(b.found() == rules{rule::phase_sequence});
        b.out.send(m.payload(), tlm::END_RESP);
        CHECK(b.found().empty());
    });
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.protocol_checker.exclusion_memory_and_use", "[bus]") {
    checker_bench b;
    b.run(ns(1'000), [&] {
        const bus::message m = b.make();
        const bus::message n = b.make();
        b.out.send(m.payload(), tlm::BEGIN_REQ);
        b.out.send(n.payload(), tlm::BEGIN_REQ);
        CHECK(b.found() == rules{rule::request_exclusion});
        b.in.back(m.payload(), tlm::END_REQ);
        b.in.back(n.payload(), tlm::END_REQ);
        ok(m.payload());
        ok(n.payload());
        b.in.back(m.payload(), tlm::BEGIN_RESP);
        b.in.back(n.payload(), tlm::BEGIN_RESP);
        CHECK(b.found() == rules{rule::response_exclusion});
        b.out.send(m.payload(), tlm::END_RESP);
        b.out.send(n.payload(), tlm::END_RESP);
        CHECK(b.found().empty());

        const bus::message again = b.make();
        b.out.send(again.payload(), tlm::BEGIN_REQ);
        b.in.back(again.payload(), tlm::END_REQ);
        b.out.send(again.payload(), tlm::BEGIN_REQ);
        CHECK(b.found() == rules{rule::in_use});
        ok(again.payload());
        b.in.back(again.payload(), tlm::BEGIN_RESP);
        b.out.send(again.payload(), tlm::END_RESP);

        std::uint8_t data[4] = {};
        tlm_generic_payload plain;  // no memory manager
        plain.set_write();
        plain.set_data_ptr(data);
        plain.set_data_length(4);
        plain.set_streaming_width(4);
        b.in.forward = [](tlm_generic_payload& p, tlm::tlm_phase&, sc_time&) {
            ok(p);
            return tlm::TLM_COMPLETED;
        };
        b.out.send(plain, tlm::BEGIN_REQ);
        CHECK(b.found() == rules{rule::memory_manager});
    });
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.protocol_checker.return_values_and_order", "[bus]") {
    checker_bench b;
    b.run(ns(1'000), [&] {
        const auto request = [&](const std::function<tlm::tlm_sync_enum(
                                     tlm_generic_payload&, tlm::tlm_phase&, sc_time&)>& target,
                                 const sc_time& delay = sc_core::SC_ZERO_TIME) {
            b.in.forward = target;
            const bus::message m = b.make();
            b.out.send(m.payload(), tlm::BEGIN_REQ, delay);
            const rules broken = b.found();
            b.in.forward = [](tlm_generic_payload&, tlm::tlm_phase&, sc_time&) {
                return tlm::TLM_COMPLETED;
            };
            if (b.checker.in_flight() != 0) {  // bring it to its end
                ok(m.payload());
                b.in.back(m.payload(), tlm::BEGIN_RESP);
                b.out.send(m.payload(), tlm::END_RESP);
            }
            b.found();
            return broken;
        };
        CHECK(request([](auto&, auto& phase, auto&) {
                  phase = tlm::END_REQ;
                  return tlm::TLM_ACCEPTED;
              }) == rules{rule::return_value});
        CHECK(request([](auto&, auto&, auto& delay) {
                  delay += ns(1);
                  return tlm::TLM_ACCEPTED;
              }) == rules{rule::return_value});
        CHECK(request([](auto&, auto& phase, auto&) {
                  phase = tlm::END_RESP;
                  return tlm::TLM_UPDATED;
              }) == rules{rule::return_value});
        CHECK(request([](auto&, auto&, auto&) { return tlm::TLM_COMPLETED; }) ==
              rules{rule::response_set});
        CHECK(request([](auto&, auto& phase, auto&) {
                  phase = tlm::END_REQ;
                  return tlm::TLM_UPDATED;
              }).empty());
        sc_core::wait(ns(10));
        CHECK(request(
                  [](auto& p, auto&, auto&) {
                      ok(p);
                      return tlm::TLM_COMPLETED;
                  },
                  ns(5))
                  .empty());
        CHECK(request([](auto& p, auto&, auto&) {
                  ok(p);
                  return tlm::TLM_COMPLETED;
              }) == rules{rule::time_order, rule::time_order});  // both paths go back by 5 ns

        sc_core::wait(ns(20));
        b.out.answer = tlm::TLM_COMPLETED;
        const bus::message m = b.make();
        b.in.forward = [](auto&, auto&, auto&) { return tlm::TLM_ACCEPTED; };
        b.out.send(m.payload(), tlm::BEGIN_REQ);
        b.in.back(m.payload(), tlm::END_REQ);
        CHECK(b.found() == rules{rule::return_value});
    });
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.protocol_checker.hang", "[bus]") {
    checker_bench b;
    b.in.blocking = [](tlm_generic_payload& p, sc_time&) {
        sc_core::wait(ns(150));
        ok(p);
    };
    b.run(ns(1'000), [&] {
        const bus::message m = b.make();
        b.out.send(m.payload(), tlm::BEGIN_REQ);
        sc_core::wait(ns(99.9));
        CHECK(b.found().empty());
        sc_core::wait(ns(0.2));
        CHECK(b.found() == rules{rule::hang});
        const bus::message n = b.make();
        sc_time delay;
        b.out.out->b_transport(n.payload(), delay);
        CHECK(b.found() == rules{rule::hang});
        ok(m.payload());
        b.in.back(m.payload(), tlm::BEGIN_RESP);
        b.out.send(m.payload(), tlm::END_RESP);
        sc_core::wait(ns(300));
        CHECK(b.found().empty());  // each one once
    });
    CHECK(b.checker.breaches() == 2);
    CHECK(outstanding(b.context) == 0);
}

TEST_CASE("bus.protocol_checker.reports_as_an_error_of_its_type", "[bus]") {
    checker_bench b;
    b.checker.on_breach({});
    core::report_capture reports(core::report_capture::errors::recorded);
    b.run(ns(1'000), [&] {
        const bus::message m = b.make();
        sc_time delay;
        b.in.blocking = [](tlm_generic_payload&, sc_time&) {};
        b.out.out->b_transport(m.payload(), delay);
    });
    REQUIRE(reports.count("/pimvp/bus/protocol_checker") == 1);
    const std::string text = reports.records().front().text;
    CHECK_THAT(text, Catch::Contains("rule response_set") &&
                         Catch::Contains("WRITE of 4 bytes at 0x40") &&
                         Catch::Contains("bench.checker"));
}

TEST_CASE("bus.protocol_checker.every_rule_has_a_name", "[bus]") {
    std::set<std::string_view> names;
    for (int r = 0; r <= static_cast<int>(rule::hang); ++r) {
        names.insert(bus::to_string(static_cast<rule>(r)));
    }
    CHECK(names.size() == static_cast<std::size_t>(rule::hang) + 1);
}
