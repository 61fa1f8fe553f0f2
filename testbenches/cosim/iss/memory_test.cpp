// SPDX-License-Identifier: Apache-2.0
// Do accesses arrive as they were made, and is what somebody else changes seen?
#include "machine.h"

#include <support/catch.h>

#include <stdexcept>

using namespace iss_test;

TEST_CASE("cosim.iss.device_accesses_have_their_width", "[cosim]") {
    for (const unsigned xlen : {32U, 64U}) {
        machine m(xlen);
        m.start(programs::widths);
        m.set(s0, machine::device + 0xFF0);
        m.answer = 0x8899'AABB'CCDD'EEFF;
        REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
        const std::uint64_t at = machine::device + 0xFF0;
        REQUIRE(m.log.size() == 6);
        const std::uint64_t all_ones = xlen == 32 ? 0xFFFF'FFFF : ~std::uint64_t{0};
        CHECK(m.x(a0) == all_ones);
        CHECK(m.x(a1) == 0xEEFF);
        CHECK((m.x(a2) & 0xFFFF'FFFF) == 0xCCDD'EEFF);
        const std::uint64_t expected[][3] = {{at + 1, 1, 0},       {at + 2, 2, 0},
                                             {at + 4, 4, 0},       {at + 9, 1, 0xFF},
                                             {at + 10, 2, 0xEEFF}, {at + 12, 4, 0xCCDD'EEFF}};
        for (std::size_t i = 0; i < 6; ++i) {
            INFO(i);
            CHECK(m.log[i].address == expected[i][0]);
            CHECK(m.log[i].bytes == expected[i][1]);
            CHECK(m.log[i].stores == (i >= 3));
            if (i >= 3) CHECK(m.log[i].value == expected[i][2]);
        }
    }
}

TEST_CASE("cosim.iss.device_accesses_of_eight_bytes", "[cosim]") {
    machine m(64);
    m.start(programs::wide);
    m.set(s0, machine::device);
    m.answer = 0x8899'AABB'CCDD'EEFF;
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    REQUIRE(m.log.size() == 2);
    CHECK(m.log[0].bytes == 8);
    CHECK(m.log[1].stores);
    CHECK(m.log[1].value == 0x8899'AABB'CCDD'EEFF);
}

TEST_CASE("cosim.iss.atomic_accesses_of_devices_load_and_store", "[cosim]") {
    machine m(64);
    m.start(programs::amo_device);
    m.set(s0, machine::device);
    m.set(a1, 5);
    m.answer = 7;
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.x(a0) == 7);
    REQUIRE(m.log.size() == 2);
    CHECK_FALSE(m.log[0].stores);
    CHECK(m.log[1].stores);
    CHECK(m.log[1].value == 12);
}

TEST_CASE("cosim.iss.fence_i_shows_code_written_before", "[cosim]") {
    constexpr std::uint32_t multiply = 0x02B5'8533;  // mul a0, a1, a1
    for (const bool steps : {false, true}) {
        machine m(64);
        m.start(programs::patch_code);
        // runs once as it is, so that it is translated
        m.set(s0, machine::ram + 0x1000);
        REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
        CHECK(m.x(a0) == 1);
        m.core->reset(machine::ram);
        m.set(s0, machine::ram);
        m.set(a1, multiply);
        stop_reason why = stop_reason::stepped;
        for (int i = 0; i < 20 && why == stop_reason::stepped; ++i) {
            why = steps ? m.core->step() : m.core->run(unlimited);
        }
        REQUIRE(why == stop_reason::ebreak);
        CHECK(m.x(a0) == std::uint64_t{multiply} * multiply);
        CHECK(m.count(instruction_class::multiply) == 1);
    }
}

TEST_CASE("cosim.iss.code_changed_shows_code_of_others", "[cosim]") {
    machine m(64);
    m.start(programs::endless);
    CHECK(m.core->run(1000) == stop_reason::budget);
    m.put(programs::handler_ebreak, machine::ram);
    CHECK(m.core->run(unlimited) == stop_reason::ebreak);
}

TEST_CASE("cosim.iss.data_of_others_is_seen_at_once", "[cosim]") {
    machine m(64);
    m.start(programs::load_loop);
    m.set(s0, machine::ram + 0x1000);
    m.set_word(machine::ram + 0x1000, 1);
    CHECK(m.core->run(1000) == stop_reason::budget);
    m.set_word(machine::ram + 0x1000, 0);
    CHECK(m.core->run(unlimited) == stop_reason::ebreak);
}

TEST_CASE("cosim.iss.invalidated_memory_is_asked_for_again", "[cosim]") {
    machine m(64);
    m.start(programs::load_loop);
    m.set(s0, machine::ram + 0x1000);
    m.set_word(machine::ram + 0x1000, 1);
    CHECK(m.core->run(1000) == stop_reason::budget);
    std::vector<std::uint8_t> other = m.memory;
    m.memory.swap(other);  // elsewhere on the host, the end of the loop in it
    m.set_word(machine::ram + 0x1000, 0);
    m.core->direct_memory_changed(machine::ram, machine::ram + machine::ram_bytes - 1);
    CHECK(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.log.empty());
}

TEST_CASE("cosim.iss.memory_may_be_withdrawn_within_an_access", "[cosim]") {
    machine m(64);
    m.start(programs::far_store);
    m.set(s0, machine::device);
    m.set(s1, machine::ram + 0x1000);
    m.set(a1, 5);
    m.then = [&](const machine::access&) {
        m.core->direct_memory_changed(machine::ram, machine::ram + machine::ram_bytes - 1);
    };
    REQUIRE(m.core->run(unlimited) == stop_reason::ebreak);
    CHECK(m.word(machine::ram + 0x1000) == 5);
    CHECK(m.log.size() == 1);
}

TEST_CASE("cosim.iss.steps_from_the_first_instruction", "[cosim]") {
    machine m(64);
    m.start(programs::widths);
    m.set(s0, machine::ram + 0x1000);
    CHECK(m.core->step() == stop_reason::stepped);
    CHECK(m.pc() == machine::ram + 4);
    CHECK(m.count(instruction_class::load) == 1);
    CHECK(m.core->cycles() == 2);
    m.core->direct_memory_changed(machine::ram, machine::ram + machine::ram_bytes - 1);
    CHECK(m.core->step() == stop_reason::stepped);
    CHECK(m.count(instruction_class::load) == 2);
}

TEST_CASE("cosim.iss.exceptions_of_the_environment_arrive", "[cosim]") {
    machine m(64);
    m.start(programs::load_between);
    m.set(s1, machine::device);
    m.set(s0, machine::device);
    m.then = [](const machine::access&) { throw std::runtime_error("a broken model"); };
    CHECK_THROWS_WITH(m.core->run(unlimited), "a broken model");
}
