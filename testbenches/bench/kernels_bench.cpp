// SPDX-License-Identifier: Apache-2.0
// How fast are the crossbar, ideal and analog, the encoder, the integer reference and the making of
// weights? Rates are per CPU second of one thread. bench_kernels [--benchmark_filter=reference]
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/reram/analog_crossbar.h>
#include <pimvp/reram/converter.h>
#include <pimvp/reram/crossbar_encoder.h>
#include <pimvp/reram/crossbar_kernel.h>
#include <pimvp/runner/zoo/zoo.h>

#include <pimvp/core/random.h>
#include <pimvp/core/random_field.h>
#include <pimvp/core/setup.h>

#include <benchmark/benchmark.h>
#include <systemc>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace pimvp;

/// Arrays of the published shape, full of weights, more than a first-level cache holds.
struct arrays {
    reram::crossbar_shape shape;
    std::vector<std::int8_t> weights;
    reram::crossbar_image image;
    std::vector<reram::programmed_crossbar> programmed;

    arrays()
        : weights(std::size_t{shape.rows} * reram::outputs_per_crossbar(shape, 8)) {
        core::random_stream draws(1, "bench/weights");
        for (auto& w : weights) {
            w = static_cast<std::int8_t>(std::clamp(37.0 * draws.normal(), -127.0, 127.0));
        }
        image = reram::encode_crossbar(view(), 8, shape);
        for (int i = 0; i < 64; ++i) {
            programmed.emplace_back(shape, image.layout, image.bytes.data());
        }
    }
    [[nodiscard]] reram::weight_view<std::int8_t> view() const {
        const unsigned outputs = reram::outputs_per_crossbar(shape, 8);
        return {weights.data(), shape.rows, outputs, 1, static_cast<std::ptrdiff_t>(shape.rows)};
    }
};

/// Inputs as they come out of a ReLU (60 % zeros), or of no activation at all.
std::vector<std::uint8_t> inputs(std::size_t count, bool relu) {
    core::random_stream draws(1, "bench/inputs");
    std::vector<std::uint8_t> made(count);
    for (auto& x : made) {
        const double value = relu ? 30.0 * draws.normal() - 7.5 : 256.0 * draws.uniform();
        x = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
    }
    return made;
}

constexpr unsigned input_bits = 8;

/// All bit cycles of an array: slicing, column sums and their codes, shift-and-add, combination.
/// `read`: codes of the columns of an array for one bit of the inputs.
template <class Read>
void multiply(benchmark::State& state, const arrays& a, const reram::simd_kernels& simd, bool relu,
              const Read& read) {
    const std::vector<std::uint8_t> x = inputs(a.programmed.size() * a.shape.rows, relu);
    std::vector<std::uint64_t> masks(input_bits * a.shape.row_words());
    std::vector<std::uint16_t> codes(a.shape.columns);
    std::vector<std::int32_t> totals(codes.size());
    std::vector<std::int64_t> outputs(a.image.layout.outputs());
    std::size_t next = 0;
    for (auto _ : state) {
        reram::slice_inputs({x.data() + next * a.shape.rows, a.shape.rows, 1, input_bits, false},
                            a.shape.row_words(), masks.data());
        std::fill(totals.begin(), totals.end(), 0);
        for (unsigned bit = 0; bit < input_bits; ++bit) {
            read(next, bit, masks.data() + bit * a.shape.row_words(), codes.data());
            simd.shift_add(codes.data(), totals.data(), codes.size(), bit, false);
        }
        a.programmed[next].combine(totals.data(), 0, outputs.data(), simd);
        benchmark::DoNotOptimize(outputs.data());
        next = (next + 1) % a.programmed.size();
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel("multiplies of 128 x 32 weights");
}

void crossbar(benchmark::State& state, core::instruction_set set, bool relu) {
    const arrays a;
    const reram::simd_kernels& simd = reram::kernels(set);
    multiply(state, a, simd, relu,
             [&](std::size_t array, unsigned, const std::uint64_t* row_bits, std::uint16_t* codes) {
                 a.programmed[array].column_sums(row_bits, codes, simd);
                 simd.saturate(codes, codes, a.shape.columns, 255);
             });
}

/// Everything that can be wrong with an array and its converter at once.
reram::ima_params not_ideal() {
    reram::ima_params params;
    params.crossbar.conductance_sigma = 0.05;
    params.crossbar.stuck_at_zero = params.crossbar.stuck_at_max = 0.001;
    params.crossbar.read_noise = 0.25;
    params.adc.offset_sigma = 0.1;
    params.adc.gain_sigma = 0.001;
    params.adc.bits = 7;
    params.adc.range = reram::adc_range::full_scale;
    return params;
}

void analog(benchmark::State& state, core::instruction_set set, bool relu) {
    const arrays a;
    const reram::simd_kernels& simd = reram::kernels(set);
    const reram::ima_params params = not_ideal();
    const reram::analog_rule rule(params.crossbar);
    const reram::converter adc(params, core::random_field(1, "bench/adc"), 0);
    std::vector<reram::analog_crossbar> made;
    for (const reram::programmed_crossbar& cells : a.programmed) {
        made.emplace_back(rule, a.shape, cells, 1, "bench/array" + std::to_string(made.size()));
    }
    const std::size_t columns = a.shape.columns;
    std::vector<std::uint32_t> draws(reram::noise_words(columns * input_bits));
    std::uint64_t sequence = 0;
    multiply(
        state, a, simd, relu,
        [&](std::size_t array, unsigned bit, const std::uint64_t* row_bits, std::uint16_t* codes) {
            if (bit == 0) {
                made[array].draw_noise(sequence++, columns * input_bits, draws.data());
            }
            made[array].column_sums(row_bits, codes, simd);
            rule.add_noise(draws.data(), bit * columns, codes, columns, simd);
            adc.convert(codes, rule.fraction_bits(), codes, columns, simd);
        });
}

void encode(benchmark::State& state) {
    const arrays a;
    for (auto _ : state) benchmark::DoNotOptimize(reram::encode_crossbar(a.view(), 8, a.shape));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(a.weights.size()));
    state.SetLabel("weights");
}

