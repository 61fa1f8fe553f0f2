// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/group_rule.h>
#include <pimvp/reram/messages.h>

#include <pimvp/bus/payload_pool.h>
#include <pimvp/bus/service_port.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tlm>
#include <vector>

/// Making and reading the messages of an activation quantiser (messages.h), for quantisers of any
/// make and for whoever drives one.
namespace pimvp::reram {

/// Where the parts of a quantise_header or quantised_header message begin, from its start.
struct quantise_layout {
    std::size_t thresholds, entries, elements, end;

    explicit quantise_layout(const quantise_header& h)
        : thresholds(sizeof(h)),
          entries(thresholds + sizeof(std::int64_t) * h.thresholds),
          elements(entries + sizeof(group_entry) * h.groups),
          end(elements + std::size_t{h.groups} * h.rows_per_group * h.element_bytes) {}
};

/// The header of a rule; what is left to fill are sequence, scope, groups and the inputs' type.
[[nodiscard]] inline quantise_header header_of_rule(const group_rule& rule) {
    quantise_header header;
    header.policy = static_cast<std::uint8_t>(rule.policy);
    header.statistic = static_cast<std::uint8_t>(rule.statistic);
    header.rounding = static_cast<std::uint8_t>(rule.rounding);
    header.drop = static_cast<std::uint8_t>(rule.drop);
    header.keep = static_cast<std::uint8_t>(rule.keep);
    header.widths = rule.widths;
    header.is_asymmetric = static_cast<std::uint16_t>(rule.is_asymmetric);
    header.thresholds = static_cast<std::uint16_t>(rule.thresholds.size());
    return header;
}

/// Writes the header and the thresholds, if there are any, to the start of a message.
inline void put_rule(unsigned char* message, const quantise_header& header,
                     const group_rule& rule) {
    std::memcpy(message, &header, sizeof(header));
    if (rule.thresholds.empty()) return;
    std::memcpy(message + quantise_layout(header).thresholds, rule.thresholds.data(),
                sizeof(std::int64_t) * rule.thresholds.size());
}

/// The rule that a whole message carries.
[[nodiscard]] inline group_rule rule_of(const tlm::tlm_generic_payload& payload) {
    const auto header = bus::header_of<quantise_header>(payload);
    group_rule rule{header.policy, header.statistic, header.rounding,      header.widths,
                    header.drop,   header.keep,      header.is_asymmetric, {}};
    rule.thresholds.resize(header.thresholds);
    if (header.thresholds != 0) {
        std::memcpy(rule.thresholds.data(),
                    payload.get_data_ptr() + quantise_layout(header).thresholds,
                    sizeof(std::int64_t) * header.thresholds);
    }
    return rule;
}

/// The entry of a group of a whole message.
[[nodiscard]] inline group_entry entry_of(const tlm::tlm_generic_payload& payload, unsigned group) {
    group_entry entry;
    std::memcpy(&entry,
                payload.get_data_ptr() +
                    quantise_layout(bus::header_of<quantise_header>(payload)).entries +
                    group * sizeof(entry),
                sizeof(entry));
    return entry;
}

/// TLM_OK_RESPONSE if the payload is a whole quantise_header message with a possible rule; else the
/// exact error.
[[nodiscard]] tlm::tlm_response_status check_quantise_message(
    const tlm::tlm_generic_payload& payload);

}  // namespace pimvp::reram
