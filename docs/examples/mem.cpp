// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/mem/edram.h>

using namespace pimvp;

struct buffer : sc_core::sc_module {
    mem::edram edram;

    buffer(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          edram("edram", context) {}

    sc_core::sc_time fetch(std::uint64_t bytes, std::uint32_t layer) {
        edram.allocate(bytes);
        return edram.read(sc_core::sc_time_stamp(), bytes, layer);  // when the last word is there
    }
};
// page ends
