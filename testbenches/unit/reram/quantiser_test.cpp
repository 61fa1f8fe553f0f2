// SPDX-License-Identifier: Apache-2.0
#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/service_port.h>
#include <pimvp/core/clock.h>
#include <pimvp/reram/quantiser.h>
#include <pimvp/reram/quantiser_kernel.h>
#include <pimvp/reram/quantiser_message.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

using namespace pimvp;
using core::coding_style;

namespace {

/// Keeps what the quantiser gives.
class group_sink : public sc_core::sc_module, private bus::service {
public:
    struct window {
        std::uint64_t at_fs = 0;
        std::vector<std::uint8_t> bytes;
    };
    bus::service_port in;
    std::vector<window> windows;

    group_sink(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          in("in", context, *this) {}

private:
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        const std::uint8_t* data = payload.get_data_ptr();
        windows.push_back(
            {core::now_fs() + core::to_fs(at), {data, data + payload.get_data_length()}});
    }
};

struct quantiser_bench : support::bench {
    bus::payload_pool& pool;
    bus::initiator_port source{"source", context};
    reram::quantiser dut;
    group_sink sink{"sink", context};

    explicit quantiser_bench(coding_style style, const reram::quantiser_params& params = {})
        : bench(style),
          pool(context.service<bus::payload_pool>()),
          dut("dut", context, params) {
        context.service<bus::protocol_checkers>().enable(core::parse<core::duration>("1 ms"));
        bus::connect(context, source, dut.in);
        bus::connect(context, dut.out, sink.in);
    }

    /// Groups of at most 128 bytes, one after the other.
    [[nodiscard]] bus::message window(const reram::group_rule& rule,
                                      const std::vector<std::vector<std::uint8_t>>& groups,
                                      std::uint64_t sequence = 7) const {
        reram::quantise_header header = reram::header_of_rule(rule);
        header.sequence = sequence;
        header.scope = 3;
        header.groups = static_cast<std::uint16_t>(groups.size());
        header.rows_per_group = 128;
        const reram::quantise_layout layout(header);
        bus::message made = pool.allocate(layout.end);
        std::memset(made.data(), 0, layout.end);
        reram::put_rule(made.data(), header, rule);
        for (std::size_t g = 0; g < groups.size(); ++g) {
            const reram::group_entry entry{static_cast<std::uint16_t>(groups[g].size()), 0};
            std::memcpy(made.data() + layout.entries + g * sizeof(entry), &entry, sizeof(entry));
            std::copy(groups[g].begin(), groups[g].end(), made.data() + layout.elements + g * 128);
        }
        return made;
    }
    tlm::tlm_response_status send(const bus::message& message) {
        return source.write(0, message.data(), message.payload().get_data_length());
    }
    using sc_core::sc_module::wait;
};

void check_windows(coding_style style) {
    support::generator random;
    quantiser_bench b{style};
    reram::group_rule rule;
    rule.policy = static_cast<std::uint32_t>(reram::group_policy::threshold);
    rule.thresholds = {16, 100};
    b.run(sc_core::sc_time(1, sc_core::SC_MS), [&] {
        std::vector<std::vector<std::uint8_t>> groups;
        for (const std::size_t size : {128U, 33U, 1U}) {
            groups.emplace_back(size);
            const auto reach = static_cast<std::int64_t>(1) << random.below(8);
            for (auto& x : groups.back()) x = static_cast<std::uint8_t>(random.between(0, reach));
        }
        const std::uint64_t start = core::now_fs();
        REQUIRE(b.send(b.window(rule, groups)) == tlm::TLM_OK_RESPONSE);
        b.wait(sc_core::sc_time(1, sc_core::SC_US));
        REQUIRE(b.sink.windows.size() == 1);
        // 4 + 2 + 1 clocks of 32 bytes, 2 to decide the last group
        const core::clock clock(reram::quantiser_params{}.clock.value);
        CHECK(b.sink.windows[0].at_fs - start == core::to_fs(clock.cycles(9)));

        reram::quantise_header header;
        std::memcpy(&header, b.sink.windows[0].bytes.data(), sizeof(header));
        CHECK(header.sequence == 7);
        const reram::quantise_layout layout(header);
        const reram::group_quantiser kernel(rule, 8, false);
        const auto counts =
            b.context.ledger().scope_counts(b.context.ledger().snapshot(core::now_fs()), 3);
        CHECK(counts.at("quantiser.element") == 128 + 33 + 1);
        std::uint64_t decided = 0;
        for (const auto& [name, count] : counts) {
            decided += name.rfind("quantiser.group.", 0) == 0 ? count : 0;
        }
        CHECK(decided == 3);
        for (std::size_t g = 0; g < groups.size(); ++g) {
            const reram::group_decision d =
                kernel(groups[g].data(), static_cast<unsigned>(groups[g].size()), groups[g].data());
            reram::group_entry entry;
            std::memcpy(&entry, b.sink.windows[0].bytes.data() + layout.entries + g * sizeof(entry),
                        sizeof(entry));
            CHECK(entry.planes == d.planes);
            CHECK(std::memcmp(b.sink.windows[0].bytes.data() + layout.elements + g * 128,
                              groups[g].data(), groups[g].size()) == 0);
            CHECK(counts.at("quantiser.group." + std::to_string(d.streamed) + "b") >= 1);
        }
        CHECK(b.dut.is_at_rest());
    });
    CHECK(b.pool.outstanding() == 0);
}

}  // namespace

TEST_CASE("reram.quantiser.windows_leave_cut_when_decided_lt", "[unit][reram]") {
    check_windows(coding_style::lt);
}
TEST_CASE("reram.quantiser.windows_leave_cut_when_decided_at", "[unit][reram]") {
    check_windows(coding_style::at);
}

TEST_CASE("reram.quantiser.impossible_messages_are_refused", "[unit][reram]") {
    quantiser_bench b{coding_style::lt};
    reram::group_rule rule;
    rule.policy = static_cast<std::uint32_t>(reram::group_policy::lsb_drop);
    b.run(sc_core::sc_time(1, sc_core::SC_MS), [&] {
        const std::vector<std::vector<std::uint8_t>> group{{1, 2, 3}};
        const auto answer = [&](const reram::group_rule& asked) {
            return b.send(b.window(asked, group));
        };
        CHECK(answer(rule) == tlm::TLM_OK_RESPONSE);
        reram::group_rule wrong = rule;
        wrong.drop = 8;
        CHECK(answer(wrong) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        wrong = rule;
        wrong.policy = 7;
        CHECK(answer(wrong) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        wrong.policy = 0;
        CHECK(answer(wrong) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        wrong = rule;
        wrong.rounding = 3;
        CHECK(answer(wrong) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        CHECK(b.send(b.window(rule, {{}})) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        bus::message shortened = b.window(rule, group);
        CHECK(b.source.write(0, shortened.data(), shortened.payload().get_data_length() - 1) ==
              tlm::TLM_BURST_ERROR_RESPONSE);
        CHECK(b.source.write(0, shortened.data(), 8) == tlm::TLM_BURST_ERROR_RESPONSE);
    });
    CHECK(b.sink.windows.size() == 1);
}
