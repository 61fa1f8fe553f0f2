// SPDX-License-Identifier: Apache-2.0
#include <pimvp/mem/edram_memory.h>

#include <support/bench.h>
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/bus/initiator_port.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace mem = pimvp::mem;
namespace bus = pimvp::bus;
namespace core = pimvp::core;
using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_US;

namespace {

struct edram_bench : support::bench {
    mem::edram_memory dut{"dut", context};
    bus::initiator_port cpu{"cpu", context};

    explicit edram_bench(core::coding_style style = core::coding_style::lt)
        : bench(style) {
        cpu.bind(dut.in);
    }
};

void check_accesses(core::coding_style style) {
    edram_bench b{style};
    b.run(sc_time(100, SC_US), [&] {
        support::generator random;
        const auto data = random.bytes(1024);
        CHECK(b.cpu.write(512, data.data(), data.size()) == tlm::TLM_OK_RESPONSE);
        CHECK(sc_time_stamp() == sc_time(100, SC_NS));
        std::vector<std::uint8_t> back(512);
        CHECK(b.cpu.read(1024, back.data(), back.size()) == tlm::TLM_OK_RESPONSE);
        CHECK(sc_time_stamp() == sc_time(150, SC_NS));
        CHECK(std::equal(back.begin(), back.end(), data.begin() + 512));
        // Debug sees the same bytes, takes no time and is not charged.
        const auto read_before = b.dut.stats().json().at("bytes_read");
        std::vector<std::uint8_t> seen(1024);
        CHECK(b.cpu.debug_read(512, seen.data(), seen.size()) == 1024);
        CHECK(seen == data);
        CHECK(sc_time_stamp() == sc_time(150, SC_NS));
        CHECK(b.dut.stats().json().at("bytes_read") == read_before);
        CHECK(b.cpu.debug_write(65534, data.data(), 4) == 2);  // clipped at the end
    });
    CHECK(b.dut.stats().json().at("bytes_read") == 512);
    CHECK(b.dut.stats().json().at("bytes_written") == 1024);
    CHECK(b.cpu.pool().outstanding() == 0);
}

}  // namespace

TEST_CASE("mem.edram_memory.reads_what_was_written_in_time_lt", "[mem][timing]") {
    check_accesses(core::coding_style::lt);
}

TEST_CASE("mem.edram_memory.reads_what_was_written_in_time_at", "[mem][timing]") {
    check_accesses(core::coding_style::at);
}

TEST_CASE("mem.edram_memory.wrong_transactions_get_the_exact_error", "[mem][timing]") {
    edram_bench b;
    b.run(sc_time(100, SC_US), [&] {
        std::uint32_t word = 0;
        CHECK(b.cpu.read32(65536, word) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(b.cpu.read32(65533, word) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(b.cpu.write32(~std::uint64_t{0}, word) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(b.cpu.read32(65532, word) == tlm::TLM_OK_RESPONSE);

        auto narrow = b.cpu.pool().allocate(tlm::TLM_WRITE_COMMAND, 0, 8);
        narrow.payload().set_streaming_width(4);
        CHECK(b.cpu.transport(narrow) == tlm::TLM_BURST_ERROR_RESPONSE);
        auto enabled = b.cpu.pool().allocate(tlm::TLM_WRITE_COMMAND, 0, 8);
        std::uint8_t enable = 0xFF;
        enabled.payload().set_byte_enable_ptr(&enable);
        enabled.payload().set_byte_enable_length(1);
        CHECK(b.cpu.transport(enabled) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    });
}

TEST_CASE("mem.edram_memory.reset_clears_contents", "[mem][timing]") {
    edram_bench b;
    b.run(sc_time(100, SC_US), [&] {
        CHECK(b.cpu.write32(8, 0x12345678U) == tlm::TLM_OK_RESPONSE);
        b.dut.reset();
        std::uint32_t word = 1;
        CHECK(b.cpu.read32(8, word) == tlm::TLM_OK_RESPONSE);
        CHECK(word == 0);
    });
}
