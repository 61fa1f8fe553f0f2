// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/parts.h>

#include <pimvp/reram/adc_bank.h>

#include <pimvp/core/diagnostics.h>

#include <vector>

namespace pimvp::reram {

parts parts::defaults() {
    parts ours;
    ours.adc_banks["saturating"] = [](const char* name, core::context& context,
                                      const ima_params& params) {
        return std::make_unique<adc_bank>(name, context, params);
    };
    return ours;
}

std::unique_ptr<adc_bank_base> parts::make_adc_bank(const char* name, core::context& context,
                                                    const ima_params& params) const {
    const auto found = adc_banks.find(params.adc.type);
    if (found == adc_banks.end()) {
        std::vector<std::string> known;
        known.reserve(adc_banks.size());
        for (const auto& bank : adc_banks) known.push_back(bank.first);
        throw core::user_error("adc.type", core::quoted(params.adc.type) + " is not an ADC bank" +
                                               core::did_you_mean(params.adc.type, known));
    }
    return found->second(name, context, params);
}

}  // namespace pimvp::reram
