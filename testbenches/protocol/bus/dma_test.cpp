// SPDX-License-Identifier: Apache-2.0
// dma: blocks, strides, bursts, errors, abort.
#include "fixtures.h"

#include <pimvp/bus/dma.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/probe.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace bus_test;

namespace {
bus::memory_params one_mebibyte() {
    bus::memory_params params;
    params.size.set({1U << 20U});
    return params;
}

struct dma_bench : support::bench {
    bus::memory ram{"ram", context, one_mebibyte()};
    bus::dma dma{"dma", context, {}};
    bus::probe probe{"probe"};
    explicit dma_bench(core::coding_style style)
        : support::bench(style) {
        context.service<bus::protocol_checkers>().enable(core::duration{1'000'000'000'000U});
        bus::connect(context, dma, probe.in);
        probe.out.bind(ram.in);
    }
    bool sound() {
        return outstanding(context) == 0 && dma.in_flight() == 0 &&
               context.service<bus::protocol_checkers>().breaches() == 0;
    }
};

void check_blocks(core::coding_style style) {
    dma_bench b(style);
    support::generator random;
    std::vector<std::uint8_t> image = random.bytes(1U << 20U);
    b.ram.load(0, image.data(), image.size());
    b.run(sc_time(1, sc_core::SC_SEC), [&] {
        for (int i = 0; i < 60; ++i) {
            bus::dma_block block;
            block.bytes = 1 + random.below(3'000);
            block.rows = 1 + random.below(6);
            block.stride = random.chance(50) ? 0 : block.bytes + random.below(2'000);
            block.address = random.below(900'000);
            std::vector<std::uint8_t> data(block.total());
            REQUIRE(b.dma.read(block, data.data()));
            for (std::uint64_t row = 0; row < block.rows; ++row) {
                REQUIRE(std::equal(
                    data.begin() + static_cast<std::ptrdiff_t>(row * block.bytes),
                    data.begin() + static_cast<std::ptrdiff_t>((row + 1) * block.bytes),
                    image.begin() + static_cast<std::ptrdiff_t>(block.row_address(row))));
            }
            data = random.bytes(data.size());
            const bus::dma_result done = b.dma.write(block, data.data());
            REQUIRE(done);
            REQUIRE(done.bytes == block.total());
            for (std::uint64_t row = 0; row < block.rows; ++row) {
                std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(row * block.bytes),
                            block.bytes,
                            image.begin() + static_cast<std::ptrdiff_t>(block.row_address(row)));
            }
        }
        // memory to memory, rows of another shape
        const bus::dma_descriptor what{{5, 300, 4, 1'000}, {500'003, 400, 3, 777}};
        REQUIRE(b.dma.copy(what));
        for (std::uint64_t i = 0; i < 1'200; ++i) {
            image[500'003 + i / 400 * 777 + i % 400] = image[5 + i / 300 * 1'000 + i % 300];
        }
        std::vector<std::uint8_t> memory(image.size());
        b.ram.dump(0, memory.data(), memory.size());
        CHECK(memory == image);
        CHECK_THROWS_AS(b.dma.copy({{0, 4}, {8, 5}}), core::internal_error);
    });
    CHECK(b.sound());
}
}  // namespace

TEST_CASE("bus.dma.moves_blocks_and_rows_lt", "[bus]") {
    check_blocks(core::coding_style::lt);
}
TEST_CASE("bus.dma.moves_blocks_and_rows_at", "[bus]") {
    check_blocks(core::coding_style::at);
}

TEST_CASE("bus.dma.transfers_are_slices_of_a_trace", "[bus]") {
    struct trace_bench : support::bench {
        std::ostringstream trace;
        bool started = (context.start_trace(trace), true);
        bus::memory ram{"ram", context, one_mebibyte()};
        bus::dma dma{"dma", context, {}};
        trace_bench() { dma.bind(ram.in); }
    };
    trace_bench b;
    std::vector<std::uint8_t> data(100'000);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        sc_core::sc_spawn([&] { b.dma.read({0, 10'000}, data.data()); });
        CHECK(b.dma.write({0, 50'000}, data.data() + 10'000));
    });
    b.context.trace().close();
    const auto trace = nlohmann::json::parse(b.trace.str());
    CHECK_THAT(trace.dump(), Catch::Contains("dma[0]") && Catch::Contains("dma[1]"));
    CHECK_THAT(trace.dump(), Catch::Contains("50000") && Catch::Contains("10000"));
}

