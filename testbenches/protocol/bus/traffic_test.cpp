// SPDX-License-Identifier: Apache-2.0
// traffic_player and the tables it plays.
#include "fixtures.h"

#include <pimvp/bus/memory.h>
#include <pimvp/bus/probe.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/traffic_player.h>
#include <pimvp/core/clock.h>
#include <support/catch.h>

#include <string>

using namespace bus_test;

namespace {

bus::traffic_table table_of(const std::string& yaml) {
    return bus::read_traffic_table(core::document::from_text(yaml, "t.yaml"));
}

/// What the reader says about a table, one finding a line.
std::string findings(const std::string& yaml) {
    try {
        table_of(yaml);
    } catch (const core::user_error& problem) {
        return problem.what();
    }
    return {};
}

core::context_options options_of(core::coding_style style, std::uint64_t quantum_fs = 0) {
    core::context_options options;
    options.style = style;
    options.quantum_fs = quantum_fs;
    return options;
}

bus::memory_params small_memory() {
    bus::memory_params params;
    params.size.set(core::byte_size{256});
    params.latency.set(core::parse<core::duration>("50 ns"));
    params.bandwidth.set(core::parse<core::bandwidth>("1 GB/s"));  // 4 bytes: 54 ns
    return params;
}

/// A player in front of a memory, watched by a checker and a probe.
struct traffic_bench {
    core::context context;
    bus::traffic_player player;
    bus::probe probe{"probe"};
    bus::memory ram{"ram", context, small_memory()};
    std::vector<sc_time> requests;
    sc_time end;

    explicit traffic_bench(const bus::traffic_table& table,
                           const core::context_options& options = {})
        : context(options),
          player("player", context, table) {
        context.service<bus::protocol_checkers>().enable(core::duration{100'000'000'000U});
        bus::connect(context, player.out, probe.in);
        probe.out.bind(ram.in);
        probe.on_request(
            [this](const tlm_generic_payload&, const sc_time& at) { requests.push_back(at); });
        sc_core::sc_spawn([this] {
            sc_core::wait(player.finished());
            end = sc_time_stamp();
        });
    }
    ~traffic_bench() {
        CHECK(outstanding(context) == 0);
        CHECK(context.service<bus::protocol_checkers>().breaches() == 0);
    }
};

const char* const sound_table = R"(
base: 0x10
rows:
  - {access: write, address: 0x0, data: [0x11223344, 0xAABBCCDD]}
  - {address: 0x0, width: 8, expect: [0xAABBCCDD11223344], within: 58 ns}
  - {after: 100 ns, address: 0x1, width: 1, expect: [0x30, 0x02, 0x0F], mask: [0xF0, 0x0F, 0]}
  - {access: idle, after: 20 ns}
  - {at: 1 us, address: 0x4, expect: [0x5A]
    , mask: [0]}
  - {at: 1 us, address: 0xF0, response: address_error}
  - {access: write, width: 2, address: 0xEE, data: [1, 2], response: address_error}
  - {address: 0x8, words: 3}
)";

void check_sound_table(core::coding_style style) {
    traffic_bench b(table_of(sound_table), options_of(style));
    sc_core::sc_start();
    CHECK(b.player.report() == "8 of 8 rows played, 0 mismatches\n");
    CHECK(b.player.passed());
    const std::vector<sc_time> expected{ns(0),         ns(58),        ns(58 + 58 + 100), ns(1000),
                                        ns(1000 + 54), ns(1000 + 54), ns(1000 + 54)};
    CHECK(b.requests == expected);
    CHECK(b.end == ns(1000 + 54 + 62));
}

}  // namespace

TEST_CASE("bus.traffic_player.plays_a_table_from_a_file_lt", "[bus]") {
    check_sound_table(core::coding_style::lt);
}
TEST_CASE("bus.traffic_player.plays_a_table_from_a_file_at", "[bus]") {
    check_sound_table(core::coding_style::at);
}

namespace {
const char* const wrong_table = R"(rows:
  - {access: write, address: 0, data: [1, 2, 3, 4]}
  - {address: 0, expect: [1, 3, 3, 5]}
  - {address: 4, expect: [0x12], mask: [0xFF]}
  - {address: 0x100}
  - {access: write, address: 0, data: [9], response: command_error}
  - {address: 0, expect: [9], within: 53999999 fs}
)";
}

