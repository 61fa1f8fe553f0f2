// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/precision_text.h>

#include <pimvp/core/document.h>
#include <pimvp/core/quantity.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace pimvp::nn {
namespace {

constexpr int widest = 16;

struct layer_document {
    layer_precision numbers;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("drop", p.numbers.drop, {0, widest - 1}, "LSBs that every group drops.");
        v.member("keep", p.numbers.keep, {0, widest}, "Highest bits that a group keeps; 0 = all.");
        v.list("thresholds", p.numbers.thresholds, {0, widest - 1},
               "A group whose statistic reaches one drops a bit more.");
    }
};

struct plan_document {
    precision_plan plan;
    std::vector<int> widths;
    std::map<std::string, layer_document> layers;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        precision_rule& rule = p.plan.rule;
        v.choice("policy", rule.policy, policy_words(), "How a group finds its precision.");
        v.choice("statistic", rule.statistic, statistic_words(), "What thresholds judge.");
        v.choice("rounding", rule.rounding, rounding_words(), "Of the dropped LSBs.");
        v.list("widths", p.widths, {1, widest + 1}, "Planes that may be streamed.");
        v.member("group_size", rule.group_size, {1, largest_group}, "Elements, at most.");
        v.choice("order", rule.order, order_words(), "Of the elements of a window.");
        v.required("network", p.plan.network, "Hash of the integers it belongs to.");
        v.member("inputs", p.plan.inputs, "Inputs it was calibrated on.");
        v.member("budget", p.plan.budget, {0.0, 1e6}, "Divergence it was allowed, nats.");
        v.member("divergence", p.plan.divergence, {0.0, 1e6},
                 "Divergence it has on these inputs, nats.");
        v.member("average_bits", p.plan.average_bits, {0.0, widest},
                 "Of a conversion, on these inputs.");
        v.map("layers", p.layers, "Numbers of a layer, by node.");
    }
    void validate(core::diagnostics& found) const {
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (widths[i] < 0 || widths[i] > widest) {
                found.error("widths[" + std::to_string(i) + "]",
                            std::to_string(widths[i]) + " planes: use 0 .. 16");
            }
        }
        for (const auto& [name, layer] : layers) {
            const std::string problem = problem_of(layer.numbers, plan.rule.policy, widest);
            if (!problem.empty()) found.error("layers." + name, problem);
        }
    }
};

std::vector<int> list_of(std::uint32_t widths, int most) {
    std::vector<int> list;
    for (int n = 0; n <= most; ++n) {
        if ((widths >> static_cast<unsigned>(n) & 1U) != 0) list.push_back(n);
    }
    return list;
}

}  // namespace

std::string to_text(const precision_plan& plan) {
    plan_document document;
    document.plan = plan;
    document.widths = list_of(plan.rule.widths, widest);
    for (const auto& [name, numbers] : plan.layers) document.layers[name] = {numbers};
    return core::dump(document, false);
}

precision_plan read_precision_plan(std::string_view text, const std::string& name) {
    auto document = core::read_yaml<plan_document>(text, name);
    if (!document.widths.empty()) document.plan.rule.widths = 0;
    for (const int n : document.widths) document.plan.rule.widths |= 1U << static_cast<unsigned>(n);
    for (auto& [layer, numbers] : document.layers) {
        document.plan.layers.emplace(layer, std::move(numbers.numbers));
    }
    return std::move(document.plan);
}

std::uint32_t parse_widths(const std::string& option, const std::string& text) {
    std::uint32_t widths = 0;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t comma = std::min(text.find(',', from), text.size());
        const std::string word = text.substr(from, comma - from);
        std::uint64_t n = 0;
        if (!core::parse_into(word, n).empty() || n > widest) {
            throw core::user_error(option, core::quoted(word) +
                                               " is no width: give numbers from 0 to 16 with "
                                               "commas between, as 0,2,4,8");
        }
        widths |= 1U << n;
        from = comma + 1;
    }
    return widths;
}

std::string widths_text(std::uint32_t widths, int most) {
    std::string text;
    for (const int n : list_of(widths, most)) text += (text.empty() ? "" : ",") + std::to_string(n);
    return text;
}

}  // namespace pimvp::nn
