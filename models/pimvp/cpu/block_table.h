// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/iss.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pimvp::cpu {

/// A stretch of instructions that was translated as one, and how often it ran.
struct translated_block {
    static constexpr std::uint64_t nowhere = 1;  ///< no instruction lies at an odd address

    std::uint64_t pc = nowhere;
    std::uint32_t bytes = 0;    ///< as the translator says
    std::uint32_t counted = 0;  ///< bytes of the instructions below
    std::uint32_t instructions = 0;
    std::uint32_t cycles = 0;
    std::uint64_t executions = 0;
    instruction last;
    std::array<std::uint16_t, instruction_classes> classes{};

    [[nodiscard]] std::uint64_t end() const { return pc + counted; }
    /// Adds the instructions of all its executions.
    void add_to(iss::class_counts& counts) const {
        for (std::size_t c = 0; c < instruction_classes; ++c) counts[c] += executions * classes[c];
    }
};

/// Counts instructions by decoding each block once, however often it runs: a cache of blocks and
/// the counts of those that have left it. Internal to instruction-set simulators that translate.
class block_table {
public:
    explicit block_table(const cycle_model& timing)
        : m_timing(timing) {}

    /// The block at `pc`, good until another takes its place; `fetch(pc)` decodes the instructions
    /// of one that is not known yet.
    template <class Fetch>
    [[nodiscard]] translated_block& at(std::uint64_t pc, std::uint32_t bytes, const Fetch& fetch) {
        translated_block& place = m_blocks[(pc >> 1U) % table_size];
        if (place.pc == pc && place.bytes == bytes) return place;
        place.add_to(m_others);
        place = {};
        place.pc = pc;
        place.bytes = bytes;
        // A block that ends with an illegal word is said to be 4 bytes shorter than what is before
        // that, so one that begins with it has no sensible length.
        constexpr std::uint32_t longest = 2 * 4096;
        const std::uint32_t length = bytes <= longest ? bytes : 0;
        while (place.counted < length) {
            place.last = fetch(place.end());
            place.counted += place.last.bytes;
            ++place.instructions;
            const auto kind = static_cast<std::size_t>(place.last.kind);
            ++place.classes[kind];
            place.cycles += m_timing.cycles[kind];
        }
        return place;
    }
    /// Counts an instruction that belongs to no block; modulo 2^64, so that -1 takes one away.
    void count(instruction_class kind, std::uint64_t times) {
        m_others[static_cast<std::size_t>(kind)] += times;
    }
    /// Code has changed: every block is decoded anew. Counts stay.
    void forget() {
        for (translated_block& each : m_blocks) {
            each.add_to(m_others);
            each = {};
        }
    }
    [[nodiscard]] iss::class_counts counts() const {
        iss::class_counts all = m_others;
        for (const translated_block& each : m_blocks) each.add_to(all);
        return all;
    }

private:
    static constexpr std::size_t table_size = 8192;

    const cycle_model m_timing;
    std::vector<translated_block> m_blocks{table_size};
    iss::class_counts m_others{};  ///< of blocks that left the table, and of no block
};

}  // namespace pimvp::cpu
