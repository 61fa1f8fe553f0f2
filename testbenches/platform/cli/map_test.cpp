// SPDX-License-Identifier: Apache-2.0
// Does the program show where layers go, and what it ships?
#include "program.h"

#include <support/catch.h>

#include <pimvp/core/file.h>

using namespace pimvp;
using test::scratch_folder;

TEST_CASE("cli.map.prints_conversions_and_tiles", "[platform]") {
    const auto result = test::pimvp({"map"});
    CHECK(result.code == 0);
    CHECK_THAT(result.text, Catch::Contains("3 815 424") && Catch::Contains("1 on 1 chip"));
}

TEST_CASE("cli.map.same_program_twice", "[platform]") {
    const scratch_folder here;
    REQUIRE(test::pimvp({"map", "--out", here.path("a.bin")}).code == 0);
    REQUIRE(test::pimvp({"map", "--out", here.path("b.bin")}).code == 0);
    CHECK(core::read_file(here.path("a.bin")) == core::read_file(here.path("b.bin")));
    CHECK(core::read_file(here.path("a.bin")).substr(0, 4) == "PMVP");
}

TEST_CASE("cli.list.shows_what_there_is", "[platform]") {
    const auto lists = [](const std::string& what, const std::string& part) {
        const auto result = test::pimvp({"list", what});
        CHECK(result.code == 0);
        CHECK_THAT(result.text, Catch::Contains(part));
    };
    lists("platforms", "isaac_like");
    lists("networks", "glyphs");
    lists("models", "reram::adc_bank");
    lists("cards", "edram_byte");
    lists("params", "accelerators.npu.params.tile.ima.crossbar.rows");
}

TEST_CASE("cli.help.every_command_has_one", "[platform]") {
    CHECK(test::pimvp({"--help"}).code == 0);
    for (const char* command : {"run", "map", "quantize", "list"}) {
        const auto result = test::pimvp({command, "--help"});
        CHECK(result.code == 0);
        CHECK_THAT(result.text, Catch::Contains(std::string("usage: pimvp ") + command));
    }
}
