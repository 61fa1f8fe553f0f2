// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/accel/program.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::mapping {

/// One section to go into a program image.
struct section {
    std::uint32_t kind = 0;
    std::vector<std::uint8_t> bytes;
    std::uint64_t room = 0;  ///< zeros behind `bytes`, to be filled in at section_data()
};

/// Packs sections into the container of accel/program.h.
std::vector<std::uint8_t> build_program_image(std::uint32_t family,
                                              const accel::hash256& config_hash,
                                              const accel::hash256& network_hash,
                                              const std::vector<section>& sections);

/// Where section `index` stands in an image of build_program_image().
std::uint8_t* section_data(std::vector<std::uint8_t>& image, std::size_t index);

/// 64 hexadecimal digits to bytes; anything else throws core::user_error.
accel::hash256 parse_hash(std::string_view hex);

/// Bytes to 64 hexadecimal digits.
std::string to_hex(const accel::hash256& hash);

}  // namespace pimvp::mapping
