// SPDX-License-Identifier: Apache-2.0
// Does report write one page that says what the records say, and refuse what is no record?
#include <support/catch.h>
#include <support/program.h>

#include <pimvp/core/file.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace pimvp;
using test::scratch_folder;

namespace {

test::program_result report(std::vector<std::string> words) {
    words.insert(words.begin(), "report");
    return test::pimvp(words);
}

}  // namespace

TEST_CASE("cli.report.one_file_the_same_every_time", "[platform]") {
    const scratch_folder here;
    REQUIRE(test::pimvp({"compare", "--quiet", "--platforms", "isaac_like,redy", "--images", "4",
                         "--out", here.path("both")})
                .code == 0);
    const std::string study = here.file(
        "study.json", R"({"schema":1,"network":"glyphs","series":[{"name":"msb_skip","points":[)"
                      R"({"label":"a","average_bits":6.5,"kl":0.001},{"average_bits":7}]}]})");
    for (const std::string name : {"one.html", "two.html"}) {
        const auto result = report({here.path("both/isaac_like"), here.path("both/redy/run.json"),
                                    "--study", study, "--out", here.path(name)});
        INFO(result.text);
        CHECK(result.code == 0);
        CHECK_THAT(result.text, Catch::Contains(name + ": "));
    }
    const std::string page = core::read_file(here.path("one.html"));
    CHECK(page == core::read_file(here.path("two.html")));
    CHECK_THAT(page, Catch::StartsWith("<!DOCTYPE html>"));
    CHECK_THAT(page, Catch::EndsWith("</html>\n"));
    for (const char* part : {"glyphs: isaac_like, redy", "msb_skip", "residual_add", "quantiser",
                             "derived", "divergence against average bits"}) {
        CHECK_THAT(page, Catch::Contains(part));
    }
}

TEST_CASE("cli.report.refuses_what_is_no_record", "[platform]") {
    const scratch_folder here;
    const auto refuses = [&](std::vector<std::string> words,
                             const std::vector<std::string>& parts) {
        words.insert(words.end(), {"--out", here.path("page.html")});
        const test::program_result result = report(words);
        INFO(result.text);
        CHECK(result.code == 2);
        CHECK_THAT(result.text, Catch::StartsWith("pimvp: error: "));
        for (const std::string& part : parts) CHECK_THAT(result.text, Catch::Contains(part));
        const std::vector<std::string> left = here.names();
        CHECK(std::find(left.begin(), left.end(), "page.html") == left.end());
    };
    refuses({}, {"no record", "pimvp run --out"});
    refuses({here.path("none")}, {"none", "does not exist"});
    refuses({here.file("text.json", "no JSON")}, {"text.json:1:"});
    refuses({here.file("old.json", R"({"schema": 0})")}, {"old.json: schema: is 0, known is 1"});
    refuses({"--bogus"}, {"pimvp report --help"});
    REQUIRE(test::pimvp({"run", "--quiet", "--images", "1", "--out", here.path("run")}).code == 0);
    refuses({here.path("run"), here.path("run")}, {"'run'", "LABEL="});
    refuses({here.path("run"), "--study", here.path("run/run.json")},
            {"run.json: network", "not a text", "program.md"});
    refuses({here.path("run"), "--study", here.path("gone.json")}, {"gone.json", "does not exist"});
    const auto unwritable = report({here.path("run"), "--out", here.path("no/such/page.html")});
    CHECK(unwritable.code == 2);
    CHECK_THAT(unwritable.text, Catch::Contains("no/such/page.html"));
}
