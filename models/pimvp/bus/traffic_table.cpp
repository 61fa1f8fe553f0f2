// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/traffic_table.h>

#include <algorithm>

namespace pimvp::bus {

std::size_t traffic_row::bytes() const {
    switch (access) {
    case traffic_access::write:
        return data.size() * width;
    case traffic_access::read:
        return std::max<std::size_t>({expect.size(), words, 1}) * width;
    default:
        return 0;
    }
}

std::uint64_t traffic_row::mask_of(std::size_t word) const {
    if (mask.empty()) return ~std::uint64_t{0};
    return mask[mask.size() == 1 ? 0 : word];
}

void traffic_row::validate(core::diagnostics& found) const {
    const auto check_words = [&](const char* key, const std::vector<std::uint64_t>& list) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (width == 8 || list[i] >> (8 * width) == 0) continue;
            found.error(std::string(key) + "[" + std::to_string(i) + "]",
                        std::to_string(list[i]) + " does not fit `width` " + std::to_string(width) +
                            ": use a larger one");
        }
    };
    if (access == traffic_access::idle) return;
    if (width != 1 && width != 2 && width != 4 && width != 8) {
        found.error("width", std::to_string(width) + " is not one of: 1, 2, 4, 8");
        return;
    }
    if (access == traffic_access::write) {
        if (data.empty()) found.error("data", "a write needs words: data: [...]");
        check_words("data", data);
        return;
    }
    check_words("expect", expect);
    check_words("mask", mask);
    if (mask.size() > 1 && mask.size() != expect.size()) {
        found.error("mask", "has " + std::to_string(mask.size()) + " words, allowed 1 or the " +
                                std::to_string(expect.size()) + " of `expect`");
    }
    if (!mask.empty() && expect.empty()) found.error("mask", "masks nothing: add `expect`");
    if (words != 0 && !expect.empty()) {
        found.error("words", "is the length of `expect` where there is one: leave it out");
    }
    if (response != tlm::TLM_OK_RESPONSE && !expect.empty()) {
        found.error("expect",
                    "a read that is answered with " + to_string(response) + " brings no words");
    }
}

traffic_table read_traffic_table(const core::document& from) {
    auto table = from.read<traffic_table>();
    const core::yaml_node* rows = from.root().find("rows");
    for (std::size_t i = 0; i < table.rows.size(); ++i) table.rows[i].mark = rows->items[i].mark;
    return table;
}

std::string to_string(tlm::tlm_response_status response) {
    switch (response) {
    case tlm::TLM_OK_RESPONSE:
        return "ok";
    case tlm::TLM_ADDRESS_ERROR_RESPONSE:
        return "address_error";
    case tlm::TLM_COMMAND_ERROR_RESPONSE:
        return "command_error";
    case tlm::TLM_BURST_ERROR_RESPONSE:
        return "burst_error";
    case tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE:
        return "byte_enable_error";
    case tlm::TLM_INCOMPLETE_RESPONSE:
        return "incomplete";
    default:
        return "generic_error";
    }
}

}  // namespace pimvp::bus
