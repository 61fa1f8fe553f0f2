// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace support {

/// Tells the sanitizers, where they are built in, where the stack of this thread is. SystemC
/// announces each switch of coroutines to AddressSanitizer, but not with the extent of main's
/// stack: exceptions would leave it poisoned, and the search for leaks would read a coroutine's
/// stack that is there no more.
void announce_main_stack();

}  // namespace support
