// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/file.h>

#include <pimvp/core/diagnostics.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace pimvp::core {

void write_file(const std::string& path, const void* data, std::size_t bytes) {
    const std::string partial = path + ".partial";
    errno = 0;
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
    file.close();
    std::error_code failure;
    if (!file) failure.assign(errno, std::generic_category());
    if (file) std::filesystem::rename(partial, path, failure);
    if (!file || failure) {
        std::error_code ignored;
        std::filesystem::remove(partial, ignored);
        throw user_error(path, "cannot be written (" + failure.message() +
                                   "): check folder, permissions and free space");
    }
}

std::string read_file(const std::string& path, std::uint64_t most) {
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    if (!std::filesystem::exists(status)) {
        throw user_error(core::quoted(path) + " does not exist: check the path");
    }
    if (std::filesystem::is_directory(status)) {
        throw user_error(core::quoted(path) + " is a folder, a file is needed");
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) throw user_error(core::quoted(path) + " cannot be opened: check its permissions");
    std::string bytes;
    const std::uintmax_t expected = std::filesystem::file_size(path, failure);  // of no pipe
    if (!failure && expected <= most) bytes.reserve(static_cast<std::size_t>(expected));
    char buffer[65536];
    while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
        bytes.append(buffer, static_cast<std::size_t>(in.gcount()));
        if (bytes.size() > most) {
            throw user_error(core::quoted(path) + " is larger than " + std::to_string(most >> 20U) +
                             " MiB: is it the right file?");
        }
    }
    if (in.bad()) throw user_error(core::quoted(path) + " cannot be read: check the disk");
    return bytes;
}

}  // namespace pimvp::core
