// SPDX-License-Identifier: Apache-2.0
#include <support/main_stack.h>

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PIMVP_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define PIMVP_ADDRESS_SANITIZER
#endif

#ifdef PIMVP_ADDRESS_SANITIZER
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#include <stdexcept>
#endif

namespace support {

void announce_main_stack() {
#ifdef PIMVP_ADDRESS_SANITIZER
    pthread_attr_t attributes;
    void* bottom = nullptr;
    std::size_t bytes = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        throw std::runtime_error("the extent of this thread's stack is not to be had");
    }
    pthread_attr_getstack(&attributes, &bottom, &bytes);
    pthread_attr_destroy(&attributes);
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, bottom, bytes);
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

}  // namespace support
