// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pimvp::cpu {

/// What a RISC-V instruction costs like.
enum class instruction_class : std::uint8_t {
    alu,
    load,
    store,
    branch,
    jump,
    multiply,
    divide,
    atomic,
    system,  ///< CSR accesses, fences, ECALL, MRET, WFI
    floating,
    float_divide  ///< and square roots
};
constexpr std::size_t instruction_classes = 11;
std::string_view to_string(instruction_class kind);

/// What an instruction does besides computing.
enum class special : std::uint8_t { none, csr, wait, return_from_trap, fence_i, ebreak, ecall };

/// One instruction, as far as timing, traps and device accesses need to know it.
struct instruction {
    std::uint8_t bytes = 4;  ///< 2 or 4
    instruction_class kind = instruction_class::alu;
    special does = special::none;
    bool loads = false;
    bool stores = false;
    std::uint8_t access_bytes = 0;  ///< of a load or store
    std::uint8_t base = 0;          ///< its address is x[base] + offset
    std::int32_t offset = 0;
    std::uint8_t rd = 0;    ///< of a CSR access
    std::uint16_t csr = 0;  ///< of a CSR access
};

/// Decodes RV32 or RV64 (`xlen`) with the extensions I, M, A, F, D, C, Zicsr and Zifencei. Only
/// the low half of `bits` counts if it is a compressed instruction. Whether the rest is legal is
/// not judged: what is not known counts as `alu`.
///
/// **Source** The RISC-V Instruction Set Manual, volume I, 20191213, chapters 24 and 16.
instruction decode(std::uint32_t bits, unsigned xlen);

}  // namespace pimvp::cpu
