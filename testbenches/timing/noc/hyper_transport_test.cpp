// SPDX-License-Identifier: Apache-2.0
#include "endpoint.h"

#include <pimvp/noc/c_mesh.h>
#include <pimvp/noc/hyper_transport.h>

#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace noc = pimvp::noc;
namespace core = pimvp::core;
using noc_test::arrival;
using noc_test::endpoint;
using noc_test::endpoints;
using sc_core::SC_FS;
using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::SC_US;

namespace {

/// Two chips of 4 tiles and the host; 4 links of 6.4 GB/s, 100 ns.
struct links_bench : support::bench {
    noc::node_map map{2, 4};
    noc::hyper_transport dut;
    endpoints chips;

    explicit links_bench(const core::context_options& options = {})
        : bench(options),
          dut("dut", context, {}, map),
          chips("chip", context, dut) {}
};

core::context_options with_style(core::coding_style style) {
    core::context_options options;
    options.style = style;
    return options;
}

void check_parallel_links(core::coding_style style) {
    links_bench b{with_style(style)};
    b.run(sc_time(10, SC_US), [&] {
        // 8 + 120 bytes: 20 ns on a link; the fifth message waits for the first link.
        for (std::uint32_t i = 0; i < 5; ++i) {
            b.chips.at[0]->send(b.map.tile(1, 2), std::vector<std::uint8_t>(120),
                                sc_core::SC_ZERO_TIME, i);
        }
        sc_core::wait(sc_time(120, SC_NS) - sc_time(1, SC_FS));
        CHECK(b.chips.log.empty());
        sc_core::wait(sc_time(2, SC_FS));
        CHECK(b.chips.log.size() == 4);
        sc_core::wait(sc_time(1, SC_US));
    });
    REQUIRE(b.chips.log.size() == 5);
    for (std::uint32_t i = 0; i < 5; ++i) {
        CHECK(b.chips.log[i].port == 1);
        CHECK(b.chips.log[i].header.kind == i);
        CHECK(b.chips.log[i].at_fs == (i < 4 ? 120'000'000 : 140'000'000));
    }
    CHECK(b.context.service<pimvp::bus::payload_pool>().outstanding() == 0);
}

/// Two chips of 2 x 2 tiles at one router each, joined with a host.
struct system_bench : support::bench {
    noc::c_mesh_params params = [] {
        noc::c_mesh_params p;
        p.tile_columns.set(2);
        p.tile_rows.set(2);
        p.head_flits.set(1);
        return p;
    }();
    noc::c_mesh mesh_0, mesh_1;
    noc::hyper_transport links;
    std::vector<arrival> log;
    std::vector<std::unique_ptr<endpoint>> tiles;  // 0 .. 3 chip 0, 4 .. 7 chip 1, 8 host

