// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/file.h>

#include <nlohmann/json.hpp>

#include <unistd.h>
#include <filesystem>
#include <string>

namespace pimvp::test {

/// The committed record of glyphs on isaac_like, to be read or changed.
inline nlohmann::ordered_json glyphs_record() {
    return nlohmann::ordered_json::parse(core::read_file(PIMVP_RECORD));
}

/// A file that lives as long as this.
class passing_file {
public:
    explicit passing_file(const std::string& text) {
        static int number = 0;
        const std::string name = "pimvp_report_test_" + std::to_string(getpid()) + "_" +
                                 std::to_string(++number) + ".json";
        m_path = std::filesystem::temp_directory_path() / name;
        core::write_file(m_path.string(), text);
    }
    ~passing_file() {
        std::error_code ignored;
        std::filesystem::remove(m_path, ignored);
    }
    passing_file(const passing_file&) = delete;
    passing_file& operator=(const passing_file&) = delete;
    [[nodiscard]] std::string path() const { return m_path.string(); }

private:
    std::filesystem::path m_path;
};

}  // namespace pimvp::test
