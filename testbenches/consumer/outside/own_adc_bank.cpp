// SPDX-License-Identifier: Apache-2.0
// An ADC bank written outside pimvp converts inside the ISAAC-like accelerator of a board:
//
//     own_adc_bank BOARD.yaml FOLDER      FOLDER of the shipped network glyphs
//
// Exit code 0: the outputs are the reference's, 3: some differ, 1: anything else is wrong.
#include "glyphs.h"

#include <outside/cards/converter_card.h>

#include <pimvp/board/board.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/setup.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/reram/adc_message.h>
#include <pimvp/reram/parts.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

using namespace pimvp;

namespace {

// page begins
/// The converters of one IMA: every sample a code of the same value, without its lowest bits if
/// they are to be dropped, one crossbar cycle later.
class own_adc_bank : public reram::adc_bank_base, private bus::service {
public:
    bus::service_port in;
    bus::push_port out;

    own_adc_bank(const sc_core::sc_module_name& name, core::context& context,
                 const reram::ima_params& params, unsigned dropped_bits)
        : adc_bank_base(name),
          in("in", context, *this),
          out("out", context),
          m_dropped_bits(dropped_bits),
          m_cycle(core::to_time(params.crossbar.cycle.value)),
          m_ledger(context.ledger()),
          m_conversion(context.ledger().event(
              "own_adc", "conversion", "",
              core::graded<core::energy>(outside::cards::converter::conversion), core::in_array)) {}

    target_socket& samples_in() override { return in; }
    initiator_socket& codes_out() override { return out; }
    void abort() override {
        in.abort();
        out.clear();
    }

private:
    [[nodiscard]] tlm::tlm_response_status check(
        const tlm::tlm_generic_payload& payload) const override {
        return reram::check_adc_message(payload);
    }
    [[nodiscard]] sc_core::sc_time occupancy(const tlm::tlm_generic_payload&) const override {
        return m_cycle;
    }
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        const auto header = bus::header_of<reram::adc_sample_header>(payload);
        bus::message codes = out.pool().allocate(payload.get_data_length());
        std::memcpy(codes.data(), payload.get_data_ptr(), codes.size());
        std::uint16_t* code = reram::adc_values(codes.payload());
        for (std::uint32_t i = 0; i < header.samples; ++i) {
            const unsigned whole = code[i] >> header.fraction_bits;  // none where arrays are ideal
            code[i] = static_cast<std::uint16_t>(whole >> m_dropped_bits << m_dropped_bits);
        }
        m_ledger.add(m_conversion, header.conversions, header.scope);
        out.send(std::move(codes), at);
    }

    const unsigned m_dropped_bits;
    const sc_core::sc_time m_cycle;
    core::energy_ledger& m_ledger;
    const core::event_id m_conversion;
};

/// What `type:` may say in a board document: for accelerators, and in ours for ADC banks.
board::accelerator_types own_types() {
    const auto dropping = [](unsigned bits) {
        return [bits](const char* name, core::context& context, const reram::ima_params& params) {
            return std::make_unique<own_adc_bank>(name, context, params, bits);
        };
    };
    reram::parts parts = reram::parts::defaults();
    parts.adc_banks["mine"] = dropping(0);
    parts.adc_banks["mine_coarse"] = dropping(1);

    board::accelerator_types types;
    types.add<isaac_like::accelerator, isaac_like::isaac_like_params>(
        "isaac_like", "ISAAC-like, with our converters to choose from", parts);
    return types;
}
// page ends

int run(const std::string& board_file, const std::string& folder) {
    const board::board_params design =
        board::read_board(core::document::load(board_file), own_types());
    const auto& params =
        *design.accelerators.at("npu").settings->as<isaac_like::isaac_like_params>();

    const glyphs work(folder, 2);
    isaac_like::placement placed;
    const std::vector<std::uint8_t> image = isaac_like::map_network(
        work.network, isaac_like::machine_of(params), isaac_like::config_hash(params), &placed);

    core::context context;
    board::board board{"board", context, design};
    std::size_t outputs = 0, differing = 0;
    board.run([&] {
        board::device& npu = board.device_named("npu");
        const board::loaded_program program = npu.load(image);
        for (std::size_t run = 0; run < work.inputs.size(); ++run) {
            const nn::integer_tensor& input = work.inputs[run];
            const nn::integer_tensor& expected = work.outputs[run];
            const board::tensor_bytes got =
                npu.run(program, {{input.bytes(), input.bytes() + input.byte_count()}})
                    .outputs.at(0);
            for (std::size_t i = 0; i < expected.byte_count(); ++i, ++outputs) {
                if (got.at(i) != expected.bytes()[i]) ++differing;
            }
        }
    });

    std::uint64_t mapped = 0;
    for (const isaac_like::layer_placement& layer : placed.layers) {
        mapped += layer.conversions * work.inputs.size();
    }
    const std::uint64_t converted = context.ledger()
                                        .price(context.ledger().snapshot(core::now_fs()))
                                        .counts.at("own_adc.conversion");
    std::cout << converted << " conversions, the mapper expects " << mapped << "\n";
    if (converted != mapped) return 1;
    std::cout << differing << " of " << outputs << " outputs differ from the reference\n";
    return differing == 0 ? 0 : 3;
}

}  // namespace

int sc_main(int argc, char** argv) {
    core::simulation_setup();
    if (argc != 3) {
        std::cerr << "usage: own_adc_bank BOARD.yaml FOLDER\n";
        return 1;
    }
    try {
        return run(argv[1], argv[2]);
    } catch (const std::exception& problem) {
        std::cerr << "own_adc_bank: " << problem.what() << "\n";
        return 1;
    }
}
