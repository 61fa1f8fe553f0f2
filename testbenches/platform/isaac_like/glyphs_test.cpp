// SPDX-License-Identifier: Apache-2.0
// Does the shipped network give the reference's integers in every layer, at the same times in LT
// and AT?
#include <support/catch.h>

#include <pimvp/board/board.h>
#include <pimvp/board/device.h>
#include <pimvp/bus/payload_pool.h>
#include <pimvp/core/clock.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/mapping/views.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/calibration.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/npy.h>
#include <pimvp/nn/preprocess.h>
#include <pimvp/nn/quantise.h>
#include <pimvp/onnx/import.h>

#include <sys/wait.h>
#include <unistd.h>
#include <string>
#include <vector>

namespace {

using namespace pimvp;

const std::string folder = PIMVP_GLYPHS;

struct glyphs {
    nn::network network;
    std::vector<nn::integer_tensor> inputs;

    explicit glyphs(std::size_t images) {
        const onnx::imported imported = onnx::import_file(folder + "/model.onnx");
        const nn::float_network& floating = *imported.floating;
        const nn::shape dims = floating.values[floating.inputs[0]].dims;
        const nn::preprocessor prepare(nn::load_preprocess(folder + "/preprocess.yaml"), dims);
        const nn::npy_array calibration = nn::read_npy(folder + "/calibrate.npy");
        nn::calibrator calibrator(floating);
        for (std::size_t i = 0; i < 16; ++i) calibrator.add({prepare(calibration, i)});
        network = nn::quantise(floating, calibrator.result(), {});
        const nn::npy_array test = nn::read_npy(folder + "/images.npy");
        for (std::size_t i = 0; i < images; ++i) {
            inputs.push_back(
                nn::quantise(prepare(test, i), network.values[network.inputs[0]].type));
        }
    }
};

/// Compares every delivered pixel with the reference.
class checker : public reram::activation_observer {
public:
    checker(const nn::network& network, const std::vector<nn::executor*>& references)
        : m_network(network),
          m_views(mapping::view_values(network)),
          m_references(references) {}

    void delivered(const reram::observed_pixel& p) override {
        const nn::value_id id = m_network.nodes[p.layer].output;
        const nn::integer_tensor& expected = m_references[p.inference]->value(id);
        const mapping::map_dims& dims = m_views[id].dims;
        const std::size_t area = std::size_t{dims.height} * dims.width;
        for (std::uint32_t c = 0; c < p.channels; ++c) {
            const int want = expected.at((p.first_channel + c) * area + p.pixel);
            const int got = expected.type().is_signed
                                ? static_cast<int>(static_cast<std::int8_t>(p.values[c]))
                                : static_cast<int>(p.values[c]);
            if (want != got) ++mismatches;
            ++compared;
        }
    }

    std::uint64_t mismatches = 0, compared = 0;

private:
    const nn::network& m_network;
    std::vector<mapping::value_view> m_views;
    std::vector<nn::executor*> m_references;
};

/// Runs some images one after the other; returns the latency of each in fs.
std::vector<std::uint64_t> run(core::coding_style style) {
    const glyphs g(3);
    std::vector<nn::executor> references(g.inputs.size(), nn::executor(g.network));
    std::vector<nn::executor*> pointers;
    for (std::size_t i = 0; i < g.inputs.size(); ++i) {
        references[i].run({g.inputs[i]});
        pointers.push_back(&references[i]);
    }

    core::context context{{1, style, 0}};
    board::accelerator_types types;
    types.add<isaac_like::accelerator, isaac_like::isaac_like_params>("isaac_like",
                                                                      "ISAAC-like ReRAM chip");
    const core::document document = core::document::from_text(
        "check_protocol: true\n"
        "accelerators: {npu: {type: isaac_like, address: 0x80000000, params: {chips: 1}}}\n",
        "test.yaml");
    const board::board_params params = board::read_board(document, types);
    const auto& settings =
        *params.accelerators.at("npu").settings->as<isaac_like::isaac_like_params>();
    isaac_like::placement placed;
    const std::vector<std::uint8_t> image = isaac_like::map_network(
        g.network, isaac_like::machine_of(settings), isaac_like::config_hash(settings), &placed);

    board::board board{"board", context, params};
    checker check(g.network, pointers);
    auto& npu = dynamic_cast<isaac_like::accelerator&>(board.accelerator_named("npu"));
    npu.observe(&check);
    std::vector<std::uint64_t> latencies;
    std::uint64_t wrong_outputs = 0;
    board.run(
        [&] {
            board::device& device = board.device_named("npu");
            device.start();
            const board::loaded_program program = device.load(image);
            for (std::size_t i = 0; i < g.inputs.size(); ++i) {
                const nn::integer_tensor& in = g.inputs[i];
                const board::run_result result = device.run(
                    program, {board::tensor_bytes(in.bytes(), in.bytes() + in.byte_count())});
                const nn::integer_tensor& out = references[i].value(g.network.outputs[0]);
                if (result.outputs.at(0) !=
                    board::tensor_bytes(out.bytes(), out.bytes() + out.byte_count())) {
                    ++wrong_outputs;
                }
                latencies.push_back(result.interrupt_fs - result.doorbell_fs);
            }
        },
        sc_core::sc_time(1, sc_core::SC_SEC));

    CHECK(check.compared > 10000);
    CHECK(check.mismatches == 0);
    CHECK(wrong_outputs == 0);
    CHECK(context.service<bus::payload_pool>().outstanding() == 0);

    // conversions = windows x row blocks x column blocks x columns x input bits
    std::uint64_t expected = 0;
    for (const isaac_like::layer_placement& layer : placed.layers) expected += layer.conversions;
    std::uint64_t counted = 0;
    const auto now = context.ledger().snapshot(core::now_fs());
    for (const auto& [name, count] : context.ledger().price(now).counts) {
        if (name.rfind("adc.conversion", 0) == 0) counted += count;
    }
    CHECK(counted == expected * g.inputs.size());
    return latencies;
}

}  // namespace

TEST_CASE("isaac_like.glyphs.every_layer_equals_the_reference", "[platform]") {
    // One simulation a process: LT runs in a child and hands its times over.
    int ends[2] = {};
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const std::vector<std::uint64_t> lt = run(core::coding_style::lt);
        const auto bytes = static_cast<ssize_t>(lt.size() * sizeof(lt[0]));
        _exit(write(ends[1], lt.data(), static_cast<std::size_t>(bytes)) == bytes ? 0 : 1);
    }
    close(ends[1]);
    const std::vector<std::uint64_t> at = run(core::coding_style::at);
    std::vector<std::uint64_t> lt(at.size());
    const auto bytes = static_cast<ssize_t>(lt.size() * sizeof(lt[0]));
    CHECK(read(ends[0], lt.data(), static_cast<std::size_t>(bytes)) == bytes);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(at[0] > 0);
    CHECK(at[1] == at[2]);
    CHECK(lt == at);  // a static schedule
}

TEST_CASE("isaac_like.glyphs.lt", "[platform]") {
    const std::vector<std::uint64_t> latencies = run(core::coding_style::lt);
    CHECK(latencies[0] > 0);
    CHECK(latencies[1] == latencies[2]);
}
