// SPDX-License-Identifier: Apache-2.0
// Does a run that begins with a saved board leave the record of one that loads?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace pimvp;
using test::scratch_folder;
using json = nlohmann::json;

namespace {

using words = std::vector<std::string>;

test::program_result run(words options) {
    words all{"run", "--quiet", "--images", "4"};
    all.insert(all.end(), options.begin(), options.end());
    return test::pimvp(all);
}

json record_of(const scratch_folder& here, const std::string& name, words options) {
    options.insert(options.end(), {"--out", here.path(name)});
    const test::program_result result = run(options);
    INFO(result.text);
    REQUIRE(result.code == 0);
    return json::parse(core::read_file(here.path(name) + "/run.json"));
}

void refuses(const words& options, const words& parts) {
    const test::program_result result = run(options);
    INFO(result.text);
    CHECK(result.code == 2);
    for (const std::string& part : parts) CHECK_THAT(result.text, Catch::Contains(part));
}

}  // namespace

TEST_CASE("cli.save_restore.the_record_is_the_same_but_for_the_load", "[platform]") {
    const scratch_folder here;
    const std::string file = here.path("glyphs.pmck");
    const json plain = record_of(here, "plain", {});
    CHECK(record_of(here, "saved", {"--save", file}) == plain);
    for (const std::string style : {"lt", "at"}) {
        json restored = record_of(here, style, {"--restore", file, "--coding-style", style});
        CHECK(restored["load"] == json({{"time_s", 0.0}, {"energy_j", 0.0}, {"bytes", 0}}));
        CHECK(restored["coding_style"] == style);
        restored["load"] = plain["load"];
        restored["coding_style"] = plain["coding_style"];
        CHECK(restored == plain);
        CHECK(core::read_file(here.path(style) + "/outputs.npy") ==
              core::read_file(here.path("plain") + "/outputs.npy"));
    }
    const std::string before = core::read_file(file);
    record_of(here, "again", {"--save", file});
    CHECK(core::read_file(file) == before);  // the same bytes for the same machine
}

TEST_CASE("cli.save_restore.a_program_file_goes_with_it", "[platform]") {
    const scratch_folder here;
    const std::string program = here.path("glyphs.bin"), file = here.path("glyphs.pmck");
    REQUIRE(test::pimvp({"map", "--out", program}).code == 0);
    const words inputs{"--program",    program,
                       "--input",      test::glyphs("images.npy"),
                       "--preprocess", test::glyphs("preprocess.yaml")};
    words save = inputs, restore = inputs;
    save.insert(save.end(), {"--save", file});
    restore.insert(restore.end(), {"--restore", file});
    json saved = record_of(here, "saved", save);
    json restored = record_of(here, "restored", restore);
    CHECK(restored["load"]["bytes"] == 0);
    restored["load"] = saved["load"];
    CHECK(restored == saved);
}

TEST_CASE("cli.save_restore.what_does_not_fit_is_refused", "[platform]") {
    const scratch_folder here;
    const std::string file = here.path("glyphs.pmck");
    REQUIRE(run({"--save", file}).code == 0);
    const std::string integers =
        record_of(here, "run", {})["network"]["integers_sha256"].get<std::string>();
    refuses({"--restore", file, "--network", "glyphs_mobile"},
            {file, "holds no program of this network", integers});
    refuses({"--restore", file, "--set", "accelerators.npu.params.tile.imas=8"},
            {file, "accelerators.npu.params.tile.imas = 12 there, = 8 here"});
    refuses({"--restore", file, "--save", here.path("x")}, {"--save", "leave one out"});
    refuses({"--restore", here.path("nowhere")}, {"nowhere", "does not exist"});
    refuses({"--save", here.path("nowhere/file")}, {"nowhere/file", "cannot be written"});
    const std::string cut = here.file("cut.pmck", core::read_file(file).substr(0, 4000));
    refuses({"--restore", cut}, {cut, "is no checkpoint to restore", "4000 bytes"});
    CHECK(here.names() == words{"cut.pmck", "glyphs.pmck", "run"});
}

TEST_CASE("cli.save_restore.cores_are_not_left_out_in_silence", "[platform]") {
    const scratch_folder here;
    const std::string platform = here.file("board.yaml",
                                           "extends: isaac_like\n"
                                           "memory: {address: 0x100000000}\n"
                                           "cpus:\n"
                                           "  cpu0: {isa: rv64imac}\n");
    const std::string file = here.path("board.pmck");
    const test::program_result plain = run({"--platform", platform});
    if (plain.code == 2) {
        CHECK_THAT(plain.text, Catch::Contains("Unicorn"));  // not in this build
        return;
    }
    CHECK(plain.code == 0);
    refuses({"--platform", platform, "--save", file}, {file, "has no checkpoints", "cores"});
    CHECK(here.names() == words{"board.yaml"});
}
