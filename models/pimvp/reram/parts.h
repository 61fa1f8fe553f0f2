// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/ima_params.h>
#include <pimvp/reram/quantiser_params.h>

#include <pimvp/core/context.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>

namespace pimvp::reram {

/// What every ADC bank is to the IMA and the tile around it: two sockets and a way to drop work.
///
/// A bank of your own derives from this, takes adc_sample_header messages and answers each with an
/// adc_code_header message, in order, when its codes are ready. Its sockets may be pimvp's
/// (bus::service_port, bus::push_port) or any base-protocol sockets of 32 bits. See messages.h for
/// the format and adc_message.h for reading it; codes are 0 .. 2^15 - 1. As with every sc_module,
/// its constructor takes the name as sc_module_name, not as text.
class adc_bank_base : public sc_core::sc_module {
public:
    using target_socket = tlm::tlm_base_target_socket<32>;
    using initiator_socket = tlm::tlm_base_initiator_socket<32>;

    /// Takes samples.
    [[nodiscard]] virtual target_socket& samples_in() = 0;
    /// Gives codes.
    [[nodiscard]] virtual initiator_socket& codes_out() = 0;
    /// Drops everything in flight: no code of a sample taken before may leave (reset).
    virtual void abort() = 0;

protected:
    explicit adc_bank_base(const sc_core::sc_module_name& name)
        : sc_module(name) {}
};

/// What every activation quantiser is to the tile around it: two sockets and a way to drop work.
///
/// One of your own takes quantise_header messages and answers each with a quantised_header message,
/// in order (messages.h, quantiser_message.h). The reference executor knows the policies of
/// quantiser only.
class quantiser_base : public sc_core::sc_module {
public:
    using target_socket = tlm::tlm_base_target_socket<32>;
    using initiator_socket = tlm::tlm_base_initiator_socket<32>;

    /// Takes the groups of windows.
    [[nodiscard]] virtual target_socket& groups_in() = 0;
    /// Gives them back, cut.
    [[nodiscard]] virtual initiator_socket& groups_out() = 0;
    /// Drops everything in flight (reset).
    virtual void abort() = 0;
    /// Whether nothing is in flight or reserved, so that a checkpoint needs no word of it.
    [[nodiscard]] virtual bool is_at_rest() const = 0;

protected:
    explicit quantiser_base(const sc_core::sc_module_name& name)
        : sc_module(name) {}
};

/// The factories of the parts a tile is made of, by the `type:` of their parameters. A value: copy
/// it, add to it, pass it to the platform.
///
/// **Example**
/// \code
///     reram::parts parts = reram::parts::defaults();
///     parts.adc_banks["noisy"] = [](const char* name, core::context& context,
///                                   const reram::ima_params& params) {
///         return std::make_unique<noisy_adc_bank>(name, context, params);
///     };                                              // and in YAML: adc: {type: noisy}
/// \endcode
struct parts {
    using adc_bank_factory = std::function<std::unique_ptr<adc_bank_base>(
        const char* name, core::context& context, const ima_params& params)>;

    using quantiser_factory = std::function<std::unique_ptr<quantiser_base>(
        const char* name, core::context& context, const quantiser_params& params)>;

    std::map<std::string, adc_bank_factory> adc_banks;
    std::map<std::string, quantiser_factory> quantisers;

    /// `saturating`: adc_bank; `group`: quantiser.
    static parts defaults();

    /// The bank params.adc.type names. Throws core::user_error with the known types.
    [[nodiscard]] std::unique_ptr<adc_bank_base> make_adc_bank(const char* name,
                                                               core::context& context,
                                                               const ima_params& params) const;
    /// The quantiser params.type names. Throws core::user_error with the known types.
    [[nodiscard]] std::unique_ptr<quantiser_base> make_quantiser(
        const char* name, core::context& context, const quantiser_params& params) const;
};

}  // namespace pimvp::reram
