// SPDX-License-Identifier: Apache-2.0
// riscv_cpu: time, sleep, interrupts, semihosting, reset, debuggers; whatever quantum and style.
#include "cpu_bench.h"

#include <support/catch.h>
#include <support/child.h>
#include <nlohmann/json.hpp>

#include <utility>

using namespace cpu_test;

namespace {

constexpr unsigned a0 = 10, s2 = 18, s3 = 19, s5 = 21;
constexpr unsigned mcause = cpu::register_number::csr(0x342);

sc_time us(double n) {
    return {n, sc_core::SC_US};
}

/// What a run of timer_rounds leaves: registers, counts, then times, which may depend on the
/// quantum.
std::vector<std::uint64_t> timer_rounds(std::uint64_t quantum_fs, core::coding_style style) {
    cpu_bench b(with_quantum(quantum_fs, style));
    b.load(programs::timer_rounds, 50);
    b.run(us(1000), [] { sc_core::wait(us(200)); });
    std::vector<std::uint64_t> seen{b.x(s2)};
    for (const std::uint64_t each : b.core.iss().instructions_by_class()) seen.push_back(each);
    seen.push_back(b.core.iss().cycles());
    seen.push_back(b.x(cpu::register_number::pc));
    const auto stats = b.context.statistics().json()["bench"]["core"];
    for (const char* name : {"instructions", "cycles", "device_loads", "device_stores", "sleeps"}) {
        seen.push_back(stats[name].get<std::uint64_t>());
    }
    seen.push_back(b.x(s5));  // the last
    return seen;
}

class script : public cpu::debug_agent {
public:
    std::vector<action> answers;
    std::vector<std::pair<cpu::stop_reason, std::uint64_t>> stops;
    bool wants = false, over = false;
    std::uint64_t asked = 0;

    action stopped(cpu::riscv_cpu& cpu, cpu::stop_reason why) override {
        stops.emplace_back(why, cpu.iss().read_register(cpu::register_number::pc));
        wants = false;
        return stops.size() <= answers.size() ? answers[stops.size() - 1] : action::detach;
    }
    bool wants_stop(cpu::riscv_cpu&) override {
        ++asked;
        return wants;
    }
    void ended(cpu::riscv_cpu&) override { over = true; }
};

}  // namespace

