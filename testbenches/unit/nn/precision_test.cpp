// SPDX-License-Identifier: Apache-2.0
#include "naive.h"

#include <support/catch.h>

#include <pimvp/nn/executor.h>
#include <pimvp/nn/precision.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

using namespace pimvp::nn;

namespace {

constexpr precision_policy policies[] = {precision_policy::fixed,    precision_policy::msb_skip,
                                         precision_policy::lsb_drop, precision_policy::threshold,
                                         precision_policy::rescale,  precision_policy::plane_skip};
constexpr group_statistic statistics[] = {group_statistic::maximum, group_statistic::mean,
                                          group_statistic::variance, group_statistic::peak_to_mean};
constexpr drop_rounding roundings[] = {drop_rounding::half_even, drop_rounding::half_up,
                                       drop_rounding::floor};

// --- the tables of precision.h once more, in reals and by trial ----------------------------------

double round_as(double real, drop_rounding rounding) {
    const double below = std::floor(real);
    if (rounding == drop_rounding::floor || real == below) return below;
    if (real - below != 0.5) return std::floor(real + 0.5);
    const bool odd = std::fmod(below, 2.0) != 0.0;
    return rounding == drop_rounding::half_up || odd ? below + 1.0 : below;
}

std::int64_t naive_statistic(group_statistic statistic, const std::vector<int>& x) {
    std::int64_t largest = 0, sum = 0, magnitudes = 0, squares = 0;
    const auto size = static_cast<std::int64_t>(x.size());
    for (const std::int64_t each : x) {
        largest = std::max(largest, std::abs(each));
        sum += each;
        magnitudes += std::abs(each);
        squares += each * each;
    }
    switch (statistic) {
    case group_statistic::maximum:
        return largest;
    case group_statistic::mean:
        return 16 * magnitudes / size;
    case group_statistic::variance:
        return (size * squares - sum * sum) / (size * size);
    case group_statistic::peak_to_mean:
        break;
    }
    return magnitudes == 0 ? 0 : 16 * size * largest / magnitudes;
}

/// Whether `n` planes hold q.
bool holds(int n, int q, bool is_signed) {
    if (n == 0) return q == 0;
    if (!is_signed) return q < std::pow(2.0, n);
    return q >= -std::pow(2.0, n - 1) && q < std::pow(2.0, n - 1);
}

struct naive_cut {
    int drop = 0, planes = 0;
    std::vector<int> elements;
};

naive_cut cut_naively(const precision_rule& rule, const layer_precision& layer,
                      const tensor_type& type, const std::vector<int>& x) {
    const bool asymmetric = type.zero_point != 0;
    naive_cut result;
    result.drop = layer.drop;
    if (rule.policy == precision_policy::threshold && !asymmetric) {
        const std::int64_t statistic = naive_statistic(rule.statistic, x);
        result.drop += static_cast<int>(
            std::count_if(layer.thresholds.begin(), layer.thresholds.end(),
                          [&](std::int64_t threshold) { return statistic >= threshold; }));
    }
    const bool rescales =
        rule.policy == precision_policy::rescale && !asymmetric && layer.keep != 0;
    if (rescales) {
        const std::int64_t largest = naive_statistic(group_statistic::maximum, x);
        int bits = 0;
        while (std::pow(2.0, bits) <= static_cast<double>(largest)) ++bits;
        result.drop = std::max(result.drop, bits - layer.keep);
    }
    result.drop = std::min(result.drop, type.bits - 1);
    const int left = type.bits - result.drop;
    double low = type.is_signed ? -std::pow(2.0, left - 1) : 0.0;
    double high = std::pow(2.0, type.is_signed ? left - 1 : left) - 1.0;
    if (rescales) {
        low = std::max(low, type.is_signed ? -std::pow(2.0, layer.keep) : 0.0);
        high = std::min(high, std::pow(2.0, layer.keep) - 1.0);
    }
    const double step = std::pow(2.0, result.drop);
    std::vector<int> q;
    for (const int each : x) {
        const double rounded = round_as(each / step, rule.rounding);
        q.push_back(static_cast<int>(std::min(std::max(rounded, low), high)));
        result.elements.push_back(q.back() * static_cast<int>(step));
    }
    if (asymmetric || rule.policy == precision_policy::fixed) {
        result.planes = left;
        return result;
    }
    if (rule.policy == precision_policy::plane_skip && !type.is_signed) {
        for (int plane = 0; plane < left; ++plane) {
            result.planes += std::any_of(
                q.begin(), q.end(), [plane](int each) { return each / (1 << plane) % 2 != 0; });
        }
        return result;
    }
    for (int n = 0; n <= left; ++n) {
        result.planes = n;
        const bool enough = std::all_of(q.begin(), q.end(),
                                        [&](int each) { return holds(n, each, type.is_signed); });
        if (enough && (rule.widths >> static_cast<unsigned>(n) & 1U) != 0) break;
    }
    return result;
}

/// Output integers of a convolution of cut inputs, and what its groups stream.
std::vector<int> convolve_naively(const network& net, const input_precision& precision,
                                  const integer_tensor& input, plane_counts& counts) {
    const node& n = net.nodes[0];
    const shape& out = net.values[n.output].dims;
    const shape& in = input.dims();
    const window& w = n.geometry;
    const int zero_point = input.type().zero_point;
    const int area = w.kernel_h * w.kernel_w;
    const auto channels = static_cast<int>(in[1]);
    const auto group_channels = channels / n.groups;
    std::vector<int> result(element_count(out));
    for (std::int64_t oy = 0; oy < out[2]; ++oy) {
        for (std::int64_t ox = 0; ox < out[3]; ++ox) {
            std::vector<int> elements, places;
            for (int i = 0; i < channels * area; ++i) {
                const bool by_kernel = precision.groups.order == element_order::kernel_first;
                const int c = by_kernel ? i % channels : i / area;
                const int tap = by_kernel ? i / channels : i % area;
                const std::int64_t y =
                    oy * w.stride_h - w.pad_top + tap / w.kernel_w * w.dilation_h;
                const std::int64_t x =
                    ox * w.stride_w - w.pad_left + tap % w.kernel_w * w.dilation_w;
                const bool inside = y >= 0 && y < in[2] && x >= 0 && x < in[3];
                elements.push_back(
                    inside ? input.at(static_cast<std::size_t>((c * in[2] + y) * in[3] + x))
                           : zero_point);
                places.push_back(c * area + tap);
            }
            std::vector<int> computed(elements.size());
            for (std::size_t g = 0; g < precision.groups.groups.size(); ++g) {
                const auto [first, count] = precision.groups.groups[g];
                const auto begin = elements.begin() + first;
                const naive_cut cut = cut_naively(precision.rule, precision.layer, input.type(),
                                                  {begin, begin + count});
                counts[static_cast<std::size_t>(cut.planes)] += precision.groups.arrays[g];
                for (std::uint32_t i = 0; i < count; ++i) {
                    computed[static_cast<std::size_t>(places[first + i])] = cut.elements[i];
                }
            }
            for (std::int64_t o = 0; o < out[1]; ++o) {
                std::int64_t acc = n.bias.empty() ? 0 : n.bias[static_cast<std::size_t>(o)];
                const auto group = static_cast<int>(o / (out[1] / n.groups));
                for (int i = 0; i < group_channels * area; ++i) {
                    const auto weight =
                        n.weights.at(static_cast<std::size_t>(o * group_channels * area + i));
                    acc += std::int64_t{weight} *
                           (computed[static_cast<std::size_t>(group * group_channels * area + i)] -
                            zero_point);
                }
                result[static_cast<std::size_t>((o * out[2] + oy) * out[3] + ox)] =
                    naive::requantise(acc, n.multipliers[static_cast<std::size_t>(o)],
                                      net.values[n.output].type);
            }
        }
    }
    return result;
}

// --- random rules, layers, groups ----------------------------------------------------------------

template <class T, std::size_t N>
T any_of(support::generator& random, const T (&all)[N]) {
    return all[random.below(N)];
}

precision_rule random_rule(support::generator& random, precision_policy policy) {
    precision_rule rule;
    rule.policy = policy;
    rule.statistic = any_of(random, statistics);
    rule.rounding = any_of(random, roundings);
    if (random.chance(40)) {
        rule.widths = static_cast<std::uint32_t>(random.between(1, 0x1FFFF));
    }
    rule.group_size = static_cast<std::uint32_t>(random.between(1, random.chance(50) ? 20 : 200));
    return rule;
}

layer_precision random_layer(support::generator& random, const precision_rule& rule, int bits) {
    layer_precision layer;
    if (rule.policy != precision_policy::msb_skip) {
        layer.drop = static_cast<int>(random.below(static_cast<std::uint64_t>(bits)));
    }
    if (rule.policy == precision_policy::rescale) {
        layer.keep = static_cast<int>(random.between(0, bits));
    }
    if (rule.policy == precision_policy::threshold) {
        const std::int64_t reach = rule.statistic == group_statistic::variance
                                       ? std::int64_t{1} << (2 * bits - 4)
                                       : std::int64_t{16} << (bits - 1);
        std::int64_t next = 0;
        for (int i = 0; i + 1 < bits && random.chance(60); ++i) {
            next += random.between(1, reach / 3);
            layer.thresholds.push_back(next);
        }
    }
    return layer;
}

/// Over all elements of a window, whatever the convolution groups.
window_groups random_groups(support::generator& random, std::uint32_t elements,
                            std::uint32_t group_size) {
    window_groups groups;
    for (std::uint32_t first = 0; first < elements; first += groups.groups.back().count) {
        const auto wanted = static_cast<std::uint32_t>(random.between(1, group_size));
        groups.groups.push_back({first, std::min(wanted, elements - first)});
        groups.arrays.push_back(static_cast<std::uint32_t>(random.between(1, 5)));
    }
    return groups;
}

/// Small values and zeros as often as large ones, so that every width occurs.
integer_tensor skewed_tensor(support::generator& random, const shape& dims,
                             const tensor_type& type) {
    integer_tensor tensor(dims, type);
    for (std::size_t i = 0; i < tensor.size(); ++i) {
        const auto shift = static_cast<unsigned>(random.below(static_cast<unsigned>(type.bits)));
        const auto x = static_cast<int>(random.between(type.lowest(), type.highest()));
        tensor.set(i, random.chance(20) ? 0 : x / (1 << shift));
    }
    return tensor;
}

void compare_convolutions(support::generator& random, precision_policy policy, int bits) {
    network net = naive::random_convolution(random, {bits, 8, 8});
    node& n = net.nodes[0];
    tensor_type& type = net.values[0].type;
    if (random.chance(70)) type.zero_point = 0;
    const std::uint32_t elements = static_cast<std::uint32_t>(
        net.values[0].dims[1] * n.geometry.kernel_h * n.geometry.kernel_w);
    input_precision precision;
    precision.rule = random_rule(random, policy);
    precision.layer = random_layer(random, precision.rule, bits);
    precision.groups = random_groups(random, elements, precision.rule.group_size);
    if (n.groups == 1 && random.chance(50)) {
        precision.groups.order = element_order::kernel_first;
    }
    const integer_tensor input = skewed_tensor(random, net.values[0].dims, type);
    plane_counts counted{};
    const std::vector<int> wanted = convolve_naively(net, precision, input, counted);
    for (const gemm::kernels& kernels : gemm::available()) {
        INFO("seed " << random.seed() << ", " << to_string(policy) << ", kernels " << kernels.name);
        executor reference(net, {{0, precision}}, kernels);
        reference.count_planes(true);
        executor copy = reference;
        copy.run({input});
        const integer_tensor& output = copy.value(net.outputs[0]);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (output.at(i) != wanted[i]) {
                FAIL("element " << i << ": " << output.at(i) << " instead of " << wanted[i]);
            }
        }
        REQUIRE(copy.planes(0) == counted);
    }
}

