// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/protocol_checker.h>
#include <support/bench.h>
#include <support/catch.h>

#include <cstdint>

/// What the tests of the peripherals share.
namespace cpu_test {

using namespace pimvp;  // NOLINT(google-build-using-namespace): tests only
using sc_core::sc_time;
using sc_core::sc_time_stamp;

inline sc_time ns(double n) {
    return {n, sc_core::SC_NS};
}
inline sc_time us(double n) {
    return {n, sc_core::SC_US};
}

/// A bus with nothing else on it; each access takes the 20 ns of the card.
struct peripheral_bench : support::bench {
    bus::initiator_port cpu{"cpu", context};

    explicit peripheral_bench(core::coding_style style)
        : support::bench(style) {
        context.service<bus::protocol_checkers>().enable();
    }
    std::uint32_t read(std::uint64_t offset) {
        std::uint32_t value = 0;
        REQUIRE(cpu.read32(offset, value) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    std::uint64_t read64(std::uint64_t offset) {
        std::uint64_t value = 0;
        REQUIRE(cpu.read64(offset, value) == tlm::TLM_OK_RESPONSE);
        return value;
    }
    void write(std::uint64_t offset, std::uint32_t value) {
        REQUIRE(cpu.write32(offset, value) == tlm::TLM_OK_RESPONSE);
    }
    void write64(std::uint64_t offset, std::uint64_t value) {
        REQUIRE(cpu.write64(offset, value) == tlm::TLM_OK_RESPONSE);
    }
    /// What has been written reaches the lines in the next delta cycles.
    static void settle() {
        for (int delta = 0; delta < 4; ++delta) sc_core::wait(sc_core::SC_ZERO_TIME);
    }
    void check_sound() {
        CHECK(context.service<bus::payload_pool>().outstanding() == 0);
        CHECK(context.service<bus::protocol_checkers>().breaches() == 0);
    }
};

/// The two coding styles a check runs in; one process a case.
#define CPU_TEST_LT_AND_AT(name, check) \
    TEST_CASE(name "_lt", "[cpu]") {    \
        check(core::coding_style::lt);  \
    }                                   \
    TEST_CASE(name "_at", "[cpu]") {    \
        check(core::coding_style::at);  \
    }

}  // namespace cpu_test
