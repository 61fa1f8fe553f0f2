// SPDX-License-Identifier: Apache-2.0
// The public test suite of ONNX operators (Debian: libonnx-testdata), where it is installed: every
// test of it is tried. What passes, and why the others do not, is
// docs/reference/onnx_conformance.md.
#include "conformance_suite.h"

#include <support/catch.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace {

using conformance::verdict;

const std::string page = PIMVP_SOURCE_DIR "/docs/reference/onnx_conformance.md";

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool installed() {
    if (conformance::is_installed()) return true;
    WARN("libonnx-testdata is not installed: skipped");
    return false;
}

}  // namespace

TEST_CASE("onnx.conformance.what_is_imported_computes_what_the_suite_expects") {
    if (!installed()) return;
    const std::vector<conformance::outcome> outcomes = conformance::run_suite();
    CHECK(outcomes.size() >= 900);
    for (const conformance::outcome& each : outcomes) {
        INFO(each.name << ": " << each.reason);
        CHECK(each.result != verdict::wrong);
    }
}

TEST_CASE("onnx.conformance.the_table_says_what_passes") {
    if (!installed()) return;
    INFO("write it again: build/release/bin/unit_onnx onnx.conformance.write_the_table");
    CHECK((conformance::table(conformance::run_suite()) == read_text(page)));
}

TEST_CASE("onnx.conformance.write_the_table", "[.]") {
    REQUIRE(installed());
    std::ofstream file(page, std::ios::binary);
    file << conformance::table(conformance::run_suite());
    CHECK(file.good());
}
