// SPDX-License-Identifier: Apache-2.0
// Does the mapper place the networks of the zoo as the formula of conversions says?
#include "conversion_rows.h"

#include <pimvp/isaac_like/mapper.h>
#include <pimvp/isaac_like/params.h>
#include <pimvp/isaac_like/spatial_program.h>
#include <pimvp/runner/platform.h>
#include <pimvp/runner/zoo/zoo.h>

#include <support/catch.h>

#include <cmath>
#include <cstdint>
#include <utility>

namespace {

using namespace pimvp;

std::uint64_t conversions_of(const isaac_like::placement& placed) {
    std::uint64_t sum = 0;
    for (const isaac_like::layer_placement& layer : placed.layers) sum += layer.conversions;
    return sum;
}

}  // namespace

TEST_CASE("D4_the_mapper_places_what_the_formula_counts", "[isaac][papers][exact]") {
    unsigned checked = 0;
    for (const conversion_row& expected : conversion_rows) {
        if (!runner::zoo::is_member(expected.network)) continue;
        CAPTURE(expected.network);
        ++checked;
        const nn::network net = runner::zoo::outline(expected.network);
        isaac_like::machine machine;
        const isaac_like::placement all = isaac_like::place(net, machine);
        machine.crossbar.convert_unused_columns = false;
        const isaac_like::placement used = isaac_like::place(net, machine);
        const auto macs = static_cast<double>(net.macs());
        CHECK(all.arrays == expected.arrays);
        CHECK(thousandths(static_cast<double>(conversions_of(all)) / macs) == expected.all_columns);
        CHECK(thousandths(static_cast<double>(conversions_of(used)) / macs) ==
              expected.used_columns);
        CHECK(std::abs(static_cast<double>(conversions_of(all)) * 1e-6 - expected.conversions_m) <=
              0.5);
        CHECK(std::abs(macs * 1e-6 - expected.macs_m) <= 0.5);
    }
    CHECK(checked == 5);
}

TEST_CASE("D11_chips_that_hold_a_network", "[isaac][papers][exact]") {
    const isaac_like::machine machine;
    CHECK(isaac_like::place(runner::zoo::outline("vgg16"), machine).chips == 3);
    CHECK(isaac_like::place(runner::zoo::outline("resnet50"), machine).chips == 1);
}

TEST_CASE("D4_D11_vgg16_with_16_bit_operands", "[isaac][papers][exact]") {
    const nn::network net = runner::zoo::outline("vgg16");
    const auto placed_on = [&](const char* preset) {
        return isaac_like::place(net,
                                 isaac_like::machine_of(runner::load_platform(preset, {}).isaac()));
    };
    const auto convolutions = [&](const isaac_like::placement& placed) {
        std::uint64_t conversions = 0, macs = 0, arrays = 0;
        for (const isaac_like::layer_placement& layer : placed.layers) {
            if (net.nodes[layer.node].kind != nn::op_kind::convolution) continue;
            conversions += layer.conversions;
            macs += layer.macs;
            arrays += layer.arrays;
        }
        const double per_mac = static_cast<double>(conversions) / static_cast<double>(macs);
        return std::pair{thousandths(per_mac), arrays};
    };
    const isaac_like::placement wide = placed_on("isaac_ce_16b");
    CHECK(convolutions(wide) == std::pair{1041L, std::uint64_t{7192}});
    CHECK(wide.arrays == 67576);
    CHECK(wide.chips == 5);
    const isaac_like::placement narrow = placed_on("isaac_8b");
    CHECK(convolutions(narrow) == std::pair{260L, std::uint64_t{3596}});
    CHECK(narrow.arrays == 33804);
    CHECK(narrow.chips == 3);
}

TEST_CASE("isaac_loader_takes_what_the_mapper_places", "[isaac][papers]") {
    for (const char* name : {"resnet18", "googlenet", "mobilenet_v2"}) {
        const nn::network net = runner::zoo::outline(name);
        isaac_like::machine machine = isaac_like::machine_of({});
        for (const std::uint64_t budget : {0U, 16'000U}) {
            CAPTURE(name, budget);
            machine.replication.crossbars = budget;
            machine.runs_in_flight = 16;  // so many that buffers get capacities
            const isaac_like::placement placed = isaac_like::place(net, machine);
            const reram::tile_limits limits = machine.limits(placed.chips);
            isaac_like::spatial_program read;
            isaac_like::decode_io(encode_io(placed.program), limits, read);
            isaac_like::decode_tiles(encode_tiles(placed.program), limits, read);
            CHECK_NOTHROW(validate(read, machine.nodes(placed.chips), std::uint64_t{1} << 40U));
        }
    }
}
