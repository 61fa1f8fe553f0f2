// SPDX-License-Identifier: Apache-2.0
#include "test_params.h"

#include <support/catch.h>

#include <pimvp/core/document.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>

using unit_core::tile_params;
namespace core = pimvp::core;
using Catch::Matchers::Contains;

namespace {

/// A folder of files that disappears with the test.
struct scratch {
    std::filesystem::path folder = std::filesystem::temp_directory_path() /
                                   ("pimvp_document_test." + std::to_string(getpid()));
    scratch() { std::filesystem::create_directories(folder / "sub"); }
    ~scratch() { std::filesystem::remove_all(folder); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }
};

std::optional<core::preset_text> presets(const std::string& name) {
    if (name == "base")
        return core::preset_text{"name: base\nadc: {bits: 6}\n", "presets/base.yaml"};
    if (name == "middle") {
        return core::preset_text{"extends: base\ngain: 2\nadc: {conversion: 2 pJ}\n",
                                 "presets/middle.yaml"};
    }
    if (name == "loop") return core::preset_text{"extends: pool", "presets/loop.yaml"};
    if (name == "pool") return core::preset_text{"extends: loop", "presets/pool.yaml"};
    return std::nullopt;
}

}  // namespace

TEST_CASE("core.document.extends_merges_deeply") {
    const auto doc = core::document::from_text("extends: middle\nadc: {kind: flash}\nsizes: [4]\n",
                                               "mine.yaml", presets);
    const auto p = doc.read<tile_params>();
    CHECK(p.name == "base");
    CHECK(p.gain == 2.0);
    CHECK(p.adc.bits == 6);
    CHECK(p.adc.conversion.value.joules == 2e-12);
    CHECK(p.adc.kind == unit_core::adc_kind::flash);
    CHECK(p.sizes == std::vector<unsigned>{4});
}

TEST_CASE("core.document.merged_values_keep_their_marks") {
    const auto doc = core::document::from_text("extends: base\ngain: 99\n", "mine.yaml", presets);
    tile_params p;
    core::diagnostics found;
    auto broken = doc;
    broken.set("adc.bits=x");
    broken.read(p, found);
    CHECK(found.text() ==
          "mine.yaml:2:7: gain: 99 is out of range, allowed 0 .. 10\n"
          "--set adc.bits=x: adc.bits: 'x' is not an integer");
    CHECK(doc.root().find("name")->mark.file == "presets/base.yaml");
}

TEST_CASE("core.document.null_takes_back_what_the_base_set") {
    const auto doc = core::document::from_text("extends: base\nadc: ~\n", "mine.yaml", presets);
    CHECK(doc.read<tile_params>().adc.bits == 8);
}

TEST_CASE("core.document.load_by_name_or_path") {
    const scratch files;
    files.write("root.yaml", "name: root\n");
    files.write("sub/inner.yaml", "extends: ../root.yaml\ngain: 3\n");
    const std::string outer = files.write("outer.yaml", "extends: sub/inner.yaml\noffset: 1\n");
    const auto p = core::document::load(outer).read<tile_params>();
    CHECK(p.name == "root");
    CHECK(p.gain == 3.0);
    CHECK(p.offset == 1);
    CHECK(core::document::load("middle", presets).read<tile_params>().name == "base");
    CHECK(core::document::load("middle", presets).text_at("name") == "base");
    CHECK(core::document::load("middle", presets).text_at("adc") == std::nullopt);
}

TEST_CASE("core.document.what_cannot_be_loaded") {
    const scratch files;
    CHECK_THROWS_WITH(core::document::load("nothing"), Contains("no preset is named 'nothing'"));
    CHECK_THROWS_WITH(core::document::load("./nothing.yaml"), Contains("does not exist"));
    CHECK_THROWS_WITH(core::document::load(files.folder.string() + "/"), Contains("is a folder"));
    CHECK_THROWS_WITH(core::document::load("loop", presets), Contains("runs in a circle"));
    const std::string self = files.write("self.yaml", "extends: ./self.yaml");
    CHECK_THROWS_WITH(core::document::load(self), Contains("runs in a circle"));
    const std::string lost = files.write("lost.yaml", "name: x\nextends: gone.yaml");
    CHECK_THROWS_WITH(core::document::load(lost),
                      Contains("lost.yaml:2:10: ") && Contains("does not exist"));
    CHECK_THROWS_WITH(core::document::from_text("extends: [a]", "f"),
                      Contains("expected one preset"));
}

TEST_CASE("core.document.set_in_lists_and_new_groups") {
    auto doc = core::document::from_text("banks: [{bits: 1}, {bits: 2}]", "f");
    doc.set("banks[1].bits=3");
    doc.set("extra.right.bits=5");
    doc.set("adc.conversion={value: 4 pJ, grade: derived, source: mine}");
    doc.set("name=a=b");
    const auto p = doc.read<tile_params>();
    CHECK(p.banks[0].bits == 1);
    CHECK(p.banks[1].bits == 3);
    CHECK(p.extra.at("right").bits == 5);
    CHECK(p.adc.conversion.origin == core::derived("mine"));
    CHECK(p.name == "a=b");
    CHECK_THROWS_WITH(doc.set("banks[2].bits=3"), Contains("the list has 2"));
}

TEST_CASE("core.document.malformed_assignments") {
    core::document doc;
    for (const char* text : {"", "=", "=3", "a", "a..b=1", ".a=1", "a.=1", "a[=1", "a[]=1",
                             "a[x]=1", "[0]=1", "a[0]b=1"}) {
        CAPTURE(text);
        CHECK_THROWS_WITH(doc.set(text), Contains("is not an assignment"));
    }
    CHECK_THROWS_WITH(doc.set("a="), Contains("has no value"));
    CHECK_THROWS_AS(doc.set("a={"), core::user_error);
    CHECK_NOTHROW(doc.set("a=''"));
}

TEST_CASE("core.document.yaml_that_is_refused") {
    const auto refuse = [](const char* text, const char* reason) {
        CAPTURE(text);
        CHECK_THROWS_WITH(core::document::from_text(text, "f.yaml"),
                          Contains(reason) && Catch::Matchers::StartsWith("f.yaml:"));
    };
    refuse("a: [1", "not valid YAML");
    refuse("a: b: c", "not valid YAML");
    refuse("a: &x 1\nb: *x", "anchors");
    refuse("a: *x", "");
    refuse("a: !!int 3", "tag");
    refuse("a: !mine {}", "tag");
    refuse("[1]: 2", "a key must be a single word");
    refuse("? {a: 1}\n: 2", "a key must be a single word");
    refuse("~: 2", "a key is missing");
    refuse("a: 1\n---\nb: 2", "second document");
    refuse("a: 1\nb: \xff", "f.yaml:2: not text in UTF-8");
    refuse("a: \xc0\xaf", "UTF-8");
    refuse("a: \xed\xa0\x80", "UTF-8");
    refuse("a: \xe2\x82", "UTF-8");
    refuse("a: \"\\N\"", "an escape that is no character");
    refuse("a: \"\\0\"", "an escape that is no character");
    refuse("just text", "expected a map");
    refuse("- a\n- b", "expected a map");
}

TEST_CASE("core.document.hostile_depth_and_size_end_in_an_error") {
    CHECK_THROWS_AS(core::document::from_text(std::string(100'000, '['), "f"), core::user_error);
    CHECK_THROWS_AS(core::document::from_text(std::string(100'000, '{'), "f"), core::user_error);
    std::string deep;
    for (int i = 0; i < 2'000; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    CHECK_THROWS_AS(core::document::from_text(deep, "f"), core::user_error);
}
