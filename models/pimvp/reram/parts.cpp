// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/parts.h>

#include <pimvp/reram/adc_bank.h>
#include <pimvp/reram/quantiser.h>

#include <pimvp/core/diagnostics.h>

#include <vector>

namespace pimvp::reram {
namespace {

/// The factory of a type; who names none that is known is told which there are.
template <class Factory>
const Factory& find(const std::map<std::string, Factory>& known, const std::string& type,
                    const char* path, const char* what) {
    const auto found = known.find(type);
    if (found != known.end()) return found->second;
    std::vector<std::string> names;
    names.reserve(known.size());
    for (const auto& each : known) names.push_back(each.first);
    throw core::user_error(
        path, core::quoted(type) + " is not " + what + core::did_you_mean(type, names));
}

}  // namespace

parts parts::defaults() {
    parts ours;
    ours.adc_banks["saturating"] = [](const char* name, core::context& context,
                                      const ima_params& params) {
        return std::make_unique<adc_bank>(name, context, params);
    };
    ours.quantisers["group"] = [](const char* name, core::context& context,
                                  const quantiser_params& params) {
        return std::make_unique<quantiser>(name, context, params);
    };
    return ours;
}

std::unique_ptr<adc_bank_base> parts::make_adc_bank(const char* name, core::context& context,
                                                    const ima_params& params) const {
    return find(adc_banks, params.adc.type, "adc.type", "an ADC bank")(name, context, params);
}

std::unique_ptr<quantiser_base> parts::make_quantiser(const char* name, core::context& context,
                                                      const quantiser_params& params) const {
    return find(quantisers, params.type, "quantiser.type", "a quantiser")(name, context, params);
}

}  // namespace pimvp::reram
