// SPDX-License-Identifier: Apache-2.0
#include "ima_bench.h"

#include <support/catch.h>

#include <pimvp/reram/crossbar_kernel.h>

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

using namespace reram_test;
using core::coding_style;
using sc_core::sc_time;

namespace {

constexpr unsigned rows = 128;

/// Row blocks x column blocks of one matrix over all crossbars of the IMA, against the product.
void check_values(coding_style style, const reram::ima_params& params) {
    support::generator random;
    ima_bench b{style, params};
    b.run(sc_time(10, sc_core::SC_MS), [&] {
        std::uint64_t sequence = 100;
        for (const unsigned weight_bits : {2U, 8U, 16U}) {
            for (const unsigned input_bits : {1U, 3U, 8U, 16U}) {
                const bool is_signed = random.chance(50);
                const unsigned outputs = reram::outputs_per_crossbar(params.crossbar, weight_bits);
                const matrix big{random, 3 * rows + 17, 2 * outputs - 1, weight_bits};
                std::uint32_t mask = 0;
                for (unsigned crossbar = 0; crossbar < 8; ++crossbar) {
                    const unsigned row_block = crossbar / 2, column_block = crossbar % 2;
                    matrix block;
                    block.rows = std::min(rows, big.rows - row_block * rows);
                    block.outputs = std::min(outputs, big.outputs - column_block * outputs);
                    for (unsigned r = 0; r < block.rows; ++r) {
                        for (unsigned o = 0; o < block.outputs; ++o) {
                            block.weights.push_back(
                                big.weights[(row_block * rows + r) * big.outputs +
                                            column_block * outputs + o]);
                        }
                    }
                    b.commands.send(b.program_message(block, crossbar, row_block,
                                                      column_block * outputs, weight_bits));
                    mask |= 1U << crossbar;
                }
                std::vector<std::vector<std::int64_t>> expected;
                b.sink.results.clear();
                const std::uint64_t first = sequence;
                for (unsigned i = 0; i < 5; ++i) {
                    const auto inputs = b.random_inputs(random, 4 * rows, input_bits, is_signed);
                    expected.push_back(big.times(inputs));
                    b.commands.send(b.multiply_message(
                        {input_bits, is_signed, 4, mask, 1, sequence++}, inputs));
                }
                b.wait(sc_time(200, sc_core::SC_US));
                CAPTURE(weight_bits, input_bits, is_signed);
                REQUIRE(b.sink.results.size() == 5);
                for (unsigned i = 0; i < 5; ++i) {
                    CHECK(b.sink.results[i].sequence == first + i);
                    REQUIRE(b.sink.results[i].sums == expected[i]);
                }
            }
        }
        CHECK(b.dut.programmed() == 0xFF);
        CHECK(b.dut.in_flight() == 0);
        CHECK(static_cast<reram::adc_bank&>(*b.bank).clipped() == 0);
    });
    CHECK(b.pool.outstanding() == 0);
}

/// Saturation in the bank is the kernel's, sum by sum.
void check_clipping(coding_style style, reram::unit_column_kind unit) {
    support::generator random;
    reram::ima_params params;
    params.adc.bits = 6;
    params.crossbar.unit_column = unit;
    ima_bench b{style, params};
    const matrix block{random, rows, 16, 8};
    const auto image = reram::encode_crossbar(
        reram::weight_view<std::int16_t>{block.weights.data(), rows, 16, 16, 1}, 8,
        params.crossbar);
    const reram::crossbar_kernel kernel{params.crossbar, image, 6};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.commands.send(b.program_message(block, 2, 0, 0, 8));
        std::uint64_t clipped = 0;
        std::vector<std::vector<std::int64_t>> expected;
        for (unsigned i = 0; i < 20; ++i) {
            const auto inputs = b.random_inputs(random, rows, 8, true);
            std::vector<std::uint8_t> bytes(inputs.begin(), inputs.end());
            std::vector<std::int64_t> sums(16);
            clipped += kernel.multiply({bytes.data(), rows, 1, 8, true}, sums.data()).clipped;
            expected.push_back(sums);
            b.commands.send(b.multiply_message({8, true, 1, 4, 1, i}, inputs));
        }
        b.wait(sc_time(100, sc_core::SC_US));
        REQUIRE(b.sink.results.size() == 20);
        for (unsigned i = 0; i < 20; ++i) CHECK(b.sink.results[i].sums == expected[i]);
        CHECK(clipped > 100);
        CHECK(static_cast<reram::adc_bank&>(*b.bank).clipped() == clipped);
    });
    CHECK(b.pool.outstanding() == 0);
}

