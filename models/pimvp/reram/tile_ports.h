// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/messages.h>
#include <pimvp/reram/tile.h>

#include <pimvp/core/clock.h>

#include <cstdint>

namespace pimvp::reram {

/// Where the results of one IMA arrive. Internal to tile.
struct tile::result_port final : bus::service {
    result_port(tile& owner, core::context& context, std::uint32_t number, const char* name)
        : port(name, context, *this),
          parent(owner),
          index(number) {}

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override {
        const auto status = bus::check_message(payload, sizeof(ima_result_header));
        if (status != tlm::TLM_OK_RESPONSE) return status;
        const std::uint64_t outputs = bus::header_of<ima_result_header>(payload).outputs;
        return payload.get_data_length() ==
                       sizeof(ima_result_header) + outputs * sizeof(std::int64_t)
                   ? tlm::TLM_OK_RESPONSE
                   : tlm::TLM_BURST_ERROR_RESPONSE;
    }
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        parent.take_result(index, payload, core::now_fs() + core::to_fs(at));
    }

    bus::service_port port;
    tile& parent;
    const std::uint32_t index;
};

/// Where windows come back from the quantiser. Internal to tile.
struct tile::groups_port final : bus::service {
    groups_port(tile& owner, core::context& context)
        : port("from_quantiser", context, *this),
          parent(owner) {}

    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override {
        return parent.check_groups(payload);
    }
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        parent.take_groups(payload, core::now_fs() + core::to_fs(at));
    }

    bus::service_port port;
    tile& parent;
};

}  // namespace pimvp::reram
