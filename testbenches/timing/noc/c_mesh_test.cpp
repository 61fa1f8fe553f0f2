// SPDX-License-Identifier: Apache-2.0
#include "endpoint.h"

#include <pimvp/noc/c_mesh.h>

#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/report.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

namespace noc = pimvp::noc;
namespace core = pimvp::core;
using noc_test::arrival;
using noc_test::endpoints;
using sc_core::SC_FS;
using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_US;

namespace {

/// 4 x 4 tiles, 2 x 2 at each of 4 routers; 1 GHz, 4-byte flits, 1 head flit, 1 router cycle.
noc::c_mesh_params small_mesh() {
    noc::c_mesh_params params;
    params.tile_columns.set(4);
    params.tile_rows.set(4);
    params.head_flits.set(1);
    return params;
}

struct mesh_bench : support::bench {
    noc::c_mesh dut;
    endpoints nodes;

    explicit mesh_bench(const core::context_options& options = {},
                        const noc::c_mesh_params& params = small_mesh())
        : bench(options),
          dut("dut", context, params),
          nodes("node", context, dut) {}

    void check_conservation() {
        const auto stats = dut.stats().json();
        CHECK(stats.at("messages") == stats.at("delivered"));
        CHECK(stats.at("bytes_in") == stats.at("bytes_out"));
        CHECK(dut.in_flight() == 0);
        CHECK(context.service<pimvp::bus::payload_pool>().outstanding() == 0);
    }
};

core::context_options with_style(core::coding_style style) {
    core::context_options options;
    options.style = style;
    return options;
}

/// A message of a random trace.
struct shipment {
    std::uint64_t at_fs;
    std::uint32_t from, to;
    std::uint32_t bytes;
};

std::vector<shipment> random_trace(support::generator& random, std::uint32_t nodes,
                                   std::size_t count) {
    std::vector<shipment> trace;
    std::uint64_t now = 0;
    for (std::size_t i = 0; i < count; ++i) {
        // Bursts of one instant, instants between clock edges, and quiet times.
        if (random.chance(60)) now += random.below(20'000'000);
        if (random.chance(2)) now += 500'000'000;
        trace.push_back({now, static_cast<std::uint32_t>(random.below(nodes)),
                         static_cast<std::uint32_t>(random.below(nodes)),
                         static_cast<std::uint32_t>(random.below(90))});
    }
    return trace;
}

/// What the mesh must do with a trace, from the kernel and the order it documents.
std::vector<std::tuple<std::uint64_t, std::size_t, std::uint32_t>> expected(
    const std::vector<shipment>& trace, const noc::c_mesh_params& params) {
    constexpr std::uint64_t cycle_fs = 1'000'000;
    struct ordered {
        std::uint64_t ready;
        std::uint32_t from;
        std::size_t index;
    };
    std::vector<ordered> order;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        order.push_back({(trace[i].at_fs + cycle_fs - 1) / cycle_fs, trace[i].from, i});
    }
    std::sort(order.begin(), order.end(), [](const ordered& a, const ordered& b) {
        return std::tie(a.ready, a.from, a.index) < std::tie(b.ready, b.from, b.index);
    });
    noc::mesh_kernel kernel{params.shape(), params.router_cycles.value};
    std::vector<std::tuple<std::uint64_t, std::size_t, std::uint32_t>> result;
    for (const ordered& o : order) {
        const shipment& s = trace[o.index];
        const auto way = kernel.send(o.ready, s.from, s.to, 1 + (s.bytes + 3) / 4);
        result.emplace_back(way.done * cycle_fs, s.to, static_cast<std::uint32_t>(o.index));
    }
    std::sort(result.begin(), result.end());
    return result;
}

std::vector<std::tuple<std::uint64_t, std::size_t, std::uint32_t>> observed(
    const std::vector<arrival>& log) {
    std::vector<std::tuple<std::uint64_t, std::size_t, std::uint32_t>> result;
    for (const arrival& a : log) result.emplace_back(a.at_fs, a.port, a.header.kind);
    std::sort(result.begin(), result.end());
    return result;
}

