// SPDX-License-Identifier: Apache-2.0
// Do copies of layers balance, within their budget and no slower than any other choice?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/isaac_like/replication.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <vector>

using namespace pimvp::isaac_like;

namespace {

std::uint64_t crossbars(const std::vector<layer_load>& layers,
                        const std::vector<window_deal>& deals) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) sum += layers[i].crossbars * deals[i].copies();
    return sum;
}

/// Every way to share the windows of a layer by stripes and rows.
std::vector<window_deal> all_deals(const layer_load& layer) {
    std::vector<window_deal> deals;
    for (std::uint32_t width = 1; width <= layer.columns; ++width) {
        for (std::uint32_t turns = 1; turns <= layer.rows; ++turns) {
            deals.push_back({(layer.columns + width - 1) / width, turns});
        }
    }
    return deals;
}

/// The shortest interval of all choices of copies, by trying them.
std::uint64_t best_interval(const std::vector<layer_load>& layers, std::uint64_t budget) {
    std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
    std::vector<std::vector<window_deal>> choices;
    for (const layer_load& layer : layers) choices.push_back(all_deals(layer));
    std::vector<std::size_t> chosen(layers.size(), 0);
    for (;;) {
        std::vector<window_deal> deals;
        for (std::size_t i = 0; i < layers.size(); ++i) deals.push_back(choices[i][chosen[i]]);
        if (crossbars(layers, deals) <= budget) {
            best = std::min(best, interval_cycles(layers, deals));
        }
        std::size_t i = 0;
        while (i < layers.size() && ++chosen[i] == choices[i].size()) chosen[i++] = 0;
        if (i == layers.size()) return best;
    }
}

layer_load random_layer(support::generator& random) {
    const auto below = [&random](std::uint64_t n) {
        return static_cast<std::uint32_t>(random.below(n) + 1);
    };
    return {below(6), below(8), below(8), below(4)};
}

}  // namespace

TEST_CASE("isaac_like.replication.no_choice_within_the_budget_is_faster") {
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    for (int round = 0; round < 200; ++round) {
        std::vector<layer_load> layers(random.below(3) + 1);
        std::uint64_t once = 0;
        for (layer_load& layer : layers) {
            layer = random_layer(random);
            once += layer.crossbars;
        }
        const std::uint64_t budget = once + random.below(40);
        const std::vector<window_deal> deals = balanced_copies(layers, budget);
        const std::uint64_t interval = interval_cycles(layers, deals);
        CAPTURE(round, budget);
        CHECK(crossbars(layers, deals) <= budget);
        CHECK(interval == best_interval(layers, budget));
        for (std::size_t i = 0; i < layers.size(); ++i) {  // and none is there in vain
            for (const window_deal& other : all_deals(layers[i])) {
                if (other.copies() < deals[i].copies()) {
                    CHECK(other.windows(layers[i]) * layers[i].cycles > interval);
                }
            }
        }
    }
}

TEST_CASE("isaac_like.replication.copies_of_a_deal_take_every_window_once") {
    support::generator random;
    std::cout << "seed " << random.seed() << '\n';
    for (int round = 0; round < 200; ++round) {
        const layer_load layer = random_layer(random);
        const auto most = static_cast<std::uint32_t>(random.below(50) + 1);
        CAPTURE(round, layer.rows, layer.columns, most);
        for (const window_deal& deal : {fewest_copies(layer, most), fewest_windows(layer, most)}) {
            std::vector<int> takers(std::size_t{layer.rows} * layer.columns, 0);
            const std::vector<pimvp::reram::window_share> shares = deal.shares(layer);
            CHECK(shares.size() == deal.copies());
            std::uint64_t busiest = 0;
            for (const pimvp::reram::window_share& share : shares) {
                std::uint64_t windows = 0;
                for (auto w = share.first(layer.columns); w < takers.size();
                     w = share.next(w, layer.columns)) {
                    REQUIRE(share.contains(w, layer.columns));
                    ++takers[w];
                    ++windows;
                }
                CHECK(windows == share.count(layer.rows, layer.columns));
                busiest = std::max(busiest, windows);
            }
            CHECK(takers == std::vector<int>(takers.size(), 1));
            CHECK(busiest == deal.windows(layer));
        }
        CHECK(fewest_copies(layer, most).windows(layer) <= most);
        const window_deal fast = fewest_windows(layer, most);
        CHECK(fast.copies() <= most);
        for (const window_deal& other : all_deals(layer)) {
            if (other.copies() <= most) CHECK(other.windows(layer) >= fast.windows(layer));
        }
    }
}

TEST_CASE("isaac_like.replication.a_budget_below_one_copy_is_refused_with_both_numbers") {
    const std::vector<layer_load> layers{{8, 8, 8, 16}, {4, 4, 8, 24}};
    const std::vector<window_deal> once = balanced_copies(layers, 40);
    CHECK(once.at(0).copies() == 1);
    CHECK(once.at(1).copies() == 1);
    CHECK_THROWS_WITH(balanced_copies(layers, 39), Catch::Matchers::Contains("budget of 39") &&
                                                       Catch::Matchers::Contains("takes 40") &&
                                                       Catch::Matchers::Contains("raise it"));
}
