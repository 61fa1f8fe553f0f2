// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/sha256.h>

namespace core = pimvp::core;

TEST_CASE("core.diagnostics.text_has_place_path_and_message") {
    core::diagnostics found;
    CHECK(found.empty());
    found.warning("a", "odd");
    CHECK_FALSE(found.has_errors());
    CHECK_NOTHROW(found.throw_if_errors());
    found.error("tile[3].adc", "wrong", {"f.yaml", 41, 9});
    found.error("", "wrong", {"f.yaml", 0, 0});
    CHECK(found.has_errors());
    CHECK(found.text() == "warning: a: odd\nf.yaml:41:9: tile[3].adc: wrong\nf.yaml: wrong");
    try {
        found.throw_if_errors();
        FAIL("no exception");
    } catch (const core::user_error& error) {
        CHECK(error.what() == found.text());
        CHECK(error.list().size() == 3);
    }
}

TEST_CASE("core.diagnostics.a_single_error_is_a_list_of_one") {
    const core::user_error error("path", "message", {"f", 1, 2});
    CHECK(std::string(error.what()) == "f:1:2: path: message");
    REQUIRE(error.list().size() == 1);
    CHECK(error.list().front().mark.line == 1);
}

TEST_CASE("core.diagnostics.did_you_mean") {
    const std::vector<std::string> known{"adc_bits", "rows", "columns"};
    CHECK(core::nearest("adc_bit", known) == "adc_bits");
    CHECK(core::nearest("rosw", known) == "rows");
    CHECK(core::nearest("colour", known).empty());
    CHECK(core::nearest("x", known).empty());
    CHECK(core::did_you_mean("coulmns", known) == ", did you mean 'columns'?");
    CHECK(core::did_you_mean("zzz", known) == ", known: adc_bits, rows, columns");
    CHECK(core::did_you_mean("zzz", {}) == ", nothing is known here");
    const std::vector<std::string> many(20, "another_name");
    CHECK_THAT(core::did_you_mean("zzz", many), Catch::Matchers::EndsWith("and 8 more"));
}

TEST_CASE("core.diagnostics.quoted_is_safe_to_print") {
    CHECK(core::quoted("abc") == "'abc'");
    CHECK(core::quoted("a\nb\x1b[0m") == "'a\\nb\\x1b[0m'");
    CHECK(core::quoted(std::string(1000, 'x')).size() < 100);
}

TEST_CASE("core.sha256.known_answers") {
    // FIPS 180-4 examples.
    CHECK(core::sha256_hex(std::string_view("")) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(core::sha256_hex(std::string_view("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(core::sha256_hex(std::vector<std::uint8_t>{'a', 'b', 'c'}) ==
          core::sha256_hex("abc", std::size_t{3}));
}
