// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace pimvp::noc {

/// A grid of tiles in which every rectangle of tiles shares a router (a concentrated mesh), and one
/// I/O port at one of the routers. Nodes: tile (x, y) is y * tile_columns + x, then the I/O port.
struct mesh_shape {
    std::uint32_t tile_columns = 1, tile_rows = 1;
    std::uint32_t concentration_columns = 1, concentration_rows = 1;
    std::uint32_t io_router = 0;

    [[nodiscard]] constexpr std::uint32_t tiles() const { return tile_columns * tile_rows; }
    [[nodiscard]] constexpr std::uint32_t nodes() const { return tiles() + 1; }
    [[nodiscard]] constexpr std::uint32_t io_node() const { return tiles(); }
    [[nodiscard]] constexpr std::uint32_t router_columns() const {
        return (tile_columns + concentration_columns - 1) / concentration_columns;
    }
    [[nodiscard]] constexpr std::uint32_t router_rows() const {
        return (tile_rows + concentration_rows - 1) / concentration_rows;
    }
    [[nodiscard]] constexpr std::uint32_t routers() const {
        return router_columns() * router_rows();
    }
    /// Precondition: node < nodes().
    [[nodiscard]] constexpr std::uint32_t router_of(std::uint32_t node) const {
        if (node == io_node()) return io_router;
        return node / tile_columns / concentration_rows * router_columns() +
               node % tile_columns / concentration_columns;
    }
    /// All tiles in an order in which neighbours are close: router by router, in strips two routers
    /// high, back and forth.
    [[nodiscard]] std::vector<std::uint32_t> path() const;
    /// Links between routers on the way.
    [[nodiscard]] constexpr std::uint32_t hops(std::uint32_t from, std::uint32_t to) const {
        const std::uint32_t a = router_of(from);
        const std::uint32_t b = router_of(to);
        const auto distance = [](std::uint32_t p, std::uint32_t q) {
            return p < q ? q - p : p - q;
        };
        return distance(a % router_columns(), b % router_columns()) +
               distance(a / router_columns(), b / router_columns());
    }
};

/// Routes messages through a concentrated mesh: dimension order (first along the row, then along
/// the column), one flit per link and cycle, buffers that never fill.
///
/// Plain C++: time is a count of cycles, and a message is a number of flits. Every link (from a
/// node to its router, between routers, from a router to a node; each direction apart) belongs to
/// one message at a time, from its head to its last flit, and is given to messages in the order of
/// the calls. A message to its own node turns round in the node's network interface and uses no
/// link.
///
/// **Timing** In cycles after the one in which the message is ready; without contention
///
///     1 (network interface) + links + routers * router_cycles + flits - 1
///     links = hops + 2, routers = hops + 1;   to itself: 1 + flits
///
/// **Limits** Messages of one pair of nodes stay in order. A blocked message waits in buffers of
/// unlimited size, it does not hold the links behind it.
class mesh_kernel {
public:
    /// `router_cycles`: from the arrival of a head flit at a router to its departure.
    mesh_kernel(const mesh_shape& shape, std::uint32_t router_cycles);

    struct transfer {
        std::uint64_t done = 0;     ///< cycle in which the last flit has arrived
        std::uint64_t ejected = 0;  ///< cycle in which the head enters the last link
        std::uint32_t routers = 0;  ///< passed; 0 within one node
        std::uint32_t links = 0;    ///< used; 0 within one node
        std::uint64_t stalled = 0;  ///< cycles lost to other messages
    };

    /// A link that a message used, and the cycle in which its head entered it.
    struct link_use {
        std::uint32_t link = 0;
        std::uint64_t start = 0;
    };

    /// Sends `flits` >= 1, ready in cycle `ready`, and reserves the links on its way, which are
    /// added to `way` if there is one. Precondition: from, to < shape().nodes().
    transfer send(std::uint64_t ready, std::uint32_t from, std::uint32_t to, std::uint64_t flits,
                  std::vector<link_use>* way = nullptr);

    /// What send() would take without contention, in cycles.
    [[nodiscard]] std::uint64_t unloaded_cycles(std::uint32_t from, std::uint32_t to,
                                                std::uint64_t flits) const;
    /// Numbers of the links on the way, in order; for tests and pictures. With n nodes: i is the
    /// link from node i to its router, n + i the one back, 3 * n + 4 * r + d the one that leaves
    /// router r to the east, west, south, north (d = 0 .. 3).
    [[nodiscard]] std::vector<std::uint32_t> route(std::uint32_t from, std::uint32_t to) const;
    /// The router that a link leaves; null for one that leaves a node.
    [[nodiscard]] std::optional<std::uint32_t> router_before(std::uint32_t link) const;
    /// Cycles each link has been given to messages since clear(), by link number.
    [[nodiscard]] const std::vector<std::uint64_t>& busy_cycles() const { return m_busy; }

    /// All links are free from cycle 0 on.
    void clear();

    [[nodiscard]] const mesh_shape& shape() const { return m_shape; }

private:
    enum direction : std::uint32_t { east, west, south, north };

    template <class Visitor>
    void walk(std::uint32_t from, std::uint32_t to, Visitor&& visit) const;
    [[nodiscard]] std::uint32_t injection(std::uint32_t node) const { return node; }
    [[nodiscard]] std::uint32_t ejection(std::uint32_t node) const {
        return m_shape.nodes() + node;
    }
    [[nodiscard]] std::uint32_t turn(std::uint32_t node) const {
        return 2 * m_shape.nodes() + node;
    }
    [[nodiscard]] std::uint32_t between(std::uint32_t router, direction to) const {
        return 3 * m_shape.nodes() + 4 * router + to;
    }
    std::uint64_t take(std::uint32_t link, std::uint64_t earliest, std::uint64_t flits);

    mesh_shape m_shape;
    std::uint32_t m_router_cycles;
    std::vector<std::uint64_t> m_free;  // first cycle in which the link takes a new head
    std::vector<std::uint64_t> m_busy;
};

}  // namespace pimvp::noc
