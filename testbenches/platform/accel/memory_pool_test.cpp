// SPDX-License-Identifier: Apache-2.0
// Does the host give out memory without overlap, and say so when there is none?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/board/memory_pool.h>

#include <pimvp/core/diagnostics.h>

#include <map>

using pimvp::board::memory_pool;

TEST_CASE("board.memory_pool.first_fit_from_the_lowest_address", "[board][platform]") {
    memory_pool pool(100, 1000);
    CHECK(pool.allocate(1) == 128);
    CHECK(pool.allocate(64) == 192);
    CHECK(pool.allocate(65) == 256);
    CHECK(pool.allocate(0) == 384);
    pool.free(192);
    CHECK(pool.allocate(65) == 448);
    CHECK(pool.allocate(64) == 192);
    CHECK_THROWS_AS(pool.allocate(1000), pimvp::core::user_error);
    CHECK_THROWS_AS(pool.allocate(~0ULL), pimvp::core::user_error);
    CHECK_THROWS_AS(pool.free(1), pimvp::core::internal_error);
}

TEST_CASE("board.memory_pool.random_use_never_overlaps", "[board][platform]") {
    support::generator random;
    constexpr std::uint64_t base = 0x1000, size = 0x10000;
    memory_pool pool(base, size);
    std::map<std::uint64_t, std::uint64_t> live;
    for (int step = 0; step < 5000; ++step) {
        if (live.empty() || random.chance(60)) {
            const std::uint64_t bytes = random.below(3000);
            try {
                const std::uint64_t at = pool.allocate(bytes);
                REQUIRE(at % memory_pool::alignment == 0);
                REQUIRE(at >= base);
                REQUIRE(at + bytes <= base + size);
                const auto next = live.lower_bound(at);
                if (next != live.end()) REQUIRE(at + bytes <= next->first);
                if (next != live.begin()) {
                    const auto& before = *std::prev(next);
                    REQUIRE(before.first + before.second <= at);
                }
                REQUIRE(live.emplace(at, bytes).second);
            } catch (const pimvp::core::user_error&) {
                REQUIRE_FALSE(live.empty());
            }
        } else {
            auto victim = live.begin();
            std::advance(victim, static_cast<long>(random.below(live.size())));
            pool.free(victim->first);
            live.erase(victim);
        }
    }
    while (!live.empty()) {
        pool.free(live.begin()->first);
        live.erase(live.begin());
    }
    CHECK(pool.used() == 0);
    CHECK(pool.allocate(size) == base);
}
