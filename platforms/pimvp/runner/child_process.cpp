// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/child_process.h>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace pimvp::runner {

namespace {

[[noreturn]] void fail(const char* what, int cause) {
    throw std::runtime_error(std::string("cannot ") + what + ": " + std::strerror(cause));
}

/// Where a child's text arrives; both ends are closed at the latest with it.
class text_pipe {
public:
    text_pipe() {
        if (pipe(m_ends.data()) != 0) fail("make a pipe", errno);
    }
    ~text_pipe() {
        close_writing();
        close(m_ends[0]);
    }
    text_pipe(const text_pipe&) = delete;
    text_pipe& operator=(const text_pipe&) = delete;

    [[nodiscard]] int reading() const { return m_ends[0]; }
    [[nodiscard]] int writing() const { return m_ends[1]; }
    void close_writing() {
        if (m_ends[1] >= 0) close(m_ends[1]);
        m_ends[1] = -1;
    }
    /// All that comes until the child ends.
    [[nodiscard]] std::string read_all() const {
        std::string text;
        std::array<char, 4096> buffer{};
        for (;;) {
            const ssize_t got = read(m_ends[0], buffer.data(), buffer.size());
            if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
            if (got == 0 || (got < 0 && errno != EINTR)) return text;
        }
    }

private:
    std::array<int, 2> m_ends{-1, -1};
};

pid_t spawn(const std::vector<std::string>& arguments, const text_pipe& text) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, text.writing(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, text.writing(), STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, text.reading());
    posix_spawn_file_actions_addclose(&actions, text.writing());
    pid_t child = 0;
    const int problem =
        posix_spawn(&child, program.c_str(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) fail("start a process", problem);
    return child;
}

}  // namespace

child_result run_this_program(const std::vector<std::string>& arguments) {
    text_pipe pipe;
    const pid_t child = spawn(arguments, pipe);
    pipe.close_writing();
    child_result result;
    result.text = pipe.read_all();
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) fail("wait for a process", errno);
    }
    if (WIFEXITED(status)) {
        result.code = WEXITSTATUS(status);
    } else {
        result.code = 1;
        result.text += std::string("ended by a signal: ") + strsignal(WTERMSIG(status));
    }
    return result;
}

}  // namespace pimvp::runner
