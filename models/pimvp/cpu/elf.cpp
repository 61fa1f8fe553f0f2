// SPDX-License-Identifier: Apache-2.0
#include <pimvp/cpu/elf.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstring>

namespace pimvp::cpu {
namespace {

constexpr std::uint16_t executable = 2, risc_v = 243;
constexpr std::uint32_t loadable = 1, symbol_table = 2, dynamic = 2;
constexpr std::uint64_t longest = std::uint64_t{1} << 30U;

/// The fields of both classes of ELF files; offsets differ, and 64-bit ones are wider.
class reader {
public:
    reader(std::string_view bytes, std::string name)
        : m_bytes(bytes),
          m_name(std::move(name)) {}

    [[noreturn]] void refuse(const std::string& why) const { throw core::user_error(m_name, why); }

    [[nodiscard]] std::uint64_t number(std::uint64_t offset, std::size_t width) const {
        const std::string_view field = slice(offset, width, "a header");
        std::uint64_t value = 0;
        std::memcpy(&value, field.data(), width);
        return value;
    }
    /// An address or offset, 4 or 8 bytes wide.
    [[nodiscard]] std::uint64_t address(std::uint64_t offset32, std::uint64_t offset64,
                                        std::uint64_t base = 0) const {
        return wide() ? number(base + offset64, 8) : number(base + offset32, 4);
    }
    void require(std::uint64_t offset, std::uint64_t bytes, const char* what) const {
        if (offset > m_bytes.size() || bytes > m_bytes.size() - offset) {
            refuse(std::string("is cut off: ") + what + " lies behind its end");
        }
    }
    [[nodiscard]] std::string_view slice(std::uint64_t offset, std::uint64_t bytes,
                                         const char* what) const {
        require(offset, bytes, what);
        return m_bytes.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
    }
    [[nodiscard]] bool wide() const { return m_bytes[4] == 2; }

    elf_program read() const;

private:
    void check_identity() const;
    [[nodiscard]] std::vector<elf_program::segment> segments() const;
    [[nodiscard]] std::map<std::string, std::uint64_t> symbols() const;

    std::string_view m_bytes;
    std::string m_name;
};

void reader::check_identity() const {
    constexpr std::size_t identity = 16;
    if (m_bytes.size() < identity || m_bytes.substr(0, 4) !=
                                         "\x7F"
                                         "ELF") {
        refuse("is no ELF file: give an executable of riscv64-unknown-elf-gcc or the like");
    }
    if ((m_bytes[4] != 1 && m_bytes[4] != 2) || m_bytes[5] != 1) {
        refuse("is neither a 32-bit nor a 64-bit little-endian ELF file");
    }
    if (number(18, 2) != risc_v) {
        refuse("is a program for another processor (e_machine " + std::to_string(number(18, 2)) +
               "): compile it for RISC-V");
    }
    if (number(16, 2) != executable) {
        refuse("is no statically linked executable: link it with -static and without -pie");
    }
}

std::vector<elf_program::segment> reader::segments() const {
    const std::uint64_t table = address(0x1C, 0x20);
    const std::uint64_t entry_bytes = number(wide() ? 0x36 : 0x2A, 2);
    const std::uint64_t count = number(wide() ? 0x38 : 0x2C, 2);
    if (count != 0 && entry_bytes < (wide() ? 56U : 32U)) refuse("has too short program headers");
    std::vector<elf_program::segment> found;
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = table + i * entry_bytes;
        require(at, entry_bytes, "a program header");
        if (number(at, 4) == dynamic) refuse("is dynamically linked: link it with -static");
        if (number(at, 4) != loadable) continue;
        const std::uint64_t in_file = address(0x10, 0x20, at);
        const std::uint64_t in_memory = address(0x14, 0x28, at);
        if (in_memory < in_file) refuse("has a segment of more bytes in the file than in memory");
        if (in_memory > longest || (total += in_memory) > longest) {
            refuse("takes more than 1 GiB of memory");
        }
        if (in_memory == 0) continue;
        const std::string_view bytes = slice(address(0x04, 0x08, at), in_file, "a segment");
        elf_program::segment one;
        one.address = address(0x0C, 0x18, at);
        one.bytes.assign(bytes.begin(), bytes.end());
        one.zeros = in_memory - in_file;
        found.push_back(std::move(one));
    }
    if (found.empty()) refuse("has nothing to load");
    return found;
}

std::map<std::string, std::uint64_t> reader::symbols() const {
    std::map<std::string, std::uint64_t> found;
    const std::uint64_t table = address(0x20, 0x28);
    const std::uint64_t entry_bytes = number(wide() ? 0x3A : 0x2E, 2);
    const std::uint64_t count = number(wide() ? 0x3C : 0x30, 2);
    if (count != 0 && entry_bytes < (wide() ? 64U : 40U)) refuse("has too short section headers");
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = table + i * entry_bytes;
        require(at, entry_bytes, "a section header");
        if (number(at + 4, 4) != symbol_table) continue;
        const std::uint64_t link = number(at + (wide() ? 0x28U : 0x18U), 4);
        if (link >= count) refuse("has a symbol table without names");
        const std::uint64_t names = table + link * entry_bytes;
        const std::string_view texts =
            slice(address(0x10, 0x18, names), address(0x14, 0x20, names), "the table of names");
        const std::string_view entries =
            slice(address(0x10, 0x18, at), address(0x14, 0x20, at), "the symbol table");
        const std::uint64_t bytes = wide() ? 24 : 16;
        const std::uint64_t first = address(0x10, 0x18, at);
        for (std::uint64_t s = 0; s + bytes <= entries.size(); s += bytes) {
            const std::uint64_t symbol = first + s;
            const std::uint64_t name = number(symbol, 4);
            const std::uint64_t type = number(symbol + (wide() ? 4U : 12U), 1) & 0xFU;
            const bool names_something = type <= 2;  // NOTYPE, OBJECT, FUNC
            if (name == 0 || name >= texts.size() || !names_something) continue;
            const std::string_view text = texts.substr(static_cast<std::size_t>(name));
            found.emplace(text.substr(0, text.find('\0')), address(0x04, 0x08, symbol));
        }
    }
    return found;
}

elf_program reader::read() const {
    check_identity();
    elf_program program;
    program.xlen = wide() ? 64 : 32;
    program.entry = address(0x18, 0x18);
    if (program.entry % 2 != 0) refuse("begins at an odd address");
    program.segments = segments();
    program.symbols = symbols();
    return program;
}

}  // namespace

std::optional<std::uint64_t> elf_program::symbol(const std::string& name) const {
    const auto found = symbols.find(name);
    if (found == symbols.end()) return std::nullopt;
    return found->second;
}

elf_program read_elf(std::string_view bytes, const std::string& name) {
    return reader(bytes, name).read();
}

}  // namespace pimvp::cpu
