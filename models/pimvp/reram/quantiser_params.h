// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/reram/cards/activation_quantiser_card.h>
#include <pimvp/reram/group_rule.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/quantity.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace pimvp::reram {

/// What becomes of the bit cycles that a window does not need.
enum class group_interval {
    fixed,    ///< the schedule keeps B cycles a window; idle ones cost no energy
    variable  ///< a window takes as many cycles as its longest group
};

/// The activation quantiser of a tile and the grouping it asks of the mapper. Off by default.
struct quantiser_params {
    std::string type = "none";  ///< `none`, or a name of parts::quantisers
    group_policy policy = group_policy::msb_skip;
    group_statistic statistic = group_statistic::maximum;
    drop_rounding rounding = drop_rounding::half_even;
    std::vector<unsigned> widths;  ///< allowed planes of a group; empty: all
    unsigned group_size = 128;
    window_order order = window_order::channel_first;
    unsigned drop = 0;
    unsigned keep = 0;
    group_interval interval = group_interval::fixed;
    unsigned lanes = static_cast<unsigned>(cards::activation_quantiser::lanes.value);
    unsigned decision_clocks =
        static_cast<unsigned>(cards::activation_quantiser::decision_clocks.value);
    core::graded<core::frequency> clock = cards::activation_quantiser::clock;
    core::graded<core::energy> element = cards::activation_quantiser::element_energy;
    core::graded<core::energy> decision = cards::activation_quantiser::decision_energy;
    core::graded<core::area> lane_area = cards::activation_quantiser::lane_area;
    core::graded<core::area> control_area = cards::activation_quantiser::control_area;

    [[nodiscard]] bool is_there() const { return type != "none"; }
    /// Bit n: n planes are allowed.
    [[nodiscard]] std::uint32_t width_mask() const {
        std::uint32_t mask = widths.empty() ? all_widths : 0;
        for (const unsigned width : widths) mask |= 1U << width;
        return mask;
    }

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        using namespace core::literals;
        v.member(
            "type", p.type,
            "Which quantiser: `none`, `group`, or a registered one of yours. The members below "
            "do nothing without one.");
        v.choice("policy", p.policy,
                 {{"fixed", group_policy::fixed},
                  {"msb_skip", group_policy::msb_skip},
                  {"lsb_drop", group_policy::lsb_drop},
                  {"threshold", group_policy::threshold},
                  {"rescale", group_policy::rescale},
                  {"plane_skip", group_policy::plane_skip}},
                 "How a group of a convolution's inputs finds its precision. The numbers of each "
                 "layer come with a calibrated network, or are `drop` and `keep` for all.",
                 core::assumed("the heuristic of ReDy is not public: these are ours"));
        v.choice("statistic", p.statistic,
                 {{"maximum", group_statistic::maximum},
                  {"mean", group_statistic::mean},
                  {"variance", group_statistic::variance},
                  {"peak_to_mean", group_statistic::peak_to_mean}},
                 "What `threshold` judges a group by.", core::assumed("a choice to explore"));
        v.choice("rounding", p.rounding,
                 {{"half_even", drop_rounding::half_even},
                  {"half_up", drop_rounding::half_up},
                  {"floor", drop_rounding::floor}},
                 "How dropped LSBs round.", core::assumed("exact halves do not shift the mean"));
        v.list("widths", p.widths, {0, 17}, "Bits a group may stream, 0 .. 16; empty: any number.",
               core::assumed("a choice to explore"));
        v.member("group_size", p.group_size, {1, 512},
                 "Elements of a group: rows of a crossbar that hold weights, at most all of them.",
                 core::assumed("\"filter size and crossbar size\", ReDy's abstract"));
        v.choice("order", p.order,
                 {{"channel_first", window_order::channel_first},
                  {"kernel_first", window_order::kernel_first}},
                 "Which elements of a window are neighbours; grouped convolutions know "
                 "channel_first only.",
                 core::assumed("a choice to explore"));
        v.member("drop", p.drop, {0, 15},
                 "LSBs that convolutions drop if the network says nothing.",
                 core::assumed("nothing is lost"));
        v.member("keep", p.keep, {0, 16},
                 "Bits that `rescale` keeps if the network says nothing; 0 = all.",
                 core::assumed("nothing is lost"));
        v.choice("interval", p.interval,
                 {{"fixed", group_interval::fixed}, {"variable", group_interval::variable}},
                 "Bit cycles that a window does not need: idle, or left out.",
                 core::assumed("ReDy's abstract claims energy, no speed"));
        v.member("lanes", p.lanes, {1, 1024}, "Bytes a clock.");
        v.member("decision_clocks", p.decision_clocks, {0, 1024},
                 "Clocks from the last element of a window to the decision of its last group.");
        v.member("clock", p.clock, {1_Hz, 100_GHz}, "The quantiser's clock.");
        v.member("element", p.element, "Statistics and rounding of an element.");
        v.member("decision", p.decision, "Deciding a group.");
        v.member("lane_area", p.lane_area, "A lane.");
        v.member("control_area", p.control_area, "What all lanes share.");
    }
    void validate(core::diagnostics& found) const {
        for (const unsigned width : widths) {
            if (width > 16) {
                found.error("widths", std::to_string(width) + " planes: inputs have at most 16");
            }
        }
        if (drop != 0 && policy == group_policy::msb_skip) {
            found.error("drop", "msb_skip loses nothing: use the policy lsb_drop");
        }
        if (keep != 0 && policy != group_policy::rescale) {
            found.error("keep", "only the policy rescale keeps a number of bits");
        }
    }
};

}  // namespace pimvp::reram
