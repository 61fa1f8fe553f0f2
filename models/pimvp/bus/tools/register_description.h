// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/parameters.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The register description of a bank, `<bank>.regs.yaml`:
/// \code
///     bank: common
///     description: What every accelerator has.
///     registers:
///       - name: ctrl
///         offset: 0x10
///         access: rw
///         reset: 0
///         synchronises: true     # LT: accesses happen at their exact time
///         description: Starts and stops.
///         fields:
///           - {name: enable, bits: "0", description: Jobs are fetched while this is 1.}
///           - {name: reset, bits: "1", access: wo, description: Forgets everything.}
///       - {name: cycles, offset: 0x20, access: ro, width: 64, description: Since reset.}
///       - {name: count, offset: 0x40, access: ro, count: 16, description: Per bin.}
/// \endcode
/// `access` is ro, rw, wo (a command: reads 0) or w1c (write 1 to clear); a field has its
/// register's unless it says otherwise. Bits outside of all fields are reserved; without fields,
/// all 32 bits have the register's access. `width: 64` gives two registers, <name>_lo and
/// <name>_hi. `base: room/bank` makes the C++ bank a class derived from that bank's.
namespace pimvp::bus {

enum class access { ro, rw, wo, w1c };
constexpr std::string_view to_string(access a) {
    constexpr std::string_view names[] = {"ro", "rw", "wo", "w1c"};
    return names[static_cast<unsigned>(a)];
}

struct field_description {
    std::string name;
    std::string bits;  ///< "7:4" or "3"
    std::string access_text = "register";
    std::string description;

    [[nodiscard]] unsigned low() const { return m_low; }
    [[nodiscard]] unsigned high() const { return m_high; }
    [[nodiscard]] std::uint32_t mask() const {
        return static_cast<std::uint32_t>(((std::uint64_t{2} << (m_high - m_low)) - 1) << m_low);
    }
    /// Reads `bits`; false if it is not one or two bit numbers, high first.
    bool parse_bits();

    template <class Self, class Visitor>
    static void describe(Self& f, Visitor& v) {
        v.required("name", f.name, "Lower case.");
        v.required("bits", f.bits, "\"7:4\" or \"3\".");
        v.choice(
            "access", f.access_text,
            {{"register", "register"}, {"ro", "ro"}, {"rw", "rw"}, {"wo", "wo"}, {"w1c", "w1c"}},
            "Unless it is the register's.");
        v.required("description", f.description, "A sentence.");
    }

private:
    unsigned m_low = 0;
    unsigned m_high = 0;
};

struct register_description {
    std::string name;
    std::uint32_t offset = 0;
    access rights = access::ro;
    std::uint64_t reset = 0;
    unsigned width = 32;
    std::uint32_t count = 1;
    bool synchronises = false;
    std::string description;
    std::vector<field_description> fields;

    [[nodiscard]] std::uint32_t bytes() const { return width / 8 * count; }
    [[nodiscard]] access access_of(const field_description& field) const;
    /// Bits with that access.
    [[nodiscard]] std::uint32_t mask(access which) const;

    template <class Self, class Visitor>
    static void describe(Self& r, Visitor& v) {
        v.required("name", r.name, "Lower case.");
        v.required("offset", r.offset, {0, 0xFFFFFC}, "In bytes, a multiple of 4.");
        v.choice("access", r.rights,
                 {{"ro", access::ro}, {"rw", access::rw}, {"wo", access::wo}, {"w1c", access::w1c}},
                 "What software may do.");
        v.member("reset", r.reset, "Value after reset.");
        v.choice("width", r.width, {{"32", 32U}, {"64", 64U}}, "64: two registers, LO and HI.");
        v.member("count", r.count, {1, 4096}, "An array of equal registers.");
        v.member("synchronises", r.synchronises, "LT: accesses happen at their exact time.");
        v.required("description", r.description, "A sentence.");
        v.list("fields", r.fields, "Named bits.");
    }
};

struct bank_description {
    std::string bank;
    std::string base;
    std::string description;
    std::vector<register_description> registers;

    template <class Self, class Visitor>
    static void describe(Self& b, Visitor& v) {
        v.required("bank", b.bank, "Name of the bank, lower case.");
        v.member("base", b.base, "Bank whose class the C++ class derives from: room/bank.");
        v.required("description", b.description, "A sentence.");
        v.list("registers", b.registers, {1, 4096}, "In any order.");
    }
    void validate(core::diagnostics& found) const;
};

/// Reads and checks a description; registers come sorted by offset. Throws core::user_error with
/// everything that is wrong.
bank_description read_bank(std::string_view yaml, const std::string& file_name);

/// `prefix` leads to the header: <prefix/bank_regs.h>; its last word is the inner namespace.
std::string cpp_header(const bank_description& bank, const std::string& prefix,
                       const std::string& file_name);
std::string c_header(const bank_description& bank, const std::string& file_name);
std::string markdown_table(const bank_description& bank);

}  // namespace pimvp::bus
