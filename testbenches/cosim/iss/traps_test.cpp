// SPDX-License-Identifier: Apache-2.0
// Is every trap exact: cause, program counter, value, registers, counts?
#include "machine.h"

#include <support/catch.h>

#include <string>

using namespace iss_test;

namespace {

struct expected_trap {
    std::uint64_t cause, pc, value;
    std::uint64_t a0;            ///< how often the program counted
    std::uint64_t instructions;  ///< of the program before the trap
};

/// Runs a program that must trap, whole and by steps, and looks at everything.
template <std::size_t halves, class Prepare>
void check_trap(const std::uint16_t (&program)[halves], const expected_trap& expected,
                Prepare prepare) {
    for (const unsigned xlen : {32U, 64U}) {
        for (const bool steps : {false, true}) {
            INFO("RV" << xlen << (steps ? " by steps" : ""));
            machine m(xlen);
            m.start(program);
            m.trap_to_ebreak();
            m.set(mstatus, 0x8);  // MIE
            prepare(m);
            stop_reason why = stop_reason::stepped;
            for (int i = 0; i < 100 && why == stop_reason::stepped; ++i) {
                why = steps ? m.core->step() : m.core->run(unlimited);
            }
            REQUIRE(why == stop_reason::ebreak);
            CHECK(m.pc() == m.x(mtvec));
            CHECK(m.x(mcause) == expected.cause);
            CHECK(m.x(mepc) == expected.pc);
            CHECK(m.x(mtval) == expected.value);
            CHECK((m.x(mstatus) & 0x1888) == 0x1880);  // MPP = M, MPIE = 1, MIE = 0
            CHECK(m.x(a0) == expected.a0);
            CHECK(m.core->instructions() == expected.instructions);
            std::uint64_t sum = 0;
            for (const std::uint64_t each : m.core->instructions_by_class()) sum += each;
            CHECK(sum == expected.instructions);
        }
    }
}

template <std::size_t halves>
void check_trap(const std::uint16_t (&program)[halves], const expected_trap& expected) {
    check_trap(program, expected, [](machine&) {});
}

constexpr std::uint64_t code = machine::ram, data = machine::ram + 0x1000;

}  // namespace

TEST_CASE("cosim.iss.ecall_traps", "[cosim]") {
    check_trap(programs::ecall_after_one, {11, code + 4, 0, 1, 1});
}

TEST_CASE("cosim.iss.illegal_instructions_trap", "[cosim]") {
    check_trap(programs::illegal_word, {2, code + 4, 0, 1, 1});
    check_trap(programs::illegal_half, {2, code + 4, 0, 1, 1});
    check_trap(programs::time_then_end, {2, code + 4, 0, 5, 1}, [](machine& m) { m.ticks = 5; });
    check_trap(programs::illegal_first, {2, code, 0, 0, 0});
}

TEST_CASE("cosim.iss.ebreak_is_for_its_caller", "[cosim]") {
    machine m(64);
    m.start(programs::ebreak_after_one);
    m.trap_to_ebreak();
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.pc() == code + 4);
    CHECK(m.core->instructions() == 1);
    m.core->trap_ebreak();
    CHECK(m.pc() == m.x(mtvec));
    CHECK(m.x(mcause) == 3);
    CHECK(m.x(mepc) == code + 4);
    CHECK(m.x(mtval) == code + 4);
}

