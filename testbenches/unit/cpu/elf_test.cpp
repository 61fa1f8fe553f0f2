// SPDX-License-Identifier: Apache-2.0
// read_elf: good files of both classes, and a sentence for every malformed kind.
#include <pimvp/cpu/elf.h>

#include <pimvp/core/diagnostics.h>
#include <support/catch.h>
#include <support/random.h>

#include <functional>
#include <string>

using namespace pimvp;

namespace {

/// An ELF file made of fields: header, one program header, three section headers, contents.
class file {
public:
    static constexpr std::uint64_t base = 0x8000'0000;

    explicit file(bool wide)
        : m_wide(wide),
          m_bytes(contents + 64, '\0') {
        m_bytes.replace(0, 7,
                        std::string("\x7F"
                                    "ELF",
                                    4) +
                            (wide ? '\2' : '\1') + "\1\1");
        put(16, 2, 2);    // executable
        put(18, 243, 2);  // RISC-V
        put(pick(0x18, 0x18), base + 4, width());
        put(pick(0x1C, 0x20), program_header, width());
        put(pick(0x20, 0x28), section_headers, width());
        put(pick(0x2A, 0x36), pick(32, 56), 2);
        put(pick(0x2C, 0x38), 1, 2);
        put(pick(0x2E, 0x3A), pick(40, 64), 2);
        put(pick(0x30, 0x3C), 3, 2);
        put(program_header, 1, 4);  // loadable
        segment(0x04, 0x08, contents);
        segment(0x08, 0x10, 0xDEAD);  // the virtual address does not count
        segment(0x0C, 0x18, base);
        segment(0x10, 0x20, 8);
        segment(0x14, 0x28, 20);
        section(1, 4, 4, 2, 4);  // symbol table, names in section 2
        section(1, 0x10, 0x18, contents + 16, width());
        section(1, 0x14, 0x20, 2 * pick(16, 24), width());
        section(1, 0x18, 0x28, 2, 4);
        section(2, 0x10, 0x18, contents + 8, width());
        section(2, 0x14, 0x20, 6, width());
        m_bytes.replace(contents, 14, std::string("\1\2\3\4\5\6\7\x8\0main\0", 14));
        symbol(0, 1, 2, base + 4);  // a function "main"
    }

    void put(std::uint64_t offset, std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) {
            m_bytes[static_cast<std::size_t>(offset) + i] = static_cast<char>(value >> (8 * i));
        }
    }
    /// The same field of either class.
    void header(std::uint64_t narrow, std::uint64_t wide, std::uint64_t value, std::size_t bytes) {
        put(pick(narrow, wide), value, bytes);
    }
    void segment(std::uint64_t narrow, std::uint64_t wide, std::uint64_t value) {
        put(program_header + pick(narrow, wide), value, width());
    }
    void segment_type(std::uint64_t value) { put(program_header, value, 4); }
    void section(std::uint64_t index, std::uint64_t narrow, std::uint64_t wide, std::uint64_t value,
                 std::size_t bytes) {
        put(section_headers + index * pick(40, 64) + pick(narrow, wide), value, bytes);
    }
    void symbol(std::uint64_t index, std::uint64_t name, std::uint64_t type, std::uint64_t value) {
        const std::uint64_t at = contents + 16 + index * pick(16, 24);
        put(at, name, 4);
        put(at + pick(12, 4), type, 1);
        put(at + pick(4, 8), value, width());
    }
    [[nodiscard]] std::size_t width() const { return m_wide ? 8 : 4; }
    std::string& bytes() { return m_bytes; }

private:
    static constexpr std::uint64_t program_header = 64, section_headers = 128, contents = 320;

    [[nodiscard]] std::uint64_t pick(std::uint64_t narrow, std::uint64_t wide) const {
        return m_wide ? wide : narrow;
    }

    bool m_wide;
    std::string m_bytes;
};

/// The sentence a file is refused with after `damage`, the same for both classes.
std::string refusal(const std::function<void(file&)>& damage) {
    std::string sentence;
    for (const bool wide : {false, true}) {
        file f(wide);
        damage(f);
        std::string said;
        try {
            cpu::read_elf(f.bytes(), "fw.elf");
        } catch (const core::user_error& e) {
            said = e.what();
        }
        INFO((wide ? "64 bit" : "32 bit"));
        if (wide) CHECK(said == sentence);
        sentence = said;
    }
    return sentence;
}

}  // namespace

TEST_CASE("cpu.elf.reads_programs_of_both_classes", "[cpu]") {
    for (const bool wide : {false, true}) {
        file f(wide);
        const cpu::elf_program program = cpu::read_elf(f.bytes(), "fw.elf");
        CHECK(program.xlen == (wide ? 64 : 32));
        CHECK(program.entry == file::base + 4);
        REQUIRE(program.segments.size() == 1);
        CHECK(program.segments[0].address == file::base);
        CHECK(program.segments[0].bytes == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8});
        CHECK(program.segments[0].zeros == 12);
        CHECK(program.symbols.size() == 1);
        CHECK(program.symbol("main") == file::base + 4);
        CHECK(program.symbol("tohost") == std::nullopt);
    }
}