void program(benchmark::State& state) {
    const arrays a;
    for (auto _ : state) {
        const reram::programmed_crossbar made(a.shape, a.image.layout, a.image.bytes.data());
        benchmark::DoNotOptimize(made.highest_sum());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(a.weights.size()));
    state.SetLabel("weights");
}

void build(benchmark::State& state, const std::string& name) {
    std::int64_t weights = 0;
    for (const nn::node& n : runner::zoo::outline(name).nodes) {
        weights += static_cast<std::int64_t>(n.weights.size());
    }
    for (auto _ : state) benchmark::DoNotOptimize(runner::zoo::build(name, 1));
    state.SetItemsProcessed(state.iterations() * weights);
    state.SetLabel("weights");
}

/// One image through the integer reference, im2col included.
void reference(benchmark::State& state, const std::string& name, const nn::gemm::kernels& kernels) {
    const nn::network net = runner::zoo::build(name, 1);
    nn::executor run(net, kernels);
    const std::vector<nn::integer_tensor> image{
        nn::quantise(runner::zoo::image(net, 1, 0), net.values[net.inputs[0]].type)};
    for (auto _ : state) run.run(image);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(net.macs()));
    state.SetLabel("MACs");
}

void register_all() {
    using core::instruction_set;
    const std::pair<instruction_set, const char*> sets[] = {{instruction_set::portable, "portable"},
                                                            {instruction_set::avx2, "avx2"},
                                                            {instruction_set::avx512, "avx512"}};
    const std::pair<const char*, void (*)(benchmark::State&, instruction_set, bool)> arrays[] = {
        {"crossbar", crossbar}, {"analog", analog}};
    for (const auto& [kind, kernel] : arrays) {
        for (const auto& [set, name] : sets) {
            if (!core::processor_has(set)) continue;
            for (const bool relu : {true, false}) {
                benchmark::RegisterBenchmark(
                    (std::string(kind) + (relu ? "/relu/" : "/dense/") + name).c_str(), kernel, set,
                    relu);
            }
        }
    }
    benchmark::RegisterBenchmark("encode", encode);
    benchmark::RegisterBenchmark("program", program);
    benchmark::RegisterBenchmark("zoo/resnet18", build, std::string("resnet18"));
    for (const nn::gemm::kernels& kernels : nn::gemm::available()) {
        for (const char* name : {"resnet18", "squeezenet", "mobilenet_v1"}) {
            benchmark::RegisterBenchmark(
                ("reference/" + std::string(name) + "/" + std::string(kernels.name)).c_str(),
                reference, std::string(name), kernels);
        }
    }
}

}  // namespace

int sc_main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    register_all();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}

int main(int argc, char** argv) {
    return pimvp::core::run_sc_main(argc, argv);
}
