// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <support/bench.h>
#include <support/random.h>

#include <pimvp/bus/initiator_port.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>
#include <pimvp/core/clock.h>
#include <pimvp/reram/adc_bank.h>
#include <pimvp/reram/crossbar_encoder.h>
#include <pimvp/reram/ima.h>
#include <pimvp/reram/ima_message.h>
#include <pimvp/reram/parts.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <systemc>
#include <utility>
#include <vector>

namespace reram_test {

namespace core = pimvp::core;
namespace bus = pimvp::bus;
namespace reram = pimvp::reram;

/// Takes the results of an IMA and remembers when they came.
class result_sink : public sc_core::sc_module, private bus::service {
public:
    struct result {
        std::uint64_t sequence = 0;
        std::uint64_t time_fs = 0;
        std::vector<std::int64_t> sums;
    };
    bus::service_port in;
    std::vector<result> results;

    result_sink(const sc_core::sc_module_name& name, core::context& context)
        : sc_module(name),
          in("in", context, *this) {}

private:
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        const auto header = bus::header_of<reram::ima_result_header>(payload);
        results.push_back(
            {header.sequence, core::now_fs() + core::to_fs(at), reram::ima_sums(payload)});
    }
};

/// A block of weights.
struct matrix {
    unsigned rows = 0, outputs = 0;
    std::vector<std::int16_t> weights;  // [row][output]

    matrix() = default;
    matrix(support::generator& random, unsigned r, unsigned o, unsigned bits)
        : rows(r),
          outputs(o),
          weights(std::size_t{r} * o) {
        const std::int64_t half = std::int64_t{1} << (bits - 1);
        for (auto& w : weights) w = static_cast<std::int16_t>(random.between(-half, half - 1));
    }
    [[nodiscard]] std::vector<std::int64_t> times(const std::vector<int>& inputs) const {
        std::vector<std::int64_t> sums(outputs, 0);
        for (unsigned r = 0; r < rows; ++r) {
            for (unsigned o = 0; o < outputs; ++o) {
                sums[o] += std::int64_t{inputs[r]} * weights[r * outputs + o];
            }
        }
        return sums;
    }
};

/// An IMA with its ADC bank between a sender of commands and a taker of results; every connection
/// is watched by a protocol checker.
struct ima_bench : support::bench {
    reram::ima_params params;
    bus::payload_pool& pool;
    bus::push_port commands{"commands", context};
    bus::initiator_port raw{"raw", context};  ///< bound to `in` instead if use_raw
    reram::ima dut;
    std::unique_ptr<reram::adc_bank_base> bank;
    result_sink sink{"sink", context};

    explicit ima_bench(core::coding_style style, const reram::ima_params& given = {},
                       const reram::parts& parts = reram::parts::defaults(), bool use_raw = false,
                       std::uint64_t seed = 1)
        : bench(core::context_options{seed, style, 0}),
          params(given),
          pool(context.service<bus::payload_pool>()),
          dut("ima", context, params, 3),
          bank(parts.make_adc_bank("adc", context, params)) {
        context.service<bus::protocol_checkers>().enable(core::parse<core::duration>("1 ms"));
        bus::connect(context, dut.adc, bank->samples_in());
        bus::connect(context, bank->codes_out(), dut.codes);
        bus::connect(context, dut.out, sink.in);
        if (use_raw) {
            bus::connect(context, raw, dut.in);
            commands.bind(m_stub.in);
        } else {
            bus::connect(context, commands, dut.in);
            raw.bind(m_stub.in);
        }
    }

    [[nodiscard]] bus::message program_message(const matrix& block, unsigned crossbar,
                                               unsigned row_block, unsigned first_output,
                                               unsigned weight_bits) const {
        const auto image = reram::encode_crossbar(
            reram::weight_view<std::int16_t>{block.weights.data(), block.rows, block.outputs,
                                             static_cast<std::ptrdiff_t>(block.outputs), 1},
            weight_bits, params.crossbar);
        return reram::make_ima_program(pool, image, static_cast<std::uint16_t>(crossbar),
                                       {static_cast<std::uint16_t>(row_block), first_output});
    }

    struct request {
        unsigned bits = 8;
        bool is_signed = false;
        unsigned row_blocks = 1;
        std::uint32_t mask = 1;
        std::uint32_t scope = 1;
        std::uint64_t sequence = 0;
    };
    /// `inputs`: row_blocks * rows of them.
    [[nodiscard]] bus::message multiply_message(const request& what,
                                                const std::vector<int>& inputs) const {
        reram::ima_multiply_header header;
        header.input_bits = static_cast<std::uint8_t>(what.bits);
        header.input_signed = what.is_signed ? 1 : 0;
        header.row_blocks = static_cast<std::uint16_t>(what.row_blocks);
        header.crossbar_mask = what.mask;
        header.scope = what.scope;
        header.sequence = what.sequence;
        return reram::make_ima_multiply(pool, header, inputs);
    }

    [[nodiscard]] std::vector<int> random_inputs(support::generator& random, unsigned count,
                                                 unsigned bits, bool is_signed) const {
        std::vector<int> inputs(count);
        const std::int64_t high = (std::int64_t{1} << (bits - (is_signed ? 1 : 0))) - 1;
        for (auto& i : inputs)
            i = static_cast<int>(random.between(is_signed ? -high - 1 : 0, high));
        return inputs;
    }
    [[nodiscard]] std::uint64_t cycle() const { return params.crossbar.cycle.value.fs; }
    [[nodiscard]] std::uint64_t write_time() const { return params.crossbar.write_time.value.fs; }

    void wait_fs(std::uint64_t fs) { wait(core::from_fs(fs)); }

    using sc_core::sc_module::wait;

private:
    result_sink m_stub{"stub", context};
};

}  // namespace reram_test
