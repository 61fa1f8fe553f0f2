// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pimvp::core {

/// Writes a file completely or not at all: a temporary beside it (`.partial`) is renamed. Throws
/// user_error with path, cause and way out.
void write_file(const std::string& path, const void* data, std::size_t bytes);
inline void write_file(const std::string& path, std::string_view text) {
    write_file(path, text.data(), text.size());
}

/// All bytes of a file. Throws user_error: missing, a folder, not readable, over `most` bytes.
std::string read_file(const std::string& path, std::uint64_t most = std::uint64_t{1} << 40U);

}  // namespace pimvp::core
