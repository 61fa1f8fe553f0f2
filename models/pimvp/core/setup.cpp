// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/setup.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/report.h>

#include <cstdlib>
#include <iostream>
#include <systemc>

namespace pimvp::core {

namespace {

bool resolution_is_1_fs() {
    return sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_FS);
}

}  // namespace

void simulation_setup() {
    install_report_handler(nullptr, &std::cerr);
    // Asking for the resolution or making a time fixes it, so set it first.
    try {
        sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    } catch (const sc_core::sc_report& refused) {
        if (resolution_is_1_fs()) return;
        throw user_error(std::string("the time resolution cannot be set to 1 fs any more (") +
                         refused.get_msg() +
                         "): call pimvp::core::simulation_setup() first in sc_main, before any "
                         "sc_time or module");
    }
}

void require_setup() {
    if (resolution_is_1_fs()) return;
    throw user_error(
        "the time resolution is not 1 fs: call pimvp::core::simulation_setup() first in sc_main");
}

int run_sc_main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    return sc_core::sc_elab_and_sim(argc, argv);
}

}  // namespace pimvp::core
