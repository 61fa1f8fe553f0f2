// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/reram/quantiser_kernel.h>

unsigned planes_of(const std::vector<std::uint8_t>& pixels) {
    pimvp::reram::group_rule rule;
    rule.policy = static_cast<std::uint32_t>(pimvp::reram::group_policy::lsb_drop);
    rule.drop = 2;
    const pimvp::reram::group_quantiser cut(rule, 8, false);
    std::vector<std::uint8_t> streamed(pixels.size());
    return cut(pixels.data(), static_cast<unsigned>(pixels.size()), streamed.data()).streamed;
}
// page ends
