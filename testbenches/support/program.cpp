// SPDX-License-Identifier: Apache-2.0
#include <support/program.h>

#include <pimvp/core/file.h>

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace pimvp::test {

namespace fs = std::filesystem;

scratch_folder::scratch_folder()
    : m_path(fs::temp_directory_path() / ("pimvp_cli_test_" + std::to_string(getpid()))) {
    fs::remove_all(m_path);
    fs::create_directory(m_path);
}

scratch_folder::~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
}

std::vector<std::string> scratch_folder::names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(m_path)) {
        found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string scratch_folder::file(const std::string& name, const std::string& bytes) const {
    core::write_file(path(name), bytes);
    return path(name);
}

program_result pimvp(const std::vector<std::string>& arguments) {
    std::string command = PIMVP_PROGRAM;
    for (const std::string& word : arguments) command += " '" + word + "'";
    command += " 2>&1";
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("no shell");
    program_result result;
    std::array<char, 4096> buffer{};
    std::size_t got = 0;
    while ((got = std::fread(buffer.data(), 1, buffer.size(), pipe)) != 0) {
        result.text.append(buffer.data(), got);
    }
    const int status = pclose(pipe);
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

std::string glyphs(const std::string& file) {
    return std::string(PIMVP_GLYPHS) + "/" + file;
}

}  // namespace pimvp::test
