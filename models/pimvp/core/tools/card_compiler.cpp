// SPDX-License-Identifier: Apache-2.0
// pimvp_card_compiler IN.yaml ROOM OUT.h: turns a technology card into a C++ header at build time.
#include <pimvp/core/card.h>
#include <pimvp/core/diagnostics.h>
#include <pimvp/core/document.h>

#include <exception>
#include <filesystem>
#include <fstream>
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
        // Written beside and renamed: an interrupted build leaves no half header.
        const std::filesystem::path beside = output.string() + ".new";
        std::ofstream out(beside, std::ios::binary);
        out << header;
        out.close();
        if (!out) throw pimvp::core::user_error("cannot write " + beside.string());
        std::filesystem::rename(beside, output);
        return 0;
    } catch (const pimvp::core::user_error& error) {
        std::cerr << error.what() << '\n';
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "pimvp_card_compiler: " << error.what() << '\n';
        return 1;
    }
}
