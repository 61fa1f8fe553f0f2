// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/board/device.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/setup.h>

#include <exception>
#include <iostream>
#include <systemc>

namespace {

using namespace pimvp;

constexpr int internal = 1, user = 2, accelerator = 4;

int dispatch(const cli::arguments& words) {
    const std::vector<std::string> known{"run", "map", "quantize", "list"};
    if (words.empty() || words[0] == "--help" || words[0] == "-h") {
        (words.empty() ? std::cerr : std::cout)
            << "usage: pimvp run | map | quantize | list [options]\n\n"
               "  run       run a network on a platform, compare every layer, record time and "
               "energy\n"
               "  map       show where each layer of a network goes\n"
               "  quantize  write a float network as an ONNX file of integers\n"
               "  list      platforms, networks, cards, params\n\n"
               "pimvp COMMAND --help lists the options of a command.\n";
        return words.empty() ? user : 0;
    }
    const cli::arguments rest(words.begin() + 1, words.end());
    if (words[0] == "run") return cli::run_command(rest);
    if (words[0] == "map") return cli::map_command(rest);
    if (words[0] == "quantize") return cli::quantize_command(rest);
    if (words[0] == "list") return cli::list_command(rest);
    throw core::user_error("unknown command " + core::quoted(words[0]) +
                           core::did_you_mean(words[0], known));
}

int fail(int code, const std::string& text) {
    std::cerr << "pimvp: error: " << text << '\n';
    return code;
}

}  // namespace

int sc_main(int argc, char** argv) {
    try {
        core::simulation_setup();
        return dispatch({argv + 1, argv + argc});
    } catch (const core::user_error& problem) {
        return fail(user, problem.what());
    } catch (const board::accelerator_error& problem) {
        return fail(accelerator, problem.what());
    } catch (const std::exception& problem) {
        return fail(internal, problem.what());
    }
}

int main(int argc, char** argv) {
    return pimvp::core::run_sc_main(argc, argv);
}
