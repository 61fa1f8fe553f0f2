// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/mem/cards/isaac_32nm_card.h>

#include <pimvp/core/parameters.h>
#include <pimvp/core/quantity.h>

#include <cstdint>

namespace pimvp::mem {

/// An on-chip buffer of banks behind a wide bus.
struct edram_params {
    core::graded<core::byte_size> size = cards::isaac_32nm::edram_size;
    core::graded<std::uint32_t> banks = cards::isaac_32nm::edram_banks;
    core::graded<core::byte_size> word = cards::isaac_32nm::edram_word;
    core::graded<core::duration> cycle = cards::isaac_32nm::edram_cycle;
    core::graded<core::byte_size> transfer = cards::isaac_32nm::edram_transfer;
    core::graded<core::energy> read_byte = cards::isaac_32nm::edram_byte;
    core::graded<core::energy> write_byte = cards::isaac_32nm::edram_byte;
    core::graded<core::power> power = cards::isaac_32nm::edram_power;
    core::graded<core::area> area = cards::isaac_32nm::edram_area;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("size", p.size, {core::byte_size{64}, core::byte_size{1} * (1U << 30U)},
                 "Capacity of all banks.");
        v.member("banks", p.banks, {1, 64}, "With one bank, reads and writes exclude each other.");
        v.member("word", p.word, {core::byte_size{1}, core::byte_size{4096}},
                 "Width of the bus: an access moves whole words.");
        v.member("cycle", p.cycle, {core::duration{1'000}, core::duration{1'000'000'000'000}},
                 "Time in which a port moves `transfer`.");
        v.member("transfer", p.transfer, {core::byte_size{1}, core::byte_size{1U << 20U}},
                 "Moved by a port in one cycle: whole words.");
        v.member("read_byte", p.read_byte, "A byte read.");
        v.member("write_byte", p.write_byte, "A byte written.");
        v.member("power", p.power, "At peak, for budgets.");
        v.member("area", p.area, "All banks.");
    }

    void validate(core::diagnostics& d) const {
        if (transfer.value.bytes % word.value.bytes != 0) {
            d.error("transfer", "must be a multiple of word (" + core::to_string(word.value) + ")");
        }
    }
};

}  // namespace pimvp::mem
