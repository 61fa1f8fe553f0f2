// SPDX-License-Identifier: Apache-2.0
#include <pimvp/noc/c_mesh_params.h>
#include <pimvp/noc/mesh_kernel.h>
#include <pimvp/noc/node_map.h>

#include <support/catch.h>
#include <support/random.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

namespace noc = pimvp::noc;
using noc::mesh_kernel;
using noc::mesh_shape;

namespace {

const mesh_shape shapes[] = {
    noc::c_mesh_params{}.shape(),  // ISAAC: 14 x 12 tiles, 4 at a router
    {5, 3, 2, 2, 4},               // the last column and row of routers are not full
    {4, 4, 1, 1, 15},              // a plain mesh
    {3, 1, 4, 4, 0},               // everybody at one router
};

/// Walks a route by coordinates; gives the router it ends at, checks that rows come before columns.
std::uint32_t walked(const mesh_shape& shape, const std::vector<std::uint32_t>& links,
                     std::uint32_t router) {
    bool turned = false;
    for (std::size_t i = 1; i + 1 < links.size(); ++i) {
        REQUIRE(links[i] >= 3 * shape.nodes());
        const std::uint32_t number = links[i] - 3 * shape.nodes();
        REQUIRE(number / 4 == router);
        const std::uint32_t x = router % shape.router_columns();
        const std::uint32_t y = router / shape.router_columns();
        switch (number % 4) {
        case 0:
            REQUIRE((!turned && x + 1 < shape.router_columns()));
            router += 1;
            break;
        case 1:
            REQUIRE((!turned && x > 0));
            router -= 1;
            break;
        case 2:
            REQUIRE(y + 1 < shape.router_rows());
            router += shape.router_columns();
            turned = true;
            break;
        default:
            REQUIRE(y > 0);
            router -= shape.router_columns();
            turned = true;
        }
    }
    return router;
}

}  // namespace

TEST_CASE("noc.mesh_kernel.isaac_has_42_routers", "[noc][unit]") {
    const mesh_shape shape = noc::c_mesh_params{}.shape();
    CHECK(shape.tiles() == 168);
    CHECK(shape.router_columns() == 7);
    CHECK(shape.router_rows() == 6);
    CHECK(shape.routers() == 42);
    CHECK(shape.router_of(0) == 0);
    CHECK(shape.router_of(1) == 0);
    CHECK(shape.router_of(14) == 0);
    CHECK(shape.router_of(15) == 0);
    CHECK(shape.router_of(2) == 1);
    CHECK(shape.router_of(28) == 7);
    CHECK(shape.router_of(167) == 41);
    CHECK(shape.router_of(shape.io_node()) == 0);
    CHECK(shape.hops(0, 167) == 11);
    CHECK(shape.hops(0, 15) == 0);
}

TEST_CASE("noc.mesh_kernel.a_path_visits_every_tile_once_and_never_jumps", "[noc][unit]") {
    for (const mesh_shape& shape : shapes) {
        const std::vector<std::uint32_t> path = shape.path();
        std::vector<std::uint32_t> tiles = path;
        std::sort(tiles.begin(), tiles.end());
        REQUIRE(tiles.size() == shape.tiles());
        for (std::uint32_t t = 0; t < shape.tiles(); ++t) REQUIRE(tiles[t] == t);
        for (std::size_t i = 1; i < path.size(); ++i) {
            // From strip to strip it may have to go to the far one of two routers.
            REQUIRE(shape.hops(path[i - 1], path[i]) <= 2);
        }
    }
    const std::vector<std::uint32_t> path = noc::c_mesh_params{}.shape().path();
    const std::vector<std::uint32_t> begin(path.begin(), path.begin() + 12);
    CHECK(begin == std::vector<std::uint32_t>{0, 1, 14, 15, 28, 29, 42, 43, 30, 31, 44, 45});
}

TEST_CASE("noc.mesh_kernel.routes_go_along_the_row_then_the_column", "[noc][unit]") {
    for (const mesh_shape& shape : shapes) {
        const mesh_kernel kernel{shape, 1};
        for (std::uint32_t from = 0; from < shape.nodes(); ++from) {
            for (std::uint32_t to = 0; to < shape.nodes(); ++to) {
                const auto links = kernel.route(from, to);
                if (from == to) {
                    REQUIRE(links.empty());
                    continue;
                }
                REQUIRE(links.size() == shape.hops(from, to) + 2);
                REQUIRE(links.front() == from);
                REQUIRE(links.back() == shape.nodes() + to);
                REQUIRE(walked(shape, links, shape.router_of(from)) == shape.router_of(to));
            }
        }
    }
    SUCCEED();
}

