// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cli/commands.h>

#include <pimvp/board/device.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/setup.h>
#include <pimvp/runner/comparing.h>

#include <fmt/format.h>
#include <exception>
#include <iostream>
#include <string>
#include <systemc>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstdlib>
#include <limits>
#endif

namespace {

using namespace pimvp;

constexpr int internal = 1, user = 2, accelerator = 4;

struct command {
    const char* name;
    int (*run)(const cli::arguments&);
    const char* sentence;
};
constexpr command commands[] = {
    {"run", cli::run_command,
     "a network on a platform: compare every layer, record time and energy"},
    {"vp", cli::vp_command, "firmware on the RISC-V cores of a board"},
    {"compare", cli::compare_command,
     "the same network on several platforms, or recorded runs: one table"},
    {"report", cli::report_command, "one HTML page about a run, or before and after"},
    {"map", cli::map_command, "show where each layer of a network goes, write the program"},
    {"quantize", cli::quantize_command, "write a float network as an ONNX file of integers"},
    {"inspect", cli::inspect_command, "statistics of a network's layers, weights and activations"},
    {"list", cli::list_command, "platforms, networks, models, cards, params"},
};

std::string usage() {
    std::string names, lines;
    for (const command& each : commands) {
        names += (names.empty() ? "" : " | ") + std::string(each.name);
        lines += fmt::format("  {:9} {}\n", each.name, each.sentence);
    }
    return "usage: pimvp " + names + " [options]\n\n" + lines +
           "\npimvp COMMAND --help lists the options of a command.\n";
}

int dispatch(const cli::arguments& words) {
    if (words.empty()) {
        std::cerr << usage();
        return user;
    }
    if (words[0] == "--help" || words[0] == "-h") {
        std::cout << usage();
        return 0;
    }
    std::vector<std::string> known;
    for (const command& each : commands) {
        if (words[0] == each.name) return each.run({words.begin() + 1, words.end()});
        known.emplace_back(each.name);
    }
    throw core::user_error("unknown command " + core::quoted(words[0]) +
                           core::did_you_mean(words[0], known));
}

/// Simulated weights and memories fill hundreds of megabytes once: with huge pages the kernel maps
/// them with a tenth of the page faults. Only a wish; where it is refused nothing changes.
void ask_for_huge_pages() {
#ifdef __GLIBC__
    constexpr int reserved = 1 << 30;  // addresses, not memory
    constexpr int usual_step = 1 << 20, usual_maps = 1 << 16;
    mallopt(M_TOP_PAD, reserved);
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    mallopt(M_MMAP_MAX, 0);  // all of it from the one heap
    auto* const before = static_cast<char*>(sbrk(0));
    void* volatile block = std::malloc(1 << 20);  // else the compiler leaves both calls out
    std::free(block);
    const auto grown = static_cast<char*>(sbrk(0)) - before;
    mallopt(M_TOP_PAD, usual_step);
    if (grown < reserved || madvise(before, static_cast<std::size_t>(grown), MADV_HUGEPAGE) != 0) {
        mallopt(M_MMAP_MAX, usual_maps);
    }
#endif
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
    } catch (const runner::contender_failed& problem) {
        return fail(problem.code(), problem.what());
    } catch (const std::exception& problem) {
        return fail(internal, problem.what());
    }
}

int main(int argc, char** argv) {
    ask_for_huge_pages();
    return pimvp::core::run_sc_main(argc, argv);
}
