// SPDX-License-Identifier: Apache-2.0
// Is a board document read strictly, with the parameters of each accelerator's own type?
#include <platform/accel/copy_accelerator.h>
#include <support/catch.h>

#include <pimvp/board/board_params.h>

#include <string>

using namespace pimvp;
using Catch::Matchers::Contains;

namespace {

board::accelerator_types types() {
    board::accelerator_types known;
    known.add<support::copy_accelerator, support::copy_params>("copy", "Copies.");
    return known;
}

board::board_params read(const std::string& text) {
    return board::read_board(core::document::from_text(text, "board.yaml"), types());
}

}  // namespace

TEST_CASE("board.params.accelerators_have_their_own_parameters", "[board][platform]") {
    const auto params = read(R"(
memory: {size: 1 MiB, address: 0x1000}
host: {interrupt_latency: 1 us}
accelerators:
  left: {type: copy, address: 0x10000000, params: {workers: 4, byte_time: 2 ns}}
  right: {type: copy, address: 0x10001000}
)");
    REQUIRE(params.accelerators.size() == 2);
    const auto* left = params.accelerators.at("left").settings->as<support::copy_params>();
    const auto* right = params.accelerators.at("right").settings->as<support::copy_params>();
    REQUIRE(left != nullptr);
    REQUIRE(right != nullptr);
    CHECK(left->workers == 4);
    CHECK(left->byte_time.value.fs == 2'000'000);
    CHECK(right->workers == 2);
    CHECK(params.memory.address == 0x1000);
    CHECK(params.accelerators.at("left").settings->as<board::host_params>() == nullptr);
}

TEST_CASE("board.params.set_reaches_into_an_accelerator", "[board][platform]") {
    auto document = core::document::from_text(
        "accelerators: {a: {type: copy, address: 0x10000000}}", "board.yaml");
    document.set("accelerators.a.params.workers=7");
    const auto params = board::read_board(document, types());
    CHECK(params.accelerators.at("a").settings->as<support::copy_params>()->workers == 7);
}

TEST_CASE("board.params.a_dump_reads_back", "[board][platform]") {
    const auto params = read(
        "accelerators: {a: {type: copy, address: 0x10000000, "
        "params: {workers: 5}}}");
    const std::string text = core::dump(params);
    const auto again = read(text);
    CHECK(again.accelerators.at("a").settings->as<support::copy_params>()->workers == 5);
    CHECK(core::dump(again) == text);
    CHECK(core::config_hash(again) == core::config_hash(params));
}

TEST_CASE("board.params.mistakes_are_named_with_their_place", "[board][platform]") {
    CHECK_THROWS_WITH(read("memory: {size: 1 MiB}"), Contains("accelerators"));
    CHECK_THROWS_WITH(read("accelerators: {a: {type: cpoy, address: 0x1000}}"),
                      Contains("board.yaml:1:") && Contains("did you mean 'copy'"));
    CHECK_THROWS_WITH(read("accelerators: {a: {address: 0x1000}}"), Contains("type"));
    CHECK_THROWS_WITH(read("accelerators: {a: {type: copy}}"), Contains("address"));
    CHECK_THROWS_WITH(read("accelerators: {a: {type: copy, address: 12}}"),
                      Contains("multiple of 4 KiB"));
    CHECK_THROWS_WITH(read("accelerators: {host: {type: copy, address: 0x1000}}"),
                      Contains("accelerators.host"));
    CHECK_THROWS_WITH(read("accelerators: {a: {type: copy, address: 0x1000, "
                           "params: {wokers: 1}}}"),
                      Contains("accelerators.a.params") && Contains("did you mean 'workers'"));
    CHECK_THROWS_WITH(read("accelerators: [1]"), Contains("accelerators"));
    CHECK_THROWS_WITH(read("accelerators: {a: 5}"), Contains("accelerators.a"));
}
