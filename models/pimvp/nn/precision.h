// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Convolutions whose inputs are cut to fewer bits group by group, as an accelerator that streams
/// inputs bit by bit does on the fly. What a network says of it, and what the reference computes.
///
/// A *group* is a slice of one im2col window: the elements that drive the rows of one crossbar
/// together. Of B bits of an element x a group drops the `drop` lowest, q = round(x / 2^drop),
/// saturated at B - drop bits, and the layer computes with q * 2^drop instead of x. What a group
/// streams are the *planes* of q * 2^drop that may differ from 0: n of them. Elements in the
/// padding of a map are elements like any others (their integer is the zero point).
///
/// **Skipping MSBs** (every policy but `fixed`): n is the least number of planes from `drop` on
/// that hold the q of all elements of the group; of unsigned q the bits of the largest one, of
/// signed ones their two's complement with its sign. A group of zeros has n = 0. n grows to the
/// next allowed width; if there is none up to B - drop, all B - drop planes are streamed. Widths
/// say nothing of `fixed`, of asymmetric inputs and of the single planes of `plane_skip`.
///
/// **Asymmetric inputs** (zero point not 0) have no leading zeros to skip and no magnitude to
/// judge: whatever the policy, `drop` holds, n = B - drop.
namespace pimvp::nn {

/// How a group finds its precision.
///
/// | name         | LSBs a group drops                            | planes it streams          |
/// |--------------|-----------------------------------------------|----------------------------|
/// | `fixed`      | `drop` of the layer                           | all others: B - drop       |
/// | `msb_skip`   | none: nothing is lost                         | without leading zeros      |
/// | `lsb_drop`   | `drop` of the layer                           | without leading zeros      |
/// | `threshold`  | `drop`, and one more for each of the layer's  | without leading zeros      |
/// |              | `thresholds` that the statistic reaches       |                            |
/// | `rescale`    | those below the `keep` highest bits of the    | without leading zeros:     |
/// |              | group's largest magnitude, at least `drop`    | at most `keep` if unsigned |
/// | `plane_skip` | `drop` of the layer                           | without planes that are 0  |
/// |              |                                               | in all its elements        |
///
/// `rescale` counts the bits of max |x|; q saturates at `keep` bits (a sign not counted), so that
/// rounding never needs one more; keep = 0 keeps all. `plane_skip` of signed inputs is `lsb_drop`.
/// A group never drops more than B - 1.
enum class precision_policy { fixed, msb_skip, lsb_drop, threshold, rescale, plane_skip };

/// What `threshold` judges a group of E elements by; integers, divisions towards zero.
enum class group_statistic {
    maximum,      ///< max |x|
    mean,         ///< 16 * sum |x| / E
    variance,     ///< (E * sum x^2 - (sum x)^2) / E^2
    peak_to_mean  ///< 16 * E * max |x| / sum |x|; 0 for a group of zeros
};

/// How x / 2^drop becomes an integer; exact halves are what differs.
enum class drop_rounding { half_even, half_up, floor };

/// Order of a window's elements: which of them are neighbours in a group.
enum class element_order {
    channel_first,  ///< (channel, kernel y, kernel x): a channel's window stays together
    kernel_first    ///< (kernel y, kernel x, channel); of grouped convolutions as channel_first
};

/// The numbers of one layer.
struct layer_precision {
    int drop = 0;                          ///< 0 .. B - 1
    int keep = 0;                          ///< rescale; 0 = all
    std::vector<std::int64_t> thresholds;  ///< rising

