// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Runs the program as a person would, for tests.
namespace pimvp::test {

/// A folder of one test case, empty at its beginning and gone at its end.
class scratch_folder {
public:
    scratch_folder();
    ~scratch_folder();
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return m_path / name; }
    /// Names in it, sorted.
    [[nodiscard]] std::vector<std::string> names() const;
    /// Writes a file and returns its path.
    [[nodiscard]] std::string file(const std::string& name, const std::string& bytes) const;

private:
    std::filesystem::path m_path;
};

struct program_result {
    int code = -1;
    std::string text;  ///< standard output and error
};

/// pimvp with these arguments, none of which holds a single quote.
program_result pimvp(const std::vector<std::string>& arguments);

/// A file of the shipped network glyphs.
std::string glyphs(const std::string& file);

}  // namespace pimvp::test
