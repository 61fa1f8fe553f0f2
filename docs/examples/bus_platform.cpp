// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/router.h>

struct platform : sc_core::sc_module {
    pimvp::bus::initiator_port cpu;
    pimvp::bus::router router;
    pimvp::bus::memory ram;

    platform(const sc_core::sc_module_name& name, pimvp::core::context& context)
        : sc_module(name),
          cpu("cpu", context),
          router("router", context),
          ram("ram", context) {
        pimvp::bus::connect(context, cpu, router.in);
        router.map(ram.in, 0x8000'0000, ram.size());
    }
};
// page ends
