// SPDX-License-Identifier: Apache-2.0
// Configuration text: a parameter document, a card and a --set assignment. What is accepted must
// survive a dump; everything else must end in a user_error.
#include <unit/core/test_params.h>

#include <pimvp/core/card.h>
#include <pimvp/core/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace core = pimvp::core;
using unit_core::tile_params;

namespace {

template <class Body>
void expect_user_error_at_most(const Body& body) {
    try {
        body();
    } catch (const core::user_error&) {
        // the answer to bad input
    }
}

void round_trip(const tile_params& params) {
    const std::string text = core::dump(params);
    try {
        if (core::read_yaml<tile_params>(text, "dump.yaml") == params) return;
        std::fputs("the dump reads back to another struct:\n", stderr);
    } catch (const core::user_error& error) {
        std::fprintf(stderr, "the dump is refused: %s\n", error.what());
    }
    std::fputs(text.c_str(), stderr);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    const std::string text(reinterpret_cast<const char*>(data), bytes);
    expect_user_error_at_most([&] { round_trip(core::read_yaml<tile_params>(text, "f.yaml")); });
    expect_user_error_at_most([&] { (void)core::compile_card(text, "f.yaml", "room"); });
    expect_user_error_at_most([&] {
        core::document doc;
        doc.set(text);
        round_trip(doc.read<tile_params>());
    });
    return 0;
}
