// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a program does before it builds a platform. Libraries only check it.
namespace pimvp::core {

/// Sets the time resolution to 1 fs and installs the report handler (report.h). Call it first in
/// sc_main, before any sc_time exists; calling it again does nothing. Throws user_error if the
/// resolution can no longer be changed.
void simulation_setup();

/// Throws user_error with the way out if the resolution is not 1 fs.
void require_setup();

/// `main()` of programs that want no SystemC banner: runs sc_main and returns its exit code. The
/// program still defines sc_main.
int run_sc_main(int argc, char** argv);

}  // namespace pimvp::core