/// Reset at every half cycle of a stream of multiplies, then a correct one.
void check_reset(coding_style style) {
    support::generator random;
    ima_bench b{style};
    const matrix block{random, rows, 32, 8};
    b.run(sc_time(100, sc_core::SC_MS), [&] {
        for (unsigned half_cycles = 0; half_cycles < 2 * 26; ++half_cycles) {
            b.commands.send(b.program_message(block, 0, 0, 0, 8));
            if (half_cycles == 0) {  // while an array is being written
                b.wait_fs(b.write_time() / 2);
            } else {
                b.wait_fs(b.write_time());
                for (unsigned i = 0; i < 3; ++i) {
                    b.commands.send(b.multiply_message({8, false, 1, 1, 1, i},
                                                       b.random_inputs(random, rows, 8, false)));
                }
                b.wait_fs(half_cycles * b.cycle() / 2);
            }
            b.commands.clear();
            b.dut.reset();
            b.bank->abort();
            b.wait_fs(b.cycle());
            CHECK(b.dut.in_flight() == 0);
            CHECK(b.dut.programmed() == 0);
            CHECK(b.pool.outstanding() == 0);
            b.sink.results.clear();
            b.wait_fs(40 * b.cycle());
            CHECK(b.sink.results.empty());  // nothing leaves after a reset

            const auto inputs = b.random_inputs(random, rows, 8, false);
            b.commands.send(b.program_message(block, 0, 0, 0, 8));
            b.commands.send(b.multiply_message({8, false, 1, 1, 1, 77}, inputs));
            b.wait_fs(b.write_time() + 30 * b.cycle());
            CAPTURE(half_cycles);
            REQUIRE(b.sink.results.size() == 1);
            REQUIRE(b.sink.results[0].sums == block.times(inputs));
            b.sink.results.clear();
            b.dut.reset();
            b.bank->abort();
        }
    });
    CHECK(b.pool.outstanding() == 0);
    CHECK(b.context.service<bus::protocol_checkers>().breaches() == 0);
    CHECK(b.context.service<bus::protocol_checkers>().transactions() > 1000);
}

}  // namespace

TEST_CASE("reram.ima.values_equal_the_matrix_product_lt", "[reram][unit]") {
    check_values(coding_style::lt, {});
}
TEST_CASE("reram.ima.values_equal_the_matrix_product_at", "[reram][unit]") {
    check_values(coding_style::at, {});
}
TEST_CASE("reram.ima.values_with_a_converted_unit_column_lt", "[reram][unit]") {
    reram::ima_params params;
    params.crossbar.unit_column = reram::unit_column_kind::own_adc;
    params.crossbar.convert_unused_columns = false;
    check_values(coding_style::lt, params);
}
TEST_CASE("reram.ima.clipped_codes_equal_the_kernel_lt", "[reram][unit]") {
    check_clipping(coding_style::lt, reram::unit_column_kind::counter);
}
TEST_CASE("reram.ima.clipped_codes_equal_the_kernel_at", "[reram][unit]") {
    check_clipping(coding_style::at, reram::unit_column_kind::own_adc);
}
TEST_CASE("reram.ima.reset_in_every_phase_then_a_correct_run_lt", "[reram][unit]") {
    check_reset(coding_style::lt);
}
TEST_CASE("reram.ima.reset_in_every_phase_then_a_correct_run_at", "[reram][unit]") {
    check_reset(coding_style::at);
}

TEST_CASE("reram.ima.abort_keeps_the_arrays", "[reram][unit]") {
    support::generator random;
    ima_bench b{coding_style::at};
    const matrix block{random, rows, 32, 8};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.commands.send(b.program_message(block, 5, 0, 0, 8));
        b.wait_fs(b.write_time());
        b.commands.send(
            b.multiply_message({8, false, 1, 32, 1, 1}, b.random_inputs(random, rows, 8, false)));
        b.wait_fs(5 * b.cycle() / 2);
        CHECK(b.dut.in_flight() == 1);
        b.dut.abort();
        b.bank->abort();
        CHECK(b.dut.programmed() == 32);
        const auto inputs = b.random_inputs(random, rows, 8, false);
        b.commands.send(b.multiply_message({8, false, 1, 32, 1, 1}, inputs));  // same sequence
        b.wait_fs(20 * b.cycle());
        REQUIRE(b.sink.results.size() == 1);
        CHECK(b.sink.results[0].sums == block.times(inputs));
    });
    CHECK(b.pool.outstanding() == 0);
}

