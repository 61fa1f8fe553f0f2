// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace pimvp::runner {

/// How a child process ended.
struct child_result {
    int code = 0;      ///< its exit code; 1 if a signal ended it
    std::string text;  ///< its standard output and error; what ended it, if that was a signal
};

/// Runs this program once more with other arguments, in a process of its own: a process has one
/// simulation. Waits for its end. Throws std::runtime_error if it cannot be started.
child_result run_this_program(const std::vector<std::string>& arguments);

}  // namespace pimvp::runner
