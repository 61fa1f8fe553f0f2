// SPDX-License-Identifier: Apache-2.0
#include <pimvp/reram/quantiser.h>

#include <pimvp/reram/quantiser_kernel.h>
#include <pimvp/reram/quantiser_message.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace pimvp::reram {

tlm::tlm_response_status check_quantise_message(const tlm::tlm_generic_payload& payload) {
    const tlm::tlm_response_status status = bus::check_message(payload, sizeof(quantise_header));
    if (status != tlm::TLM_OK_RESPONSE) return status;
    const auto header = bus::header_of<quantise_header>(payload);
    const bool fits = header.input_bits >= 1 &&
                      (header.element_bytes == 1 || header.element_bytes == 2) &&
                      header.input_bits <= 8 * header.element_bytes;
    if (!fits || header.policy == 0 ||
        header.policy > static_cast<std::uint8_t>(group_policy::plane_skip) ||
        header.statistic > static_cast<std::uint8_t>(group_statistic::peak_to_mean) ||
        header.rounding > static_cast<std::uint8_t>(drop_rounding::floor) ||
        header.drop >= header.input_bits) {
        return tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
    if (payload.get_data_length() != quantise_layout(header).end) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    for (unsigned g = 0; g < header.groups; ++g) {
        const group_entry entry = entry_of(payload, g);
        if (entry.elements == 0 || entry.elements > header.rows_per_group) {
            return tlm::TLM_GENERIC_ERROR_RESPONSE;
        }
    }
    return tlm::TLM_OK_RESPONSE;
}

quantiser::quantiser(const sc_core::sc_module_name& name, core::context& context,
                     const quantiser_params& params)
    : quantiser_base(name),
      in("in", context, *this),
      out("out", context),
      m_params(params),
      m_clock(params.clock.value),
      m_ledger(context.ledger()),
      m_element(context.ledger().event("quantiser", "element", "", params.element, core::in_tile)),
      m_stats(context.statistics(), this->name()) {
    for (unsigned n = 0; n < m_group.size(); ++n) {
        m_group[n] = context.ledger().event("quantiser", "group", std::to_string(n) + "b",
                                            params.decision, core::in_tile);
    }
}

void quantiser::abort() {
    in.abort();
    out.clear();
}

bool quantiser::is_at_rest() const {
    return out.pending() == 0 && core::to_fs(in.used().free_at()) <= core::now_fs();
}

tlm::tlm_response_status quantiser::check(const tlm::tlm_generic_payload& payload) const {
    return check_quantise_message(payload);
}

sc_core::sc_time quantiser::occupancy(const tlm::tlm_generic_payload& payload) const {
    const auto header = bus::header_of<quantise_header>(payload);
    std::uint64_t clocks = m_params.decision_clocks;
    for (unsigned g = 0; g < header.groups; ++g) {
        const std::uint64_t bytes =
            std::uint64_t{entry_of(payload, g).elements} * header.element_bytes;
        clocks += (bytes + m_params.lanes - 1) / m_params.lanes;
    }
    return m_clock.cycles(clocks);
}

void quantiser::execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) {
    const auto header = bus::header_of<quantise_header>(payload);
    const quantise_layout layout(header);
    const group_rule rule = rule_of(payload);
    const group_quantiser cut(rule, header.input_bits, header.input_signed != 0);
    bus::message result = out.pool().allocate(layout.end);
    std::memcpy(result.data(), payload.get_data_ptr(), layout.end);
    std::uint8_t* elements = result.data() + layout.elements;
    for (unsigned g = 0; g < header.groups; ++g) {
        group_entry entry = entry_of(payload, g);
        const group_decision decided =
            header.element_bytes == 1
                ? cut(elements, entry.elements, elements)
                : cut(reinterpret_cast<const std::uint16_t*>(elements), entry.elements,
                      reinterpret_cast<std::uint16_t*>(elements));
        entry.planes = static_cast<std::uint16_t>(decided.planes);
        std::memcpy(result.data() + layout.entries + g * sizeof(entry), &entry, sizeof(entry));
        elements += std::size_t{header.rows_per_group} * header.element_bytes;
        m_ledger.add(m_group[decided.streamed], 1, header.scope);
        m_ledger.add(m_element, entry.elements, header.scope);
        m_stats.elements += entry.elements;
        m_stats.planes += decided.streamed;
    }
    m_stats.groups += header.groups;
    out.send(std::move(result), at);
}

}  // namespace pimvp::reram