input_precision one_group(const network& net, precision_policy policy) {
    const node& n = net.nodes[0];
    input_precision precision;
    precision.rule.policy = policy;
    precision.rule.group_size = 512;
    precision.groups.groups = {
        {0, static_cast<std::uint32_t>(net.values[0].dims[1] * n.geometry.kernel_h *
                                       n.geometry.kernel_w)}};
    precision.groups.arrays = {1};
    return precision;
}

}  // namespace

TEST_CASE("nn.precision.every_element_is_cut_as_the_tables_say", "[nn]") {
    for (const drop_rounding rounding : roundings) {
        for (const bool is_signed : {false, true}) {
            tensor_type type;
            type.is_signed = is_signed;
            for (int drop = 0; drop < type.bits; ++drop) {
                for (int kept = 0; kept <= type.bits; ++kept) {
                    for (int x = type.lowest(); x <= type.highest(); ++x) {
                        const int left = type.bits - drop;
                        double low = is_signed ? -std::pow(2.0, left - 1) : 0.0;
                        double high = std::pow(2.0, is_signed ? left - 1 : left) - 1.0;
                        if (kept != 0) {
                            low = std::max(low, is_signed ? -std::pow(2.0, kept) : 0.0);
                            high = std::min(high, std::pow(2.0, kept) - 1.0);
                        }
                        const double q = round_as(x / std::pow(2.0, drop), rounding);
                        const double wanted =
                            std::min(std::max(q, low), high) * std::pow(2.0, drop);
                        if (cut_element(x, drop, kept, rounding, type) != wanted) {
                            FAIL(x << " without " << drop << " bits, " << kept << " kept");
                        }
                    }
                }
            }
        }
    }
    SUCCEED();
}

