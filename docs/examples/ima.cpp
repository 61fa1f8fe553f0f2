// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/reram/adc_bank.h>
#include <pimvp/reram/ima.h>

struct unit : sc_core::sc_module {
    pimvp::reram::ima ima;
    pimvp::reram::adc_bank bank;

    unit(const sc_core::sc_module_name& name, pimvp::core::context& context)
        : sc_module(name),
          ima("ima", context),
          bank("adc", context) {
        ima.adc.bind(bank.in);
        bank.out.bind(ima.codes);
    }  // bind ima.in and ima.out to your own push_port and service_port
};
// page ends
