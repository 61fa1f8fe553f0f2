// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/range_rule.h>

#include <pimvp/nn/arithmetic.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/quantity.h>
#include <pimvp/core/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace pimvp::nn {
namespace {

using method = range_rule::method;

constexpr std::array<std::pair<const char*, method>, 4> names{{{"min-max", method::min_max},
                                                               {"percentile", method::percentile},
                                                               {"mse", method::mse},
                                                               {"entropy", method::entropy}}};

/// A range in whole bins: first .. end - 1.
struct bin_range {
    std::size_t first = 0, end = histogram::bins;
};

real_range reals(const histogram& seen, const bin_range& range) {
    return {static_cast<float>(std::min(0.0, seen.edge(range.first))),
            static_cast<float>(std::max(0.0, seen.edge(range.end)))};
}

bin_range percentile_bins(const histogram& seen, double percentile) {
    const auto allowed = static_cast<std::uint64_t>(static_cast<double>(seen.total()) *
                                                    (100.0 - percentile) / 100.0);
    const std::vector<std::uint64_t>& counts = seen.counts();
    bin_range range;
    for (std::uint64_t above = 0; range.end > 1 && seen.edge(range.end - 1) > 0.0; --range.end) {
        above += counts[range.end - 1];
        if (above > allowed) break;
    }
    for (std::uint64_t below = 0;
         range.first + 1 < histogram::bins && seen.edge(range.first + 1) < 0.0; ++range.first) {
        below += counts[range.first];
        if (below > allowed) break;
    }
    return range;
}

/// Of the elements that are not zero.
double squared_error(const histogram& seen, const bin_range& range, int bits) {
    const tensor_type type = activation_type(reals(seen, range), bits);
    double sum = 0.0;
    for (std::size_t i = 0; i < histogram::bins; ++i) {
        if (seen.counts()[i] == 0) continue;
        const auto real = static_cast<float>(seen.centre(i));
        const double error =
            static_cast<double>(real) - static_cast<double>(dequantise(quantise(real, type), type));
        sum += static_cast<double>(seen.counts()[i]) * error * error;
    }
    return sum;
}

/// Of the integers' distribution from the true one.
double divergence(const histogram& seen, const bin_range& range, int bits) {
    struct occupied {
        double elements = 0.0;  // with what is clipped into this bin
        int level = 0;
    };
    struct level_sum {
        double elements = 0.0;
        double bins = 0.0;
    };
    const tensor_type type = activation_type(reals(seen, range), bits);
    std::vector<occupied> inside;
    std::vector<level_sum> levels(static_cast<std::size_t>(type.highest()) + 1);
    std::array<double, 2> clipped{};  // below, above
    const auto within = [&](std::size_t i) { return i >= range.first && i < range.end; };
    for (std::size_t i = 0; i < histogram::bins; ++i) {
        const auto count = static_cast<double>(seen.counts()[i]);
        if (!within(i)) clipped[i < range.first ? 0 : 1] += count;
    }
    double all = 0.0;
    double unclipped = 0.0;
    for (std::size_t i = range.first; i < range.end; ++i) {
        const auto count = static_cast<double>(seen.counts()[i]);
        const double folded =
            (i == range.first ? clipped[0] : 0.0) + (i + 1 == range.end ? clipped[1] : 0.0);
        if (count + folded == 0.0) continue;
        const int level = quantise(static_cast<float>(seen.centre(i)), type);
        inside.push_back({count + folded, level});
        level_sum& sum = levels[static_cast<std::size_t>(level)];
        sum.elements += count;
        sum.bins += 1.0;
        all += count + folded;
    }
    constexpr double nearly_none = 0.5;
    for (level_sum& sum : levels) {
        if (sum.bins == 0.0) continue;
        sum.elements = std::max(sum.elements, nearly_none);
        unclipped += sum.elements;
    }
    double result = 0.0;
    for (const occupied& bin : inside) {
        const level_sum& sum = levels[static_cast<std::size_t>(bin.level)];
        const double p = bin.elements / all;
        const double q = sum.elements / sum.bins / unclipped;
        result += p * core::portable_log(p / q);
    }
    return result;
}

template <class Objective>
bin_range search(const histogram& seen, const Objective& objective) {
    constexpr std::size_t step = histogram::bins / 128;
    bin_range best;
    double least = objective(best);
    const auto try_range = [&](const bin_range& range) {
        const double value = objective(range);
        if (!(value < least)) return false;
        least = value;
        best = range;
        return true;
    };
    constexpr int most_turns = 8;
    bool moved = true;
    for (int turn = 0; moved && turn < most_turns; ++turn) {
        moved = false;
        for (std::size_t end = histogram::bins; end > best.first + step; end -= step) {
            if (end != histogram::bins && !(seen.edge(end) > 0.0)) break;
            if (end != best.end) moved = try_range({best.first, end}) || moved;
        }
        for (std::size_t first = 0; first + step < best.end; first += step) {
            if (first != 0 && !(seen.edge(first) < 0.0)) break;
            if (first != best.first) moved = try_range({first, best.end}) || moved;
        }
    }
    return best;
}

}  // namespace

range_rule range_rule::parse(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    range_rule rule;
    std::vector<std::string> known;
    bool found = false;
    for (const auto& [each, kind] : names) {
        known.emplace_back(each);
        if (name != each) continue;
        rule.kind = kind;
        found = true;
    }
    if (!found) {
        throw core::user_error(
            "--calibrator", core::quoted(name) + " is not known" + core::did_you_mean(name, known));
    }
    if (colon == std::string::npos) return rule;
    if (rule.kind != method::percentile) {
        throw core::user_error("--calibrator", core::quoted(name) + " takes no number");
    }
    const std::string problem = core::parse_into(text.substr(colon + 1), rule.percentile);
    if (!problem.empty()) throw core::user_error("--calibrator", problem);
    if (!(rule.percentile >= 50.0 && rule.percentile <= 100.0)) {
        throw core::user_error("--calibrator",
                               text.substr(colon + 1) + " is no percentile from 50 to 100");
    }
    return rule;
}

std::string range_rule::text() const {
    std::string result;
    for (const auto& [each, method_of] : names) {
        if (kind == method_of) result = each;
    }
    if (kind == method::percentile) result += ':' + core::to_string(percentile);
    return result;
}

real_range choose_range(const histogram& seen, const range_rule& rule, int bits) {
    const real_range span = seen.span();
    if (span.low == span.high) return span;
    switch (rule.kind) {
    case method::min_max:
        break;
    case method::percentile:
        return reals(seen, percentile_bins(seen, rule.percentile));
    case method::mse:
        return reals(seen, search(seen, [&](const bin_range& range) {
                         return squared_error(seen, range, bits);
                     }));
    case method::entropy:
        return reals(seen, search(seen, [&](const bin_range& range) {
                         return divergence(seen, range, bits);
                     }));
    }
    return span;
}

}  // namespace pimvp::nn
