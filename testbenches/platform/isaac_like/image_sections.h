// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <support/catch.h>

#include <pimvp/accel/program.h>
#include <pimvp/isaac_like/spatial_program.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace isaac_like_test {

/// Where the table entry of a section stands in a program image.
inline std::size_t entry_of(const std::vector<std::uint8_t>& image,
                            pimvp::isaac_like::section_kind kind) {
    for (std::size_t at = sizeof(pimvp::accel::program_header);;
         at += sizeof(pimvp::accel::section_entry)) {
        pimvp::accel::section_entry entry;
        REQUIRE(at + sizeof(entry) <= image.size());
        std::memcpy(&entry, image.data() + at, sizeof(entry));
        if (entry.kind == static_cast<std::uint32_t>(kind)) return at;
    }
}

/// Where the section itself begins.
inline std::size_t offset_of(const std::vector<std::uint8_t>& image,
                             pimvp::isaac_like::section_kind kind) {
    pimvp::accel::section_entry entry;
    std::memcpy(&entry, image.data() + entry_of(image, kind), sizeof(entry));
    return entry.offset;
}

}  // namespace isaac_like_test
