// SPDX-License-Identifier: Apache-2.0
// Does each calibrator choose the range that its definition, worked out naively, chooses?
#include "network_builder.h"

#include <support/catch.h>
#include <support/random.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/calibration.h>
#include <pimvp/nn/histogram.h>
#include <pimvp/nn/range_rule.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>
#include <vector>

using namespace pimvp;
using namespace pimvp::nn;

namespace {

constexpr std::size_t grid = histogram::bins / 128;

/// Bell-shaped with a long tail; the negative half scaled by `negative` (0: as behind a Relu).
std::vector<float> elements(double negative, std::size_t count) {
    support::generator random;
    std::vector<float> all;
    for (std::size_t i = 0; i < count; ++i) {
        double x = 0.0;
        for (int k = 0; k < 6; ++k) x += static_cast<double>(random.between(-1000, 1000)) / 1000.0;
        x *= random.chance(2) ? 8.0 : 1.0;
        all.push_back(static_cast<float>(x < 0.0 ? x * negative : x));
    }
    return all;
}

histogram histogram_of(const std::vector<float>& all) {
    real_range span;
    for (const float x : all) span = unite(span, {std::min(x, 0.0F), std::max(x, 0.0F)});
    histogram seen(span);
    seen.add(all);
    return seen;
}

real_range range_of(const histogram& seen, std::size_t first, std::size_t end) {
    return {static_cast<float>(std::min(0.0, seen.edge(first))),
            static_cast<float>(std::max(0.0, seen.edge(end)))};
}

/// Element by element, each at the middle of its bin.
double naive_error(const histogram& seen, const real_range& range, int bits) {
    const double scale = static_cast<double>(range.high - range.low) / ((1 << bits) - 1);
    const double zero = std::nearbyint(-static_cast<double>(range.low) / scale);
    double sum = 0.0;
    for (std::size_t i = 0; i < histogram::bins; ++i) {
        const double x = (seen.edge(i) + seen.edge(i + 1)) / 2.0;
        const double integer =
            std::min(std::max(std::nearbyint(x / scale) + zero, 0.0), double((1 << bits) - 1));
        const double error = x - (integer - zero) * scale;
        sum += static_cast<double>(seen.counts()[i]) * error * error;
    }
    return sum;
}

double naive_divergence(const histogram& seen, std::size_t first, std::size_t end, int bits) {
    const tensor_type type = activation_type(range_of(seen, first, end), bits);
    std::vector<double> reference(histogram::bins, 0.0);
    std::map<int, std::pair<double, double>> levels;  // elements, occupied bins
    const auto level = [&](std::size_t i) {
        return quantise(static_cast<float>(seen.centre(i)), type);
    };
    double all = 0.0;
    for (std::size_t i = 0; i < histogram::bins; ++i) {
        const auto count = static_cast<double>(seen.counts()[i]);
        reference[std::min(std::max(i, first), end - 1)] += count;
        all += count;
    }
    for (std::size_t i = first; i < end; ++i) {
        if (reference[i] == 0.0) continue;
        levels[level(i)].first += static_cast<double>(seen.counts()[i]);
        levels[level(i)].second += 1.0;
    }
    double inside = 0.0;
    for (auto& each : levels) {
        each.second.first = std::max(each.second.first, 0.5);
        inside += each.second.first;
    }
    double sum = 0.0;
    for (std::size_t i = first; i < end; ++i) {
        if (reference[i] == 0.0) continue;
        const auto& [count, bins] = levels.at(level(i));
        const double p = reference[i] / all;
        sum += p * std::log(p / (count / bins / inside));
    }
    return sum;
}

/// Checks that no range of the grid with one end moved is better than what the rule chose.
void check_best(const histogram& seen, const std::string& rule, int bits,
                const std::function<double(std::size_t, std::size_t)>& objective) {
    const real_range chosen = choose_range(seen, range_rule::parse(rule), bits);
    std::size_t first = 0, end = 0;
    while (range_of(seen, first, histogram::bins).low != chosen.low) first += grid;
    while (range_of(seen, 0, end).high != chosen.high) end += grid;
    CHECK(end < histogram::bins);                               // the tail is not worth its price
    const double least = objective(first, end) * (1.0 - 1e-6);  // float32 in between
    std::size_t compared = 0;
    for (std::size_t i = grid; i <= histogram::bins; i += grid) {
        if (seen.edge(i) <= 0.0 || i <= first) continue;
        CHECK(least <= objective(first, i));
        ++compared;
    }
    for (std::size_t i = 0; i + grid < end; i += grid) {
        if (i != 0 && seen.edge(i) >= 0.0) break;
        CHECK(least <= objective(i, end));
        ++compared;
    }
    CHECK(compared > 60);
}

}  // namespace

