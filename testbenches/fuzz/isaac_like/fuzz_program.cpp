// SPDX-License-Identifier: Apache-2.0
// Any bytes as a program image of an ISAAC-like accelerator. read_program() refuses them with a
// bad_program, or they are a program: then a simulated machine loads it, runs it twice at once with
// equal results, and unloads it. Every payload is home then, and a correct program runs.
#include <fuzz/isaac_like/simulation.h>
#include <fuzz/isaac_like/small_machine.h>
#include <support/main_stack.h>

#include <pimvp/accel/image_reader.h>
#include <pimvp/board/board.h>
#include <pimvp/bus/payload_pool.h>
#include <pimvp/core/setup.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/isaac_like/loading.h>
#include <pimvp/isaac_like/mapper.h>
#include <pimvp/nn/executor.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

namespace {

using namespace pimvp;
using fuzz::require;
using support::announce_main_stack;
using image_bytes = std::vector<std::uint8_t>;

/// What the loader makes of an image; none: it refuses it.
std::optional<isaac_like::loadable_program> read(const image_bytes& image,
                                                 const isaac_like::isaac_like_params& params) {
    const isaac_like::machine machine = isaac_like::machine_of(params);
    const auto fetch = [&image](std::uint64_t address, void* to, std::size_t bytes) {
        require(address <= image.size() && bytes <= image.size() - address, "a read beyond");
        std::memcpy(to, image.data() + address, bytes);
    };
    if (image.size() < sizeof(accel::program_header)) return std::nullopt;  // no LOAD takes it
    try {
        accel::image_reader reader(
            fetch, [] { return false; }, 0, image.size(), isaac_like::family_id,
            isaac_like::config_hash(params));
        return isaac_like::read_program(reader, machine.limits(machine.chips),
                                        machine.nodes(machine.chips));
    } catch (const accel::job_fault&) {
        return std::nullopt;
    }
}

/// Elements that a RUN moves, multiplies or keeps, roughly: what it costs to simulate it.
double work_of(const isaac_like::spatial_program& program) {
    double work = 0.0;
    const auto pixels = [](double height, double width) { return height * width; };
    for (const auto* tensors : {&program.inputs, &program.outputs}) {
        for (const isaac_like::io_tensor& t : *tensors) {
            work += static_cast<double>(t.elements());
            for (const reram::route& r : t.routes) work += pixels(t.height, t.width) * r.channels;
        }
    }
    for (const reram::tile_program& tile : program.tiles) {
        for (const reram::tensor_buffer& b : tile.buffers) {
            work += pixels(b.height, b.width) * b.channels;
        }
        for (const reram::stage_record& s : tile.stages) {
            double each = 16.0 + pixels(s.window.kernel_h, s.window.kernel_w) * (1 + s.channels);
            for (const reram::row_block& block : s.row_blocks) each += block.elements;
            for (const reram::ima_share& share : s.imas) {
                for (const reram::result_range& range : share.results) each += range.count;
            }
            for (const reram::output_segment& segment : s.segments) each += segment.count;
            for (const reram::route& r : s.routes) each += r.channels;
            work += pixels(s.window.output_h, s.window.output_w) * (each + s.accumulators);
        }
    }
    return work;
}

class bench : public sc_core::sc_module {
public:
    explicit bench(const sc_core::sc_module_name& name)
        : sc_module(name),
          m_params(fuzz::accelerator_of(m_board_params)),
          m_network(fuzz::residual_network()),
          m_good_image(fuzz::image_of(m_network, m_params)) {
        m_board.device_named("npu").set_patience(sc_core::sc_time(100, sc_core::SC_MS));
        nn::executor reference(m_network);
        const nn::value& in = m_network.values[m_network.inputs[0]];
        nn::integer_tensor input(in.dims, in.type);
        for (std::size_t i = 0; i < input.size(); ++i) input.set(i, static_cast<int>(i * 29 % 256));
        reference.run({input});
        const nn::integer_tensor& output = reference.value(m_network.outputs[0]);
        m_good_input.assign(input.bytes(), input.bytes() + input.byte_count());
        m_good_output.assign(output.bytes(), output.bytes() + output.byte_count());
        sc_core::sc_spawn_options options;
        options.set_stack_size(1 << 20);
        sc_core::sc_spawn([this] { software(); }, "software", &options);
    }

