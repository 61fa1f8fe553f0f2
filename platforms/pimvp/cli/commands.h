// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/execute.h>
#include <pimvp/runner/workload.h>

#include <pimvp/core/context.h>
#include <pimvp/core/quantity.h>

#include <boost/program_options.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace pimvp::cli {

using arguments = std::vector<std::string>;

// Each returns the exit code of the program and throws core::user_error for wrong arguments.
int run_command(const arguments& words);
int map_command(const arguments& words);
int quantize_command(const arguments& words);
int inspect_command(const arguments& words);
int list_command(const arguments& words);
int vp_command(const arguments& words);
int compare_command(const arguments& words);
int report_command(const arguments& words);

/// Options that name a network and say how a float one becomes integers; its inputs.
void add_network_options(boost::program_options::options_description& all,
                         runner::workload_options& chosen);
void add_input_options(boost::program_options::options_description& all,
                       runner::workload_options& chosen);
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

/// Options that say how to simulate, as written; shared by `run` and `compare`.
struct simulation_words {
    std::string style = "lt", check = "layers", in_flight = "0", threads, kernels = "best";
    std::string seed = "1", limit;
};
void add_simulation_options(boost::program_options::options_description& all,
                            simulation_words& chosen);
/// What they mean; `data` gets the seed. Throws core::user_error.
runner::execute_options options_of(const simulation_words& chosen, runner::workload_options& data);

/// The whole number an option is given. Throws core::user_error unless it lies in low .. high.
std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t low,
                           std::uint64_t high);

/// The time an option is given, as "10 us". Throws core::user_error.
core::duration duration_of(const std::string& option, const std::string& text);
/// Of --coding-style. Throws core::user_error.
core::coding_style style_of(const std::string& word);

/// What --threads is by default.
std::string threads_here();
/// "image 3 of 100", overwritten in place; null if nobody watches.
std::function<void(std::size_t done, std::size_t all)> progress_line(bool quiet);

/// Parses; prints the help and returns false if it is asked for. Throws core::user_error.
bool parse(const arguments& words, const boost::program_options::options_description& all,
           const std::string& usage, boost::program_options::variables_map& seen,
           const boost::program_options::positional_options_description& positions = {});

/// `words` as they were written, but for some options: to hand them on. Precondition: parse() took
/// them.
arguments words_without(const arguments& words,
                        const boost::program_options::options_description& all,
                        const boost::program_options::positional_options_description& positions,
                        const std::set<std::string>& left_out);

/// "resnet18 (synthetic weights)": what a table is about.
std::string title_of(const nn::network& network);

}  // namespace pimvp::cli