    friend bool operator==(const layer_precision& a, const layer_precision& b) {
        return a.drop == b.drop && a.keep == b.keep && a.thresholds == b.thresholds;
    }
};

/// Any number of planes of up to 16 bits.
constexpr std::uint32_t all_widths = 0x1FFFF;

/// How a policy works, whatever the layer.
struct precision_rule {
    precision_policy policy = precision_policy::msb_skip;
    group_statistic statistic = group_statistic::maximum;
    drop_rounding rounding = drop_rounding::half_even;
    std::uint32_t widths = all_widths;  ///< bit n: n planes are allowed
    std::uint32_t group_size = 128;     ///< elements, at most
    element_order order = element_order::channel_first;
};

/// What calibration found for a network; it travels with the network's file.
struct precision_plan {
    precision_rule rule;
    std::string network;  ///< fingerprint() of the integers it belongs to, without the plan
    std::map<std::string, layer_precision> layers;  ///< by node; convolutions that are not named
                                                    ///< drop nothing and keep all
    [[nodiscard]] layer_precision of(const std::string& node) const {
        const auto found = layers.find(node);
        return found == layers.end() ? layer_precision{} : found->second;
    }
    // where the numbers come from
    std::size_t inputs = 0;     ///< that it was calibrated on
    double budget = 0.0;        ///< divergence it was allowed, nats against the same integers
    double divergence = 0.0;    ///< it has on these inputs
    double average_bits = 0.0;  ///< of these inputs, weighted by conversions
};

/// Consecutive window elements, counted over all channels of the layer's input in element_order.
struct element_range {
    std::uint32_t first = 0, count = 0;
};

/// How the windows of one convolution fall into groups.
struct window_groups {
    element_order order = element_order::channel_first;
    std::vector<element_range> groups;
    std::vector<std::uint32_t> arrays;  ///< per group: crossbars its elements drive
};

/// All the reference must know to compute one convolution as an accelerator does.
struct input_precision {
    precision_rule rule;
    layer_precision layer;
    window_groups groups;
};

/// By index into network::nodes. Nodes that are not there use all bits.
using network_precision = std::map<std::uint32_t, input_precision>;

/// Groups that were streamed with 0, 1 ... planes, each as often as it drives an array: crossbar
/// activations if weighted by the planes.
using plane_counts = std::array<std::uint64_t, 17>;
void add(plane_counts& to, const plane_counts& more);
/// Of one activation, weighted; 0 if nothing was counted.
double average_planes(const plane_counts& counts);
std::uint64_t total(const plane_counts& counts);

/// The words that stand for the values of an enumeration.
template <class Enum>
using word_list = std::vector<std::pair<std::string_view, Enum>>;
const word_list<precision_policy>& policy_words();
const word_list<group_statistic>& statistic_words();
const word_list<drop_rounding>& rounding_words();
const word_list<element_order>& order_words();
std::string_view to_string(precision_policy policy);
std::string_view to_string(group_statistic statistic);
std::string_view to_string(drop_rounding rounding);
std::string_view to_string(element_order order);

constexpr std::uint32_t largest_group = 512;

/// What is wrong with the numbers; empty if nothing is. `bits` are those of the layer's inputs.
std::string problem_of(const precision_rule& rule);
std::string problem_of(const layer_precision& layer, precision_policy policy, int bits);
/// Groups must follow each other over all `elements` of a window, each of 1 .. `group_size`
/// elements that drive one array at least.
std::string problem_of(const window_groups& groups, std::uint32_t elements,
                       std::uint32_t group_size);

/// What decides how many LSBs a group drops.
struct group_figures {
    std::int64_t elements = 0;
    int lowest = 0, highest = 0;  ///< of the elements and 0
    std::int64_t sum = 0, magnitudes = 0, squares = 0;

    void add(int x);
};

/// How one group is streamed.
struct group_cut {
    int drop = 0;                ///< LSBs that are lost
    int planes = 0;              ///< that are streamed: n
    std::uint32_t streamed = 0;  ///< bit i: plane i of q * 2^drop is one of them
};

/// Preconditions of the functions below: problem_of() finds none; the elements are integers of
/// `type`, one at least.

/// The statistic that `threshold` compares.
std::int64_t judge(group_statistic statistic, const group_figures& seen);
/// LSBs that a group drops.
int group_drop(const precision_rule& rule, const layer_precision& layer, const tensor_type& type,
               const group_figures& seen);
/// q * 2^drop of an element; q saturates at `kept` bits, a sign not counted, if that is not 0.
int cut_element(int x, int drop, int kept, drop_rounding rounding, const tensor_type& type);
/// Bits at which q of a layer saturates, 0 if at none but those that are left.
int kept_bits(const precision_rule& rule, const layer_precision& layer, const tensor_type& type);
/// What is streamed of a group whose cut elements lie in `lowest` .. `highest`, 0 included, and
/// have the bits `used` set.
group_cut stream_group(const precision_rule& rule, const tensor_type& type, int drop, int lowest,
                       int highest, std::uint32_t used);
/// All of it: what is streamed of a group, and in `cut` the integers its layer computes with.
group_cut cut_group(const precision_rule& rule, const layer_precision& layer,
                    const tensor_type& type, const int* elements, std::size_t count, int* cut);

}  // namespace pimvp::nn
