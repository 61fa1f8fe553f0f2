// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mapping/views.h>

#include <pimvp/core/diagnostics.h>

namespace pimvp::mapping {
namespace {

[[noreturn]] void refuse(const nn::node& n, const std::string& why) {
    throw core::user_error("node '" + n.name + "' (" + std::string(nn::to_string(n.kind)) +
                           "): " + why);
}

map_dims dims_of(const nn::value& v) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(v.dims[i]); };
    const std::size_t rank = v.dims.size();
    if (rank == 0 || rank > 4 || (rank > 1 && v.dims[0] != 1)) {
        throw core::user_error("value '" + v.name + "' has shape " + nn::to_string(v.dims) +
                               "; accelerators take one image: N x C, N x C x L or N x C x H x W "
                               "with N = 1");
    }
    if (rank == 1) return {at(0), 1, 1};
    if (rank == 2) return {at(1), 1, 1};
    if (rank == 3) return {at(1), 1, at(2)};
    return {at(1), at(2), at(3)};
}

bool needs_geometry(nn::op_kind kind) {
    return kind == nn::op_kind::convolution || kind == nn::op_kind::max_pool ||
           kind == nn::op_kind::average_pool || kind == nn::op_kind::concat ||
           kind == nn::op_kind::multiply || kind == nn::op_kind::select;
}

}  // namespace

std::vector<value_view> view_values(const nn::network& network) {
    std::vector<value_view> views(network.values.size());
    for (const nn::value_id id : network.inputs) views[id] = {id, dims_of(network.values[id])};
    for (const nn::node& n : network.nodes) {
        const value_view in = views[n.inputs.front()];
        if (needs_geometry(n.kind)) {
            for (const nn::value_id id : n.inputs) {
                if (!(dims_of(network.values[id]) == views[id].dims)) {
                    refuse(n, "works on '" + network.values[id].name +
                                  "', reshaped from another channel, height and width; only fully "
                                  "connected and element-wise layers may follow such a reshape");
                }
            }
        }
        if (n.kind == nn::op_kind::reshape) {
            views[n.output] = in;
        } else if (n.kind == nn::op_kind::add || n.kind == nn::op_kind::requantise ||
                   n.kind == nn::op_kind::lookup) {
            for (const nn::value_id id : n.inputs) {
                if (!(views[id].dims == in.dims)) {
                    refuse(n, "adds maps that are kept in different shapes");
                }
            }
            views[n.output] = {n.output, in.dims};
        } else {
            views[n.output] = {n.output, dims_of(network.values[n.output])};
        }
    }
    return views;
}

}  // namespace pimvp::mapping
