// SPDX-License-Identifier: Apache-2.0
// Plays a table of transactions against the registers of an accelerator and a memory:
//
//     traffic_table TABLE.yaml [lt|at]
//
// Exit code 0: every answer is the expected one, 3: some are not, 2: the table is wrong.
#include <pimvp/bus/memory.h>
#include <pimvp/bus/router.h>
#include <pimvp/bus/traffic_player.h>
#include <pimvp/core/setup.h>
#include <pimvp/isaac_like/accelerator.h>

#include <iostream>
#include <string>
#include <systemc>

using namespace pimvp;

namespace {

// page begins
struct bench : sc_core::sc_module {
    bus::traffic_player player;
    bus::router router;
    bus::memory ram;
    isaac_like::accelerator npu;
    sc_core::sc_signal<bool> irq{"irq"}, rst{"rst"};

    bench(const sc_core::sc_module_name& name, core::context& context,
          const bus::traffic_table& table)
        : sc_module(name),
          player("player", context, table),
          router("router", context),
          ram("ram", context),
          npu("npu", context, one_chip()) {
        player.out.bind(router.in);
        npu.dma.bind(router.in);
        router.map(ram.in, 0, ram.size());
        router.map(npu.regs, 0x8000'0000, npu.regs_bytes());
        npu.irq.bind(irq);
        npu.rst.bind(rst);
    }

    static isaac_like::isaac_like_params one_chip() {
        isaac_like::isaac_like_params params;
        params.chips = 1;
        return params;
    }
};

int play(const std::string& file, core::coding_style style) {
    const bus::traffic_table table = bus::read_traffic_table(core::document::load(file));
    core::context_options options;
    options.style = style;
    core::context context{options};
    bench b("bench", context, table);
    sc_core::sc_start();
    std::cout << b.player.report();
    return b.player.passed() ? 0 : 3;
}
// page ends

}  // namespace

int sc_main(int argc, char** argv) {
    core::simulation_setup();
    const std::string style = argc > 2 ? argv[2] : "lt";
    if (argc < 2 || argc > 3 || (style != "lt" && style != "at")) {
        std::cerr << "usage: traffic_table TABLE.yaml [lt|at]\n";
        return 2;
    }
    try {
        return play(argv[1], style == "lt" ? core::coding_style::lt : core::coding_style::at);
    } catch (const core::user_error& problem) {
        std::cerr << problem.what() << "\n";
        return 2;
    }
}
