// SPDX-License-Identifier: Apache-2.0
// Does the mapper place the networks of the zoo as the formula of conversions says?
#include "conversion_rows.h"

#include <pimvp/isaac_like/mapper.h>
#include <pimvp/runner/zoo/zoo.h>

#include <support/catch.h>

#include <cmath>
#include <cstdint>

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