TEST_CASE("cpu.elf.takes_files_without_symbols", "[cpu]") {
    for (const bool wide : {false, true}) {
        file f(wide);
        f.header(0x30, 0x3C, 0, 2);
        CHECK(cpu::read_elf(f.bytes(), "fw.elf").symbols.empty());
    }
}

TEST_CASE("cpu.elf.leaves_out_symbols_of_sections_and_files", "[cpu]") {
    for (const bool wide : {false, true}) {
        for (const std::uint64_t type : {3U, 4U}) {
            file f(wide);
            f.symbol(0, 1, type, file::base);
            CHECK(cpu::read_elf(f.bytes(), "fw.elf").symbols.empty());
        }
        file nameless(wide);
        nameless.symbol(0, 999, 2, file::base);
        CHECK(cpu::read_elf(nameless.bytes(), "fw.elf").symbols.empty());
    }
}

TEST_CASE("cpu.elf.says_why_a_file_is_no_program", "[cpu]") {
    CHECK(refusal([](file& f) { f.bytes().clear(); }) ==
          "fw.elf: is no ELF file: give an executable of riscv64-unknown-elf-gcc or the like");
    CHECK(refusal([](file& f) { f.bytes()[1] = 'F'; }) ==
          "fw.elf: is no ELF file: give an executable of riscv64-unknown-elf-gcc or the like");
    const std::string big_endian =
        "fw.elf: is neither a 32-bit nor a 64-bit little-endian ELF file";
    CHECK(refusal([](file& f) { f.bytes()[4] = 3; }) == big_endian);
    CHECK(refusal([](file& f) { f.bytes()[5] = 2; }) == big_endian);
    CHECK(refusal([](file& f) { f.put(18, 62, 2); }) ==
          "fw.elf: is a program for another processor (e_machine 62): compile it for RISC-V");
    CHECK(refusal([](file& f) { f.put(16, 3, 2); }) ==
          "fw.elf: is no statically linked executable: link it with -static and without -pie");
    CHECK(refusal([](file& f) { f.segment_type(2); }) ==
          "fw.elf: is dynamically linked: link it with -static");
}

TEST_CASE("cpu.elf.says_what_is_malformed", "[cpu]") {
    const auto cut_off = [](const std::string& what) {
        return "fw.elf: is cut off: " + what + " lies behind its end";
    };
    CHECK(refusal([](file& f) { f.bytes().resize(20); }) == cut_off("a header"));
    CHECK(refusal([](file& f) { f.header(0x2A, 0x36, 8, 2); }) ==
          "fw.elf: has too short program headers");
    CHECK(refusal([](file& f) { f.header(0x2E, 0x3A, 8, 2); }) ==
          "fw.elf: has too short section headers");
    CHECK(refusal([](file& f) { f.header(0x1C, 0x20, 0xFFFF'FF00, f.width()); }) ==
          cut_off("a program header"));
    CHECK(refusal([](file& f) { f.header(0x20, 0x28, 0xFFFF'FF00, f.width()); }) ==
          cut_off("a section header"));
    CHECK(refusal([](file& f) { f.segment(0x04, 0x08, 0xFFFF'FF00); }) == cut_off("a segment"));
    CHECK(refusal([](file& f) {
              f.segment(0x10, 0x20, 0x1000);
              f.segment(0x14, 0x28, 0x1000);
          }) == cut_off("a segment"));
    CHECK(refusal([](file& f) { f.segment(0x14, 0x28, 4); }) ==
          "fw.elf: has a segment of more bytes in the file than in memory");
    CHECK(refusal([](file& f) { f.segment(0x14, 0x28, 0x4000'0001); }) ==
          "fw.elf: takes more than 1 GiB of memory");
    CHECK(refusal([](file& f) { f.segment_type(7); }) == "fw.elf: has nothing to load");
    CHECK(refusal([](file& f) { f.header(0x2C, 0x38, 0, 2); }) == "fw.elf: has nothing to load");
    CHECK(refusal([](file& f) { f.section(1, 0x18, 0x28, 3, 4); }) ==
          "fw.elf: has a symbol table without names");
    CHECK(refusal([](file& f) { f.section(1, 0x10, 0x18, 0xFFFF'FF00, f.width()); }) ==
          cut_off("the symbol table"));
    CHECK(refusal([](file& f) { f.section(2, 0x10, 0x18, 0xFFFF'FF00, f.width()); }) ==
          cut_off("the table of names"));
}

TEST_CASE("cpu.elf.survives_any_damage", "[cpu]") {
    support::generator random;
    std::size_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        file f(random.chance(50));
        for (std::uint64_t n = 1 + random.below(4); n != 0; --n) {
            f.bytes()[random.below(f.bytes().size())] = static_cast<char>(random.next());
        }
        if (random.chance(20)) f.bytes().resize(random.below(f.bytes().size()));
        try {
            const cpu::elf_program program = cpu::read_elf(f.bytes(), "fw.elf");
            REQUIRE_FALSE(program.segments.empty());
        } catch (const core::user_error&) {
            ++refused;
        }
    }
    CHECK(refused > 1'000);
}
