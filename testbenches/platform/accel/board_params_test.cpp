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

TEST_CASE("board.params.cores_and_memories_have_names", "[board][platform]") {
    const std::string one = "accelerators: {a: {type: copy, address: 0x10000000}}\n";
    const auto params = read(one + R"(
memories: {rom: {address: 0x1000, size: 4 KiB, read_only: true}}
cpus:
  first: {isa: rv32imafdc, frequency: 500 MHz, load_cycles: 3}
  second: {hart: 1}
clint: {timebase: 1 MHz}
)");
    CHECK(params.memories.at("rom").params.read_only);
    CHECK(params.cpus.at("first").isa == cpu::isa::rv32imafdc);
    CHECK(params.cpus.at("first").load_cycles.value == 3);
    CHECK(params.cpus.at("second").hart == 1);
    CHECK(params.clint.params.timebase.value.hz == 1'000'000);
    CHECK(params.plic.address == 0x0C00'0000);
    CHECK_THROWS_WITH(read(one + "cpus: {a: {}}"),
                      Contains("cpus.a: there is one in accelerators, too"));
    CHECK_THROWS_WITH(read(one + "memories: {a: {}}"), Contains("there is one in memories, too"));
    CHECK_THROWS_WITH(read(one + "memories: {A: {}}"), Contains("there is one in"));
    CHECK_THROWS_WITH(read(one + "cpus: {c: {}}\nmemory: {size: 2 KiB}"),
                      Contains("memory: address and size must be multiples of 4 KiB"));
    std::string many = "cpus: {c: {}}\naccelerators:\n";
    for (int i = 0; i < 31; ++i) {
        const std::string number = std::to_string(i);
        many += "  a" + number + ": {type: copy, address: " + std::to_string(i * 4096) + "}\n";
    }
    CHECK_THROWS_WITH(read(many), Contains("there are 31, but the interrupt controller has room"));
    CHECK_THROWS_WITH(read(one + "cpus: {plic: {}}"), Contains("other than host, bus"));
    CHECK_THROWS_WITH(read(one + "cpus: {c: {hart: 4}}"), Contains("must be below 4"));
    CHECK_THROWS_WITH(read(one + "cpus: {c: {}, d: {}}"),
                      Contains("another core has this number, too"));
    CHECK_THROWS_WITH(read(one + "cpus: {c: {isa: rv128}}"), Contains("cpus.c.isa"));
    CHECK_THROWS_WITH(read(one + "plic: {address: 0x123}"), Contains("multiple of 4 KiB"));
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
