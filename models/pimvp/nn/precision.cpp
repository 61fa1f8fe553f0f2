// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/precision.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace pimvp::nn {
namespace {

template <class Enum>
std::string_view word_of(const word_list<Enum>& words, Enum value) {
    for (const auto& [word, meaning] : words) {
        if (meaning == value) return word;
    }
    throw core::internal_error("a value of an enumeration has no word");
}

/// Position of the highest set bit, from 1 on; 0 for 0.
int bit_count(std::uint32_t x) {
    int bits = 0;
    for (; x != 0; x >>= 1U) ++bits;
    return bits;
}

/// Least planes that hold q: of unsigned integers their bits, of signed ones a sign as well.
int planes_of(int q, bool is_signed) {
    if (q == 0) return 0;
    if (!is_signed) return bit_count(static_cast<std::uint32_t>(q));
    return bit_count(static_cast<std::uint32_t>(q < 0 ? ~q : q)) + 1;
}

std::uint32_t plane_range(int first, int count) {
    return ((1U << static_cast<unsigned>(count)) - 1U) << static_cast<unsigned>(first);
}

}  // namespace

void add(plane_counts& to, const plane_counts& more) {
    for (std::size_t n = 0; n < to.size(); ++n) to[n] += more[n];
}

std::uint64_t total(const plane_counts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double average_planes(const plane_counts& counts) {
    std::uint64_t planes = 0;
    for (std::size_t n = 0; n < counts.size(); ++n) planes += n * counts[n];
    const std::uint64_t all = total(counts);
    return all == 0 ? 0.0 : static_cast<double>(planes) / static_cast<double>(all);
}

const word_list<precision_policy>& policy_words() {
    static const word_list<precision_policy> words{
        {"fixed", precision_policy::fixed},       {"msb_skip", precision_policy::msb_skip},
        {"lsb_drop", precision_policy::lsb_drop}, {"threshold", precision_policy::threshold},
        {"rescale", precision_policy::rescale},   {"plane_skip", precision_policy::plane_skip}};
    return words;
}

const word_list<group_statistic>& statistic_words() {
    static const word_list<group_statistic> words{{"maximum", group_statistic::maximum},
                                                  {"mean", group_statistic::mean},
                                                  {"variance", group_statistic::variance},
                                                  {"peak_to_mean", group_statistic::peak_to_mean}};
    return words;
}

const word_list<drop_rounding>& rounding_words() {
    static const word_list<drop_rounding> words{{"half_even", drop_rounding::half_even},
                                                {"half_up", drop_rounding::half_up},
                                                {"floor", drop_rounding::floor}};
    return words;
}

const word_list<element_order>& order_words() {
    static const word_list<element_order> words{{"channel_first", element_order::channel_first},
                                                {"kernel_first", element_order::kernel_first}};
    return words;
}

std::string_view to_string(precision_policy policy) {
    return word_of(policy_words(), policy);
}

std::string_view to_string(group_statistic statistic) {
    return word_of(statistic_words(), statistic);
}

std::string_view to_string(drop_rounding rounding) {
    return word_of(rounding_words(), rounding);
}

std::string_view to_string(element_order order) {
    return word_of(order_words(), order);
}

std::string problem_of(const precision_rule& rule) {
    if (rule.group_size < 1 || rule.group_size > largest_group) {
        return "groups of " + std::to_string(rule.group_size) + " elements: use 1 .. " +
               std::to_string(largest_group);
    }
    if (rule.widths == 0 || (rule.widths & ~all_widths) != 0) {
        return "the allowed widths must be some of 0 .. 16";
    }
    return {};
}

std::string problem_of(const layer_precision& layer, precision_policy policy, int bits) {
    const auto foreign = [policy](const char* what) {
        return std::string(what) + " mean nothing to " + std::string(to_string(policy));
    };
    if (layer.drop != 0 && policy == precision_policy::msb_skip) return foreign("dropped bits");
    if (layer.keep != 0 && policy != precision_policy::rescale) return foreign("kept bits");
    if (!layer.thresholds.empty() && policy != precision_policy::threshold) {
        return foreign("thresholds");
    }
    if (layer.drop < 0 || layer.drop >= bits) {
        return "drops " + std::to_string(layer.drop) + " of " + std::to_string(bits) +
               " bits: use 0 .. " + std::to_string(bits - 1);
    }
    if (layer.keep < 0 || layer.keep > bits) {
        return "keeps " + std::to_string(layer.keep) + " of " + std::to_string(bits) +
               " bits: use 1 .. " + std::to_string(bits) + ", or 0 for all";
    }
    const auto& thresholds = layer.thresholds;
    for (std::size_t i = 1; i < thresholds.size(); ++i) {
        if (thresholds[i] > thresholds[i - 1]) continue;
        return "threshold " + std::to_string(thresholds[i]) + " follows " +
               std::to_string(thresholds[i - 1]) + ": thresholds must rise";
    }
    if (thresholds.size() >= static_cast<std::size_t>(bits)) {
        return std::to_string(thresholds.size()) + " thresholds for " + std::to_string(bits) +
               " bits: fewer than its bits make sense";
    }
    return {};
}

std::string problem_of(const window_groups& groups, std::uint32_t elements,
                       std::uint32_t group_size) {
    if (groups.arrays.size() != groups.groups.size()) {
        return std::to_string(groups.arrays.size()) + " numbers of arrays for " +
               std::to_string(groups.groups.size()) + " groups";
    }
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < groups.groups.size(); ++i) {
        const auto [first, count] = groups.groups[i];
        const std::string which = "group " + std::to_string(i);
        if (first != next) {
            return which + " begins at element " + std::to_string(first) + " instead of " +
                   std::to_string(next);
        }
        if (count < 1 || count > group_size) {
            return which + " has " + std::to_string(count) + " elements: use 1 .. " +
                   std::to_string(group_size);
        }
        if (groups.arrays[i] == 0) return which + " drives no array";
        next += count;
    }
    if (next != elements) {
        return "the groups end at element " + std::to_string(next) + " of " +
               std::to_string(elements);
    }
    return {};
}

