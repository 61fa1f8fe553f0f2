// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/setup.h>

namespace core = pimvp::core;
using namespace pimvp::core::literals;
using sc_core::sc_time;

TEST_CASE("core.setup.resolution_is_1_fs") {
    CHECK(sc_core::sc_get_time_resolution() == core::from_fs(1));
    CHECK_NOTHROW(core::require_setup());
    CHECK_NOTHROW(core::simulation_setup());  // again: nothing happens
    CHECK(core::to_fs(sc_time(100, sc_core::SC_NS)) == 100'000'000);
    CHECK(core::to_time(100_ns) == sc_time(100, sc_core::SC_NS));
}

TEST_CASE("core.clock.cycles_do_not_drift") {
    const core::clock clock(3'000'000'000);
    CHECK(clock.period() == core::from_fs(333'333));
    CHECK(clock.cycles(3'000'000'000) == sc_time(1, sc_core::SC_SEC));
    support::generator random;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t n = random.below(3'000'000'000'000);
        const __float128 exact = static_cast<__float128>(n) * 1e15 / 3e9;
        const __float128 error = static_cast<__float128>(core::to_fs(clock.cycles(n))) - exact;
        CHECK(static_cast<double>(error < 0 ? -error : error) <= 0.5);
    }
}

TEST_CASE("core.clock.cycles_in_is_the_inverse") {
    support::generator random;
    for (const std::uint64_t hz :
         {1'000'000'000ULL, 1'280'000'000ULL, 3'000'000'000ULL, 7ULL, 999'999'999'999'999ULL}) {
        const core::clock clock(hz);
        for (int i = 0; i < 500; ++i) {
            const std::uint64_t n = random.below(hz * 100 / 7 + 2);
            CHECK(clock.cycles_in(clock.cycles(n)) <= n);
            const sc_time time = core::from_fs(random.below(10'000'000'000'000'000ULL));
            const std::uint64_t covered = clock.cycles_in(time);
            CHECK(clock.cycles(covered) >= time);
            if (covered != 0) CHECK(clock.cycles(covered - 1) < time);
            CHECK(clock.edge_at_or_after(time) == clock.cycles(covered));
        }
    }
}

TEST_CASE("core.clock.impossible_rates_are_refused") {
    CHECK_THROWS_AS(core::clock(0), core::user_error);
    CHECK_THROWS_AS(core::clock(1'000'000'000'000'001), core::user_error);
    CHECK_NOTHROW(core::clock(1'000'000'000'000'000));
}

TEST_CASE("core.clock.domain_tells_its_subscribers") {
    core::clock_domain domain(1_GHz, {0.9});
    std::vector<std::uint64_t> seen;
    const auto id = domain.on_change(
        [&seen](const core::clock_domain& d) { seen.push_back(core::to_fs(d.cycles(1))); });
    domain.set(2_GHz);
    domain.set(2_GHz);
    domain.set(2_GHz, {0.8});
    CHECK(seen == std::vector<std::uint64_t>{1'000'000, 500'000, 500'000});
    CHECK(domain.supply().volts == 0.8);
    domain.unsubscribe(id);
    domain.set(1_GHz);
    CHECK(seen.size() == 3);
}