TEST_CASE("cosim.cpu.semihosting", "[cosim]") {
    cpu_bench b;
    b.load(programs::semihost);
    constexpr std::uint64_t texts = 128;
    b.put_word(texts, 0x0000'6968);      // "hi"
    b.put_word(texts + 4, 0x0000'0021);  // "!"
    b.put_word(texts + 8, 0x20026);      // ADP_Stopped_ApplicationExit
    b.put_word(texts + 16, 7);
    b.run(us(10), [&] {
        sc_core::wait(b.core.ended_event());
        REQUIRE(b.core.ended());
        CHECK(b.core.ended()->reason == cpu::riscv_cpu::ending::how::exited);
        CHECK(b.core.ended()->code == 7);
    });
    CHECK(b.console == "hi!");
    CHECK(b.x(s2) == 0);                  // centiseconds
    CHECK(b.x(s3) == ~std::uint64_t{0});  // an unknown call
    CHECK(b.core.progress() == "has ended");
}

TEST_CASE("cosim.cpu.an_ebreak_alone_traps", "[cosim]") {
    cpu_bench b;
    b.load(programs::plain_ebreak);
    b.run(us(10), [] { sc_core::wait(us(1)); });
    CHECK(b.x(s2) == 3);
    CHECK(b.x(s3) == cpu_bench::ram + 12);
    CHECK_FALSE(b.core.ended());
}

TEST_CASE("cosim.cpu.says_that_it_is_locked_up", "[cosim]") {
    cpu_bench b;
    b.load(programs::locks_up);
    b.run(us(10), [&] { sc_core::wait(b.core.ended_event()); });
    REQUIRE(b.core.ended());
    CHECK(b.core.ended()->reason == cpu::riscv_cpu::ending::how::locked_up);
    CHECK(b.core.ended()->text ==
          "no instruction can be fetched at the trap handler 0x0; the trap: mcause 0xb, mepc "
          "0x80000000, mtval 0x0");
}

TEST_CASE("cosim.cpu.time_is_cycles", "[cosim]") {
    cpu_bench b;
    b.load(programs::two_harts);
    b.run(us(100), [&] {
        sc_core::wait(us(50));
        // 4 + 5000 instructions and a WFI; load 2, system 4, the other 1 cycle; taken 2
        CHECK(b.core.iss().instructions() == 4 + 5000 + 1);
        CHECK(b.core.iss().cycles() == 4 + 1000 * 6 + 999 * 2 + 4);
        CHECK(b.core.progress() == "asleep at 0x80000028 after 5005 instructions");
    });
    CHECK(b.word(0x1004) == 1000 * 1001 / 2);
    const auto stats = b.context.statistics().json()["bench"]["core"];
    CHECK(stats["device_loads"] == 0);  // memory by DMI
    CHECK(stats["sleeps"] == 1);
}

TEST_CASE("cosim.cpu.two_cores_share_a_bus", "[cosim]") {
    cpu_bench b(with_quantum(microsecond_fs));
    b.load(programs::two_harts);
    b.run(us(100), [&] {
        b.hold.write(false);
        sc_core::wait(us(50));
    });
    CHECK(b.word(0x1004) == 500'500);
    CHECK(b.word(0x100C) == 500'500);
    CHECK(b.second.iss().instructions() == b.core.iss().instructions());
}

TEST_CASE("cosim.cpu.timer_wakes_in_time", "[cosim]") {
    cpu_bench b;
    b.load(programs::timer_rounds, 50);
    b.run(us(1000), [&] {
        sc_core::wait(b.timer[0].posedge_event());
        CHECK(sc_time_stamp() == us(5));
        CHECK(b.x(s2) == 0);
        sc_core::wait(us(0.2));
        CHECK(b.x(s2) == 1);
        sc_core::wait(us(200));
        CHECK(b.x(s2) == 10);
        CHECK(b.x(s5) == 10 * 50);  // the handler and what follows take less than a tick
    });
}

TEST_CASE("cosim.cpu.does_not_depend_on_quantum_and_style", "[cosim]") {
    const auto in_child = [](std::uint64_t quantum_fs, core::coding_style style) {
        return support::in_child([=] { return timer_rounds(quantum_fs, style); });
    };
    const auto first = in_child(0, core::coding_style::lt);
    CHECK(first[0] == 10);
    CHECK(in_child(0, core::coding_style::lt) == first);
    const auto counts = [](std::vector<std::uint64_t> all) {
        all.pop_back();
        return all;
    };
    CHECK(counts(in_child(0, core::coding_style::at)) == counts(first));
    for (const std::uint64_t quantum_fs : {100'000'000U, 1'000'000'000U, 4'000'000'000U}) {
        INFO(quantum_fs);
        CHECK(counts(in_child(quantum_fs, core::coding_style::lt)) == counts(first));
    }
}

TEST_CASE("cosim.cpu.reset_starts_again", "[cosim]") {
    cpu_bench b;
    b.load(programs::count_starts);
    b.run(us(100), [&] {
        sc_core::wait(us(1));
        CHECK(b.word(0x1000) == 1);
        b.rst.write(true);
        sc_core::wait(us(1));
        CHECK(b.word(0x1000) == 1);
        b.rst.write(false);
        sc_core::wait(us(1));
        CHECK(b.word(0x1000) == 2);
    });
}

TEST_CASE("cosim.cpu.reset_after_the_end_starts_again", "[cosim]") {
    cpu_bench b;
    b.load(programs::locks_up);
    b.run(us(100), [&] {
        sc_core::wait(us(1));
        REQUIRE(b.core.ended());
        b.rst.write(true);
        sc_core::wait(us(1));
        b.load(programs::count_starts);
        b.core.iss().code_changed(cpu_bench::ram, cpu_bench::ram + 64);
        b.rst.write(false);
        sc_core::wait(us(1));
        CHECK_FALSE(b.core.ended());
        CHECK(b.word(0x1000) == 1);
    });
}

TEST_CASE("cosim.cpu.asks_its_debugger", "[cosim]") {
    cpu_bench b;
    script agent;
    using action = cpu::debug_agent::action;
    agent.answers = {action::step, action::step, action::run};
    b.load(programs::debugged);
    b.core.attach(agent);
    b.core.iss().set_breakpoint(cpu_bench::ram + 16);
    b.run(us(100), [&] { sc_core::wait(us(10)); });
    using cpu::stop_reason;
    REQUIRE(agent.stops.size() == 4);
    CHECK(agent.stops[0] == std::pair(stop_reason::requested, cpu_bench::ram));
    CHECK(agent.stops[1] == std::pair(stop_reason::stepped, cpu_bench::ram + 4));
    CHECK(agent.stops[2] == std::pair(stop_reason::stepped, cpu_bench::ram + 8));
    CHECK(agent.stops[3] == std::pair(stop_reason::breakpoint, cpu_bench::ram + 16));
    CHECK(b.x(a0) == 0);  // detached, it has gone on to the semihosting call
    CHECK(b.core.ended());
}

TEST_CASE("cosim.cpu.a_breakpoint_in_a_loop_stops_each_time", "[cosim]") {
    cpu_bench b;
    script agent;
    agent.answers = std::vector<cpu::debug_agent::action>(10, cpu::debug_agent::action::run);
    b.load(programs::two_harts);
    b.core.attach(agent);
    b.core.iss().set_breakpoint(cpu_bench::ram + 20);
    b.run(us(100), [&] { sc_core::wait(us(50)); });
    CHECK(agent.stops.size() == 11);  // the start, ten rounds; nobody watches any more
    CHECK(b.word(0x1004) == 500'500);
    CHECK(b.core.iss().instructions() == 5005);
}

TEST_CASE("cosim.cpu.an_ebreak_traps_after_its_debugger", "[cosim]") {
    cpu_bench b;
    script agent;
    using action = cpu::debug_agent::action;
    agent.answers = {action::run, action::run};
    b.load(programs::plain_ebreak);
    b.core.attach(agent);
    b.run(us(100), [&] { sc_core::wait(us(10)); });
    REQUIRE(agent.stops.size() == 2);
    CHECK(agent.stops[1] == std::pair(cpu::stop_reason::ebreak, cpu_bench::ram + 12));
    CHECK(b.x(s2) == 3);
}

TEST_CASE("cosim.cpu.a_debugger_can_stop_a_sleeping_core", "[cosim]") {
    cpu_bench b;
    script agent;
    agent.answers = {cpu::debug_agent::action::run};
    b.load(programs::count_starts);
    b.core.attach(agent);
    b.run({1, sc_core::SC_SEC}, [&] {
        sc_core::wait({20, sc_core::SC_MS});
        CHECK(agent.stops.size() == 1);
        agent.wants = true;
        sc_core::wait({2, sc_core::SC_MS});
        CHECK(agent.stops.size() == 2);  // it detaches
        const std::uint64_t asked = agent.asked;
        sc_core::wait({20, sc_core::SC_MS});
        CHECK(agent.asked == asked);
    });
    CHECK(b.x(mcause) == 0);
}