TEST_CASE("noc.mesh_kernel.unloaded_latency_is_the_documented_formula", "[noc][unit]") {
    for (const mesh_shape& shape : shapes) {
        for (const std::uint32_t router_cycles : {0U, 1U, 3U}) {
            for (const std::uint64_t flits : {1U, 2U, 65U}) {
                mesh_kernel kernel{shape, router_cycles};
                for (std::uint32_t from = 0; from < shape.nodes(); from += 3) {
                    for (std::uint32_t to = 0; to < shape.nodes(); ++to) {
                        kernel.clear();
                        const auto way = kernel.send(1000, from, to, flits);
                        const std::uint64_t hops = shape.hops(from, to);
                        const std::uint64_t wanted =
                            from == to ? 1 + flits
                                       : 1 + (hops + 2) + (hops + 1) * router_cycles + flits - 1;
                        REQUIRE(way.done == 1000 + wanted);
                        REQUIRE(kernel.unloaded_cycles(from, to, flits) == wanted);
                        REQUIRE(way.stalled == 0);
                        REQUIRE(way.links == (from == to ? 0 : hops + 2));
                        REQUIRE(way.routers == (from == to ? 0 : hops + 1));
                    }
                }
            }
        }
    }
    SUCCEED();
}

TEST_CASE("noc.mesh_kernel.a_shared_link_serves_one_message_at_a_time", "[noc][unit]") {
    const mesh_shape shape{4, 1, 1, 1, 0};
    mesh_kernel kernel{shape, 1};
    // Both need the link from router 1 to router 2 and the last one to node 3.
    const auto first = kernel.send(0, 0, 3, 10);
    const auto second = kernel.send(0, 1, 3, 10);
    CHECK(first.done == kernel.unloaded_cycles(0, 3, 10));
    // Head of the first at router 1: cycle 1, + 2 (link, router) per hop; link taken 5 .. 14.
    CHECK(second.stalled == 12);
    CHECK(second.done == kernel.unloaded_cycles(1, 3, 10) + 12);
    // The other direction and other rows are free.
    CHECK(kernel.send(0, 3, 0, 10).stalled == 0);
    // Behind the first message, whose last flit frees the first link in cycle 11.
    CHECK(kernel.send(10, 0, 1, 1).stalled == 0);
    kernel.clear();
    kernel.send(0, 0, 1, 10);
    CHECK(kernel.send(9, 0, 1, 1).stalled == 1);
}

TEST_CASE("noc.mesh_kernel.random_traffic_keeps_order_and_loses_no_cycle", "[noc][unit]") {
    support::generator random;
    for (const mesh_shape& shape : shapes) {
        mesh_kernel kernel{shape, 2};
        std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> latest;
        std::uint64_t link_cycles = 0, ready = 0;
        std::map<std::uint32_t, std::uint64_t> per_link;
        for (int i = 0; i < 20'000; ++i) {
            ready += random.below(4);
            const auto from = static_cast<std::uint32_t>(random.below(shape.nodes()));
            const auto to = static_cast<std::uint32_t>(random.below(shape.nodes()));
            const std::uint64_t flits = 1 + random.below(40);
            const auto way = kernel.send(ready, from, to, flits);
            REQUIRE(way.done == ready + kernel.unloaded_cycles(from, to, flits) + way.stalled);
            auto& before = latest[{from, to}];
            REQUIRE(way.done >= before + flits);  // in order, and apart
            before = way.done;
            for (const std::uint32_t link : kernel.route(from, to)) per_link[link] += flits;
            link_cycles += flits * way.links;
        }
        const auto& busy = kernel.busy_cycles();
        for (const auto& [link, cycles] : per_link) REQUIRE(busy[link] == cycles);
        std::uint64_t sum = 0;
        for (std::size_t link = 0; link < busy.size(); ++link) {
            const bool turn = link >= 2 * shape.nodes() && link < 3 * shape.nodes();
            if (!turn) sum += busy[link];
        }
        CHECK(sum == link_cycles);
    }
}

TEST_CASE("noc.node_map.numbers_chips_tiles_io_and_host", "[noc][unit]") {
    constexpr noc::node_map map{3, 168};
    static_assert(map.tile(0, 0) == 0);
    static_assert(map.tile(2, 5) == 2 * 169 + 5);
    static_assert(map.io(0) == 168);
    static_assert(map.io(2) == 2 * 169 + 168);
    static_assert(map.host() == 3 * 169);
    static_assert(map.nodes() == 3 * 169 + 1);
    static_assert(map.chip_of(map.io(1)) == 1);
    static_assert(map.local_of(map.io(1)) == 168);
    static_assert(map.chip_of(map.host()) == 3);
    SUCCEED();
}
