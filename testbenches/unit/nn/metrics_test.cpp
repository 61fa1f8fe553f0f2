// SPDX-License-Identifier: Apache-2.0
#include <support/catch.h>

#include <pimvp/nn/metrics.h>

#include <pimvp/core/diagnostics.h>

#include <cmath>
#include <limits>

using namespace pimvp::nn;

TEST_CASE("nn.metrics.top_k_breaks_ties_by_index", "[nn]") {
    const std::vector<float> scores = {1, 5, 5, 0, 3};
    CHECK(top1(scores) == 1);
    CHECK(in_top_k(scores, 1, 1));
    CHECK_FALSE(in_top_k(scores, 2, 1));
    CHECK(in_top_k(scores, 2, 2));
    CHECK(in_top_k(scores, 4, 3));
    CHECK_FALSE(in_top_k(scores, 3, 4));
    CHECK_FALSE(in_top_k(scores, -1, 5));
    CHECK_FALSE(in_top_k(scores, 5, 5));
}

TEST_CASE("nn.metrics.exponential", "[nn]") {
    for (double x = -700.0; x < 700.0; x += 0.37) {
        const double wanted = std::exp(x);
        REQUIRE(std::fabs(portable_exp(x) - wanted) <= 1e-14 * wanted);
    }
    CHECK(portable_exp(0.0) == 1.0);
    CHECK(portable_exp(-1000.0) == 0.0);
    CHECK(std::isinf(portable_exp(1000.0)));
}

TEST_CASE("nn.metrics.divergence", "[nn]") {
    CHECK(kl_divergence({1, 2, 3}, {1, 2, 3}) == 0.0);
    // softmax of (0, ln 3) is (1/4, 3/4); against (1/2, 1/2)
    const double wanted = 0.25 * std::log(0.5) + 0.75 * std::log(1.5);
    CHECK(kl_divergence({0.0F, std::log(3.0F)}, {0, 0}) == Approx(wanted).epsilon(1e-6));
    CHECK(std::isfinite(kl_divergence({10000, 0}, {0, 10000})));
    double sum = 0.0;
    for (const double logarithm : log_softmax({3.0F, -2.0F, 0.5F})) sum += std::exp(logarithm);
    CHECK(sum == Approx(1.0));
}

TEST_CASE("nn.metrics.accuracy_and_deviation", "[nn]") {
    accuracy hits;
    CHECK(hits.top1() == 0.0);
    hits.add({0, 1, 2, 3, 4, 5, 6}, 6);
    hits.add({0, 1, 2, 3, 4, 5, 6}, 2);
    hits.add({0, 1, 2, 3, 4, 5, 6}, 1);
    CHECK(hits.count() == 3);
    CHECK(hits.top1() == Approx(1.0 / 3.0));
    CHECK(hits.top5() == Approx(2.0 / 3.0));

    deviation apart;
    apart.add({3, 4}, {3, 4});
    CHECK(std::isinf(apart.sqnr_db()));
    CHECK(apart.agreement() == 1.0);
    apart.add({5, 0}, {5.0F, 0.5F});
    CHECK(apart.sqnr_db() == Approx(10.0 * std::log10(50.0 / 0.25)));
    apart.add({0, 1}, {1, 0});
    CHECK(apart.agreement() == Approx(2.0 / 3.0));
    CHECK(apart.kl() > 0.0);
    CHECK_THROWS_AS(apart.add({1, 2}, {1}), pimvp::core::user_error);
}
