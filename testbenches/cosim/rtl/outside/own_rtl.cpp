// SPDX-License-Identifier: Apache-2.0
// A shipped network on an accelerator whose ADC banks are Verilog:
//
//     own_rtl PLATFORM.yaml FOLDER      FOLDER of the network
//
// Exit code 0: every layer is the reference's, 3: some differ, 1: anything else is wrong.
#include "rtl_adc_bank.h"

#include <pimvp/core/clock.h>
#include <pimvp/core/setup.h>
#include <pimvp/runner/execute.h>
#include <pimvp/runner/platform.h>
#include <pimvp/runner/workload.h>

#include <exception>
#include <iostream>
#include <string>
#include <systemc>

using namespace pimvp;

namespace {

int run(const std::string& platform, const std::string& folder) {
    runner::workload_options wanted;
    wanted.network = folder + "/model_int8.onnx";
    wanted.input = folder + "/images.npy";
    wanted.preprocess = folder + "/preprocess.yaml";
    wanted.images = "1";
    const runner::workload work = runner::load_workload(wanted, true);
    runner::mapped program =
        runner::map_to(work.network, runner::load_platform(platform, {}, types_with_rtl()),
                       runner::mapping_of::program);
    const runner::run_outcome outcome = runner::execute(work, program, {});
    std::cout << outcome.energy.counts.at("adc.conversion.8b") << " conversions, latency "
              << core::to_seconds(outcome.latency_fs) * 1e6 << " us\n"
              << outcome.mismatches << " integers differ from the reference\n";
    return outcome.mismatches == 0 ? 0 : 3;
}

}  // namespace

int sc_main(int argc, char** argv) {
    core::simulation_setup();
    if (argc != 3) {
        std::cerr << "usage: own_rtl PLATFORM.yaml FOLDER\n";
        return 1;
    }
    try {
        return run(argv[1], argv[2]);
    } catch (const std::exception& problem) {
        std::cerr << "own_rtl: " << problem.what() << "\n";
        return 1;
    }
}