    explicit system_bench(const core::context_options& options)
        : bench(options),
          mesh_0("mesh_0", context, params, 0, 2),
          mesh_1("mesh_1", context, params, 1, 2),
          links("links", context, {}, mesh_0.map()) {
        noc::c_mesh* const meshes[] = {&mesh_0, &mesh_1};
        for (std::size_t i = 0; i < 9; ++i) {
            const std::string name = "tile_" + std::to_string(i);
            tiles.push_back(std::make_unique<endpoint>(name.c_str(), context, i, log));
            auto& in = i < 8 ? meshes[i / 4]->in[i % 4] : links.in[2];
            auto& out = i < 8 ? meshes[i / 4]->out[i % 4] : links.out[2];
            tiles[i]->out.bind(in);
            out.bind(tiles[i]->in);
        }
        for (std::size_t c = 0; c < 2; ++c) {
            meshes[c]->out[4].bind(links.in[c]);
            links.out[c].bind(meshes[c]->in[4]);
        }
    }
};

void check_chip_to_chip(core::coding_style style) {
    system_bench b{with_style(style)};
    const noc::node_map& map = b.mesh_0.map();
    b.run(sc_time(10, SC_US), [&] {
        const std::vector<std::uint8_t> bytes(120, 9);
        b.tiles[1]->send(map.tile(1, 3), bytes, sc_core::SC_ZERO_TIME, 1);
        b.tiles[6]->send(map.host(), bytes, sc_time(1, SC_US), 2);
        b.tiles[8]->send(map.tile(0, 2), bytes, sc_time(2, SC_US), 3);
        sc_core::wait(sc_time(5, SC_US));
    });
    REQUIRE(b.log.size() == 3);
    // On each mesh 1 + 2 links + 1 router + 31 flits - 1 = 34 ns, between them 20 + 100 ns.
    CHECK(b.log[0].port == 7);
    CHECK(b.log[0].at_fs == 188'000'000);
    CHECK(b.log[0].bytes == std::vector<std::uint8_t>(120, 9));
    CHECK(b.log[1].port == 8);
    CHECK(b.log[1].at_fs == 1'154'000'000);
    CHECK(b.log[2].port == 2);
    CHECK(b.log[2].at_fs == 2'154'000'000);
    CHECK(b.context.service<pimvp::bus::payload_pool>().outstanding() == 0);
}

}  // namespace

TEST_CASE("noc.hyper_transport.parallel_links_are_tight_lt", "[noc][timing]") {
    check_parallel_links(core::coding_style::lt);
}

TEST_CASE("noc.hyper_transport.parallel_links_are_tight_at", "[noc][timing]") {
    check_parallel_links(core::coding_style::at);
}

TEST_CASE("noc.hyper_transport.joins_chips_and_host_lt", "[noc][timing]") {
    check_chip_to_chip(core::coding_style::lt);
}

TEST_CASE("noc.hyper_transport.joins_chips_and_host_at", "[noc][timing]") {
    check_chip_to_chip(core::coding_style::at);
}

TEST_CASE("noc.hyper_transport.a_short_message_does_not_overtake", "[noc][timing]") {
    links_bench b;
    b.run(sc_time(10, SC_US), [&] {
        b.chips.at[0]->send(b.map.tile(1, 0), std::vector<std::uint8_t>(632), {}, 1);  // 100 ns
        b.chips.at[0]->send(b.map.tile(1, 0), {}, sc_core::SC_ZERO_TIME, 2);           // 1.25 ns
        b.chips.at[0]->send(b.map.host(), {}, sc_core::SC_ZERO_TIME, 3);  // another pair: may
        sc_core::wait(sc_time(1, SC_US));
    });
    REQUIRE(b.chips.log.size() == 3);
    CHECK(b.chips.log[0].header.kind == 3);
    CHECK(b.chips.log[0].at_fs == 101'250'000);
    CHECK(b.chips.log[1].header.kind == 1);
    CHECK(b.chips.log[2].header.kind == 2);
    CHECK(b.chips.log[2].at_fs == 200'000'000);
}

TEST_CASE("noc.hyper_transport.random_traffic_is_the_same_in_lt_at_and_any_order",
          "[noc][timing]") {
    // Three systems in one simulation: AT by event, LT by event, LT ahead of time in another order.
    links_bench b{with_style(core::coding_style::at)};
    core::context by_event, ahead;
    noc::hyper_transport lt{"lt", by_event, {}, b.map};
    noc::hyper_transport early{"early", ahead, {}, b.map};
    endpoints lt_chips{"lt_chip", by_event, lt};
    endpoints early_chips{"early_chip", ahead, early};

    struct shipment {
        sc_time at;
        std::size_t from;
        std::uint32_t to;
        std::size_t bytes;
    };
    support::generator random;
    std::vector<shipment> trace;
    sc_time now;
    for (int i = 0; i < 2000; ++i) {
        if (random.chance(50)) now += core::from_fs(random.below(30'000'000));
        trace.push_back({now, random.below(3), static_cast<std::uint32_t>(random.below(11)),
                         random.below(500)});
    }
    const auto send = [&](endpoints& chips, std::size_t i, const sc_time& at) {
        chips.at[trace[i].from]->send(trace[i].to, std::vector<std::uint8_t>(trace[i].bytes), at,
                                      static_cast<std::uint32_t>(i));
    };
    b.run(sc_time(10'000, SC_US), [&] {
        for (std::size_t source = 3; source-- > 0;) {
            for (std::size_t i = 0; i < trace.size(); ++i) {
                if (trace[i].from == source) send(early_chips, i, trace[i].at);
            }
        }
        for (std::size_t i = 0; i < trace.size(); ++i) {
            const sc_time ahead_by = trace[i].at - sc_core::sc_time_stamp();
            if (ahead_by != sc_core::SC_ZERO_TIME) sc_core::wait(ahead_by);
            send(b.chips, i, sc_core::SC_ZERO_TIME);
            send(lt_chips, i, sc_core::SC_ZERO_TIME);
        }
        sc_core::wait(sc_time(1000, SC_US));
    });
    REQUIRE(b.chips.log.size() == trace.size());
    CHECK((lt_chips.log == early_chips.log));
    CHECK((b.chips.log == lt_chips.log));
    CHECK(b.dut.stats().json().at("bytes_in") == b.dut.stats().json().at("bytes_out"));
    for (core::context* context : {&b.context, &by_event, &ahead}) {
        CHECK(context->service<pimvp::bus::payload_pool>().outstanding() == 0);
    }
}

TEST_CASE("noc.hyper_transport.clear_drops_everything_and_frees_the_links", "[noc][timing]") {
    links_bench b;
    b.run(sc_time(10, SC_US), [&] {
        for (int i = 0; i < 9; ++i) {
            b.chips.at[2]->send(b.map.tile(0, 1), std::vector<std::uint8_t>(120));
        }
        sc_core::wait(sc_time(110, SC_NS));
        b.dut.clear();
        CHECK(b.dut.in_flight() == 0);
        CHECK(b.context.service<pimvp::bus::payload_pool>().outstanding() == 0);
        b.chips.at[2]->send(b.map.tile(0, 1), std::vector<std::uint8_t>(120));
        sc_core::wait(sc_time(1, SC_US));
        REQUIRE(b.chips.log.size() == 1);
        CHECK(b.chips.log[0].at_fs == 230'000'000);
    });
}

TEST_CASE("noc.hyper_transport.power_is_static_and_outside_the_headline", "[noc][timing]") {
    links_bench b;
    b.run(sc_time(10, SC_US), [&] { sc_core::wait(sc_time(2, SC_US)); });
    const auto report = b.context.ledger().price(b.context.ledger().snapshot(2'000'000'000));
    CHECK(report.apart_j == Approx(2 * 10.4 * 2e-6));
    CHECK(report.total_j == 0.0);
    CHECK(b.dut.budget().count == 2);
    CHECK(b.dut.budget().area.value.mm2 == Approx(22.88));
}
