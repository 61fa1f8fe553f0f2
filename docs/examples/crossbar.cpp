// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/reram/crossbar_kernel.h>

using namespace pimvp::reram;

std::int64_t first_sum(const std::int8_t* weights /* 128 x 32 */,
                       const std::uint8_t* pixels /* 128 */) {
    const crossbar_shape shape;  // ISAAC's
    const weight_view<std::int8_t> view{weights, 128, 32, 32, 1};
    const crossbar_kernel array{shape, encode_crossbar(view, 8, shape), 8};
    std::vector<std::int64_t> sums(array.outputs());
    array.multiply({pixels, 128, 1, 8, false}, sums.data());
    return sums[0];
}
// page ends
