// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// What libFuzzer programs around a SystemC simulation share, sc_main() included.
namespace fuzz {

/// Ends the process as a finding unless it holds.
void require(bool condition, const std::string& what);

}  // namespace fuzz
