// SPDX-License-Identifier: Apache-2.0
// decode: codes by hand, for where no objdump is installed.
#include <pimvp/cpu/decode.h>

#include <support/catch.h>

using namespace pimvp;
using cpu::instruction_class;
using cpu::special;

namespace {

struct expected {
    const char* text;
    std::uint32_t bits;
    std::uint8_t bytes;
    instruction_class kind;
    special does = special::none;
};

// assembled by riscv64-unknown-elf-as
constexpr expected same_in_both[] = {
    {"add a0,a1,a2", 0x00c58533, 4, instruction_class::alu},
    {"lui a0,1", 0x00001537, 4, instruction_class::alu},
    {"beq a0,a1,.", 0x00b50063, 4, instruction_class::branch},
    {"jal ra,.", 0x000000ef, 4, instruction_class::jump},
    {"jalr ra,0(a0)", 0x000500e7, 4, instruction_class::jump},
    {"mul a0,a1,a2", 0x02c58533, 4, instruction_class::multiply},
    {"mulhu a0,a1,a2", 0x02c5b533, 4, instruction_class::multiply},
    {"div a0,a1,a2", 0x02c5c533, 4, instruction_class::divide},
    {"remu a0,a1,a2", 0x02c5f533, 4, instruction_class::divide},
    {"fence", 0x0ff0000f, 4, instruction_class::system},
    {"fence.i", 0x0000100f, 4, instruction_class::system, special::fence_i},
    {"ecall", 0x00000073, 4, instruction_class::system, special::ecall},
    {"ebreak", 0x00100073, 4, instruction_class::system, special::ebreak},
    {"wfi", 0x10500073, 4, instruction_class::system, special::wait},
    {"mret", 0x30200073, 4, instruction_class::system, special::return_from_trap},
    {"csrrw a0,mstatus,a1", 0x30059573, 4, instruction_class::system, special::csr},
    {"fadd.d fa0,fa1,fa2", 0x02c5f553, 4, instruction_class::floating},
    {"fmadd.s fa0,fa1,fa2,fa3", 0x68c5f543, 4, instruction_class::floating},
    {"fdiv.s fa0,fa1,fa2", 0x18c5f553, 4, instruction_class::float_divide},
    {"fsqrt.d fa0,fa1", 0x5a05f553, 4, instruction_class::float_divide},
    {"c.addi a0,1", 0x0505, 2, instruction_class::alu},
    {"c.j .", 0xa001, 2, instruction_class::jump},
    {"c.beqz a0,.", 0xc101, 2, instruction_class::branch},
    {"c.jr ra", 0x8082, 2, instruction_class::jump},
    {"c.jalr a0", 0x9502, 2, instruction_class::jump},
    {"c.mv a0,a1", 0x852e, 2, instruction_class::alu},
    {"c.ebreak", 0x9002, 2, instruction_class::system, special::ebreak}};

struct expected_access {
    const char* text;
    std::uint32_t bits;
    unsigned xlen;
    instruction_class kind;
    std::uint8_t bytes;  ///< of the access
    std::uint8_t base;
    std::int32_t offset;
    bool loads, stores;
};
constexpr expected_access accesses[] = {
    {"lb a0,-1(a1)", 0xfff58503, 64, instruction_class::load, 1, 11, -1, true, false},
    {"ld a0,2047(a1)", 0x7ff5b503, 64, instruction_class::load, 8, 11, 2047, true, false},
    {"sh a0,-2048(a1)", 0x80a59023, 64, instruction_class::store, 2, 11, -2048, false, true},
    {"fsd fa0,8(sp)", 0x00a13427, 64, instruction_class::store, 8, 2, 8, false, true},
    {"lr.w a0,(a1)", 0x1005a52f, 64, instruction_class::atomic, 4, 11, 0, true, false},
    {"sc.d a0,a2,(a1)", 0x18c5b52f, 64, instruction_class::atomic, 8, 11, 0, true, true},
    {"amoadd.w a0,a2,(a1)", 0x00c5a52f, 64, instruction_class::atomic, 4, 11, 0, true, true},
    {"c.lw a0,4(a1)", 0x41c8, 64, instruction_class::load, 4, 11, 4, true, false},
    {"c.ld a0,8(a1)", 0x6588, 64, instruction_class::load, 8, 11, 8, true, false},
    {"c.flw fa0,8(a1)", 0x6588, 32, instruction_class::load, 4, 11, 8, true, false},
    {"c.sdsp ra,8(sp)", 0xe406, 64, instruction_class::store, 8, 2, 8, false, true},
    {"c.swsp ra,12(sp)", 0xc606, 64, instruction_class::store, 4, 2, 12, false, true}};

}  // namespace

TEST_CASE("cpu.decode.classes", "[cpu]") {
    for (const expected& each : same_in_both) {
        for (const unsigned xlen : {32U, 64U}) {
            INFO(each.text << ", RV" << xlen);
            const cpu::instruction got = cpu::decode(each.bits, xlen);
            CHECK(got.bytes == each.bytes);
            CHECK(got.kind == each.kind);
            CHECK(got.does == each.does);
            CHECK_FALSE(got.loads);
            CHECK_FALSE(got.stores);
        }
    }
}

TEST_CASE("cpu.decode.accesses", "[cpu]") {
    for (const expected_access& each : accesses) {
        INFO(each.text);
        const cpu::instruction got = cpu::decode(each.bits, each.xlen);
        CHECK(got.kind == each.kind);
        CHECK(got.access_bytes == each.bytes);
        CHECK(got.base == each.base);
        CHECK(got.offset == each.offset);
        CHECK(got.loads == each.loads);
        CHECK(got.stores == each.stores);
    }
}

TEST_CASE("cpu.decode.what_depends_on_the_width", "[cpu]") {
    CHECK(cpu::decode(0x2001, 32).kind == instruction_class::jump);  // C.JAL, C.ADDIW
    CHECK(cpu::decode(0x2001, 64).kind == instruction_class::alu);
}

TEST_CASE("cpu.decode.only_the_low_half_of_a_compressed_code_counts", "[cpu]") {
    const cpu::instruction got = cpu::decode(0xffff'8082, 64);  // C.JR ra
    CHECK(got.bytes == 2);
    CHECK(got.kind == instruction_class::jump);
}

TEST_CASE("cpu.decode.csr_accesses_name_register_and_destination", "[cpu]") {
    const cpu::instruction got = cpu::decode(0xf14026f3, 64);  // csrr a3,mhartid
    CHECK(got.does == special::csr);
    CHECK(got.csr == 0xF14);
    CHECK(got.rd == 13);
}

TEST_CASE("cpu.decode.every_class_has_a_name", "[cpu]") {
    CHECK(cpu::to_string(instruction_class::alu) == "alu");
    CHECK(cpu::to_string(instruction_class::float_divide) == "float_divide");
}
