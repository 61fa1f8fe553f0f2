// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/post/post_kernel.h>

using namespace pimvp;

post::operation_counts two_sums(std::uint8_t* out) {
    const post::number_format y{0x3D000000U, 128, 0, 255, 1};  // scale 1/32, uint8
    const std::int64_t sums[2] = {1000, -77};
    const post::float_bits multiplier = 0x3C23D70AU;           // 0.01
    return post::requantise(sums, &multiplier, 0, 2, y, out);  // 138, 127
}
// page ends
