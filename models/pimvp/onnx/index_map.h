// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

/// Private to the room.
namespace pimvp::onnx::detail {

/// Which elements of a tensor another one holds: element i of the other is element from[i].
struct index_map {
    nn::shape dims;  ///< of the other
    std::vector<std::uint32_t> from;
};

/// The positions first, first + step, ... along one axis; count of them.
struct axis_range {
    std::int64_t first = 0, step = 1, count = 0;
};

/// Axis i of the result is axis order[i]. Precondition: a permutation.
index_map transposed(const nn::shape& dims, const std::vector<std::size_t>& order);

/// One range per axis.
index_map sliced(const nn::shape& dims, const std::vector<axis_range>& ranges);

/// The indices `picks` (each inside the axis) along `axis`, which `picks_dims` replaces.
index_map gathered(const nn::shape& dims, std::size_t axis, const std::vector<std::int64_t>& picks,
                   const nn::shape& picks_dims);

}  // namespace pimvp::onnx::detail
