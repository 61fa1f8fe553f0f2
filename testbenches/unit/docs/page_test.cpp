// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include <support/catch.h>

#include <pimvp/core/diagnostics.h>

#include <string>
#include <vector>

using namespace pimvp;
using strings = std::vector<std::string>;

namespace {

std::string echo(const strings& words) {
    std::string text;
    for (const std::string& word : words) text += word + '\n';
    return text;
}

std::string page_of(const strings& headings) {
    std::string text = "# page\n\nOne sentence.\n";
    for (const std::string& heading : headings) text += "\n## " + heading + "\nNone.\n";
    return text;
}

const strings all{"Picture",    "Status",   "Interface", "Parameters",
                  "Registers",  "Numerics", "Timing",    "Energy and counts",
                  "Statistics", "Limits",   "Use it",    "Software view",
                  "Tests",      "Sources"};

}  // namespace

TEST_CASE("docs.page.stale_parts_are_made_anew_and_named", "[docs][unit]") {
    const std::string page =
        "before\n<!-- generated: a b -->\nold\n<!-- end -->\n<!-- generated: c -->\nc\n"
        "<!-- end -->\nafter\n";
    const docs::refreshed_page fresh = docs::refresh("page.md", page, echo);
    CHECK(fresh.text ==
          "before\n<!-- generated: a b -->\na\nb\n<!-- end -->\n<!-- generated: c -->\nc\n"
          "<!-- end -->\nafter\n");
    CHECK(fresh.changed == strings{"<!-- generated: a b -->"});
    CHECK(docs::refresh("page.md", fresh.text, echo).changed.empty());
    const std::string shown = "```\n<!-- generated: a -->\n<!-- end -->\n```\n";
    CHECK(docs::refresh("page.md", shown, echo).text == shown);
}

TEST_CASE("docs.page.mistakes_name_page_and_marker", "[docs][unit]") {
    CHECK_THROWS_WITH(docs::refresh("page.md", "<!-- generated: a -->\nold\n", echo),
                      Catch::Contains("page.md: <!-- generated: a -->: no line says"));
    const auto refuse = [](const strings&) -> std::string {
        throw core::user_error("no such table");
    };
    CHECK_THROWS_WITH(docs::refresh("page.md", "<!-- generated: a -->\n<!-- end -->\n", refuse),
                      Catch::Contains("page.md: <!-- generated: a -->: no such table"));
}

TEST_CASE("docs.page.headings_are_fixed_and_filled", "[docs][unit]") {
    CHECK(docs::heading_problems(page_of(all)).empty());
    for (std::size_t i = 0; i < all.size(); ++i) {
        strings fewer = all;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(docs::heading_problems(page_of(fewer)).size() == 1);
    }
    strings swapped = all;
    std::swap(swapped[2], swapped[3]);
    CHECK(docs::heading_problems(page_of(swapped)).size() == 1);
    std::string text = page_of(all);
    text.erase(text.find("## Status\nNone.\n") + 10, 6);
    CHECK(docs::heading_problems(text) == strings{"nothing stands under 'Status'"});
}

TEST_CASE("docs.page.unknown_tests_are_found", "[docs][unit]") {
    const strings suite{"bus.router.decodes", "bus.router.refuses_lt",
                        "D4_conversions_of_networks"};
    const auto unknown = [&suite](const std::string& cell) {
        return docs::unknown_tests(
            "# page\n\n## Tests\n| q | " + cell + " |\n\n## Sources\n`bus.x.y`\n", suite);
    };
    CHECK(unknown("`bus.router.decodes`, `bus.router.refuses_*`, `D4_*`, `import.h`").empty());
    CHECK(unknown("`bus.router.decode`") == strings{"bus.router.decode"});
    CHECK(unknown("`D4_conversions`, `bus.*.refuses_at`") ==
          strings{"D4_conversions", "bus.*.refuses_at"});
}

TEST_CASE("docs.page.dead_links_are_found", "[docs][unit]") {
    const std::string folder = PIMVP_SOURCE_DIR "/docs/models";
    CHECK(docs::dead_links(folder,
                           "[bus](bus.md#use-it) [here](#a-heading) [net](https://x.y/z)\n"
                           "```\n[code](nowhere.md)\n```\n### A heading\n")
              .empty());
    CHECK(docs::dead_links(folder, "[a](nowhere.md) [b](bus.md#nothing) [c](#nor-this)\n") ==
          strings{"nowhere.md", "bus.md#nothing", "#nor-this"});
}
