// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/statistics.h>

#include <memory>
#include <nlohmann/json.hpp>

namespace core = pimvp::core;

namespace {

struct dma_statistics : core::stat_group {
    using stat_group::stat_group;
    core::counter bytes{*this, "bytes", "bytes moved", core::quantity::bytes};
    core::gauge in_flight{*this, "in_flight", "requests in flight", core::quantity::count};
    core::time_total busy{*this, "busy", "time at work"};
    core::derived_stat rate{*this, "rate", "bytes a second", core::quantity::ratio,
                            [this] { return double(bytes.get()) / (double(busy.fs()) * 1e-15); }};
};

}  // namespace

TEST_CASE("core.statistics.json_keeps_order_and_integers") {
    core::stat_group root("");
    dma_statistics dma(root, "top.dma");
    dma_statistics other(root, "top.a");
    dma.bytes += 0xFFFF'FFFF'FFFFU;
    ++dma.bytes;
    dma.in_flight += 3;
    dma.in_flight -= 2;
    dma.busy.add(2'000'000'000'000'000);
    CHECK(root.json().dump() ==
          R"({"top":{"a":{"bytes":0,"in_flight":0,"busy":0.0,"rate":null},)"
          R"("dma":{"bytes":281474976710656,"in_flight":3,"busy":2.0,"rate":140737488355328.0}}})");
}

TEST_CASE("core.statistics.reset_starts_a_region_of_interest") {
    core::stat_group root("top");
    dma_statistics dma(root, "dma");
    dma.bytes += 5;
    dma.in_flight.set(9);
    dma.in_flight.set(4);
    root.reset();
    CHECK(dma.bytes.get() == 0);
    CHECK(dma.in_flight.level() == 4);
    CHECK(dma.in_flight.high_water() == 4);
    CHECK(dma.busy.fs() == 0);
}

TEST_CASE("core.statistics.text_has_units_and_meaning") {
    core::stat_group root("top");
    dma_statistics dma(root, "dma");
    dma.bytes += 64;
    CHECK_THAT(root.text(), Catch::Matchers::Contains("top.dma.bytes") &&
                                Catch::Matchers::Contains("64  B") &&
                                Catch::Matchers::Contains("bytes moved"));
}

TEST_CASE("core.statistics.groups_leave_their_parent") {
    core::stat_group root("top");
    auto dma = std::make_unique<dma_statistics>(root, "dma");
    CHECK(root.groups().size() == 1);
    CHECK_THROWS_AS(dma_statistics(root, "dma"), core::internal_error);
    CHECK(root.groups().size() == 1);
    dma.reset();
    CHECK(root.groups().empty());
}

TEST_CASE("core.statistics.names_are_unique") {
    core::stat_group root("top");
    core::counter a(root, "a", "first", core::quantity::count);
    CHECK_THROWS_AS(core::counter(root, "a", "second", core::quantity::count),
                    core::internal_error);
    CHECK(root.own().size() == 1);
}
