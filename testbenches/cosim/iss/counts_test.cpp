// SPDX-License-Identifier: Apache-2.0
// Are instructions and cycles what one counts by hand, however the run is divided?
#include "machine.h"

#include <support/catch.h>

using namespace iss_test;

namespace {

/// The sum of cycles of the classes, `taken` jumps and `traps`.
std::uint64_t cycles_of(const machine& m, std::uint64_t taken, std::uint64_t traps = 0) {
    const cpu::cycle_model model = distinct_cycles();
    std::uint64_t sum = taken * model.taken + traps * model.trap;
    const auto counts = m.core->instructions_by_class();
    for (std::size_t i = 0; i < counts.size(); ++i) sum += counts[i] * model.cycles[i];
    return sum;
}

/// Runs up to an EBREAK in budgets of `budget`, 0 = by steps.
void run_divided(machine& m, std::uint64_t budget) {
    for (int guard = 0; guard < 2'000'000; ++guard) {
        const stop_reason why = budget == 0 ? m.core->step() : m.core->run(budget);
        if (why == stop_reason::ebreak) return;
        REQUIRE(why == (budget == 0 ? stop_reason::stepped : stop_reason::budget));
    }
    FAIL("no EBREAK");
}

constexpr std::uint64_t budgets[] = {0, 1, 2, 7, 1000, unlimited};

}  // namespace

TEST_CASE("cosim.iss.counts_equal_hand_counts", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        INFO("RV" << xlen);
        machine m(xlen);
        m.start(programs::classes);
        REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
        CHECK(m.pc() == machine::ram + 0x30);
        CHECK(m.count(instruction_class::alu) == 2 + 2 * 10);
        for (const auto kind :
             {instruction_class::load, instruction_class::store, instruction_class::multiply,
              instruction_class::divide, instruction_class::atomic, instruction_class::system,
              instruction_class::branch}) {
            INFO(cpu::to_string(kind));
            CHECK(m.count(kind) == 10);
        }
        CHECK(m.count(instruction_class::jump) == 2);
        CHECK(m.count(instruction_class::floating) == 0);
        CHECK(m.core->instructions() == 22 + 70 + 2);
        CHECK(m.core->cycles() ==
              22 * 1 + 10 * (2 + 3 + 11 + 13 + 17 + 19 + 5) + 2 * 7 + (9 + 2) * 31);  // jumps taken
        CHECK(m.log.empty());
    }
}

TEST_CASE("cosim.iss.counts_compressed_instructions", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        INFO("RV" << xlen);
        for (const std::uint64_t budget : budgets) {
            machine m(xlen);
            m.start(programs::compressed);
            m.set(sp, machine::ram + 0x100);
            run_divided(m, budget);
            CHECK(m.x(a0) == 5 + 4 + 3 + 2 + 1 + 0);
            CHECK(m.count(instruction_class::alu) == 2 + 5 * 2);
            CHECK(m.count(instruction_class::load) == 5);
            CHECK(m.count(instruction_class::store) == 5);
            CHECK(m.count(instruction_class::branch) == 5);
            CHECK(m.count(instruction_class::jump) == 1);
            CHECK(m.core->cycles() == cycles_of(m, 4 + 1));
        }
    }
}

