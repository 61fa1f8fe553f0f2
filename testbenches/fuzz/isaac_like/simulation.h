// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// What libFuzzer programs around a SystemC simulation share, sc_main() included.
namespace fuzz {

/// Ends the process as a finding unless it holds.
void require(bool condition, const std::string& what);

/// Tells AddressSanitizer where the stack of this thread is. SystemC announces each switch of
/// coroutines to it, but not with the extent of main's stack: exceptions would leave it poisoned.
void announce_main_stack();

}  // namespace fuzz
