// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/adc_bank.h>

class noisy_adc_bank : public pimvp::reram::adc_bank {
    using adc_bank::adc_bank;
};

// page begins
#include <pimvp/reram/parts.h>

pimvp::reram::parts parts_with_noise() {
    pimvp::reram::parts parts = pimvp::reram::parts::defaults();
    parts.adc_banks["noisy"] = [](const char* name, pimvp::core::context& context,
                                  const pimvp::reram::ima_params& params) {
        return std::make_unique<noisy_adc_bank>(name, context, params);  // yours: an adc_bank_base
    };
    return parts;  // for the constructor of a tile or an isaac_like::accelerator
}
// page ends