void check_single_message(core::coding_style style) {
    mesh_bench b{with_style(style)};
    b.run(sc_time(10, SC_US), [&] {
        sc_core::wait(sc_time(100, SC_NS));
        // Router 0 to router 3: 2 hops; the first 4 bytes are the head's, the others 3 flits.
        // 1 + 4 links + 3 routers + 4 flits - 1 = 11 cycles.
        b.nodes.at[0]->send(15, {9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}, sc_core::SC_ZERO_TIME, 7,
                            3, 4);
        sc_core::wait(sc_time(11, SC_NS) - sc_time(1, SC_FS));
        CHECK(b.nodes.log.empty());  // not at t - 1
        sc_core::wait(sc_time(2, SC_FS));
        REQUIRE(b.nodes.log.size() == 1);  // at t
        const arrival& a = b.nodes.log[0];
        CHECK(a.at_fs == 111'000'000);
        CHECK(a.port == 15);
        CHECK(a.header.destination == 15);
        CHECK(a.header.source == 0);
        CHECK(a.header.kind == 7);
        CHECK(a.header.scope == 3);
        CHECK(a.bytes == std::vector<std::uint8_t>{9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    });
    b.check_conservation();
    const auto activity = b.context.ledger().snapshot(0);
    const auto counts = b.context.ledger().scope_counts(activity, 3);
    CHECK(counts.at("c_mesh.flit.router") == 4 * 3);
    CHECK(counts.at("c_mesh.flit.link") == 4 * 4);
    CHECK(b.context.ledger().price(activity).dynamic_j == Approx(12 * 4.375e-12));
}

void check_random_traffic(core::coding_style style) {
    mesh_bench b{with_style(style)};
    support::generator random;
    const auto trace = random_trace(random, 17, 4000);
    b.run(sc_time(100'000, SC_US), [&] {
        for (std::size_t i = 0; i < trace.size(); ++i) {
            const sc_time at = core::from_fs(trace[i].at_fs);
            if (at > sc_time_stamp()) sc_core::wait(at - sc_time_stamp());
            b.nodes.at[trace[i].from]->send(trace[i].to, std::vector<std::uint8_t>(trace[i].bytes),
                                            sc_core::SC_ZERO_TIME, static_cast<std::uint32_t>(i));
        }
        while (b.dut.in_flight() != 0) sc_core::wait(sc_time(100, SC_NS));
    });
    CHECK((observed(b.nodes.log) == expected(trace, small_mesh())));
    b.check_conservation();
    CHECK(b.dut.stats().json().at("stalled") > 0);
}

}  // namespace

TEST_CASE("noc.c_mesh.unloaded_message_is_there_at_t_and_not_before_lt", "[noc][timing]") {
    check_single_message(core::coding_style::lt);
}

TEST_CASE("noc.c_mesh.unloaded_message_is_there_at_t_and_not_before_at", "[noc][timing]") {
    check_single_message(core::coding_style::at);
}

TEST_CASE("noc.c_mesh.random_traffic_equals_the_kernel_lt", "[noc][timing]") {
    check_random_traffic(core::coding_style::lt);
}

TEST_CASE("noc.c_mesh.random_traffic_equals_the_kernel_at", "[noc][timing]") {
    check_random_traffic(core::coding_style::at);
}

TEST_CASE("noc.c_mesh.annotated_delays_in_any_order_of_calls_change_nothing", "[noc][timing]") {
    // Everything is sent at time 0, ahead of time, source after source: the calls come in another
    // order than their times.
    mesh_bench b;
    support::generator random;
    const auto trace = random_trace(random, 17, 2000);
    b.run(sc_time(100'000, SC_US), [&] {
        for (std::uint32_t source = 17; source-- > 0;) {
            for (std::size_t i = 0; i < trace.size(); ++i) {
                if (trace[i].from != source) continue;
                b.nodes.at[source]->send(trace[i].to, std::vector<std::uint8_t>(trace[i].bytes),
                                         core::from_fs(trace[i].at_fs),
                                         static_cast<std::uint32_t>(i));
            }
        }
        while (b.dut.in_flight() != 0) sc_core::wait(sc_time(100, SC_NS));
    });
    CHECK((observed(b.nodes.log) == expected(trace, small_mesh())));
    b.check_conservation();
}

TEST_CASE("noc.c_mesh.one_destination_serves_sources_in_their_order", "[noc][timing]") {
    mesh_bench b;
    b.run(sc_time(10, SC_US), [&] {
        // Same instant, same distance (one router): the lower source goes first, whoever calls
        // first.
        for (const std::uint32_t source : {5U, 1U, 4U}) {
            b.nodes.at[source]->send(0, std::vector<std::uint8_t>(16));
        }
        sc_core::wait(sc_time(1, SC_US));
    });
    REQUIRE(b.nodes.log.size() == 3);
    // 1 + 2 links + 1 router + 5 flits - 1 = 8 cycles, then 5 flits each on the last link.
    const std::uint32_t sources[] = {1, 4, 5};
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(b.nodes.log[i].header.source == sources[i]);
        CHECK(b.nodes.log[i].at_fs == (8 + 5 * i) * 1'000'000);
    }
    CHECK(b.dut.stats().json().at("stalled") == 5 + 10);
}

