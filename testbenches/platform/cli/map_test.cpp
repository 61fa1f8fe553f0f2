// SPDX-License-Identifier: Apache-2.0
// Does the program show where layers go, and what it ships?
#include <platform/isaac_like/image_sections.h>
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <string>
#include <vector>

using namespace pimvp;
using test::glyphs;
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

TEST_CASE("cli.map.program_runs_like_its_network", "[platform]") {
    const scratch_folder here;
    const std::string program = here.path("glyphs.bin");
    REQUIRE(test::pimvp({"map", "--out", program}).code == 0);
    const auto run = test::pimvp({"run", "--program", program, "--preprocess",
                                  glyphs("preprocess.yaml"), "--input", glyphs("images.npy"),
                                  "--images", "3", "--quiet", "--out", here.path("program")});
    INFO(run.text);
    REQUIRE(run.code == 0);  // no layer differs from the reference
    REQUIRE(test::pimvp({"run", "--images", "3", "--quiet", "--out", here.path("network")}).code ==
            0);
    CHECK(core::read_file(here.path("program") + "/outputs.npy") ==
          core::read_file(here.path("network") + "/outputs.npy"));
}

TEST_CASE("cli.map.program_that_does_not_fit_is_refused", "[platform]") {
    const scratch_folder here;
    const std::string program = here.path("glyphs.bin");
    REQUIRE(test::pimvp({"map", "--out", program}).code == 0);
    const std::string bytes = core::read_file(program);
    const auto refuses = [&](const std::string& file, std::vector<std::string> words,
                             const std::string& part) {
        words.insert(words.begin(), {"run", "--program", file, "--input", glyphs("images.npy"),
                                     "--preprocess", glyphs("preprocess.yaml")});
        const auto result = test::pimvp(words);
        INFO(result.text);
        CHECK(result.code == 2);
        CHECK_THAT(result.text, Catch::Contains(part));
    };
    refuses(program, {"--set", "accelerators.npu.params.tile.imas=10"}, "another machine");
    refuses(program, {"--network", "glyphs"}, "leave one out");
    refuses(here.path("none.bin"), {}, "does not exist");
    refuses(here.file("cut.bin", bytes.substr(0, bytes.size() / 2)), {}, "longer than");
    refuses(glyphs("model.onnx"), {}, "is no program");
    refuses(here.file("empty.bin", ""), {}, "ends early");
    std::string weight = bytes;  // in the network, which stands last
    weight[bytes.size() - 20000] = static_cast<char>(weight[bytes.size() - 20000] ^ 1);
    refuses(here.file("weight.bin", weight), {}, "damaged");
}

TEST_CASE("cli.map.program_that_the_accelerator_refuses_ends_in_its_error", "[platform]") {
    const scratch_folder here;
    const std::string program = here.path("glyphs.bin");
    REQUIRE(test::pimvp({"map", "--out", program}).code == 0);
    std::string bytes = core::read_file(program);
    const std::size_t tiles =
        isaac_like_test::offset_of({bytes.begin(), bytes.end()}, isaac_like::section_kind::tiles);
    bytes[tiles] = static_cast<char>(bytes[tiles] ^ 0xFF);  // how many, or which
    const auto result = test::pimvp({"run", "--program", here.file("damaged.bin", bytes), "--input",
                                     glyphs("images.npy"), "--preprocess",
                                     glyphs("preprocess.yaml"), "--out", here.path("out")});
    INFO(result.text);
    CHECK(result.code == 4);
    CHECK_THAT(result.text, Catch::Contains("npu: LOAD was refused: bad_program"));
    CHECK(here.names() == std::vector<std::string>{"damaged.bin", "glyphs.bin"});
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
    for (const char* command : {"run", "map", "quantize", "inspect", "list"}) {
        const auto result = test::pimvp({command, "--help"});
        CHECK(result.code == 0);
        CHECK_THAT(result.text, Catch::Contains(std::string("usage: pimvp ") + command));
    }
}
