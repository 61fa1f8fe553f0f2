// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/mapping/lowering.h>

using namespace pimvp;

/// Arrays of 64 x 16 weights that a network's first node needs.
std::uint64_t arrays_of_first(const nn::network& network) {
    const nn::node& node = network.nodes.front();
    const std::vector<mapping::value_view> views = mapping::view_values(network);
    const mapping::lowered_matrix matrix =
        mapping::lower(node, views[node.inputs[0]].dims, views[node.output].dims, {64, 16, true});
    return matrix.arrays();
}
// page ends