TEST_CASE("noc.c_mesh.a_message_to_its_own_node_uses_no_link", "[noc][timing]") {
    mesh_bench b;
    b.run(sc_time(10, SC_US), [&] {
        b.nodes.at[6]->send(6, std::vector<std::uint8_t>(12));
        sc_core::wait(sc_time(1, SC_US));
    });
    REQUIRE(b.nodes.log.size() == 1);
    CHECK(b.nodes.log[0].at_fs == 5'000'000);  // 1 + 4 flits
    CHECK(b.dut.stats().json().at("router_flits") == 0);
    CHECK(b.dut.stats().json().at("link_flits") == 0);
    CHECK(b.dut.stats().json().at("flits") == 4);
}

TEST_CASE("noc.c_mesh.what_is_not_on_the_chip_leaves_by_the_io_port", "[noc][timing]") {
    mesh_bench b;
    const noc::node_map& map = b.dut.map();
    b.run(sc_time(10, SC_US), [&] {
        b.nodes.at[3]->send(map.host(), {1}, sc_core::SC_ZERO_TIME, 1);
        b.nodes.at[3]->send(map.io(0), {2}, sc_time(100, SC_NS), 2);
        b.nodes.at[16]->send(9, {3}, sc_time(200, SC_NS), 3);
        sc_core::wait(sc_time(1, SC_US));
    });
    REQUIRE(b.nodes.log.size() == 3);
    CHECK(b.nodes.log[0].port == 16);
    CHECK(b.nodes.log[0].header.destination == map.host());
    CHECK(b.nodes.log[1].port == 16);
    CHECK(b.nodes.log[2].port == 9);
}

