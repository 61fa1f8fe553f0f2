// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pimvp::reram {

/// Some channels of a finished output pixel, at the moment its layer delivers it.
struct observed_pixel {
    std::uint32_t program = 0;
    std::uint32_t inference = 0;
    std::uint32_t layer = 0;
    std::uint32_t pixel = 0;  ///< y * width + x
    std::uint32_t first_channel = 0;
    std::uint32_t channels = 0;
    std::uint32_t element_bytes = 1;
    const std::uint8_t* values = nullptr;
};

/// A window of a layer, at the moment its inputs leave the eDRAM.
struct observed_window {
    std::uint32_t program = 0;
    std::uint32_t inference = 0;
    std::uint32_t layer = 0;
    std::uint32_t window = 0;  ///< y * width + x of the output
};

/// Looks on while a tile starts windows and delivers results, to compare them with a reference and
/// to time layers. It takes no time, changes nothing and is no part of the hardware.
class activation_observer {
public:
    virtual ~activation_observer() = default;
    virtual void started(const observed_window& what) = 0;
    virtual void delivered(const observed_pixel& what) = 0;
};

}  // namespace pimvp::reram