void group_figures::add(int x) {
    const std::int64_t wide = x;
    ++elements;
    lowest = std::min(lowest, x);
    highest = std::max(highest, x);
    sum += wide;
    magnitudes += std::abs(wide);
    squares += wide * wide;
}

std::int64_t judge(group_statistic statistic, const group_figures& seen) {
    constexpr std::int64_t sixteenths = 16;
    const std::int64_t largest = std::max(seen.highest, -seen.lowest);
    switch (statistic) {
    case group_statistic::maximum:
        return largest;
    case group_statistic::mean:
        return sixteenths * seen.magnitudes / seen.elements;
    case group_statistic::variance:
        return (seen.elements * seen.squares - seen.sum * seen.sum) /
               (seen.elements * seen.elements);
    case group_statistic::peak_to_mean:
        return seen.magnitudes == 0 ? 0 : sixteenths * seen.elements * largest / seen.magnitudes;
    }
    return 0;
}

int group_drop(const precision_rule& rule, const layer_precision& layer, const tensor_type& type,
               const group_figures& seen) {
    int drop = layer.drop;
    if (type.zero_point != 0) return drop;
    if (rule.policy == precision_policy::threshold) {
        const std::int64_t statistic = judge(rule.statistic, seen);
        for (const std::int64_t threshold : layer.thresholds) {
            drop += statistic >= threshold ? 1 : 0;
        }
    } else if (rule.policy == precision_policy::rescale && layer.keep != 0) {
        const int largest = std::max(seen.highest, -seen.lowest);
        drop = std::max(drop, bit_count(static_cast<std::uint32_t>(largest)) - layer.keep);
    }
    return std::min(drop, type.bits - 1);
}

int cut_element(int x, int drop, int kept, drop_rounding rounding, const tensor_type& type) {
    const int step = 1 << drop;
    const int floor = x >> drop;  // of negative integers too: towards minus infinity
    const int twice_rest = 2 * (x - floor * step);
    int q = floor;
    if (rounding == drop_rounding::half_up) {
        q += twice_rest >= step && drop != 0 ? 1 : 0;
    } else if (rounding == drop_rounding::half_even) {
        q += twice_rest > step || (twice_rest == step && (floor & 1) != 0) ? 1 : 0;
    }
    int low = type.lowest() >> drop;
    int high = type.highest() >> drop;
    if (kept != 0) {
        low = std::max(low, type.is_signed ? -(1 << kept) : 0);
        high = std::min(high, (1 << kept) - 1);
    }
    return std::clamp(q, low, high) * step;
}

int kept_bits(const precision_rule& rule, const layer_precision& layer, const tensor_type& type) {
    return rule.policy == precision_policy::rescale && type.zero_point == 0 ? layer.keep : 0;
}

group_cut stream_group(const precision_rule& rule, const tensor_type& type, int drop, int lowest,
                       int highest, std::uint32_t used) {
    group_cut result;
    result.drop = drop;
    const int left = type.bits - drop;
    if (type.zero_point != 0 || rule.policy == precision_policy::fixed) {
        result.planes = left;
    } else if (rule.policy == precision_policy::plane_skip && !type.is_signed) {
        result.streamed = used;
        for (; used != 0; used &= used - 1) ++result.planes;
        return result;
    } else {
        const auto is_allowed = [&rule](int planes) {
            return (rule.widths >> static_cast<unsigned>(planes) & 1U) != 0;
        };
        result.planes = std::max(planes_of(lowest >> drop, type.is_signed),
                                 planes_of(highest >> drop, type.is_signed));
        while (result.planes < left && !is_allowed(result.planes)) ++result.planes;
    }
    result.streamed = plane_range(drop, result.planes);
    return result;
}

group_cut cut_group(const precision_rule& rule, const layer_precision& layer,
                    const tensor_type& type, const int* elements, std::size_t count, int* cut) {
    group_figures seen;
    for (std::size_t i = 0; i < count; ++i) seen.add(elements[i]);
    const int drop = group_drop(rule, layer, type, seen);
    const int kept = kept_bits(rule, layer, type);
    int lowest = 0;
    int highest = 0;
    std::uint32_t used = 0;
    for (std::size_t i = 0; i < count; ++i) {
        cut[i] = cut_element(elements[i], drop, kept, rule.rounding, type);
        lowest = std::min(lowest, cut[i]);
        highest = std::max(highest, cut[i]);
        used |= static_cast<std::uint32_t>(cut[i]);
    }
    return stream_group(rule, type, drop, lowest, highest, used);
}

}  // namespace pimvp::nn
