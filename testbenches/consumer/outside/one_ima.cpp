// SPDX-License-Identifier: Apache-2.0
// One IMA and its ADC bank, alone: no tile, no chip, no bus. Exit code 0: sums, times and counts
// are what arithmetic and documentation say.
#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>
#include <pimvp/core/setup.h>
#include <pimvp/core/text_table.h>
#include <pimvp/reram/adc_bank.h>
#include <pimvp/reram/ima.h>
#include <pimvp/reram/ima_message.h>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

using namespace pimvp;

namespace {

constexpr unsigned rows = 128, outputs = 32, weight_bits = 8, input_bits = 8, multiplies = 4;

/// What goes in, and what integer arithmetic says must come out.
struct problem {
    std::vector<std::int8_t> weights;  // [row][output]
    std::vector<std::vector<int>> inputs;
    std::vector<std::vector<std::int64_t>> sums;

    explicit problem(core::random_stream random)
        : weights(rows * outputs),
          inputs(multiplies, std::vector<int>(rows)),
          sums(multiplies, std::vector<std::int64_t>(outputs)) {
        for (std::int8_t& weight : weights) weight = static_cast<std::int8_t>(random.next_u32());
        for (unsigned m = 0; m < multiplies; ++m) {
            for (unsigned r = 0; r < rows; ++r) {
                inputs[m][r] = static_cast<int>(random.below(1U << input_bits));
                for (unsigned o = 0; o < outputs; ++o) {
                    sums[m][o] += std::int64_t{inputs[m][r]} * weights[r * outputs + o];
                }
            }
        }
    }
};

// page begins: bench
/// An IMA with its converters between a sender of commands and a taker of results.
class bench : public sc_core::sc_module, private bus::service {
public:
    reram::ima ima;
    reram::adc_bank bank;
    bus::push_port commands;
    bus::service_port results;

    std::vector<std::uint64_t> taken_fs;  ///< when the array was written, then each multiply began
    std::vector<std::uint64_t> done_fs;   ///< when each result left
    std::vector<std::vector<std::int64_t>> sums;

    bench(const sc_core::sc_module_name& name, core::context& context,
          const reram::ima_params& params, const problem& given)
        : sc_module(name),
          ima("ima", context, params),
          bank("bank", context, params),
          commands("commands", context),
          results("results", context, *this),
          m_shape(params.crossbar),
          m_given(given) {
        commands.bind(ima.in);
        ima.adc.bind(bank.in);
        bank.out.bind(ima.codes);
        ima.out.bind(results);
        commands.on_response([this](const sc_core::sc_time& at) {
            taken_fs.push_back(core::now_fs() + core::to_fs(at));
        });
        SC_HAS_PROCESS(bench);
        SC_THREAD(run);
    }

private:
    /// Messages leave one after the other, each when the IMA has taken the one before.
    void run() {
        const reram::crossbar_image image = reram::encode_crossbar(
            reram::weight_view<std::int8_t>{m_given.weights.data(), rows, outputs, outputs, 1},
            weight_bits, m_shape);
        commands.send(reram::make_ima_program(commands.pool(), image, 0));

        reram::ima_multiply_header multiply;
        multiply.input_bits = input_bits;
        multiply.crossbar_mask = 1;
        for (const std::vector<int>& inputs : m_given.inputs) {
            commands.send(reram::make_ima_multiply(commands.pool(), multiply, inputs));
            ++multiply.sequence;
        }
    }
    /// A result, `at` after sc_time_stamp().
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        done_fs.push_back(core::now_fs() + core::to_fs(at));
        sums.push_back(reram::ima_sums(payload));
    }

    const reram::crossbar_shape m_shape;
    const problem& m_given;
};
// page ends

/// Prints one comparison; true if both are the same.
bool compare(const std::string& what, std::uint64_t seen, const std::string& formula,
             std::uint64_t expected) {
    std::cout << what << ": " << seen << ", " << formula << " = " << expected << "\n";
    return seen == expected;
}

// page begins: ledger
/// What happened and what it cost, from the ledger; the name of an event leads to its card.
void print_energy(const core::energy_ledger& ledger) {
    using core::text_table;
    text_table table{{"event"},
                     {"count", text_table::align::right},
                     {"each", text_table::align::right},
                     {"together", text_table::align::right}};
    for (std::uint32_t e = 0; e < ledger.events(); ++e) {
        const core::energy each = ledger.per_event({e}).value;
        const std::uint64_t count = ledger.count({e});
        table.row({ledger.name({e}), std::to_string(count), core::si(each.joules, "J"),
                   core::si(each.joules * static_cast<double>(count), "J")});
    }
    const core::energy_report report = ledger.price(ledger.snapshot(core::now_fs()));
    std::cout << table.text() << "total " << core::si(report.total_j, "J")
              << "; weakest grade: " << to_string(report.weakest()) << "\n";
}
// page ends

}  // namespace

int sc_main(int, char**) {
    core::simulation_setup();
    core::context context;
    const reram::ima_params params;  // ISAAC's; change what you study
    const problem given(context.random("problem"));
    bench b("bench", context, params, given);
    sc_core::sc_start();
    if (b.sums.size() != multiplies) return 1;

    const std::uint64_t cycle = params.crossbar.cycle.value.fs;
    const std::uint64_t latency = (b.done_fs[0] - b.taken_fs[1]) / cycle;
    const std::uint64_t interval = (b.done_fs[multiplies - 1] - b.done_fs[0]) / cycle;
    bool right = b.sums == given.sums;
    std::cout << multiplies << " multiplies of " << rows << " x " << outputs << ": sums "
              << (right ? "equal" : "differ from") << " integer arithmetic\n";
    right &= compare("array written after, ns", b.taken_fs[0] / 1'000'000, "write_time",
                     params.crossbar.write_time.value.fs / 1'000'000);
    right &= compare("latency, cycles", latency, "B + 1 + combine_cycles",
                     input_bits + 1 + params.combine_cycles);
    right &= compare("cycles between results", interval / (multiplies - 1), "B", input_bits);
    right &= compare("conversions", b.bank.conversions(), "multiplies x B x columns",
                     std::uint64_t{multiplies} * input_bits * params.crossbar.columns);
    right &= compare("clipped samples", b.bank.clipped(), "none", 0);
    std::cout << "\n";
    print_energy(context.ledger());
    return right ? 0 : 3;
}
