// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/function.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/metrics.h>

#include <algorithm>
#include <cmath>

namespace pimvp::nn {

namespace {

using kind = function_step::kind;

float narrow(double v) {
    return static_cast<float>(v);
}

/// e^v - 1 without cancellation where v is small: the series, where its terms shrink fast.
double exponential_less_one(double v) {
    constexpr double small = 0.3;
    if (std::fabs(v) > small) return portable_exp(v) - 1.0;
    constexpr int terms = 14;
    double sum = 1.0;
    for (int i = terms; i > 1; --i) sum = 1.0 + sum * v / i;
    return v * sum;
}

/// log(1 + e^v), from the side on which e^v cannot overflow.
double softplus(double v) {
    const double s = portable_exp(-std::fabs(v));
    // log(1 + s) = 2 atanh(t), t = s / (2 + s) <= 1/3: keeps the digits of a small s.
    const double t = s / (2.0 + s);
    double series = 0.0;
    for (int term = 37; term >= 1; term -= 2) series = series * t * t + 1.0 / term;
    return std::max(v, 0.0) + 2.0 * t * series;
}

double hyperbolic_tangent(double v) {
    constexpr double saturated = 20.0;  // beyond, double gives 1
    if (std::fabs(v) > saturated) return v < 0.0 ? -1.0 : 1.0;
    const double e = exponential_less_one(2.0 * v);
    return e / (e + 2.0);
}

float step(const function_step& s, float v, float x) {
    const auto wide = static_cast<double>(v);
    switch (s.what) {
    case kind::sigmoid:
        return narrow(1.0 / (1.0 + portable_exp(-wide)));
    case kind::tanh:
        return narrow(hyperbolic_tangent(wide));
    case kind::hard_sigmoid:
        return std::max(0.0F, std::min(1.0F, s.a * v + s.b));
    case kind::leaky_relu:
        return v < 0.0F ? s.a * v : v;
    case kind::elu:
        return v < 0.0F ? s.a * narrow(exponential_less_one(wide)) : v;
    case kind::selu:
        return s.b * (v < 0.0F ? s.a * narrow(exponential_less_one(wide)) : v);
    case kind::celu:
        return std::max(0.0F, v) +
               std::min(0.0F, s.a * narrow(exponential_less_one(static_cast<double>(v / s.a))));
    case kind::softplus:
        return narrow(softplus(wide));
    case kind::softsign:
        return v / (1.0F + std::fabs(v));
    case kind::thresholded_relu:
        return v > s.a ? v : 0.0F;
    case kind::exponential:
        return narrow(portable_exp(wide));
    case kind::absolute:
        return std::fabs(v);
    case kind::scale:
        return v * s.a;
    case kind::offset:
        return v + s.a;
    case kind::clip:
        return std::min(std::max(v, s.a), s.b);
    case kind::times_argument:
        break;
    }
    return v * x;
}

}  // namespace

std::string_view to_string(function_step::kind what) {
    switch (what) {
    case kind::sigmoid:
        return "sigmoid";
    case kind::tanh:
        return "tanh";
    case kind::hard_sigmoid:
        return "hard_sigmoid";
    case kind::leaky_relu:
        return "leaky_relu";
    case kind::elu:
        return "elu";
    case kind::selu:
        return "selu";
    case kind::celu:
        return "celu";
    case kind::softplus:
        return "softplus";
    case kind::softsign:
        return "softsign";
    case kind::thresholded_relu:
        return "thresholded_relu";
    case kind::exponential:
        return "exponential";
    case kind::absolute:
        return "absolute";
    case kind::scale:
        return "scale";
    case kind::offset:
        return "offset";
    case kind::clip:
        return "clip";
    case kind::times_argument:
        return "times_argument";
    }
    return "?";
}

float evaluate(const scalar_function& f, float x) {
    float v = x;
    for (const function_step& s : f) v = step(s, v, x);
    return v;
}

std::vector<std::int32_t> tabulate(const scalar_function& f, const tensor_type& from,
                                   const tensor_type& to) {
    std::vector<std::int32_t> table;
    table.reserve(std::size_t{1} << static_cast<unsigned>(from.bits));
    for (int x = from.lowest(); x <= from.highest(); ++x) {
        table.push_back(quantise(evaluate(f, dequantise(x, from)), to));
    }
    return table;
}

}  // namespace pimvp::nn
