// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/workload.h>

#include <boost/program_options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace pimvp::cli {

using arguments = std::vector<std::string>;

// Each returns the exit code of the program and throws core::user_error for wrong arguments.
int run_command(const arguments& words);
int map_command(const arguments& words);
int quantize_command(const arguments& words);
int list_command(const arguments& words);

/// Options that say how a float network becomes integers.
void add_quantise_options(boost::program_options::options_description& all,
                          runner::workload_options& chosen);

/// Options that name platform and network; shared by `run` and `map`.
struct design_options {
    std::string platform = "isaac_like";
    std::vector<std::string> overrides;
    runner::workload_options workload;
};
void add_design_options(boost::program_options::options_description& all, design_options& chosen);

/// The whole number an option is given. Throws core::user_error unless it lies in low .. high.
std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t low,
                           std::uint64_t high);

/// Parses; prints the help and returns false if it is asked for. Throws core::user_error.
bool parse(const arguments& words, const boost::program_options::options_description& all,
           const std::string& usage, boost::program_options::variables_map& seen);

}  // namespace pimvp::cli
