// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/platform.h>

#include <pimvp/accel/program.h>
#include <pimvp/nn/network.h>

#include <cstdint>
#include <string>
#include <vector>

namespace pimvp::runner {

/// A program image in a file, as `pimvp map --out` writes it.
struct program_file {
    std::string path;
    std::vector<std::uint8_t> image;
    accel::hash256 config_hash{};
    nn::network network;  ///< from the image
};

/// Reads and checks a file. Throws core::user_error if it is no program, is damaged, or does not
/// hold the network it was made from.
program_file read_program(const std::string& path);

/// The program on a machine. Throws core::user_error if it was made for another one; with
/// `chips: 0` the machine gets the chips the program was made for.
mapped map_from(program_file program, platform target);

}  // namespace pimvp::runner