    void play(const image_bytes& image) {
        const std::optional<isaac_like::loadable_program> read_back = read(image, m_params);
        // A refused one goes through the machine now and then: the ring and the reset are
        // fuzz_jobs' business.
        if (!read_back && image.size() % 64 != 0) return;
        m_is_program = read_back.has_value();
        m_is_small = m_is_program && work_of(read_back->program) <= work_limit;
        m_image = &image;
        m_go.notify(sc_core::SC_ZERO_TIME);
        sc_core::sc_start();  // until the software pauses it
        announce_main_stack();
        require(m_image == nullptr, "the software has not ended");
    }

private:
    static constexpr double work_limit = 200'000.0;

    void software() {
        for (;;) {
            while (m_image == nullptr) wait(m_go);
            const bool is_disturbed = !try_image();
            if (is_disturbed || ++m_undisturbed % 32 == 0) run_correctly();
            wait(1, sc_core::SC_US);
            require(m_context.service<bus::payload_pool>().outstanding() == 0, "a payload is lost");
            m_image = nullptr;
            sc_core::sc_pause();
        }
    }

    /// False: the accelerator refused it, and was reset.
    bool try_image() {
        board::device& npu = m_board.device_named("npu");
        bool is_loaded = false;
        try {
            const board::loaded_program program = npu.load(*m_image);
            is_loaded = true;
            if (m_is_small) run_twice(npu, program);
            npu.unload(program);
        } catch (const board::accelerator_error& error) {
            require(error.code() != accel::error_code::none && !is_loaded,
                    std::string(error.what()) + '\n' +
                        dynamic_cast<isaac_like::accelerator&>(m_board.accelerator_named("npu"))
                            .pending());
            npu.reset();
        }
        require(is_loaded == m_is_program, "LOAD and read_program() do not agree");
        return is_loaded;
    }

    static void run_twice(board::device& npu, const board::loaded_program& program) {
        std::vector<board::tensor_bytes> inputs;
        for (const accel::tensor_descriptor& t : program.tensors) {
            if (t.role != static_cast<std::uint32_t>(accel::tensor_role::input)) continue;
            board::tensor_bytes& input = inputs.emplace_back(t.bytes);
            for (std::size_t i = 0; i < input.size(); ++i) {
                input[i] = static_cast<std::uint8_t>(i * 91 + 7);
            }
        }
        const board::submitted_run first = npu.submit(program, inputs);
        const board::submitted_run second = npu.submit(program, inputs);
        require(npu.collect(first).outputs == npu.collect(second).outputs,
                "the same run gives other results");
    }

    void run_correctly() {
        board::device& npu = m_board.device_named("npu");
        const board::loaded_program program = npu.load(m_good_image);
        require(npu.run(program, {m_good_input}).outputs.at(0) == m_good_output,
                "a correct run fails");
        npu.unload(program);
    }

    const board::board_params m_board_params = fuzz::small_board();
    const isaac_like::isaac_like_params& m_params;
    core::context m_context;
    board::board m_board{"board", m_context, m_board_params};
    const nn::network m_network;
    const image_bytes m_good_image;
    board::tensor_bytes m_good_input, m_good_output;
    sc_core::sc_event m_go{"go"};
    const image_bytes* m_image = nullptr;
    std::uint32_t m_undisturbed = 0;  ///< inputs that were loaded
    bool m_is_program = false;
    bool m_is_small = false;  ///< a program that is quickly simulated
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static bench* const one = [] {  // lives as long as the simulation: the process
        core::simulation_setup();
        return new bench("bench");
    }();
    one->play(image_bytes(bytes, bytes + size));
    return 0;
}
