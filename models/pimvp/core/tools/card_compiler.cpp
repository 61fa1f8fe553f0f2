// SPDX-License-Identifier: Apache-2.0
// pimvp_card_compiler IN.yaml ROOM OUT.h: turns a technology card into a C++ header at build time.
#include <pimvp/core/card.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>
#include <pimvp/core/file.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: pimvp_card_compiler IN.yaml ROOM OUT.h\n";
        return 2;
    }
    try {
        const std::string input = argv[1];
        const std::filesystem::path output = argv[3];
        const std::string header =
            pimvp::core::compile_card(pimvp::core::read_text_file(input), input, argv[2]);
        if (output.has_parent_path()) std::filesystem::create_directories(output.parent_path());
        pimvp::core::write_file(output, header);
        return 0;
    } catch (const pimvp::core::user_error& error) {
        std::cerr << error.what() << '\n';
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "pimvp_card_compiler: " << error.what() << '\n';
        return 1;
    }
}
