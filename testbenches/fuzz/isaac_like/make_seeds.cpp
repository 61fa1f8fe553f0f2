// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of fuzz_program and fuzz_restore: make_program_seeds testbenches/fuzz/seeds
#include <fuzz/isaac_like/small_machine.h>

#include <pimvp/board/board.h>
#include <pimvp/core/checkpoint.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/file.h>
#include <pimvp/core/setup.h>
#include <pimvp/isaac_like/accelerator.h>

#include <iostream>
#include <string>
#include <systemc>

int sc_main(int argc, char** argv) {
    using namespace pimvp;
    if (argc != 2) {
        std::cerr << "usage: make_program_seeds FOLDER\n";
        return 2;
    }
    const std::string folder = argv[1];
    core::simulation_setup();
    const board::board_params params = fuzz::small_board();
    core::context context;
    board::board board{"board", context, params};
    try {
        board.run([&] {
            board::device& device = board.device_named("npu");
            for (const auto& [name, image] : fuzz::good_images(fuzz::accelerator_of(params))) {
                core::write_file(folder + "/program/" + name + ".bin", image.data(), image.size());
                const board::loaded_program program = device.load(image);
                core::byte_writer state;
                dynamic_cast<core::savable&>(board.accelerator_named("npu")).save(state);
                core::write_file(folder + "/restore/" + name + ".bin", state.bytes().data(),
                                 state.size());
                device.unload(program);
            }
        });
    } catch (const core::user_error& error) {
        std::cerr << "make_program_seeds: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