TEST_CASE("cosim.iss.access_faults_are_exact", "[cosim]") {
    // the first of two accesses of the block is sound, the second is not, and the other way round
    check_trap(programs::load_between, {5, code + 8, machine::nowhere + 8, 1, 2}, [](machine& m) {
        m.set(s1, data);
        m.set(s0, machine::nowhere);
        m.set_word(data + 4, 0x55);
    });
    check_trap(programs::load_between, {5, code + 4, machine::nowhere + 4, 1, 1}, [](machine& m) {
        m.set(s1, machine::nowhere);
        m.set(s0, data);
    });
    check_trap(programs::store_between, {7, code + 8, machine::nowhere + 8, 1, 2}, [](machine& m) {
        m.set(s1, data);
        m.set(s0, machine::nowhere);
    });
    check_trap(programs::store_between, {7, code + 4, machine::nowhere + 4, 1, 1}, [](machine& m) {
        m.set(s1, machine::nowhere);
        m.set(s0, data);
    });
    check_trap(programs::amo_device, {5, code, machine::nowhere, 0, 0},
               [](machine& m) { m.set(s0, machine::nowhere); });
}

TEST_CASE("cosim.iss.a_faulting_load_leaves_its_register", "[cosim]") {
    machine m(64);
    m.start(programs::load_between);
    m.trap_to_ebreak();
    m.set(s1, machine::nowhere);
    m.set(a1, 77);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(a1) == 77);
    REQUIRE(m.log.size() == 1);  // the environment was asked once
    CHECK(m.log[0].address == machine::nowhere + 4);
}

TEST_CASE("cosim.iss.faults_behind_a_device_page_in_use", "[cosim]") {
    // after a good access its page is mapped; a fault there comes another way
    machine m(64);
    m.start(programs::load_between);
    m.trap_to_ebreak();
    m.set(s1, machine::device);
    m.set(s0, machine::device + machine::device_bytes - 8);
    m.answer = 9;
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(mcause) == 5);
    CHECK(m.x(mtval) == machine::device + machine::device_bytes);
    CHECK(m.x(mepc) == code + 8);
    CHECK(m.x(a1) == 9);
    m.core->reset(code);
    m.trap_to_ebreak();
    m.set(s1, machine::device + machine::device_bytes);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(mepc) == code + 4);
    CHECK(m.x(mtval) == machine::device + machine::device_bytes + 4);
}

TEST_CASE("cosim.iss.misaligned_device_accesses_trap", "[cosim]") {
    check_trap(programs::load_between, {4, code + 8, machine::device + 10, 1, 2}, [](machine& m) {
        m.set(s1, data);
        m.set(s0, machine::device + 2);
    });
    check_trap(programs::store_between, {6, code + 4, machine::device + 5, 1, 1}, [](machine& m) {
        m.set(s1, machine::device + 1);
        m.set(s0, data);
    });
}

TEST_CASE("cosim.iss.misaligned_memory_accesses_work", "[cosim]") {
    machine m(64);
    m.start(programs::load_between);
    for (std::uint32_t i = 0; i < 16; ++i) m.memory[0x1FFC + i] = static_cast<std::uint8_t>(i);
    m.set(s1, machine::ram + 0x1FF9);  // 4 bytes at 0x1FFD: across a page
    m.set(s0, machine::ram + 0x2001 - 8);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(a1) == 0x0403'0201);
    CHECK(m.x(a2) == 0x0807'0605);
}

TEST_CASE("cosim.iss.accesses_across_the_end_of_memory_trap", "[cosim]") {
    check_trap(programs::load_between, {5, code + 4, machine::ram + machine::ram_bytes, 1, 1},
               [](machine& m) {
                   m.set(s1, machine::ram + machine::ram_bytes - 2 - 4);
                   m.set(s0, data);
               });
    check_trap(programs::store_between, {7, code + 8, machine::ram + machine::ram_bytes, 1, 2},
               [](machine& m) {
                   m.set(s1, data);
                   m.set(s0, machine::ram + machine::ram_bytes - 2 - 8);
               });
}

TEST_CASE("cosim.iss.stores_to_read_only_memory_trap", "[cosim]") {
    check_trap(programs::store_between, {7, code + 8, machine::rom + 8, 1, 2}, [](machine& m) {
        m.set(s1, data);
        m.set(s0, machine::rom);
    });
    machine m(64);
    m.start(programs::store_between);
    m.trap_to_ebreak();
    m.set(s1, machine::rom);
    m.set(a1, 1);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.log.empty());
    CHECK(m.fixed[4] == 0);
}