TEST_CASE("noc.c_mesh.instants_between_clock_edges_wait_for_the_edge", "[noc][timing]") {
    mesh_bench b;
    b.run(sc_time(10, SC_US), [&] {
        sc_core::wait(sc_time(300'000, SC_FS));
        b.nodes.at[0]->send(1, {});
        sc_core::wait(sc_time(1, SC_US));
    });
    REQUIRE(b.nodes.log.size() == 1);
    CHECK(b.nodes.log[0].at_fs == 5'000'000);  // edge at 1 ns, + 1 + 2 links + 1 router + 0
}

TEST_CASE("noc.c_mesh.clear_drops_everything_and_frees_the_links", "[noc][timing]") {
    mesh_bench b;
    b.run(sc_time(100, SC_US), [&] {
        // In every phase: nothing yet, not routed, on the way, some delivered.
        for (int phase = 0; phase < 40; ++phase) {
            for (std::uint32_t i = 0; i < 16; ++i) {
                b.nodes.at[i]->send(15, std::vector<std::uint8_t>(20));
            }
            sc_core::wait(sc_time(phase * 1'000'000 + 500'000, SC_FS));
            b.dut.clear();
            b.nodes.log.clear();
            CHECK(b.dut.in_flight() == 0);
            CHECK(b.context.service<pimvp::bus::payload_pool>().outstanding() == 0);
            sc_core::wait(sc_time(500, SC_NS));
            CHECK(b.nodes.log.empty());
            const std::uint64_t edge =
                (core::to_fs(sc_time_stamp()) + 999'999) / 1'000'000 * 1'000'000;
            b.nodes.at[0]->send(1, {});
            sc_core::wait(sc_time(100, SC_NS));
            REQUIRE(b.nodes.log.size() == 1);
            CHECK(b.nodes.log[0].at_fs == edge + 4'000'000);
            b.nodes.log.clear();
        }
    });
}

TEST_CASE("noc.c_mesh.clear_works_in_at", "[noc][timing]") {
    mesh_bench b{with_style(core::coding_style::at)};
    b.run(sc_time(100, SC_US), [&] {
        for (std::uint32_t i = 0; i < 16; ++i) {
            b.nodes.at[i]->send(15, std::vector<std::uint8_t>(20));
            b.nodes.at[i]->send(15, std::vector<std::uint8_t>(20), sc_time(50, SC_NS));
        }
        sc_core::wait(sc_time(7, SC_NS));
        for (auto& node : b.nodes.at) node->out.clear();
        b.dut.clear();
        b.nodes.log.clear();
        sc_core::wait(sc_time(1, SC_US));
        CHECK(b.nodes.log.empty());
        CHECK(b.context.service<pimvp::bus::payload_pool>().outstanding() == 0);
    });
}

TEST_CASE("noc.c_mesh.wrong_transactions_get_the_exact_error", "[noc][timing]") {
    mesh_bench b;
    auto& pool = b.context.service<pimvp::bus::payload_pool>();
    b.run(sc_time(10, SC_US), [&] {
        const auto answer = [&](tlm::tlm_command command, std::uint64_t address, std::size_t bytes,
                                std::uint32_t destination, std::uint32_t head_bytes = 0) {
            auto message = pool.allocate(command, address, bytes);
            const pimvp::bus::node_message_header header{destination, 0, 0, 0, head_bytes};
            std::memcpy(message.data(), &header, std::min(bytes, sizeof header));
            sc_time delay;
            b.dut.in[0].b_transport(message.payload(), delay);
            CHECK(delay == sc_core::SC_ZERO_TIME);
            return message.payload().get_response_status();
        };
        CHECK(answer(tlm::TLM_WRITE_COMMAND, 0, 24, 1, 4) == tlm::TLM_OK_RESPONSE);
        CHECK(answer(tlm::TLM_WRITE_COMMAND, 0, 24, 1, 5) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(answer(tlm::TLM_READ_COMMAND, 0, 20, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        CHECK(answer(tlm::TLM_WRITE_COMMAND, 4, 20, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(answer(tlm::TLM_WRITE_COMMAND, 0, 19, 1) == tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(answer(tlm::TLM_WRITE_COMMAND, 0, 20, b.dut.map().nodes()) ==
              tlm::TLM_ADDRESS_ERROR_RESPONSE);
        auto debug = pool.allocate(16);
        CHECK(b.dut.in[0].transport_dbg(debug.payload()) == 0);
        sc_core::wait(sc_time(1, SC_US));
    });
    CHECK(b.nodes.log.size() == 1);
    CHECK(pool.outstanding() == 0);
}

TEST_CASE("noc.c_mesh.an_impossible_mesh_is_refused", "[noc][timing]") {
    core::context context;
    noc::c_mesh_params params = small_mesh();
    params.io_router.set(4);
    CHECK_THROWS_AS(noc::c_mesh("dut", context, params), core::user_error);
}

TEST_CASE("noc.c_mesh.budget_is_table_1", "[noc][timing]") {
    mesh_bench b{{}, noc::c_mesh_params{}};
    const auto routers = b.dut.budget();
    CHECK(routers.count == 42);
    CHECK(routers.power.value.watts * 42 / 168 == Approx(10.5e-3));
    CHECK(routers.area.value.mm2 * 42 / 168 == Approx(0.03775));
}
