// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::core {

using sha256_digest = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4) of `bytes` bytes.
sha256_digest sha256(const void* data, std::size_t bytes);
inline sha256_digest sha256(std::string_view text) {
    return sha256(text.data(), text.size());
}
inline sha256_digest sha256(const std::vector<std::uint8_t>& data) {
    return sha256(data.data(), data.size());
}

/// 64 lower-case hexadecimal digits.
std::string to_hex(const sha256_digest& digest);

template <class... Arguments>
std::string sha256_hex(const Arguments&... data) {
    return to_hex(sha256(data...));
}

}  // namespace pimvp::core