TEST_CASE("cosim.iss.runs_code_in_read_only_memory", "[cosim]") {
    machine m(64);
    m.start(programs::load_between, machine::rom);
    m.set(s1, data);
    m.set(s0, machine::rom);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(a0) == 2);
}

TEST_CASE("cosim.iss.fetch_faults_are_exact", "[cosim]") {
    check_trap(programs::jump_away, {1, machine::nowhere, machine::nowhere, 1, 2},
               [](machine& m) { m.set(s0, machine::nowhere); });
    // devices hold no instructions
    check_trap(programs::jump_away, {1, machine::device, machine::device, 1, 2},
               [](machine& m) { m.set(s0, machine::device); });
}

TEST_CASE("cosim.iss.fetch_faults_in_a_device_page_in_use", "[cosim]") {
    machine m(64);
    m.start(programs::load_between);
    m.set(s1, machine::device);
    m.set(s0, machine::device);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    m.start(programs::jump_away);
    m.trap_to_ebreak();
    m.set(s0, machine::device);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(mcause) == 1);
    CHECK(m.x(mepc) == machine::device);
}

TEST_CASE("cosim.iss.traps_at_the_end_of_memory", "[cosim]") {
    const std::uint64_t end = machine::ram + machine::ram_bytes;
    for (const bool steps : {false, true}) {
        const auto go = [steps](machine& m) {
            stop_reason why = stop_reason::stepped;
            for (int i = 0; i < 10 && why == stop_reason::stepped; ++i) {
                why = steps ? m.core->step() : m.core->run(unlimited);
            }
            return why;
        };
        INFO((steps ? "by steps" : "whole"));
        machine m(64);
        m.put(programs::handler_ebreak, machine::ram);
        constexpr std::uint16_t call[] = {0x0073, 0x0000}, none[] = {0x705b, 0x0000},
                                nop[] = {0x0013, 0x0000}, first_half[] = {0x0013};
        m.start(call, end - 4);
        m.set(mtvec, machine::ram);
        REQUIRE(go(m) == stop_reason::ebreak);
        CHECK(m.x(mcause) == 11);
        CHECK(m.x(mepc) == end - 4);
        m.start(none, end - 4);
        m.set(mtvec, machine::ram);
        REQUIRE(go(m) == stop_reason::ebreak);
        CHECK(m.x(mcause) == 2);
        CHECK(m.x(mepc) == end - 4);
        m.start(nop, end - 4);  // runs on into nothing
        m.set(mtvec, machine::ram);
        REQUIRE(go(m) == stop_reason::ebreak);
        CHECK(m.x(mcause) == 1);
        CHECK(m.x(mepc) == end);
        CHECK(m.x(mtval) == end);
        m.start(first_half, end - 2);  // an instruction with half of it in nothing
        m.set(mtvec, machine::ram);
        REQUIRE(go(m) == stop_reason::ebreak);
        CHECK(m.x(mcause) == 1);
        CHECK(m.x(mepc) == end - 2);
        CHECK(m.x(mtval) == end);
        CHECK(m.core->instructions() == 1);  // the NOP
    }
}

TEST_CASE("cosim.iss.a_handler_that_cannot_be_fetched_locks_up", "[cosim]") {
    for (const bool steps : {false, true}) {
        machine m(64);
        m.start(programs::ecall_after_one);
        m.set(mtvec, machine::nowhere);
        stop_reason why = stop_reason::stepped;
        for (int i = 0; i < 10 && why == stop_reason::stepped; ++i) {
            why = steps ? m.core->step() : m.core->run(unlimited);
        }
        CHECK(why == stop_reason::locked_up);
        CHECK(m.pc() == machine::nowhere);
        CHECK(m.x(mcause) == 11);
        CHECK(m.x(mepc) == code + 4);
    }
}