TEST_CASE("reram.ima.the_pace_of_the_bank_is_saved", "[reram][unit]") {
    support::generator random;
    reram::ima_params slow;
    slow.adc.sample_rate.set({640'000'000});  // two cycles a bit
    ima_bench b{coding_style::lt, slow};
    const matrix block{random, rows, 32, 8};
    // How long a multiply keeps the IMA, in cycles; one starts with the pace seen before.
    const auto occupied = [&] {
        b.commands.send(b.program_message(block, 5, 0, 0, 8));
        b.wait_fs(b.write_time());
        b.commands.send(
            b.multiply_message({8, false, 1, 32, 1, 1}, b.random_inputs(random, rows, 8, false)));
        const std::uint64_t cycles =
            (core::to_fs(b.dut.in.used().free_at()) - core::now_fs()) / b.cycle();
        b.wait_fs(40 * b.cycle());
        return cycles;
    };
    const auto restore = [&](std::vector<std::uint8_t> bytes) {
        b.dut.reset();
        core::byte_reader from(bytes.data(), bytes.size());
        b.dut.restore(from);
        CHECK(from.at_end());
    };
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        core::byte_writer fresh, used, impossible;
        b.dut.save(fresh);
        CHECK(fresh.size() == 0);
        CHECK(occupied() == 8);
        CHECK(occupied() == 16);
        b.dut.save(used);
        restore(fresh.bytes());
        CHECK(occupied() == 8);
        restore(used.bytes());
        CHECK(occupied() == 16);
        impossible.put(b.cycle() - 1);
        CHECK_THROWS_AS(restore(impossible.bytes()), core::format_error);
    });
    CHECK(b.pool.outstanding() == 0);
}

TEST_CASE("reram.ima.erase_frees_arrays_but_not_under_a_multiply", "[reram][unit]") {
    support::generator random;
    ima_bench b{coding_style::at};
    const matrix block{random, rows, 32, 8};
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.commands.send(b.program_message(block, 0, 0, 0, 8));
        b.commands.send(b.program_message(block, 1, 0, 32, 8));
        const auto inputs = b.random_inputs(random, rows, 8, false);
        b.commands.send(b.multiply_message({8, false, 1, 1, 1, 1}, inputs));
        reram::ima_erase_header erase;
        erase.crossbar_mask = 1;
        b.commands.send(b.pool.allocate_for(erase));
        b.wait_fs(2 * b.write_time() + 20 * b.cycle());
        CHECK(b.dut.programmed() == 2);
        REQUIRE(b.sink.results.size() == 1);
        CHECK(b.sink.results[0].sums == block.times(inputs));
    });
    CHECK(b.pool.outstanding() == 0);
}

