// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/report/recorded_run.h>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace pimvp::runner {

/// A platform among others that run the same network.
struct contender {
    std::string label;                   ///< names its row and its folder
    std::string platform;                ///< preset or FILE.yaml
    std::vector<std::string> overrides;  ///< path=value
};

/// Reads "A,B,NAME=C": presets or YAML files, each with a label of its own or called after its
/// platform; and "path=value" overrides, those that begin with "LABEL:" for that one only. Proves
/// that every platform can be read, before a long run. Throws core::user_error.
std::vector<contender> contenders_in(const std::string& platforms,
                                     const std::vector<std::string>& overrides);

/// A contender's process ended with another code than 0 and 3.
class contender_failed : public std::runtime_error {
public:
    contender_failed(const std::string& label, int code, const std::string& text);
    [[nodiscard]] int code() const { return m_code; }

private:
    int m_code;
};

/// Runs each in a process of its own, one after the other, as `pimvp run` with these further
/// arguments; its record is left in folder/<label>. Throws contender_failed.
std::vector<report::recorded_run> run_contenders(
    const std::vector<contender>& contenders, const std::vector<std::string>& arguments,
    const std::string& folder, const std::function<void(std::size_t done)>& progress);

}  // namespace pimvp::runner
