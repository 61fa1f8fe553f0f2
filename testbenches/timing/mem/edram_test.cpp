// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mem/edram.h>

#include <support/catch.h>

#include <pimvp/core/area.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>
#include <pimvp/core/diagnostics.h>

#include <nlohmann/json.hpp>
#include <systemc>

namespace mem = pimvp::mem;
namespace core = pimvp::core;
using sc_core::SC_NS;
using sc_core::SC_PS;
using sc_core::sc_time;

TEST_CASE("mem.edram.moves_1_kib_per_100_ns", "[mem][timing]") {
    core::context context;
    mem::edram edram{"edram", context};
    CHECK(edram.busy_time(0) == sc_core::SC_ZERO_TIME);
    CHECK(edram.busy_time(1) == sc_time(3125, SC_PS));  // one word of 32 B
    CHECK(edram.busy_time(32) == sc_time(3125, SC_PS));
    CHECK(edram.busy_time(33) == sc_time(6250, SC_PS));
    CHECK(edram.busy_time(1024) == sc_time(100, SC_NS));
    CHECK(edram.busy_time(1025) == sc_time(103'125, SC_PS));
    CHECK(edram.busy_time(std::uint64_t{1} << 30) == sc_time(104'857'600, SC_NS));
    CHECK(edram.transfer_cycles(0) == 0);
    CHECK(edram.transfer_cycles(1) == 1);
    CHECK(edram.transfer_cycles(1024) == 1);
    CHECK(edram.transfer_cycles(1025) == 2);
}

TEST_CASE("mem.edram.a_port_serves_one_access_at_a_time", "[mem][timing]") {
    core::context context;
    mem::edram edram{"edram", context};
    const sc_time start(40, SC_NS);
    CHECK(edram.read(start, 1024) == sc_time(140, SC_NS));
    CHECK(edram.read(start, 1024) == sc_time(240, SC_NS));
    CHECK(edram.write(start, 512) == sc_time(90, SC_NS));  // another bank
    CHECK(edram.read_free_at() == sc_time(240, SC_NS));
    CHECK(edram.write_free_at() == sc_time(90, SC_NS));
    CHECK(edram.read(sc_time(240, SC_NS), 32) == sc_time(243'125, SC_PS));
    CHECK(edram.read(sc_time(1000, SC_NS), 0) == sc_time(1000, SC_NS));
    edram.clear();
    CHECK(edram.read(sc_core::SC_ZERO_TIME, 1024) == sc_time(100, SC_NS));
}

TEST_CASE("mem.edram.one_bank_shares_its_port", "[mem][timing]") {
    core::context context;
    mem::edram_params params;
    params.banks.set(1);
    mem::edram edram{"edram", context, params};
    CHECK(edram.read(sc_core::SC_ZERO_TIME, 1024) == sc_time(100, SC_NS));
    CHECK(edram.write(sc_core::SC_ZERO_TIME, 1024) == sc_time(200, SC_NS));
    CHECK(edram.read(sc_core::SC_ZERO_TIME, 1024) == sc_time(300, SC_NS));
}

TEST_CASE("mem.edram.bytes_times_card_energy", "[mem][timing]") {
    core::context context;
    mem::edram a{"a", context}, b{"b", context};
    a.read(sc_core::SC_ZERO_TIME, 1000, 2);
    b.count_write(24, 2);
    const auto activity = context.ledger().snapshot(0);
    CHECK(context.ledger().scope_j(activity, 2) == Approx(20.7e-3 * 100e-9));  // Table I: 1 KiB
    CHECK(context.ledger().scope_counts(activity, 2).at("edram.byte.read") == 1000);
    CHECK(a.stats().json().at("bytes_read") == 1000);
    CHECK(b.stats().json().at("bytes_written") == 24);
    CHECK(a.budget().power.value.watts == Approx(20.7e-3));
    CHECK(a.budget().area.value.mm2 == Approx(0.083));
}

TEST_CASE("mem.edram.occupancy_has_a_high_water_mark", "[mem][timing]") {
    core::context context;
    mem::edram edram{"edram", context};
    CHECK(edram.capacity() == 65536);
    edram.allocate(60000);
    CHECK(edram.fits(5536));
    CHECK_FALSE(edram.fits(5537));
    edram.allocate(10000);  // counted, beyond the capacity
    CHECK_FALSE(edram.fits(0));
    edram.release(30000);
    CHECK(edram.occupied() == 40000);
    CHECK(edram.high_water() == 70000);
    CHECK_THROWS_AS(edram.release(40001), core::internal_error);
    edram.clear();
    CHECK(edram.occupied() == 0);
    CHECK(edram.high_water() == 70000);
}

TEST_CASE("mem.edram.contradicting_parameters_are_refused", "[mem][timing]") {
    core::context context;
    mem::edram_params params;
    params.word.set(core::byte_size{48});
    CHECK_THROWS_AS(mem::edram("edram", context, params), core::user_error);
}