TEST_CASE("nn.precision.every_pair_is_streamed_as_the_tables_say", "[nn]") {
    // All groups of two elements of four bits, for all numbers of a layer.
    for (const precision_policy policy : policies) {
        for (const bool is_signed : {false, true}) {
            for (const int zero_point : {0, 3}) {
                tensor_type type;
                type.bits = 4;
                type.is_signed = is_signed;
                type.zero_point = zero_point;
                precision_rule rule;
                rule.policy = policy;
                rule.widths = 0x1DU;  // 0, 2, 3, 4
                for (int drop = 0; drop < (policy == precision_policy::msb_skip ? 1 : 4); ++drop) {
                    for (int keep = 0; keep < (policy == precision_policy::rescale ? 5 : 1);
                         ++keep) {
                        layer_precision layer;
                        layer.drop = drop;
                        layer.keep = keep;
                        if (policy == precision_policy::threshold) layer.thresholds = {3, 6};
                        for (int x = type.lowest(); x <= type.highest(); ++x) {
                            for (int y = type.lowest(); y <= type.highest(); ++y) {
                                const std::vector<int> group{x, y};
                                const naive_cut wanted = cut_naively(rule, layer, type, group);
                                std::vector<int> cut(2);
                                const group_cut got =
                                    cut_group(rule, layer, type, group.data(), 2, cut.data());
                                int planes = 0;
                                std::uint32_t beyond = 0;
                                for (std::uint32_t p = got.streamed; p != 0; p >>= 1U) {
                                    planes += static_cast<int>(p & 1U);
                                }
                                for (const int each : cut) {
                                    if (!is_signed) {
                                        beyond |= static_cast<std::uint32_t>(each) & ~got.streamed;
                                    }
                                }
                                if (cut != wanted.elements || got.drop != wanted.drop ||
                                    got.planes != wanted.planes || planes != got.planes ||
                                    beyond != 0) {
                                    FAIL(to_string(policy)
                                         << " of " << x << " and " << y << ", drop " << drop
                                         << ", keep " << keep);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    SUCCEED();
}

TEST_CASE("nn.precision.random_groups_are_cut_as_the_tables_say", "[nn]") {
    support::generator random(31);
    for (int trial = 0; trial < 20000; ++trial) {
        const precision_rule rule = random_rule(random, any_of(random, policies));
        const int bits = static_cast<int>(random.between(1, 16));
        tensor_type type = naive::random_type(random, bits, random.chance(50), 0.1F);
        if (random.chance(80)) type.zero_point = 0;
        const layer_precision layer = random_layer(random, rule, bits);
        REQUIRE(problem_of(rule).empty());
        REQUIRE(problem_of(layer, rule.policy, bits).empty());
        const integer_tensor group =
            skewed_tensor(random, {random.between(1, largest_group)}, type);
        std::vector<int> elements;
        for (std::size_t i = 0; i < group.size(); ++i) elements.push_back(group.at(i));
        std::vector<int> cut(elements.size());
        const group_cut got =
            cut_group(rule, layer, type, elements.data(), elements.size(), cut.data());
        const naive_cut wanted = cut_naively(rule, layer, type, elements);
        REQUIRE(got.drop == wanted.drop);
        REQUIRE(got.planes == wanted.planes);
        REQUIRE(cut == wanted.elements);
    }
}

TEST_CASE("nn.precision.executor_8_bit", "[nn]") {
    support::generator random(32);
    for (int trial = 0; trial < 80; ++trial) {
        for (const precision_policy policy : policies) compare_convolutions(random, policy, 8);
    }
}

TEST_CASE("nn.precision.executor_other_widths", "[nn]") {
    support::generator random(33);
    for (int trial = 0; trial < 40; ++trial) {
        for (const precision_policy policy : policies) {
            const int bits = static_cast<int>(random.between(1, 16));
            compare_convolutions(random, policy, bits);
        }
    }
}

TEST_CASE("nn.precision.nothing_dropped_is_the_plain_reference", "[nn]") {
    support::generator random(34);
    for (int trial = 0; trial < 60; ++trial) {
        const network net = naive::random_convolution(random, {8, 8, 8});
        const integer_tensor input =
            naive::random_tensor(random, net.values[0].dims, net.values[0].type);
        executor plain(net);
        plain.run({input});
        for (const precision_policy policy : policies) {
            executor cut(net, {{0, one_group(net, policy)}});
            cut.run({input});
            CHECK(count_mismatches(cut.value(1), plain.value(1)) == 0);
        }
    }
}

TEST_CASE("nn.precision.executor_runs_on_from_a_node_with_another_precision", "[nn]") {
    support::generator random(35);
    const network net = naive::random_convolution(random, {8, 8, 8});
    const integer_tensor input =
        naive::random_tensor(random, net.values[0].dims, net.values[0].type);
    input_precision precision = one_group(net, precision_policy::lsb_drop);
    precision.layer.drop = 3;
    executor whole(net, {{0, precision}});
    whole.run({input});
    executor changed(net);
    changed.run({input});
    const integer_tensor plain = changed.value(1);
    changed.set_precision({{0, precision}});
    changed.count_planes(true);
    changed.run_from(0);
    CHECK(count_mismatches(changed.value(1), whole.value(1)) == 0);
    const auto windows = static_cast<std::uint64_t>(plain.dims()[2] * plain.dims()[3]);
    CHECK(total(changed.planes(0)) == windows);
    changed.reset_planes();
    CHECK(total(changed.planes(0)) == 0);
    changed.set_precision({});
    changed.run_from(0);
    CHECK(count_mismatches(changed.value(1), plain) == 0);
}

TEST_CASE("nn.precision.words_stand_for_all_values", "[nn]") {
    CHECK(policy_words().size() == std::size(policies));
    for (const precision_policy policy : policies) CHECK_FALSE(to_string(policy).empty());
    CHECK(to_string(precision_policy::plane_skip) == "plane_skip");
    CHECK(to_string(group_statistic::peak_to_mean) == "peak_to_mean");
    CHECK(to_string(drop_rounding::half_even) == "half_even");
    CHECK(to_string(element_order::kernel_first) == "kernel_first");
}

TEST_CASE("nn.precision.numbers_that_do_not_fit_are_named", "[nn]") {
    using Catch::Matchers::Contains;
    const auto problem = [](auto change) {
        precision_rule rule;
        change(rule);
        return problem_of(rule);
    };
    CHECK(problem([](precision_rule&) {}).empty());
    CHECK_THAT(problem([](precision_rule& r) { r.group_size = 0; }), Contains("1 .. 512"));
    CHECK_THAT(problem([](precision_rule& r) { r.group_size = 513; }), Contains("513"));
    CHECK_THAT(problem([](precision_rule& r) { r.widths = 0; }), Contains("0 .. 16"));
    CHECK_THAT(problem([](precision_rule& r) { r.widths = 1U << 17U; }), Contains("0 .. 16"));

    using policy = precision_policy;
    CHECK(problem_of({7, 0, {}}, policy::lsb_drop, 8).empty());
    CHECK_THAT(problem_of({8, 0, {}}, policy::lsb_drop, 8), Contains("0 .. 7"));
    CHECK_THAT(problem_of({-1, 0, {}}, policy::fixed, 8), Contains("0 .. 7"));
    CHECK_THAT(problem_of({1, 0, {}}, policy::msb_skip, 8), Contains("msb_skip"));
    CHECK_THAT(problem_of({0, 9, {}}, policy::rescale, 8), Contains("1 .. 8"));
    CHECK_THAT(problem_of({0, 4, {}}, policy::lsb_drop, 8), Contains("lsb_drop"));
    CHECK_THAT(problem_of({0, 0, {5}}, policy::rescale, 8), Contains("rescale"));
    CHECK_THAT(problem_of({0, 0, {5, 5}}, policy::threshold, 8), Contains("must rise"));
    CHECK_THAT(problem_of({0, 0, {5, 6}}, policy::threshold, 2), Contains("2 thresholds"));

    window_groups groups;
    groups.groups = {{0, 4}, {4, 2}};
    groups.arrays = {1, 1};
    CHECK(problem_of(groups, 6, 4).empty());
    CHECK_THAT(problem_of(groups, 7, 4), Contains("6 of 7"));
    CHECK_THAT(problem_of(groups, 6, 3), Contains("1 .. 3"));
    groups.groups[1].first = 5;
    CHECK_THAT(problem_of(groups, 6, 4), Contains("instead of 4"));
    groups.groups[1].first = 4;
    groups.arrays[1] = 0;
    CHECK_THAT(problem_of(groups, 6, 4), Contains("no array"));
    groups.arrays.pop_back();
    CHECK_THAT(problem_of(groups, 6, 4), Contains("1 numbers of arrays"));
}

TEST_CASE("nn.precision.executor_refuses_what_does_not_fit", "[nn]") {
    support::generator random(36);
    network net = naive::random_convolution(random, {8, 8, 8});
    while (net.nodes[0].groups == 1) net = naive::random_convolution(random, {8, 8, 8});
    input_precision precision = one_group(net, precision_policy::lsb_drop);
    CHECK_NOTHROW(executor(net, {{0, precision}}));
    CHECK_THROWS_AS(executor(net, {{1, precision}}), pimvp::core::user_error);
    precision.groups.order = element_order::kernel_first;
    CHECK_THROWS_AS(executor(net, {{0, precision}}), pimvp::core::user_error);
    precision.groups.order = element_order::channel_first;
    precision.groups.groups[0].count += 1;
    CHECK_THROWS_AS(executor(net, {{0, precision}}), pimvp::core::user_error);
}
