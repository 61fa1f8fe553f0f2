// SPDX-License-Identifier: Apache-2.0
// Are interrupts taken when, and only when, they should be; does WFI sleep and wake?
#include "machine.h"

#include <support/catch.h>

using namespace iss_test;

namespace {

constexpr std::uint64_t enabled = 0x8;  // mstatus.MIE
constexpr std::uint64_t bit_of(interrupt_line line) {
    return std::uint64_t{1} << static_cast<unsigned>(line);
}
constexpr std::uint64_t all_lines = 0x888;

std::uint64_t cause_of(unsigned xlen, interrupt_line line) {
    return (std::uint64_t{1} << (xlen - 1)) | static_cast<std::uint64_t>(line);
}

}  // namespace

TEST_CASE("cosim.iss.takes_each_interrupt", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        for (const auto line :
             {interrupt_line::software, interrupt_line::timer, interrupt_line::external}) {
            INFO("RV" << xlen << " line " << static_cast<unsigned>(line));
            machine m(xlen);
            m.start(programs::endless);
            m.trap_to_ebreak();
            m.set(mstatus, enabled);
            m.set(mie, bit_of(line));
            CHECK(m.core->run(1000) == stop_reason::budget);
            m.core->set_interrupt(line, true);
            const std::uint64_t at = m.pc(), cycles = m.core->cycles();
            const std::uint64_t counted = m.x(a0);
            REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
            CHECK(m.x(mcause) == cause_of(xlen, line));
            CHECK(m.x(mepc) == at);
            CHECK(m.x(mtval) == 0);
            CHECK(m.x(a0) == counted);
            CHECK((m.x(mstatus) & 0x1888) == 0x1880);
            CHECK(m.core->cycles() == cycles + distinct_cycles().trap);
        }
    }
}

TEST_CASE("cosim.iss.masked_interrupts_wait", "[cosim]") {
    machine m(64);
    m.start(programs::endless);
    m.trap_to_ebreak();
    m.core->set_interrupt(interrupt_line::timer, true);
    m.set(mstatus, enabled);
    m.set(mie, bit_of(interrupt_line::external));
    CHECK(m.core->run(1000) == stop_reason::budget);
    CHECK_FALSE(m.core->interrupt_pending());
    m.set(mie, bit_of(interrupt_line::timer));
    m.set(mstatus, 0);
    CHECK(m.core->interrupt_pending());
    CHECK(m.core->run(1000) == stop_reason::budget);
    m.core->set_interrupt(interrupt_line::timer, false);
    m.set(mstatus, enabled);
    CHECK(m.core->run(1000) == stop_reason::budget);  // gone before anybody looked
    m.core->set_interrupt(interrupt_line::timer, true);
    CHECK(m.core->run(1000) == stop_reason::ebreak);
}

TEST_CASE("cosim.iss.external_before_software_before_timer", "[cosim]") {
    machine m(64);
    m.start(programs::endless);
    m.trap_to_ebreak();
    m.set(mie, all_lines);
    for (const auto line :
         {interrupt_line::timer, interrupt_line::software, interrupt_line::external}) {
        m.core->set_interrupt(line, true);
    }
    for (const auto line :
         {interrupt_line::external, interrupt_line::software, interrupt_line::timer}) {
        m.set(mstatus, enabled);
        m.set(register_number::pc, machine::ram);
        REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
        CHECK(m.x(mcause) == cause_of(64, line));
        m.core->set_interrupt(line, false);
    }
}

TEST_CASE("cosim.iss.vectored_handlers", "[cosim]") {
    machine m(64);
    m.start(programs::endless);
    const std::uint64_t table = machine::ram + 0x800;
    for (const std::uint64_t n : {0U, 3U, 7U, 11U}) m.put(programs::handler_ebreak, table + 4 * n);
    m.set(mtvec, table | 1U);
    m.set(mie, all_lines);
    for (const auto line :
         {interrupt_line::software, interrupt_line::timer, interrupt_line::external}) {
        m.set(mstatus, enabled);
        m.set(register_number::pc, machine::ram);
        m.core->set_interrupt(line, true);
        REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
        CHECK(m.pc() == table + 4 * static_cast<std::uint64_t>(line));
        m.core->set_interrupt(line, false);
    }
    m.start(programs::ecall_after_one);  // exceptions go to the base
    m.set(mtvec, table | 1U);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.pc() == table);
}

