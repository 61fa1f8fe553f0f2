// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/mapper.h>

#include <cstdint>
#include <vector>

namespace pimvp::isaac_like {

/// Which weights one crossbar holds.
struct planned_array {
    std::uint32_t matrix = 0;  ///< index into placement_plan::matrices
    std::uint32_t row_block = 0, column_block = 0;
};

struct planned_matrix {
    std::uint32_t node = 0;  ///< index into network::nodes
    mapping::lowered_matrix lowered;
};

/// A placement, and what is needed to fill its crossbars. Internal to the mapper.
struct placement_plan {
    placement placed;
    std::vector<planned_matrix> matrices;
    std::vector<planned_array> arrays;  ///< in the order of their images in the cell section
    std::uint64_t cell_bytes = 0;
};

placement_plan plan(const nn::network& network, const machine& target);

}  // namespace pimvp::isaac_like
