// SPDX-License-Identifier: Apache-2.0
// decode against an independent reader of the same codes: objdump of binutils.
#include <pimvp/cpu/decode.h>

#include <pimvp/core/file.h>
#include <support/catch.h>
#include <support/random.h>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace pimvp;
using cpu::instruction_class;
using cpu::special;

namespace {

struct line {
    std::uint32_t bits;
    std::string mnemonic, operands;
};

/// What objdump makes of codes of `width` bytes each, in their order.
std::vector<line> disassemble(const std::vector<std::uint32_t>& codes, std::size_t width,
                              unsigned xlen) {
    std::string bytes;
    for (const std::uint32_t code : codes) {
        bytes.append(reinterpret_cast<const char*>(&code), width);
    }
    const std::string path =
        (std::filesystem::temp_directory_path() / ("pimvp_decode_" + std::to_string(getpid())))
            .string();
    core::write_file(path, bytes);
    const std::string command = std::string(PIMVP_RISCV_OBJDUMP) +
                                " -D -z -M no-aliases -b binary -m riscv:rv" +
                                std::to_string(xlen) + " " + path;
    FILE* const pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::vector<line> lines;
    std::array<char, 256> text{};
    while (std::fgets(text.data(), text.size(), pipe) != nullptr) {
        std::istringstream words(text.data());  // address: code mnemonic operands
        std::string address;
        line one{};
        if (!(words >> address >> std::hex >> one.bits >> one.mnemonic)) continue;
        if (address.find('/') != std::string::npos) continue;  // the line that names the file
        words >> one.operands;
        lines.push_back(one);
    }
    REQUIRE(pclose(pipe) == 0);
    std::filesystem::remove(path);
    return lines;
}

bool starts_with(const std::string& text, const char* begin) {
    return text.rfind(begin, 0) == 0;
}
bool is_one_of(const std::string& text, std::initializer_list<const char*> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool known(const std::string& mnemonic) {
    return mnemonic[0] != '.' && mnemonic != "c.unimp" &&
           !is_one_of(mnemonic, {"dret", "hret", "uret", "sret"});
}

instruction_class class_of(const std::string& full) {
    const std::string name = starts_with(full, "c.") ? full.substr(2) : full;
    if (starts_with(name, "lr.") || starts_with(name, "sc.") || starts_with(name, "amo")) {
        return instruction_class::atomic;
    }
    if (is_one_of(name, {"lb", "lh", "lw", "ld", "lbu", "lhu", "lwu", "flw", "fld", "lwsp", "ldsp",
                         "flwsp", "fldsp"})) {
        return instruction_class::load;
    }
    if (is_one_of(name, {"sb", "sh", "sw", "sd", "fsw", "fsd", "swsp", "sdsp", "fswsp", "fsdsp"})) {
        return instruction_class::store;
    }
    if (is_one_of(name, {"beq", "bne", "blt", "bge", "bltu", "bgeu", "beqz", "bnez"})) {
        return instruction_class::branch;
    }
    if (is_one_of(name, {"j", "jal", "jr", "jalr"})) return instruction_class::jump;
    if (starts_with(name, "mul")) return instruction_class::multiply;
    if (starts_with(name, "div") || starts_with(name, "rem")) return instruction_class::divide;
    if (starts_with(name, "csr") || starts_with(name, "fence") || starts_with(name, "sfence") ||
        is_one_of(name, {"ecall", "ebreak", "wfi", "mret"})) {
        return instruction_class::system;
    }
    if (starts_with(name, "fdiv") || starts_with(name, "fsqrt")) {
        return instruction_class::float_divide;
    }
    return name[0] == 'f' ? instruction_class::floating : instruction_class::alu;
}

special special_of(const std::string& name) {
    if (starts_with(name, "csr")) return special::csr;
    if (name == "wfi") return special::wait;
    if (name == "mret") return special::return_from_trap;
    if (name == "fence.i") return special::fence_i;
    if (name == "ecall") return special::ecall;
    return name == "ebreak" || name == "c.ebreak" ? special::ebreak : special::none;
}

std::uint8_t register_of(const std::string& name) {
    constexpr std::array<const char*, 32> names{"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                                "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                                "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                                "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    const auto found = std::find(names.begin(), names.end(), name);
    REQUIRE(found != names.end());
    return static_cast<std::uint8_t>(found - names.begin());
}

/// "a0,-8(sp)" names base and offset.
void check_address(const line& expected, const cpu::instruction& got) {
    const std::string& text = expected.operands;
    const std::size_t open = text.rfind('('), comma = text.rfind(',');
    REQUIRE(open != std::string::npos);
    const std::string offset = text.substr(comma + 1, open - comma - 1);
    const std::string base = text.substr(open + 1, text.size() - open - 2);
    REQUIRE(got.offset == (offset.empty() ? 0 : std::stoi(offset)));
    REQUIRE(got.base == register_of(base));
}

/// Compares all of them; returns how many codes objdump knows by class.
std::map<instruction_class, int> compare(const std::vector<std::uint32_t>& codes, std::size_t width,
                                         unsigned xlen) {
    const std::vector<line> lines = disassemble(codes, width, xlen);
    REQUIRE(lines.size() == codes.size());
    std::map<instruction_class, int> seen;
    for (const line& each : lines) {
        INFO("RV" << xlen << " " << std::hex << each.bits << " " << each.mnemonic << " "
                  << each.operands);
        const cpu::instruction got = cpu::decode(each.bits, xlen);
        REQUIRE(got.bytes == width);
        if (!known(each.mnemonic)) continue;
        ++seen[got.kind];
        REQUIRE(got.kind == class_of(each.mnemonic));
        REQUIRE(got.does == special_of(each.mnemonic));
        const bool atomic = got.kind == instruction_class::atomic;
        REQUIRE(got.loads == (atomic || got.kind == instruction_class::load));
        REQUIRE(got.stores == ((atomic && !starts_with(each.mnemonic, "lr.")) ||
                               got.kind == instruction_class::store));
        if (got.loads || got.stores) check_address(each, got);
    }
    return seen;
}

}  // namespace

TEST_CASE("cpu.decode.agrees_with_objdump_on_all_compressed_codes", "[cpu]") {
    std::vector<std::uint32_t> codes;
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        if ((bits & 3U) != 3) codes.push_back(bits);
    }
    for (const unsigned xlen : {32U, 64U}) {
        const auto seen = compare(codes, 2, xlen);
        CHECK(seen.at(instruction_class::branch) == 4096);
        CHECK(seen.at(instruction_class::jump) == (xlen == 32 ? 4158 : 2110));
    }
}

TEST_CASE("cpu.decode.agrees_with_objdump_on_every_opcode_and_function", "[cpu]") {
    support::generator random;
    std::vector<std::uint32_t> codes;
    for (std::uint32_t opcode = 3; opcode < 0x80; opcode += 4) {
        if ((opcode & 0x1FU) == 0x1F) continue;  // longer than 32 bits
        for (std::uint32_t function = 0; function < 1024; ++function) {
            const auto registers = static_cast<std::uint32_t>(random.next());
            codes.push_back(opcode | (function & 7U) << 12U | (function >> 3U) << 25U |
                            (registers & 0x01FF'8F80U));
        }
    }
    for (std::uint32_t immediate = 0; immediate < 4096; ++immediate) {  // ECALL, EBREAK, WFI ...
        codes.push_back(0x73U | immediate << 20U);
    }
    for (const unsigned xlen : {32U, 64U}) {
        CHECK(compare(codes, 4, xlen).size() == cpu::instruction_classes);
    }
}
