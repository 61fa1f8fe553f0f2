// SPDX-License-Identifier: Apache-2.0
// How fast are the crossbar, the encoder, the integer reference and the making of weights? Rates
// are per CPU second of one thread. bench_kernels [--benchmark_filter=reference]
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/reram/crossbar_encoder.h>
#include <pimvp/reram/crossbar_kernel.h>
#include <pimvp/runner/zoo/zoo.h>

#include <pimvp/core/random.h>
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

/// All bit cycles of an array: slicing, column sums, saturation, shift-and-add, combination.
void crossbar(benchmark::State& state, core::instruction_set set, bool relu) {
    const arrays a;
    const reram::simd_kernels& simd = reram::kernels(set);
    const std::vector<std::uint8_t> x = inputs(a.programmed.size() * a.shape.rows, relu);
    std::vector<std::uint64_t> masks(8 * a.shape.row_words());
    std::vector<std::uint16_t> sums(a.shape.columns);
    std::vector<std::int32_t> totals(sums.size());
    std::vector<std::int64_t> outputs(a.image.layout.outputs());
    std::size_t next = 0;
    for (auto _ : state) {
        reram::slice_inputs({x.data() + next * a.shape.rows, a.shape.rows, 1, 8, false},
                            a.shape.row_words(), masks.data());
        std::fill(totals.begin(), totals.end(), 0);
        for (unsigned bit = 0; bit < 8; ++bit) {
            a.programmed[next].column_sums(masks.data() + bit * a.shape.row_words(), sums.data(),
                                           simd);
            simd.saturate(sums.data(), sums.data(), sums.size(), 255);
            simd.shift_add(sums.data(), totals.data(), sums.size(), bit, false);
        }
        a.programmed[next].combine(totals.data(), 0, outputs.data(), simd);
        benchmark::DoNotOptimize(outputs.data());
        next = (next + 1) % a.programmed.size();
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel("multiplies of 128 x 32 weights");
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
    for (const auto& [set, name] : sets) {
        if (!core::processor_has(set)) continue;
        for (const bool relu : {true, false}) {
            benchmark::RegisterBenchmark(
                (std::string("crossbar/") + (relu ? "relu/" : "dense/") + name).c_str(), crossbar,
                set, relu);
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
