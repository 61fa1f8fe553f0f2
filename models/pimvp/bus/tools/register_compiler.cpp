// SPDX-License-Identifier: Apache-2.0
// pimvp_register_compiler DESCRIPTION PREFIX CPP_HEADER C_HEADER MARKDOWN
#include <pimvp/bus/tools/register_description.h>

#include <pimvp/core/document.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace {
void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw pimvp::core::user_error(path.string() + ": cannot be written");
}
}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::cerr << "usage: pimvp_register_compiler X.regs.yaml PREFIX CPP_HEADER C_HEADER MD\n";
        return 2;
    }
    try {
        namespace bus = pimvp::bus;
        const std::string path = argv[1];
        const std::string file_name = std::filesystem::path(path).filename().string();
        const auto bank = bus::read_bank(pimvp::core::read_text_file(path), path);
        if (file_name != bank.bank + ".regs.yaml") {
            throw pimvp::core::user_error(path + ": bank: is '" + bank.bank +
                                          "', so the file is called " + bank.bank + ".regs.yaml");
        }
        write(argv[3], bus::cpp_header(bank, argv[2], file_name));
        write(argv[4], bus::c_header(bank, file_name));
        write(argv[5], bus::markdown_table(bank));
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
