// SPDX-License-Identifier: Apache-2.0
// Any bytes as an executable: a program that keeps its promises, or a message.
#include <pimvp/core/diagnostics.h>
#include <pimvp/cpu/elf.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace cpu = pimvp::cpu;
    try {
        const cpu::elf_program program =
            cpu::read_elf({reinterpret_cast<const char*>(data), size}, "fuzz.elf");
        std::uint64_t total = 0;
        for (const auto& part : program.segments) total += part.bytes.size() + part.zeros;
        const bool sound = (program.xlen == 32 || program.xlen == 64) &&
                           !program.segments.empty() && total != 0 && total <= (1U << 30U);
        if (!sound) std::abort();
    } catch (const pimvp::core::user_error&) {
    }
    return 0;
}

// libsystemc's main wants it; libFuzzer brings a main of its own.
extern "C" int sc_main(int, char**) {
    return 0;
}
