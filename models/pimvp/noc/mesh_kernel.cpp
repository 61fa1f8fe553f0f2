// SPDX-License-Identifier: Apache-2.0
#include <pimvp/noc/mesh_kernel.h>

#include <algorithm>

namespace pimvp::noc {

std::vector<std::uint32_t> mesh_shape::path() const {
    constexpr std::uint32_t strip =
        2;  // rows of routers: what goes on is spread over as many links
    std::vector<std::uint32_t> way;
    const auto add_tiles_of = [&](std::uint32_t column, std::uint32_t row) {
        for (std::uint32_t t = 0; t < concentration_columns * concentration_rows; ++t) {
            const std::uint32_t x = column * concentration_columns + t % concentration_columns;
            const std::uint32_t y = row * concentration_rows + t / concentration_columns;
            if (x < tile_columns && y < tile_rows) way.push_back(y * tile_columns + x);
        }
    };
    bool goes_east = true, goes_south = true;
    for (std::uint32_t top = 0; top < router_rows(); top += strip, goes_east = !goes_east) {
        const std::uint32_t rows = std::min(strip, router_rows() - top);
        for (std::uint32_t i = 0; i < router_columns(); ++i, goes_south = !goes_south) {
            const std::uint32_t column = goes_east ? i : router_columns() - 1 - i;
            for (std::uint32_t j = 0; j < rows; ++j) {
                add_tiles_of(column, top + (goes_south ? j : rows - 1 - j));
            }
        }
    }
    return way;
}

mesh_kernel::mesh_kernel(const mesh_shape& shape, std::uint32_t router_cycles)
    : m_shape(shape),
      m_router_cycles(router_cycles),
      m_free(3 * shape.nodes() + 4 * shape.routers()),
      m_busy(m_free.size()) {}

/// visit(link) in the order of the way: injection, along the row, along the column, ejection.
template <class Visitor>
void mesh_kernel::walk(std::uint32_t from, std::uint32_t to, Visitor&& visit) const {
    const std::uint32_t columns = m_shape.router_columns();
    std::uint32_t router = m_shape.router_of(from);
    const std::uint32_t last = m_shape.router_of(to);
    visit(injection(from));
    for (std::uint32_t x = router % columns; x < last % columns; ++x)
        visit(between(router++, east));
    for (std::uint32_t x = router % columns; x > last % columns; --x)
        visit(between(router--, west));
    for (; router < last; router += columns) visit(between(router, south));
    for (; router > last; router -= columns) visit(between(router, north));
    visit(ejection(to));
}

std::uint64_t mesh_kernel::take(std::uint32_t link, std::uint64_t earliest, std::uint64_t flits) {
    const std::uint64_t start = std::max(earliest, m_free[link]);
    m_free[link] = start + flits;
    m_busy[link] += flits;
    return start;
}

mesh_kernel::transfer mesh_kernel::send(std::uint64_t ready, std::uint32_t from, std::uint32_t to,
                                        std::uint64_t flits, std::vector<link_use>* way) {
    transfer result;
    std::uint64_t head = ready + 1;  // through the network interface
    if (from == to) {
        result.ejected = take(turn(from), head, flits);
    } else {
        walk(from, to, [&](std::uint32_t link) {
            result.ejected = take(link, head, flits);
            if (way != nullptr) way->push_back({link, result.ejected});
            head = result.ejected + 1 + m_router_cycles;
            ++result.links;
        });
        result.routers = result.links - 1;
    }
    result.done = result.ejected + flits;
    result.stalled = result.done - ready - unloaded_cycles(from, to, flits);
    return result;
}

std::uint64_t mesh_kernel::unloaded_cycles(std::uint32_t from, std::uint32_t to,
                                           std::uint64_t flits) const {
    if (from == to) return 1 + flits;
    const std::uint64_t routers = m_shape.hops(from, to) + 1;
    return 1 + (routers + 1) + routers * m_router_cycles + flits - 1;
}

std::vector<std::uint32_t> mesh_kernel::route(std::uint32_t from, std::uint32_t to) const {
    std::vector<std::uint32_t> links;
    if (from == to) return links;
    walk(from, to, [&](std::uint32_t link) { links.push_back(link); });
    return links;
}

std::optional<std::uint32_t> mesh_kernel::router_before(std::uint32_t link) const {
    const std::uint32_t nodes = m_shape.nodes();
    if (link >= 3 * nodes) return (link - 3 * nodes) / 4;
    if (link >= nodes && link < 2 * nodes) return m_shape.router_of(link - nodes);
    return std::nullopt;
}

void mesh_kernel::clear() {
    std::fill(m_free.begin(), m_free.end(), 0);
    std::fill(m_busy.begin(), m_busy.end(), 0);
}

}  // namespace pimvp::noc
