// SPDX-License-Identifier: Apache-2.0
// Do copies of layers balance, within their budget and no slower than any other choice?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/isaac_like/replication.h>

#include <cstdint>
#include <iostream>
#include <limits>
#include <vector>

using namespace pimvp::isaac_like;

namespace {

std::uint64_t crossbars(const std::vector<layer_load>& layers,
                        const std::vector<std::uint32_t>& copies) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) sum += layers[i].crossbars * copies[i];
    return sum;
}

/// The shortest interval of all choices of copies, by trying them.
std::uint64_t best_interval(const std::vector<layer_load>& layers, std::uint64_t budget) {
    std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
    std::vector<std::uint32_t> copies(layers.size(), 1);
    for (;;) {
        if (crossbars(layers, copies) <= budget) {
            best = std::min(best, interval_cycles(layers, copies));
        }
        std::size_t i = 0;
        while (i < layers.size() && copies[i] == layers[i].windows) copies[i++] = 1;
        if (i == layers.size()) return best;
        ++copies[i];
    }
}

}  // namespace

TEST_CASE("isaac_like.replication.no_choice_within_the_budget_is_faster") {
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    for (int round = 0; round < 300; ++round) {
        std::vector<layer_load> layers(random.below(3) + 1);
        std::uint64_t once = 0;
        for (layer_load& layer : layers) {
            layer = {random.below(12) + 1, random.below(8) + 1, random.below(4) + 1};
            once += layer.crossbars;
        }
        const std::uint64_t budget = once + random.below(40);
        const std::vector<std::uint32_t> copies = balanced_copies(layers, budget);
        CAPTURE(round, budget);
        CHECK(crossbars(layers, copies) <= budget);
        CHECK(interval_cycles(layers, copies) == best_interval(layers, budget));
        for (std::size_t i = 0; i < layers.size(); ++i) {  // and none is there in vain
            CHECK(copies[i] <= layers[i].windows);
            if (copies[i] == 1) continue;
            std::vector<std::uint32_t> fewer = copies;
            --fewer[i];
            CHECK(interval_cycles(layers, fewer) > interval_cycles(layers, copies));
        }
    }
}

TEST_CASE("isaac_like.replication.a_budget_below_one_copy_is_refused_with_both_numbers") {
    const std::vector<layer_load> layers{{64, 8, 16}, {16, 8, 24}};
    CHECK(balanced_copies(layers, 40) == std::vector<std::uint32_t>{1, 1});
    CHECK_THROWS_WITH(balanced_copies(layers, 39), Catch::Matchers::Contains("budget of 39") &&
                                                       Catch::Matchers::Contains("takes 40") &&
                                                       Catch::Matchers::Contains("raise it"));
}