TEST_CASE("cosim.iss.there_is_no_other_mode_than_machine_mode", "[cosim]") {
    constexpr std::uint64_t machine_mode = 3U << 11U;
    for (const bool steps : {false, true}) {
        machine m(64);
        m.start(programs::leave_machine_mode);
        m.put(programs::return_handler, machine::ram + 0x800);
        m.set(mtvec, machine::ram + 0x800);
        m.set(s10, machine::device);
        bool trapped = false;
        m.then = [&](const machine::access&) {
            trapped = true;
            m.core->request_stop();
        };
        for (int i = 0; i < 40 && !trapped; ++i) {
            if (steps) {
                REQUIRE(m.core->step() == stop_reason::stepped);
            } else {
                m.core->run(100);
            }
        }
        CHECK(trapped);
        CHECK((m.x(a3) & machine_mode) == machine_mode);
        CHECK(m.x(a1) == machine::ram + 0x18);  // the odd bit is gone
        CHECK((m.x(a2) & machine_mode) == machine_mode);
        constexpr unsigned t6 = 31;
        CHECK(m.x(t6) == 11);  // a handler was found, the cause is ECALL from machine mode
    }
}

TEST_CASE("cosim.iss.mret_goes_back_and_enables", "[cosim]") {
    for (const bool steps : {false, true}) {
        machine m(64);
        m.start(programs::endless);
        m.put(programs::return_handler, machine::ram + 0x800);
        m.set(mtvec, machine::ram + 0x800);
        m.set(mie, all_lines);
        m.set(mstatus, enabled);
        m.set(s10, machine::device);
        m.core->set_interrupt(interrupt_line::external, true);
        int rounds = 0;
        m.then = [&](const machine::access&) {  // the handler acknowledges; twice in vain
            if (++rounds == 3) m.core->set_interrupt(interrupt_line::external, false);
        };
        for (int i = 0; i < 40; ++i) {
            REQUIRE((steps ? m.core->step() : m.core->run(10)) ==
                    (steps ? stop_reason::stepped : stop_reason::budget));
        }
        CHECK(m.x(s11) == 3);
        CHECK(m.x(mepc) == machine::ram);
        CHECK((m.x(mstatus) & enabled) != 0);
        CHECK(m.x(a0) > 2);
    }
}

TEST_CASE("cosim.iss.enabling_takes_what_is_pending", "[cosim]") {
    for (const bool steps : {false, true}) {
        machine m(64);
        m.start(programs::enable_interrupts);
        m.trap_to_ebreak();
        m.set(mie, all_lines);
        m.core->set_interrupt(interrupt_line::software, true);
        stop_reason why = stop_reason::stepped;
        for (int i = 0; i < 10 && why == stop_reason::stepped; ++i) {
            why = steps ? m.core->step() : m.core->run(unlimited);
        }
        REQUIRE(why == stop_reason::ebreak);
        CHECK(m.x(mepc) == machine::ram + 8);  // right behind the CSR access
        CHECK(m.x(a0) == 1);
    }
}

TEST_CASE("cosim.iss.an_interrupt_raised_by_a_store_follows_its_block", "[cosim]") {
    machine m(64);
    m.start(programs::store_then_spin);
    m.trap_to_ebreak();
    m.set(mie, all_lines);
    m.set(mstatus, enabled);
    m.set(s0, machine::device);
    m.then = [&](const machine::access&) { m.core->set_interrupt(interrupt_line::external, true); };
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.log.size() == 1);  // the store happened once
    CHECK(m.x(mepc) == machine::ram + 16);
    CHECK(m.x(a0) == 2);
    CHECK(m.core->instructions() == 4);
}