TEST_CASE("reram.ima.malformed_commands_get_the_exact_error", "[reram][unit]") {
    support::generator random;
    ima_bench b{coding_style::lt, {}, reram::parts::defaults(), true};
    const matrix block{random, rows, 32, 8};
    const std::vector<int> inputs(rows, 1);
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        const auto transport = [&](const bus::message& message) {
            return b.raw.transport(message);
        };
        const auto multiply = [&](const ima_bench::request& what) {
            return transport(b.multiply_message(what, inputs));
        };
        CHECK(multiply({}) == tlm::TLM_GENERIC_ERROR_RESPONSE);  // not programmed
        CHECK(transport(b.program_message(block, 0, 1, 0, 8)) == tlm::TLM_OK_RESPONSE);
        CHECK(multiply({}) == tlm::TLM_GENERIC_ERROR_RESPONSE);  // row block 1 is not there
        CHECK(transport(b.program_message(block, 0, 0, 0, 8)) == tlm::TLM_OK_RESPONSE);
        CHECK(multiply({}) == tlm::TLM_OK_RESPONSE);
        CHECK(multiply({8, false, 1, 0}) == tlm::TLM_GENERIC_ERROR_RESPONSE);    // no array
        CHECK(multiply({8, false, 1, 3}) == tlm::TLM_GENERIC_ERROR_RESPONSE);    // one missing
        CHECK(multiply({8, false, 1, 257}) == tlm::TLM_GENERIC_ERROR_RESPONSE);  // no such array
        CHECK(multiply({0, false, 1, 1}) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        CHECK(multiply({8, false, 2, 1}) == tlm::TLM_BURST_ERROR_RESPONSE);  // inputs missing
        CHECK(transport(b.program_message(block, 8, 0, 0, 8)) == tlm::TLM_GENERIC_ERROR_RESPONSE);

        bus::message broken = b.program_message(block, 0, 0, 0, 8);
        broken.payload().set_data_length(static_cast<unsigned>(broken.size() - 1));
        broken.payload().set_streaming_width(static_cast<unsigned>(broken.size()));
        CHECK(transport(broken) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        broken = b.multiply_message({}, inputs);
        broken.data()[0] = 9;  // no such command
        CHECK(transport(broken) == tlm::TLM_GENERIC_ERROR_RESPONSE);
        broken = b.pool.allocate(4);
        CHECK(transport(broken) == tlm::TLM_BURST_ERROR_RESPONSE);
        broken = b.pool.allocate(tlm::TLM_READ_COMMAND, 0, 64);
        CHECK(transport(broken) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        broken = b.multiply_message({}, inputs);
        CHECK(b.raw.debug_write(0, broken.data(), broken.size()) == 0);
        b.wait(sc_time(10, sc_core::SC_US));
    });
    CHECK(b.sink.results.size() == 1);
    CHECK(b.pool.outstanding() == 0);
}

namespace {

/// A user's bank on plain sockets of the SystemC library: one code less than ideal, two cycles
/// late.
class own_bank : public reram::adc_bank_base {
public:
    tlm_utils::simple_target_socket<own_bank> in{"in"};
    tlm_utils::simple_initiator_socket<own_bank> out{"out"};

    own_bank(const char* name, core::context& context, const reram::ima_params& params)
        : adc_bank_base(sc_core::sc_module_name(name)),
          m_pool(context.service<bus::payload_pool>()),
          m_latency(core::from_fs(2 * params.crossbar.cycle.value.fs)) {
        in.register_b_transport(this, &own_bank::convert);
    }
    target_socket& samples_in() override { return in; }
    initiator_socket& codes_out() override { return out; }
    void abort() override {}

private:
    void convert(tlm::tlm_generic_payload& payload, sc_time& delay) {
        const auto header = bus::header_of<reram::adc_sample_header>(payload);
        bus::message codes = m_pool.allocate(payload.get_data_length());
        std::memcpy(codes.data(), payload.get_data_ptr(), codes.size());
        auto* code = reinterpret_cast<std::uint16_t*>(codes.data() + sizeof(header) +
                                                      2 * std::size_t{header.crossbars});
        for (unsigned i = 0; i < header.samples; ++i) code[i] -= code[i] == 0 ? 0 : 1;
        payload.set_response_status(tlm::TLM_OK_RESPONSE);
        delay += m_latency;
        sc_time at = delay;
        out->b_transport(codes.payload(), at);
        if (!codes.payload().is_response_ok()) SC_REPORT_ERROR("own_bank", "codes refused");
    }
    bus::payload_pool& m_pool;
    const sc_time m_latency;
};

}  // namespace

TEST_CASE("reram.parts.a_users_adc_bank_replaces_ours", "[reram][unit]") {
    reram::parts parts = reram::parts::defaults();
    parts.adc_banks["own"] = [](const char* name, core::context& context,
                                const reram::ima_params& given) {
        return std::make_unique<own_bank>(name, context, given);
    };
    reram::ima_params params;
    params.adc.type = "own";
    ima_bench b{coding_style::lt, params, parts};
    matrix block;
    block.rows = 4;
    block.outputs = 1;
    block.weights = {-2, -1, -1, -1};  // cells 0, 1, 1, 1: no flip
    b.run(sc_time(1, sc_core::SC_MS), [&] {
        b.commands.send(b.program_message(block, 0, 0, 0, 2));
        std::vector<int> inputs(rows, 0);
        std::fill_n(inputs.begin(), 4, 1);
        b.commands.send(b.multiply_message({1, false, 1, 1, 1, 1}, inputs));
        b.wait_fs(b.write_time() + 10 * b.cycle());
        REQUIRE(b.sink.results.size() == 1);
        CHECK(b.sink.results[0].sums == std::vector<std::int64_t>{(3 - 1) - 2 * 4});
        CHECK(b.sink.results[0].time_fs == b.write_time() + (1 + 2 + 2) * b.cycle());
    });
    CHECK(b.pool.outstanding() == 0);
}

TEST_CASE("reram.parts.unknown_bank_types_are_named_with_the_known_ones", "[reram][unit]") {
    core::context context;
    reram::ima_params params;
    params.adc.type = "saturting";
    try {
        static_cast<void>(reram::parts::defaults().make_adc_bank("adc", context, params));
        FAIL("accepted");
    } catch (const core::user_error& error) {
        CHECK(std::string(error.what()).find("did you mean 'saturating'?") != std::string::npos);
    }
}
