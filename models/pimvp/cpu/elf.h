// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::cpu {

/// A program for a RISC-V core, as an ELF executable holds it.
struct elf_program {
    struct segment {
        std::uint64_t address = 0;        ///< where it is loaded
        std::vector<std::uint8_t> bytes;  ///< what the file holds
        std::uint64_t zeros = 0;          ///< that follow it
    };

    unsigned xlen = 64;
    std::uint64_t entry = 0;
    std::vector<segment> segments;                 ///< those with bytes or zeros
    std::map<std::string, std::uint64_t> symbols;  ///< functions and objects with a name

    /// Address of a symbol, if the file names it.
    [[nodiscard]] std::optional<std::uint64_t> symbol(const std::string& name) const;
};

/// Reads an executable. `name` is for messages. Throws core::user_error if it is none for RISC-V,
/// 32 or 64 bit, little-endian and statically linked, or if it is malformed or longer than 1 GiB.
///
/// **Source** System V ABI (gABI 4.1); RISC-V ELF psABI 1.0 for e_machine.
elf_program read_elf(std::string_view bytes, const std::string& name);

}  // namespace pimvp::cpu
