// SPDX-License-Identifier: Apache-2.0
#include <support/child.h>

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <stdexcept>

namespace support {
namespace {

/// The child's side: writes the numbers into the pipe and never returns.
[[noreturn]] void answer(int to, const std::function<std::vector<std::uint64_t>()>& body) {
    int code = 1;
    try {
        const std::vector<std::uint64_t> numbers = body();
        const std::size_t bytes = numbers.size() * sizeof(numbers[0]);
        if (write(to, numbers.data(), bytes) == static_cast<ssize_t>(bytes)) code = 0;
    } catch (const std::exception& error) {
        std::cerr << "child process: " << error.what() << std::endl;
    } catch (...) {
        // a REQUIRE that failed; the exit code says it
    }
    _exit(code);
}

}  // namespace

std::vector<std::uint64_t> in_child(const std::function<std::vector<std::uint64_t>()>& body) {
    int ends[2] = {};
    if (pipe(ends) != 0) throw std::runtime_error("no pipe to a child process");
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no child process");
    if (child == 0) answer(ends[1], body);
    close(ends[1]);
    std::vector<std::uint64_t> numbers;
    std::uint64_t number = 0;
    while (read(ends[0], &number, sizeof(number)) == static_cast<ssize_t>(sizeof(number))) {
        numbers.push_back(number);
    }
    close(ends[0]);
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) {
        throw std::runtime_error("the simulation in the child process failed");
    }
    return numbers;
}

}  // namespace support
