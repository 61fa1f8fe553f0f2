// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_RUNNER
#include <support/catch.h>
#include <support/main_stack.h>

#include <pimvp/core/setup.h>

#include <systemc>

/// One process runs one TEST_CASE (catch_discover_tests): SystemC elaborates once per process.
int sc_main(int argc, char** argv) {
    pimvp::core::simulation_setup();
    const int failed = Catch::Session().run(argc, argv);
    support::announce_main_stack();  // for the search for leaks
    return failed;
}
