// SPDX-License-Identifier: Apache-2.0
// An ISAAC-like accelerator behind a bus and processors that are not pimvp's:
//
//     own_bus FOLDER lt QUANTUM | at      FOLDER of the shipped network glyphs
//
// Exit code 0: the outputs are the reference's and the base protocol was kept, 3: not, 1: anything
// else is wrong.
#include "own_bus.h"
#include "glyphs.h"
#include "own_initiators.h"

#include <pimvp/accel/driver/pimvp_driver.h>
#include <pimvp/bus/memory.h>
#include <pimvp/bus/protocol_checker.h>
#include <pimvp/core/clock.h>
#include <pimvp/core/setup.h>
#include <pimvp/core/sha256.h>
#include <pimvp/isaac_like/accelerator.h>
#include <pimvp/isaac_like/mapper.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <systemc>
#include <vector>

using namespace pimvp;
using bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::uint64_t npu_at = 0x8000'0000;
constexpr std::uint64_t work_at = 0x1'0000, input_at = 0x2'0000, output_at = 0x3'0000,
                        image_at = 0x10'0000;  // memory begins at 0

// page begins: platform
struct platform : sc_core::sc_module {
    initiator& cpu;
    own_bus bus;
    bus::memory ram;
    isaac_like::accelerator npu;
    sc_core::sc_signal<bool> irq{"irq"}, rst{"rst"};

    platform(const sc_core::sc_module_name& name, core::context& context, initiator& processor,
             const isaac_like::isaac_like_params& params)
        : sc_module(name),
          cpu(processor),
          bus("bus", sc_core::sc_time(5, sc_core::SC_NS)),
          ram("ram", context),
          npu("npu", context, params) {
        context.service<bus::protocol_checkers>().enable(core::parse<core::duration>("1 ms"));
        bus::connect(context, cpu.out, bus.in);
        bus::connect(context, npu.dma, bus.in);
        bus::connect(context, bus.out, ram.in);
        bus.map(0, ram.size());
        bus::connect(context, bus.out, npu.regs);
        bus.map(npu_at, npu.regs_bytes());
        npu.irq.bind(irq);
        cpu.irq.bind(irq);
        npu.rst.bind(rst);
    }
};
// page ends

// page begins: software
void require(int status, const char* what) {
    if (status == PIMVP_OK) return;
    throw std::runtime_error(std::string(what) + ": the driver says " + std::to_string(status));
}

/// The C driver's way to the device: registers ...
pimvp_hooks hooks_of(initiator& cpu) {
    return {&cpu,
            [](void* self, std::uint32_t offset) {
                std::uint32_t value = 0;
                static_cast<initiator*>(self)->access(tlm::TLM_READ_COMMAND, npu_at + offset,
                                                      &value, sizeof value);
                return value;
            },
            [](void* self, std::uint32_t offset, std::uint32_t value) {
                static_cast<initiator*>(self)->access(tlm::TLM_WRITE_COMMAND, npu_at + offset,
                                                      &value, sizeof value);
            },
            [](void*) {},  // one thread, each access ends before the next: always in order
            [](void* self) {
                static_cast<initiator*>(self)->wait_for_irq();
                return 0;
            }};
}
/// ... and memory.
pimvp_memory memory_of(initiator& cpu) {
    return {&cpu,
            [](void* self, std::uint64_t address, const void* from, std::size_t size) {
                static_cast<initiator*>(self)->access(tlm::TLM_WRITE_COMMAND, address,
                                                      const_cast<void*>(from), size);
            },
            [](void* self, void* to, std::uint64_t address, std::size_t size) {
                static_cast<initiator*>(self)->access(tlm::TLM_READ_COMMAND, address, to, size);
            }};
}

/// What runs on the processor: makes the program resident and runs it on each input.
std::vector<bytes> infer(initiator& cpu, const bytes& image, const glyphs& work) {
    const pimvp_hooks hooks = hooks_of(cpu);
    const pimvp_memory memory = memory_of(cpu);
    pimvp_device npu{};
    require(pimvp_probe(&npu, &hooks, &memory), "probe");
    require(pimvp_start(&npu, work_at, 4, 2), "start");
    cpu.place(image_at, image.data(), image.size());
    std::uint64_t handle = 0;
    require(pimvp_load(&npu, image_at, image.size(), &handle), "load");

    std::vector<bytes> outputs;
    for (std::size_t i = 0; i < work.inputs.size(); ++i) {
        bytes input(work.inputs[i].bytes(), work.inputs[i].bytes() + work.inputs[i].byte_count());
        bytes output(work.outputs[i].byte_count());
        cpu.access(tlm::TLM_WRITE_COMMAND, input_at, input.data(), input.size());
        const pimvp_tensor tensors[] = {{input_at, input.size(), 0, PIMVP_TENSOR_INPUT, 0},
                                        {output_at, output.size(), 0, PIMVP_TENSOR_OUTPUT, 0}};
        require(pimvp_run(&npu, handle, tensors, 2), "run");
        cpu.access(tlm::TLM_READ_COMMAND, output_at, output.data(), output.size());
        outputs.push_back(output);
    }
    return outputs;
}
// page ends

std::unique_ptr<initiator> make_processor(core::coding_style style, const std::string& quantum) {
    if (style == core::coding_style::at) return std::make_unique<at_initiator>("cpu");
    return std::make_unique<lt_initiator>("cpu",
                                          core::to_time(core::parse<core::duration>(quantum)));
}

int run(const std::string& folder, core::coding_style style, const std::string& quantum) {
    const glyphs work(folder, 2);
    isaac_like::isaac_like_params params;
    params.chips = 1;
    const bytes image = isaac_like::map_network(work.network, isaac_like::machine_of(params),
                                                isaac_like::config_hash(params));

    core::context_options options;
    options.style = style;  // of the accelerator's own initiator, its DMA
    core::context context{options};
    const std::unique_ptr<initiator> cpu = make_processor(style, quantum);
    platform machine("machine", context, *cpu, params);
    std::vector<bytes> outputs;
    cpu->software = [&] { outputs = infer(*cpu, image, work); };
    sc_core::sc_start();

    bytes all;
    std::size_t differing = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        for (std::size_t b = 0; b < outputs[i].size(); ++b) {
            all.push_back(outputs[i][b]);
            if (outputs[i][b] != work.outputs[i].bytes()[b]) ++differing;
        }
    }
    const auto& checkers = context.service<bus::protocol_checkers>();
    std::cout << "outputs " << core::sha256_hex(all).substr(0, 16) << ": " << differing << " of "
              << all.size() << " differ from the reference\n"
              << checkers.transactions() << " transactions seen by " << checkers.all().size()
              << " checkers, " << checkers.breaches() << " breaches of the base protocol\n"
              << "the software ended at "
              << core::to_string(core::duration{core::to_fs(cpu->ended())}) << " and gave way "
              << cpu->yields() << " times\n";
    return !all.empty() && differing == 0 && checkers.breaches() == 0 ? 0 : 3;
}

}  // namespace

int sc_main(int argc, char** argv) {
    core::simulation_setup();
    const std::string style = argc > 2 ? argv[2] : "";
    if (!(style == "lt" && argc == 4) && !(style == "at" && argc == 3)) {
        std::cerr << "usage: own_bus FOLDER lt QUANTUM | at\n";
        return 1;
    }
    try {
        return style == "lt" ? run(argv[1], core::coding_style::lt, argv[3])
                             : run(argv[1], core::coding_style::at, {});
    } catch (const std::exception& problem) {
        std::cerr << "own_bus: " << problem.what() << "\n";
        return 1;
    }
}
