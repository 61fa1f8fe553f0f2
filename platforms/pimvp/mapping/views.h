// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <cstdint>
#include <vector>

namespace pimvp::mapping {

/// A value as the hardware keeps it: a map of channels x height x width.
struct map_dims {
    std::uint32_t channels = 1, height = 1, width = 1;

    friend bool operator==(const map_dims& a, const map_dims& b) {
        return a.channels == b.channels && a.height == b.height && a.width == b.width;
    }
    [[nodiscard]] std::uint64_t elements() const {
        return std::uint64_t{channels} * height * width;
    }
};

/// How a value is kept: in the storage of `root` (itself unless a reshape made it).
struct value_view {
    nn::value_id root = 0;
    map_dims dims;  ///< of the root
};

/// Looks through the reshapes of a network: Flatten and friends move nothing on an accelerator,
/// they only name the same integers differently.
///
/// Returns a view per value. Throws core::user_error that names the node if a convolution or pool
/// works on reshaped data whose channels, height and width are not those of the original map.
std::vector<value_view> view_values(const nn::network& network);

}  // namespace pimvp::mapping