TEST_CASE("bus.traffic_player.every_mismatch_names_its_row", "[bus]") {
    traffic_bench b(table_of(wrong_table));
    sc_core::sc_start();
    CHECK(b.player.done());
    CHECK_FALSE(b.player.passed());
    CHECK(b.player.report() ==
          "t.yaml:3:5: rows[1]: read of 16 bytes at 0x0: 2 of 4 words differ, the first is [1]: "
          "read 0x2, expected 0x3\n"
          "t.yaml:4:5: rows[2]: read of 4 bytes at 0x4: read 0x2, expected 0x12, mask 0xff\n"
          "t.yaml:5:5: rows[3]: read of 4 bytes at 0x100: answered address_error, expected ok\n"
          "t.yaml:6:5: rows[4]: write of 4 bytes at 0x0: answered ok, expected command_error\n"
          "t.yaml:7:5: rows[5]: read of 4 bytes at 0x0: took 54 ns, allowed 53.999999 ns\n"
          "6 of 6 rows played, 5 mismatches\n");
}

TEST_CASE("bus.traffic_player.a_quantum_changes_no_answer", "[bus]") {
    traffic_bench b(table_of(sound_table),
                    options_of(core::coding_style::lt, core::to_fs(sc_time(10, sc_core::SC_US))));
    sc_core::sc_start();
    CHECK(b.player.passed());
    CHECK(b.requests.at(3) == ns(1000));  // annotated: the thread runs ahead
    CHECK(b.end == ns(1000 + 54 + 62));
}

TEST_CASE("bus.traffic_player.a_table_of_the_program_is_checked_too", "[bus]") {
    bus::traffic_row write, read;
    write.access = bus::traffic_access::write;
    write.data = {0x1234};
    write.width = 2;
    read.expect = {0x1235};
    read.width = 2;
    traffic_bench b({0x20, {write, read}});
    bus::traffic_row odd;
    odd.width = 3;
    CHECK_THROWS_WITH((bus::traffic_player{"odd", b.context, {0, {odd}}}),
                      "rows[0].width: 3 is not one of: 1, 2, 4, 8");
    sc_core::sc_start();
    CHECK(b.player.report() ==
          "rows[1]: read of 2 bytes at 0x20: read 0x1234, expected 0x1235\n"
          "2 of 2 rows played, 1 mismatches\n");
}

TEST_CASE("bus.traffic_player.a_row_without_an_answer_is_named", "[bus]") {
    core::context context{options_of(core::coding_style::at)};
    bus::traffic_player player{"player", context, table_of("rows: [{address: 0x8}]")};
    raw_target mute{"mute"};
    player.out.bind(mute.in);
    sc_core::sc_start(sc_time(1, sc_core::SC_US));
    CHECK_FALSE(player.passed());
    CHECK(player.report() ==
          "t.yaml:1:8: rows[0]: has not ended at 1 us\n0 of 1 rows played, 0 mismatches\n");
}

TEST_CASE("bus.traffic_table.mistakes_are_named_with_their_place", "[bus]") {
    CHECK(findings("{}") == "t.yaml:1:1: rows: a table without rows plays nothing: add some");
    CHECK(findings(R"(rows:
  - {access: wirte, address: 0}
  - {access: write, address: 0, expect: [1]}
  - {expect: [1], after: 5}
  - {access: idle, after: 5 ns, address: 0}
  - {address: 0, response: slave_error}
)") == "t.yaml:2:14: rows[0].access: 'wirte' is not one of: read, write, idle\n"
       "t.yaml:3:5: rows[1].data: a write needs words: data: [...]\n"
       "t.yaml:3:33: rows[1]: unknown key 'expect', known: access, at, after, address, width, "
       "data, response, within\n"
       "t.yaml:4:26: rows[2].after: '5' is not a duration: the unit is missing, write a number "
       "and one of: fs, ps, ns, us, ms, s\n"
       "t.yaml:4:5: rows[2]: the key 'address' is missing (integer): Of the first byte; `base` "
       "is added.\n"
       "t.yaml:5:33: rows[3]: unknown key 'address', known: access, at, after\n"
       "t.yaml:6:28: rows[4].response: 'slave_error' is not one of: ok, generic_error, "
       "address_error, command_error, burst_error, byte_enable_error");
    CHECK(findings(R"(rows:
  - {access: write, address: 0}
  - {address: 0, width: 1, expect: [0x100]}
  - {address: 0, expect: [1, 2, 3], mask: [1, 2]}
  - {address: 0, mask: [1]}
  - {address: 0, words: 2, expect: [1]}
  - {address: 0, expect: [1], response: burst_error}
)") == "t.yaml:2:5: rows[0].data: a write needs words: data: [...]\n"
       "t.yaml:3:37: rows[1].expect[0]: 256 does not fit `width` 1: use a larger one\n"
       "t.yaml:4:43: rows[2].mask: has 2 words, allowed 1 or the 3 of `expect`\n"
       "t.yaml:5:24: rows[3].mask: masks nothing: add `expect`\n"
       "t.yaml:6:25: rows[4].words: is the length of `expect` where there is one: leave it "
       "out\n"
       "t.yaml:7:26: rows[5].expect: a read that is answered with burst_error brings no words");
}