TEST_CASE("cosim.iss.counts_floating_point", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        INFO("RV" << xlen);
        machine m(xlen, true);
        m.start(programs::floats);
        m.set(mstatus, 0x6000);  // FS
        m.set(s0, machine::ram + 0x1000);
        m.set_word(machine::ram + 0x1004, 0x4008'0000);  // 3.0
        REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
        CHECK(m.word(machine::ram + 0x100C) == 0x4018'0000);  // 6.0
        CHECK(m.word(machine::ram + 0x1014) == 0x4000'0000);  // 2.0
        CHECK(m.count(instruction_class::floating) == 1);
        CHECK(m.count(instruction_class::float_divide) == 2);
        CHECK(m.count(instruction_class::load) == 1);
        CHECK(m.count(instruction_class::store) == 2);
        if (xlen == 64) CHECK(m.x(register_number::f0 + 10) == 0x4018'0000'0000'0000);
    }
}

TEST_CASE("cosim.iss.floating_point_without_mstatus_fs_is_illegal", "[cosim]") {
    machine m(64, true);
    m.start(programs::floats);
    m.trap_to_ebreak();
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(mcause) == 2);
    CHECK(m.x(mepc) == machine::ram);
    CHECK(m.core->instructions() == 0);
}

TEST_CASE("cosim.iss.does_not_depend_on_budgets", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        std::vector<std::uint64_t> first;
        for (const std::uint64_t budget : budgets) {
            INFO("RV" << xlen << ", budget " << budget);
            machine m(xlen);
            m.answer = 3;
            m.start(programs::mixed);
            m.set(s0, machine::device + 0x10);
            run_divided(m, budget);
            if (first.empty()) {
                first = m.state();
                CHECK(m.log.size() == 200);
                CHECK(m.count(instruction_class::load) == 200);
                CHECK(m.core->instructions() > 50'000);
            }
            CHECK(m.state() == first);
        }
    }
}

TEST_CASE("cosim.iss.device_accesses_have_the_same_cycles_in_every_run", "[cosim]") {
    std::vector<machine::access> first;
    for (const std::uint64_t budget : {std::uint64_t{1}, std::uint64_t{7}, unlimited, unlimited}) {
        machine m(64);
        m.start(programs::mixed);
        m.set(s0, machine::device);
        run_divided(m, budget);
        if (first.empty()) first = m.log;
        CHECK(m.log == first);
    }
}

TEST_CASE("cosim.iss.mixes_steps_and_runs", "[cosim]") {
    machine whole(64), mixed(64);
    for (machine* m : {&whole, &mixed}) {
        m->start(programs::mixed);
        m->set(s0, machine::device);
    }
    run_divided(whole, unlimited);
    stop_reason why = stop_reason::budget;
    for (int i = 0; why != stop_reason::ebreak; ++i) {
        why = i % 20 == 0 ? mixed.core->run(static_cast<std::uint64_t>(i)) : mixed.core->step();
        REQUIRE(i < 200'000);
    }
    CHECK(mixed.state() == whole.state());
}

TEST_CASE("cosim.iss.reads_counters_and_identity", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        for (const std::uint64_t budget : budgets) {
            INFO("RV" << xlen << ", budget " << budget);
            machine m(xlen, true, 3);
            m.ticks = 0x1234;
            m.start(programs::counters);
            m.core->set_interrupt(interrupt_line::timer, true);
            run_divided(m, budget);
            CHECK(m.x(a0) == 19);  // the reading instruction counts
            CHECK(m.x(a1) == 2);
            CHECK(m.x(a2) == 0x1234);
            CHECK(m.x(a3) == 1U << 7U);
            CHECK(m.x(a4) == 3);
            const std::uint64_t extensions = 0x1105 | 0x28;  // I M A C, F D
            CHECK(m.x(a5) == (xlen == 32 ? 0x4000'0000 : std::uint64_t{2} << 62U) + extensions);
            CHECK(m.x(a6) == 7 * 19);
            CHECK(m.x(a7) == 8);
            CHECK(m.x(s2) == 9 * 19 + 7 + 31);  // behind a jump
            CHECK(m.x(register_number::csr(0xF14)) == 3);
            CHECK(m.x(register_number::csr(0xB02)) == 10);
        }
    }
}

TEST_CASE("cosim.iss.ignores_writes_to_counters_and_mip", "[cosim]") {
    constexpr std::uint16_t writes[] = {
        0x1073, 0xB005,  // csrrw zero, mcycle, a0
        0x25F3, 0xB020,  // csrrs a1, minstret, zero
        0x1073, 0x3445,  // csrrw zero, mip, a0
        0x2673, 0x3440,  // csrrs a2, mip, zero
        0x0073, 0x0010   // ebreak
    };
    for (const unsigned xlen : {32U, 64U}) {
        for (const std::uint64_t budget : budgets) {
            INFO("RV" << xlen << ", budget " << budget);
            machine m(xlen);
            m.start(writes);
            m.set(a0, 0xFFF);
            run_divided(m, budget);
            CHECK(m.x(a1) == 2);
            CHECK(m.x(a2) == 0);
            CHECK_FALSE(m.core->interrupt_pending());
            CHECK(m.core->cycles() == 4 * 19);
        }
    }
}

TEST_CASE("cosim.iss.stops_at_breakpoints", "[cosim]") {
    machine m(64);
    m.start(programs::classes);
    const std::uint64_t inside = machine::ram + 0x14;  // MUL, amid a block
    m.core->set_breakpoint(inside);
    for (int round = 0; round < 10; ++round) {
        REQUIRE(m.core->run(unlimited) == stop_reason::breakpoint);
        CHECK(m.pc() == inside);
        CHECK(m.count(instruction_class::multiply) == static_cast<std::uint64_t>(round));
        CHECK(m.core->run(unlimited) == stop_reason::breakpoint);  // again: not executed
        CHECK(m.core->step() == stop_reason::stepped);
        CHECK(m.pc() == inside + 4);
    }
    m.core->clear_breakpoint(inside);
    CHECK(m.core->run(unlimited) == stop_reason::ebreak);
    machine undisturbed(64);
    undisturbed.start(programs::classes);
    REQUIRE(undisturbed.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.state() == undisturbed.state());
}

TEST_CASE("cosim.iss.two_cores_do_not_meet", "[cosim]") {
    machine one(64), two(32), alone(64), alone32(32);
    for (machine* m : {&one, &two, &alone, &alone32}) {
        m->start(programs::mixed);
        m->set(s0, machine::device);
    }
    bool done_one = false, done_two = false;
    for (int i = 0; !(done_one && done_two); ++i) {
        REQUIRE(i < 1'000'000);
        if (!done_one) done_one = one.core->run(50) == stop_reason::ebreak;
        if (!done_two) done_two = two.core->run(33) == stop_reason::ebreak;
    }
    run_divided(alone, unlimited);
    run_divided(alone32, unlimited);
    CHECK(one.state() == alone.state());
    CHECK(two.state() == alone32.state());
    CHECK(one.log == alone.log);
}

TEST_CASE("cosim.iss.reset_starts_again", "[cosim]") {
    machine m(64);
    m.start(programs::endless);
    m.set(mtvec, machine::ram);
    m.set(mie, 0x888);
    CHECK(m.core->run(1000) == stop_reason::budget);
    CHECK(m.x(a0) != 0);
    const std::uint64_t before = m.core->instructions();
    m.core->reset(machine::ram);
    CHECK(m.x(a0) == 0);
    CHECK(m.x(mtvec) == 0);
    CHECK(m.x(mie) == 0);
    CHECK(m.pc() == machine::ram);
    CHECK(m.core->instructions() == before);
}