TEST_CASE("bus.dma.bursts_stay_within_their_boundary", "[bus]") {
    dma_bench b(core::coding_style::lt);
    std::vector<std::pair<std::uint64_t, unsigned>> bursts;
    b.probe.on_request([&](const tlm_generic_payload& p, const sc_time&) {
        bursts.emplace_back(p.get_address(), p.get_data_length());
    });
    std::vector<std::uint8_t> data(3'000);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        CHECK(b.dma.read({1'000, 2'100}, data.data()));
        CHECK(b.dma.read({0, 0}, data.data()));
    });
    const std::vector<std::pair<std::uint64_t, unsigned>> expected{
        {1'000, 24}, {1'024, 1'024}, {2'048, 1'024}, {3'072, 28}};
    CHECK(bursts == expected);
    CHECK(b.probe.requests() == 4);
    CHECK(b.probe.responses() == 4);
}

namespace {
void check_errors(core::coding_style style) {
    dma_bench b(style);
    std::vector<std::uint8_t> data(10'000);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        const bus::dma_result ended = b.dma.read({(1U << 20U) - 2'000, 4'000}, data.data());
        CHECK_FALSE(ended);
        CHECK(ended.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(ended.address == 1U << 20U);
        CHECK(ended.bytes == 2'000);
        CHECK_FALSE(ended.aborted);
        // sizes that run over the end of the address space, as a guest may give them
        const std::uint64_t most = ~std::uint64_t{0};
        for (const bus::dma_block& block :
             {bus::dma_block{most - 3, 5}, bus::dma_block{0, most, 2}, bus::dma_block{0, 4, most},
              bus::dma_block{8, 4, 3, most / 2}}) {
            const bus::dma_result wrapped = b.dma.write(block, data.data());
            CHECK(wrapped.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
            CHECK(wrapped.bytes == 0);
        }
        CHECK(b.dma.copy({{0, 4'000}, {(1U << 20U) - 1'024, 4'000}}).bytes == 1'024);
    });
    const auto stats = b.context.statistics().json()["bench"]["dma"];
    CHECK(stats["transfers"] == 6);
    CHECK(stats["failed"] == 6);
    CHECK(stats["bytes_read"] == 2'000 + 1'024);
    CHECK(stats["bytes_written"] == 1'024);
    CHECK(b.sound());
}

void check_abort(core::coding_style style) {
    dma_bench b(style);
    std::vector<std::uint8_t> data(100'000);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        bus::dma_result first, second;
        sc_time first_at, second_at;
        sc_core::sc_spawn([&] {
            first = b.dma.read({0, 100'000}, data.data());
            first_at = sc_time_stamp();
        });
        sc_core::sc_spawn([&] {
            sc_core::wait(ns(990));  // still in its setup
            second = b.dma.write({0, 64}, data.data());
            second_at = sc_time_stamp();
        });
        sc_core::wait(ns(1'000));
        b.dma.abort();
        sc_core::wait(ns(1));
        CHECK(first.aborted);
        CHECK(second.aborted);
        CHECK_FALSE(first);
        CHECK(first_at == ns(1'000));
        CHECK(second_at == ns(1'000));
        CHECK(b.dma.in_flight() == 0);
        CHECK(b.dma.read({0, 1'000}, data.data()));  // and on
        sc_core::wait(ns(1'000));
    });
    CHECK(b.sound());
}
}  // namespace

TEST_CASE("bus.dma.reports_where_it_failed_lt", "[bus]") {
    check_errors(core::coding_style::lt);
}
TEST_CASE("bus.dma.reports_where_it_failed_at", "[bus]") {
    check_errors(core::coding_style::at);
}
TEST_CASE("bus.dma.abort_is_immediate_lt", "[bus]") {
    check_abort(core::coding_style::lt);
}
TEST_CASE("bus.dma.abort_is_immediate_at", "[bus]") {
    check_abort(core::coding_style::at);
}
