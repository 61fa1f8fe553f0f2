// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_RUNNER
#include <support/catch.h>

#include <pimvp/core/setup.h>

#include <systemc>

/// One process runs one TEST_CASE (catch_discover_tests): SystemC elaborates once per process.
int sc_main(int argc, char** argv) {
    pimvp::core::simulation_setup();
    return Catch::Session().run(argc, argv);
}
