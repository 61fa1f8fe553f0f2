// SPDX-License-Identifier: Apache-2.0
#include "naive.h"

#include <support/catch.h>
#include <support/random.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/function.h>
#include <pimvp/nn/host_step.h>

#include <pimvp/core/sha256.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace pimvp::nn;
using kind = function_step::kind;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Distance in units in the last place of `wanted`.
double ulps(float got, double wanted) {
    const auto near = static_cast<float>(wanted);
    const double step =
        static_cast<double>(std::nextafter(std::fabs(near), infinity) - std::fabs(near));
    return std::fabs(static_cast<double>(got) - wanted) / step;
}

}  // namespace

TEST_CASE("nn.function.transcendental_steps_are_rounded_once", "[nn]") {
    const std::pair<function_step, std::function<double(double)>> cases[] = {
        {{kind::sigmoid}, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
        {{kind::tanh}, [](double x) { return std::tanh(x); }},
        {{kind::softplus},
         [](double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }},
        {{kind::exponential}, [](double x) { return std::exp(x); }},
        {{kind::elu, 1.0F}, [](double x) { return x < 0.0 ? std::expm1(x) : x; }}};
    support::generator random(11);
    for (const auto& [step, exact] : cases) {
        INFO(to_string(step.what));
        for (int i = 0; i < 20000; ++i) {
            const double spread = std::ldexp(1.0, static_cast<int>(random.between(-12, 6)));
            const auto x = static_cast<float>(
                spread * (static_cast<double>(random.below(2000001)) / 1e6 - 1.0));
            const double wanted = exact(static_cast<double>(x));
            CHECK(ulps(evaluate({step}, x), wanted) <= 0.5001);
        }
    }
}

TEST_CASE("nn.function.the_ends_of_the_reals", "[nn]") {
    CHECK(evaluate({{kind::sigmoid}}, -infinity) == 0.0F);
    CHECK(evaluate({{kind::sigmoid}}, infinity) == 1.0F);
    CHECK(evaluate({{kind::sigmoid}}, 0.0F) == 0.5F);
    CHECK(evaluate({{kind::tanh}}, -1000.0F) == -1.0F);
    CHECK(evaluate({{kind::softplus}}, 1000.0F) == 1000.0F);
    CHECK(evaluate({{kind::softplus}}, -1000.0F) == 0.0F);
    CHECK(evaluate({{kind::exponential}}, 1000.0F) == infinity);
    CHECK(std::isnan(evaluate({{kind::sigmoid}}, std::numeric_limits<float>::quiet_NaN())));
    CHECK(evaluate({}, 3.0F) == 3.0F);
}

TEST_CASE("nn.function.algebraic_steps_by_hand", "[nn]") {
    CHECK(evaluate({{kind::hard_sigmoid, 0.5F, 0.25F}}, 1.0F) == 0.75F);
    CHECK(evaluate({{kind::hard_sigmoid, 0.5F, 0.25F}}, 2.0F) == 1.0F);
    CHECK(evaluate({{kind::leaky_relu, 0.25F}}, -2.0F) == -0.5F);
    CHECK(evaluate({{kind::selu, 2.0F, 3.0F}}, 1.5F) == 4.5F);
    CHECK(evaluate({{kind::celu, 2.0F}}, 1.5F) == 1.5F);
    CHECK(evaluate({{kind::celu, 2.0F}}, -2.0F) == Approx(2.0 * std::expm1(-1.0)));
    CHECK(evaluate({{kind::softsign}}, -3.0F) == -0.75F);
    CHECK(evaluate({{kind::thresholded_relu, 1.0F}}, 1.0F) == 0.0F);
    CHECK(evaluate({{kind::thresholded_relu, 1.0F}}, 1.5F) == 1.5F);
    CHECK(evaluate({{kind::absolute}}, -1.5F) == 1.5F);
    const scalar_function chain{{kind::scale, 2.0F},
                                {kind::offset, 1.0F},
                                {kind::clip, 0.0F, 4.0F},
                                {kind::times_argument}};
    CHECK(evaluate(chain, 1.0F) == 3.0F);
    CHECK(evaluate(chain, 5.0F) == 20.0F);
    CHECK(evaluate(chain, -1.0F) == 0.0F);
}

TEST_CASE("nn.function.tables_are_the_same_bits_on_every_host", "[nn]") {
    std::vector<std::int32_t> all;
    tensor_type from;
    from.bits = 16;
    from.is_signed = true;
    from.scale = 0.0007F;
    tensor_type to;
    to.bits = 16;
    to.scale = 0.0001F;
    to.zero_point = 12345;
    for (const scalar_function& f :
         {scalar_function{{kind::sigmoid}}, scalar_function{{kind::tanh}},
          scalar_function{{kind::elu, 1.0F}}, scalar_function{{kind::softplus}}}) {
        const std::vector<std::int32_t> table = tabulate(f, from, to);
        REQUIRE(table.size() == 65536);
        all.insert(all.end(), table.begin(), table.end());
    }
    CHECK(pimvp::core::sha256_hex(all.data(), all.size() * sizeof(all[0])) ==
          "54cbcdc6b8c0fd13ebd3dd5735d6e747c938964a0518af4fe493386385c27ecd");
}

TEST_CASE("nn.executor.lookup_of_every_integer", "[nn]") {
    support::generator random(12);
    for (const int bits : {1, 2, 4, 7, 8, 12, 16}) {
        for (const bool is_signed : {false, true}) {
            tensor_type from = naive::random_type(random, bits, is_signed, 0.1F);
            const tensor_type to = naive::random_type(
                random, static_cast<int>(random.between(1, 16)), random.chance(50), 0.1F);
            node n;
            n.kind = op_kind::lookup;
            for (int x = from.lowest(); x <= from.highest(); ++x) {
                n.table.push_back(static_cast<int>(random.between(to.lowest(), to.highest())));
            }
            const shape dims{1, std::int64_t{1} << bits};
            const network net = naive::single(n, {{"in", dims, from}}, {"out", dims, to});
            integer_tensor input(dims, from);
            for (int x = from.lowest(); x <= from.highest(); ++x) {
                input.set(static_cast<std::size_t>(x - from.lowest()), x);
            }
            executor reference(net);
            reference.run({input});
            const integer_tensor& output = reference.value(net.outputs[0]);
            std::size_t wrong = 0;
            for (std::size_t i = 0; i < n.table.size(); ++i) wrong += output.at(i) != n.table[i];
            CHECK(wrong == 0);
        }
    }
}

TEST_CASE("nn.host_step.softmax_along_an_axis", "[nn]") {
    host_step step;
    step.axis = 1;
    const float_tensor scores{{1, 3, 2}, {0, 5, 1, 5, 2, 5}};
    const float_tensor p = run(step, scores);
    CHECK(p.dims == scores.dims);
    const double sum = 1.0 + std::exp(1.0) + std::exp(2.0);
    CHECK(static_cast<double>(p.data[4]) == Approx(std::exp(2.0) / sum));
    for (const std::size_t i : {1U, 3U, 5U}) CHECK(p.data[i] == static_cast<float>(1.0 / 3.0));
    step.kind = host_step::operation::log_softmax;
    CHECK(static_cast<double>(run(step, scores).data[0]) == Approx(-std::log(sum)));
    step.axis = 2;
    CHECK(static_cast<double>(run(step, {{1, 1, 2}, {1000, 999}}).data[1]) ==
          Approx(-1.0 - std::log1p(std::exp(-1.0))));
}
