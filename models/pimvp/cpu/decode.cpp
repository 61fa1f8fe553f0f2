// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/decode.h>

namespace pimvp::cpu {
namespace {

constexpr std::uint32_t field(std::uint32_t bits, unsigned high, unsigned low) {
    return (bits >> low) & ((1U << (high - low + 1)) - 1U);
}
constexpr std::int32_t sign_extend(std::uint32_t value, unsigned width) {
    const std::uint32_t sign = 1U << (width - 1);
    return static_cast<std::int32_t>((value ^ sign) - sign);
}

instruction access(instruction_class kind, std::uint8_t size, std::uint32_t access_bytes,
                   std::uint32_t base, std::int32_t offset) {
    instruction made;
    made.bytes = size;
    made.kind = kind;
    made.loads = kind != instruction_class::store;
    made.stores = kind == instruction_class::store;
    made.access_bytes = static_cast<std::uint8_t>(access_bytes);
    made.base = static_cast<std::uint8_t>(base);
    made.offset = offset;
    return made;
}

instruction plain(instruction_class kind, std::uint8_t size, special does = special::none) {
    instruction made;
    made.bytes = size;
    made.kind = kind;
    made.does = does;
    return made;
}

// ---- 16 bits -----------------------------------------------------------------------------------

constexpr std::uint8_t half = 2;

/// Quadrants 0 and 2 hold the loads and stores; `wide` ones move 8 bytes. In RV32 the code of C.LD
/// is C.FLW.
struct compressed_access {
    bool store;
    bool wide;
};
constexpr compressed_access access_of(std::uint32_t function, unsigned xlen) {
    const bool store = function >= 5;
    const std::uint32_t which = store ? function - 4 : function;  // 1 FLD, 2 LW, 3 LD or FLW
    return {store, which == 1 || (which == 3 && xlen == 64)};
}

instruction decode_register_access(std::uint32_t bits, std::uint32_t function, unsigned xlen) {
    const auto [store, wide] = access_of(function, xlen);
    const std::uint32_t offset =
        wide ? field(bits, 12, 10) << 3U | field(bits, 6, 5) << 6U
             : field(bits, 12, 10) << 3U | field(bits, 6, 6) << 2U | field(bits, 5, 5) << 6U;
    return access(store ? instruction_class::store : instruction_class::load, half, wide ? 8 : 4,
                  8 + field(bits, 9, 7), static_cast<std::int32_t>(offset));
}

instruction decode_stack_access(std::uint32_t bits, std::uint32_t function, unsigned xlen) {
    constexpr std::uint32_t stack_pointer = 2;
    const auto [store, wide] = access_of(function, xlen);
    std::uint32_t offset = 0;
    if (store) {
        offset = wide ? field(bits, 12, 10) << 3U | field(bits, 9, 7) << 6U
                      : field(bits, 12, 9) << 2U | field(bits, 8, 7) << 6U;
    } else {
        offset = field(bits, 12, 12) << 5U;
        offset |= wide ? field(bits, 6, 5) << 3U | field(bits, 4, 2) << 6U
                       : field(bits, 6, 4) << 2U | field(bits, 3, 2) << 6U;
    }
    return access(store ? instruction_class::store : instruction_class::load, half, wide ? 8 : 4,
                  stack_pointer, static_cast<std::int32_t>(offset));
}

instruction decode_compressed(std::uint32_t bits, unsigned xlen) {
    const std::uint32_t quadrant = field(bits, 1, 0);
    const std::uint32_t function = field(bits, 15, 13);
    if (quadrant == 1) {
        const bool jumps = function == 5 || (function == 1 && xlen == 32);
        return plain(jumps           ? instruction_class::jump
                     : function >= 6 ? instruction_class::branch
                                     : instruction_class::alu,
                     half);
    }
    if (function != 0 && function != 4) {
        return quadrant == 0 ? decode_register_access(bits, function, xlen)
                             : decode_stack_access(bits, function, xlen);
    }
    if (quadrant == 2 && function == 4 && field(bits, 6, 2) == 0) {
        if (field(bits, 11, 7) != 0) return plain(instruction_class::jump, half);
        if (field(bits, 12, 12) != 0) {
            return plain(instruction_class::system, half, special::ebreak);
        }
    }
    return plain(instruction_class::alu, half);
}

// ---- 32 bits -----------------------------------------------------------------------------------

constexpr std::uint8_t word = 4;

instruction decode_system(std::uint32_t bits) {
    instruction made = plain(instruction_class::system, word);
    if (field(bits, 14, 12) != 0) {
        made.does = special::csr;
        made.rd = static_cast<std::uint8_t>(field(bits, 11, 7));
        made.csr = static_cast<std::uint16_t>(field(bits, 31, 20));
        return made;
    }
    switch (field(bits, 31, 20)) {
    case 0x000:
        made.does = special::ecall;
        break;
    case 0x001:
        made.does = special::ebreak;
        break;
    case 0x105:
        made.does = special::wait;
        break;
    case 0x302:
        made.does = special::return_from_trap;
        break;
    default:
        break;
    }
    return made;
}

instruction decode_word(std::uint32_t bits) {
    const std::uint32_t base = field(bits, 19, 15);
    const std::uint32_t access_bytes = 1U << field(bits, 13, 12);
    switch (field(bits, 6, 0)) {
    case 0x03:
    case 0x07:
        return access(instruction_class::load, word, access_bytes, base,
                      sign_extend(field(bits, 31, 20), 12));
    case 0x23:
    case 0x27:
        return access(instruction_class::store, word, access_bytes, base,
                      sign_extend(field(bits, 31, 25) << 5U | field(bits, 11, 7), 12));
    case 0x2F: {
        instruction made = access(instruction_class::atomic, word, access_bytes, base, 0);
        constexpr std::uint32_t load_reserved = 2;
        made.stores = field(bits, 31, 27) != load_reserved;
        return made;
    }
    case 0x33:
    case 0x3B:
        if (field(bits, 31, 25) == 1) {
            return plain(
                field(bits, 14, 14) != 0 ? instruction_class::divide : instruction_class::multiply,
                word);
        }
        return plain(instruction_class::alu, word);
    case 0x43:
    case 0x47:
    case 0x4B:
    case 0x4F:
        return plain(instruction_class::floating, word);
    case 0x53: {
        constexpr std::uint32_t divide = 0x03, square_root = 0x0B;
        const std::uint32_t operation = field(bits, 31, 27);
        return plain(operation == divide || operation == square_root
                         ? instruction_class::float_divide
                         : instruction_class::floating,
                     word);
    }
    case 0x63:
        return plain(instruction_class::branch, word);
    case 0x67:
    case 0x6F:
        return plain(instruction_class::jump, word);
    case 0x0F:
        return plain(instruction_class::system, word,
                     field(bits, 14, 12) == 1 ? special::fence_i : special::none);
    case 0x73:
        return decode_system(bits);
    default:
        return plain(instruction_class::alu, word);
    }
}

}  // namespace

std::string_view to_string(instruction_class kind) {
    constexpr std::array<std::string_view, instruction_classes> names{
        "alu",    "load",   "store",  "branch",   "jump",        "multiply",
        "divide", "atomic", "system", "floating", "float_divide"};
    return names[static_cast<std::size_t>(kind)];
}

instruction decode(std::uint32_t bits, unsigned xlen) {
    return field(bits, 1, 0) == 3 ? decode_word(bits) : decode_compressed(bits & 0xFFFFU, xlen);
}

}  // namespace pimvp::cpu
