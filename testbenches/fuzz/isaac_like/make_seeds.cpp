// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of fuzz_program: make_program_seeds testbenches/fuzz/seeds/program
#include <fuzz/isaac_like/small_machine.h>

#include <pimvp/core/setup.h>

#include <fstream>
#include <iostream>
#include <systemc>

int sc_main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: make_program_seeds FOLDER\n";
        return 2;
    }
    pimvp::core::simulation_setup();
    const pimvp::board::board_params board = fuzz::small_board();
    for (const auto& [name, image] : fuzz::good_images(fuzz::accelerator_of(board))) {
        const std::string path = std::string(argv[1]) + "/" + name + ".bin";
        std::ofstream file(path, std::ios::binary);
        file.write(reinterpret_cast<const char*>(image.data()),
                   static_cast<std::streamsize>(image.size()));
        if (!file.flush()) {
            std::cerr << "make_program_seeds: cannot write " << path << "\n";
            return 1;
        }
    }
    return 0;
}
