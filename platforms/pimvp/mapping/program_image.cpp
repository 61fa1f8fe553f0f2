// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mapping/program_image.h>

#include <pimvp/core/diagnostics.h>

#include <cstring>
#include <string>

namespace pimvp::mapping {
namespace {

std::uint64_t aligned(std::uint64_t bytes) {
    return (bytes + 63) / 64 * 64;
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

std::vector<std::uint8_t> build_program_image(std::uint32_t family,
                                              const accel::hash256& config_hash,
                                              const accel::hash256& network_hash,
                                              const std::vector<section>& sections) {
    accel::program_header header;
    header.family = family;
    header.config_hash = config_hash;
    header.network_hash = network_hash;
    header.sections = static_cast<std::uint32_t>(sections.size());

    std::uint64_t offset = aligned(sizeof(header) + sections.size() * sizeof(accel::section_entry));
    std::vector<accel::section_entry> table;
    for (const section& s : sections) {
        table.push_back({s.kind, 0, offset, s.bytes.size() + s.room});
        offset = aligned(offset + table.back().bytes);
    }
    header.total_bytes = offset;

    std::vector<std::uint8_t> image(offset, 0);
    std::memcpy(image.data(), &header, sizeof(header));
    if (!table.empty()) {
        std::memcpy(image.data() + sizeof(header), table.data(),
                    table.size() * sizeof(accel::section_entry));
    }
    for (std::size_t i = 0; i < sections.size(); ++i) {
        if (sections[i].bytes.empty()) continue;
        std::memcpy(image.data() + table[i].offset, sections[i].bytes.data(),
                    sections[i].bytes.size());
    }
    return image;
}

std::uint8_t* section_data(std::vector<std::uint8_t>& image, std::size_t index) {
    accel::section_entry entry;
    std::memcpy(&entry, image.data() + sizeof(accel::program_header) + index * sizeof(entry),
                sizeof(entry));
    return image.data() + entry.offset;
}

accel::hash256 parse_hash(std::string_view hex) {
    accel::hash256 hash{};
    if (hex.size() != 2 * hash.size()) {
        throw core::user_error("a SHA-256 has 64 hexadecimal digits, not " +
                               std::to_string(hex.size()));
    }
    for (std::size_t i = 0; i < hash.size(); ++i) {
        const int high = digit(hex[2 * i]);
        const int low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            throw core::user_error("'" + std::string(hex) + "' is not a hexadecimal SHA-256");
        }
        hash[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return hash;
}

std::string to_hex(const accel::hash256& hash) {
    constexpr const char* digits = "0123456789abcdef";
    std::string hex;
    for (const std::uint8_t byte : hash) {
        hex.push_back(digits[byte >> 4]);
        hex.push_back(digits[byte & 15]);
    }
    return hex;
}

}  // namespace pimvp::mapping