TEST_CASE("cosim.iss.wfi_waits_and_wakes", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        machine m(xlen);
        m.start(programs::wait_then_count);
        m.trap_to_ebreak();
        m.set(mie, bit_of(interrupt_line::timer));
        REQUIRE(m.core->run(unlimited) == stop_reason::waiting);
        CHECK(m.pc() == machine::ram + 4);
        CHECK(m.core->instructions() == 1);
        m.core->set_interrupt(interrupt_line::external, true);  // not enabled: sleeps on
        CHECK_FALSE(m.core->interrupt_pending());
        m.core->set_interrupt(interrupt_line::timer, true);
        CHECK(m.core->interrupt_pending());
        REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);  // MIE off: no trap
        CHECK(m.x(a0) == 1);
        CHECK(m.x(mcause) == 0);
        CHECK(m.pc() == machine::ram + 8);
    }
}

TEST_CASE("cosim.iss.wfi_divides_its_block", "[cosim]") {
    machine m(64);
    m.start(programs::wait_in_loop);
    m.set(mie, all_lines);
    m.set(a2, 1234);
    for (std::uint64_t round = 1; round < 5; ++round) {
        REQUIRE(m.core->run(unlimited) == stop_reason::waiting);
        CHECK(m.x(a0) == round);
        CHECK(m.x(a1) == round - 1);
        CHECK(m.x(a2) == (round == 1 ? 1234 : 20 + (round - 2) * 78 + 20));
        CHECK(m.core->instructions() == 2 + 5 * (round - 1));
        CHECK(m.core->cycles() == 20 + 78 * (round - 1));  // 5 instructions and a jump
        m.core->set_interrupt(interrupt_line::timer, true);
        REQUIRE(m.core->run(1) == stop_reason::budget);
        m.core->set_interrupt(interrupt_line::timer, false);
    }
}

TEST_CASE("cosim.iss.wfi_wakes_into_the_handler", "[cosim]") {
    machine m(64);
    m.start(programs::wait_then_count);
    m.trap_to_ebreak();
    m.set(mie, all_lines);
    m.set(mstatus, enabled);
    REQUIRE(m.core->run(unlimited) == stop_reason::waiting);
    m.core->set_interrupt(interrupt_line::timer, true);
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(mepc) == machine::ram + 4);  // behind the WFI
    CHECK(m.x(a0) == 0);
}

TEST_CASE("cosim.iss.wfi_returns_also_for_what_is_pending", "[cosim]") {
    machine m(64);
    m.start(programs::wait_then_count);
    m.set(mie, all_lines);
    m.core->set_interrupt(interrupt_line::software, true);
    CHECK(m.core->run(unlimited) == stop_reason::waiting);  // who drives it may know better by now
    CHECK(m.core->interrupt_pending());
    CHECK(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(a0) == 1);
}

TEST_CASE("cosim.iss.step_says_that_wfi_waits", "[cosim]") {
    machine m(64);
    m.start(programs::wait_then_count);
    m.set(mie, all_lines);
    CHECK(m.core->step() == stop_reason::waiting);
    CHECK(m.pc() == machine::ram + 4);
    m.core->set_interrupt(interrupt_line::timer, true);
    CHECK(m.core->step() == stop_reason::stepped);
    CHECK(m.x(a0) == 1);
}

TEST_CASE("cosim.iss.stops_on_request", "[cosim]") {
    machine m(64);
    m.start(programs::load_loop);
    m.set(s0, machine::device);
    m.answer = 1;
    m.then = [&](const machine::access&) {
        if (m.log.size() == 5) m.core->request_stop();
    };
    CHECK(m.core->run(unlimited) == stop_reason::requested);
    CHECK(m.log.size() == 5);  // no access is made twice
    CHECK(m.pc() == machine::ram);
    CHECK(m.x(a0) == 5);
    m.core->request_stop();
    CHECK(m.core->run(unlimited) == stop_reason::requested);
    CHECK(m.x(a0) == 5);
}