TEST_CASE("nn.calibration.histogram_counts_every_element_once", "[nn]") {
    const std::vector<float> all = elements(0.0, 20000);
    const histogram seen = histogram_of(all);
    std::vector<std::uint64_t> counts(histogram::bins, 0);
    std::uint64_t zeros = 0;
    for (const float x : all) {
        if (x == 0.0F) {
            ++zeros;
            continue;
        }
        std::size_t bin = 0;
        while (bin + 1 < histogram::bins && static_cast<double>(x) >= seen.edge(bin + 1)) ++bin;
        ++counts[bin];
    }
    CHECK(zeros > 5000);
    CHECK(seen.zeros() == zeros);
    CHECK(seen.total() == all.size());
    std::size_t apart = 0;  // an element on an edge may fall to either side
    for (std::size_t i = 0; i < counts.size(); ++i) apart += counts[i] != seen.counts()[i] ? 1 : 0;
    CHECK(apart <= 4);
}

TEST_CASE("nn.calibration.percentile_leaves_out_what_it_says", "[nn]") {
    for (const double negative : {0.0, 1.0}) {
        const std::vector<float> all = elements(negative, 50000);
        const histogram seen = histogram_of(all);
        for (const double percentile : {99.9, 99.0, 90.0}) {
            const range_rule rule{range_rule::method::percentile, percentile};
            const real_range range = choose_range(seen, rule, 8);
            const double allowed = 50000.0 * (100.0 - percentile) / 100.0;
            const float bin = (seen.span().high - seen.span().low) / histogram::bins;
            const auto above = [&](float limit) {
                return std::count_if(all.begin(), all.end(), [&](float x) { return x > limit; });
            };
            const auto below = [&](float limit) {
                return std::count_if(all.begin(), all.end(), [&](float x) { return x < limit; });
            };
            CHECK(static_cast<double>(above(range.high)) <= allowed);
            CHECK(static_cast<double>(above(range.high - 1.01F * bin)) > allowed);
            CHECK(static_cast<double>(below(range.low)) <= allowed);
            if (negative == 0.0) {
                CHECK(range.low == 0.0F);
            } else {
                CHECK(static_cast<double>(below(range.low + 1.01F * bin)) > allowed);
            }
        }
    }
}

TEST_CASE("nn.calibration.mse_has_the_least_error", "[nn]") {
    for (const double negative : {0.0, 0.7}) {
        const histogram seen = histogram_of(elements(negative, 30000));
        for (const int bits : {3, 5}) {
            check_best(seen, "mse", bits, [&](std::size_t first, std::size_t end) {
                return naive_error(seen, range_of(seen, first, end), bits);
            });
        }
    }
}

TEST_CASE("nn.calibration.entropy_has_the_least_divergence", "[nn]") {
    for (const double negative : {0.0, 0.7}) {
        const histogram seen = histogram_of(elements(negative, 30000));
        check_best(seen, "entropy", 6, [&](std::size_t first, std::size_t end) {
            return naive_divergence(seen, first, end, 6);
        });
    }
}

TEST_CASE("nn.calibration.two_passes_see_the_same_inputs", "[nn]") {
    test::builder b = test::mixed_network();
    const input_set inputs = b.input_sets(4);
    const calibration seen = calibrate(b.net, inputs, range_rule::parse("mse"));
    CHECK(seen.inputs == 4);
    REQUIRE(seen.histograms.size() == b.net.values.size());
    for (std::size_t v = 0; v < b.net.values.size(); ++v) {
        const auto id = static_cast<value_id>(v);
        CHECK(seen.histograms[v].total() == 4 * element_count(b.net.values[v].dims));
        CHECK(seen.histograms[v].span() == seen.ranges[v]);
        const real_range chosen = seen.range_of(id, 8);
        CHECK(unite(chosen, seen.ranges[v]) == seen.ranges[v]);  // never wider
    }
    const calibration plain = calibrate(b.net, inputs);
    CHECK(plain.histograms.empty());
    CHECK(plain.ranges == seen.ranges);
    CHECK(plain.range_of(0, 4) == plain.ranges[0]);
}

TEST_CASE("nn.calibration.degenerate_tensors", "[nn]") {
    for (const char* rule : {"min-max", "percentile:99", "mse", "entropy"}) {
        const histogram zeros = histogram_of({0.0F, 0.0F});
        CHECK(choose_range(zeros, range_rule::parse(rule), 8) == real_range{});
        const histogram one = histogram_of({-2.0F});
        CHECK(choose_range(one, range_rule::parse(rule), 8).low <= -1.9F);
        CHECK(choose_range(one, range_rule::parse(rule), 8).high == 0.0F);
    }
}

TEST_CASE("nn.calibration.rules_by_name", "[nn]") {
    for (const char* text : {"min-max", "percentile:99.9", "mse", "entropy"}) {
        CHECK(range_rule::parse(text).text() == text);
    }
    CHECK(range_rule::parse("percentile").percentile == 99.99);
    CHECK_THROWS_WITH(range_rule::parse("entrpy"), Catch::Contains("did you mean 'entropy'"));
    CHECK_THROWS_WITH(range_rule::parse("mse:4"), Catch::Contains("takes no number"));
    CHECK_THROWS_WITH(range_rule::parse("percentile:40"), Catch::Contains("50 to 100"));
    CHECK_THROWS_AS(range_rule::parse("percentile:many"), core::user_error);
}
