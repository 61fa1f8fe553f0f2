// SPDX-License-Identifier: Apache-2.0
// The register compiler: what it refuses, and what it writes.
#include <support/catch.h>

#include <pimvp/bus/tools/register_description.h>
#include <pimvp/core/diagnostics.h>

#include <string>

using namespace pimvp;

namespace {
std::string bank(const std::string& registers) {
    return "bank: demo\ndescription: Demo.\nregisters:\n" + registers;
}
std::string refusal(const std::string& yaml) {
    try {
        bus::read_bank(yaml, "demo.regs.yaml");
        return "accepted";
    } catch (const core::user_error& error) {
        return error.what();
    }
}
}  // namespace

TEST_CASE("bus.register_description.mistakes_are_named_together", "[bus]") {
    const std::string text =
        refusal(bank("  - {name: a, offset: 0x10, access: readonly, description: x}\n"
                     "  - {name: b, offset: 0x14, acces: ro, description: x}\n"));
    CHECK_THAT(text, Catch::Contains("demo.regs.yaml:4:") && Catch::Contains("readonly"));
    CHECK_THAT(text,
               Catch::Contains("demo.regs.yaml:5:") && Catch::Contains("did you mean 'access'"));
}

TEST_CASE("bus.register_description.rules", "[bus]") {
    struct row {
        const char* registers;
        const char* text;
    };
    const row rows[] = {
        {"  - {name: Ctrl, offset: 0, description: x}\n", "not a name"},
        {"  - {name: a, offset: 2, description: x}\n", "multiple of 4"},
        {"  - {name: a, offset: 4, width: 64, description: x}\n", "multiple of 8"},
        {"  - {name: a, offset: 0, description: x}\n  - {name: b, offset: 0, description: x}\n",
         "overlaps"},
        {"  - {name: a, offset: 0, count: 4, description: x}\n"
         "  - {name: b, offset: 12, description: x}\n",
         "overlaps"},
        {"  - {name: a, offset: 0, description: x}\n  - {name: a, offset: 4, description: x}\n",
         "generated twice"},
        {"  - {name: a_b, offset: 0, description: x}\n"
         "  - {name: a, offset: 4, description: x, fields: [{name: b, bits: \"0\", description: "
         "x}]}\n",
         "generated twice"},
        {"  - {name: a, offset: 0, reset: 0x100000000, description: x}\n", "32 bits"},
        {"  - {name: a, offset: 0, reset: 2, description: x, fields: [{name: b, bits: \"0\", "
         "description: x}]}\n",
         "outside of the fields"},
        {"  - {name: a, offset: 0, description: x, fields: [{name: b, bits: \"3:0\", description: "
         "x}, {name: c, bits: \"3\", description: x}]}\n",
         "overlaps another field"},
        {"  - {name: a, offset: 0, description: x, fields: [{name: b, bits: \"0:3\", description: "
         "x}]}\n",
         "neither a bit"},
        {"  - {name: a, offset: 0, description: x, fields: [{name: b, bits: \"32\", description: "
         "x}]}\n",
         "neither a bit"},
        {"  - {name: a, offset: 0, width: 64, access: w1c, description: x}\n", "64-bit register"},
        {"  - {name: a, description: x}\n", "offset"},
        {"  - {name: a, offset: 0, description: all of ERR_*/STATUS}\n", "must not contain"},
    };
    for (const row& r : rows) {
        INFO(r.registers);
        CHECK_THAT(refusal(bank(r.registers)), Catch::Contains(r.text));
    }
}

TEST_CASE("bus.register_description.headers_and_table", "[bus]") {
    const auto made = bus::read_bank(
        bank("  - {name: status, offset: 0x8, access: ro, width: 64, description: Now.}\n"
             "  - name: ctrl\n    offset: 0x4\n    access: rw\n    reset: 0x20\n"
             "    description: Starts.\n    fields:\n"
             "      - {name: mode, bits: \"6:5\", description: How.}\n"),
        "demo.regs.yaml");
    REQUIRE(made.registers.front().name == "ctrl");  // by offset
    const std::string c = bus::c_header(made, "demo.regs.yaml");
    CHECK_THAT(c, Catch::Contains("#define PIMVP_DEMO_CTRL 0x004u\n"));
    CHECK_THAT(c, Catch::Contains("#define PIMVP_DEMO_CTRL_RESET 0x20u\n"));
    CHECK_THAT(c, Catch::Contains("#define PIMVP_DEMO_CTRL_MODE_MASK 0x60u\n"));
    CHECK_THAT(c, Catch::Contains("#define PIMVP_DEMO_CTRL_MODE_SHIFT 5u\n"));
    CHECK_THAT(c, Catch::Contains("#define PIMVP_DEMO_STATUS_HI 0x00Cu\n"));
    const std::string cpp = bus::cpp_header(made, "my/block", "demo.regs.yaml");
    CHECK_THAT(cpp, Catch::Contains("#include <my/block/demo_regs_c.h>"));
    CHECK_THAT(cpp, Catch::Contains("namespace pimvp::block {"));
    CHECK_THAT(cpp, Catch::Contains("class demo_regs : public bus::register_bank"));
    CHECK_THAT(cpp, Catch::Contains("bus::register64 status"));
    const std::string table = bus::markdown_table(made);
    CHECK_THAT(table, Catch::Contains("| 0x004 | CTRL | 31:0 | rw | 0x20 | Starts. |"));
    CHECK_THAT(table, Catch::Contains("MODE | 6:5 | rw | 0x1 | How. |"));
    CHECK_THAT(table, Catch::Contains("STATUS_LO, _HI | 63:0"));

    auto derived = made;
    derived.base = "accel/common";
    CHECK_THAT(bus::cpp_header(derived, "pimvp/demo", "x"),
               Catch::Contains("public pimvp::accel::common_regs") &&
                   Catch::Contains("#include <pimvp/accel/common_regs.h>"));
    CHECK_THAT(bus::c_header(derived, "x"),
               Catch::Contains("#include <pimvp/accel/common_regs_c.h>"));
}
