// SPDX-License-Identifier: Apache-2.0
#include <fuzz/isaac_like/simulation.h>

#include <cstdio>
#include <cstdlib>
#include <systemc>

int sc_main(int, char**) {  // libsystemc asks for one
    return 0;
}

/// As in fuzz_jobs: LeakSanitizer does not know the stacks of SystemC's coroutines.
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}

namespace fuzz {

void require(bool condition, const std::string& what) {
    if (condition) return;
    std::fprintf(stderr, "%s\n", what.c_str());
    std::abort();
}

}  // namespace fuzz
