// SPDX-License-Identifier: Apache-2.0
#include <fuzz/isaac_like/simulation.h>

#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
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

void announce_main_stack() {
    pthread_attr_t attributes;
    void* bottom = nullptr;
    std::size_t bytes = 0;
    require(pthread_getattr_np(pthread_self(), &attributes) == 0, "pthread_getattr_np");
    pthread_attr_getstack(&attributes, &bottom, &bytes);
    pthread_attr_destroy(&attributes);
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, bottom, bytes);
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
}

}  // namespace fuzz
