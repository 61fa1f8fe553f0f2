// SPDX-License-Identifier: Apache-2.0
// Does the host give out memory without overlap, and say so when there is none?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/board/memory_pool.h>

#include <pimvp/core/diagnostics.h>

#include <map>
#include <vector>

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

TEST_CASE("board.memory_pool.saved_blocks_come_back", "[board][platform]") {
    using pimvp::core::byte_reader;
    using pimvp::core::byte_writer;
    memory_pool pool(100, 1000);
    const std::uint64_t first = pool.allocate(100), second = pool.allocate(1);
    CHECK(pool.allocate(64) == second + 64);
    pool.free(second);
    byte_writer saved;
    pool.save(saved);

    memory_pool other(100, 1000);
    CHECK(other.allocate(1) == first);
    byte_reader from(saved.bytes().data(), saved.size());
    other.restore(from);
    CHECK(from.at_end());
    CHECK(other.used() == pool.used());
    CHECK(other.allocate(1) == second);
    other.free(first);

    // {address, bytes} of two blocks: overlapping, outside, askew, empty, in the wrong order
    using blocks = std::vector<std::uint64_t>;
    for (const blocks& wrong :
         {blocks{128, 128, 192, 64}, blocks{128, 64, 1088, 64}, blocks{129, 64, 256, 64},
          blocks{128, 60, 256, 64}, blocks{128, 0, 256, 64}, blocks{256, 64, 128, 64},
          blocks{64, 64, 256, 64}, blocks{128, 64, 256, ~std::uint64_t{0} - 63}}) {
        byte_writer to;
        to.put(std::uint32_t{2});
        to.put_bytes(wrong.data(), wrong.size() * sizeof(wrong[0]));
        byte_reader reader(to.bytes().data(), to.size());
        CHECK_THROWS_AS(other.restore(reader), pimvp::core::format_error);
    }
}
