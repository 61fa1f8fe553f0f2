// SPDX-License-Identifier: Apache-2.0
#include <pimvp/isaac_like/accelerator.h>
// page begins
#include <pimvp/board/board.h>
#include <pimvp/core/setup.h>

#include <iostream>

using namespace pimvp;

void two_accelerators(const core::document& document, const std::vector<std::uint8_t>& image,
                      const board::tensor_bytes& input) {
    board::accelerator_types types;  // what `type:` may say
    types.add<isaac_like::accelerator, isaac_like::isaac_like_params>("isaac_like", "ReRAM chips.");

    core::context context;  // core::simulation_setup() was the first call of sc_main
    board::board platform{"board", context, board::read_board(document, types)};
    std::cout << platform.map_text();  // addresses and interrupts
    platform.run([&] {
        board::device& device = platform.device_named("left");
        const board::loaded_program program = device.load(image);
        const board::run_result result = device.run(program, {input});
        std::cout << result.outputs.at(0).size() << " bytes after "
                  << (result.interrupt_fs - result.doorbell_fs) / 1'000'000 << " ns\n";
    });
}
// page ends
