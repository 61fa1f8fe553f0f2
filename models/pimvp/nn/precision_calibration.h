// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>
#include <pimvp/nn/precision.h>
#include <pimvp/nn/tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pimvp::nn {

/// Integer inputs: per inference, per network input.
using integer_set = std::vector<std::vector<integer_tensor>>;
/// Per convolution, by index into network::nodes.
using network_groups = std::map<std::uint32_t, window_groups>;

/// What calibrate_precision() is asked for.
struct precision_goal {
    precision_rule rule;
    double budget = 0.02;  ///< nats
    double margin = 2.0;   ///< standard errors of the mean
    unsigned threads = 1;  ///< the result does not depend on it
    /// Told now and then what is going on, in a few words; may be null.
    std::function<void(const std::string&)> progress;
};

/// How one convolution fares with its numbers on the calibration inputs.
struct layer_calibration {
    std::uint32_t node = 0;
    layer_precision numbers;
    plane_counts planes{};  ///< with all layers cut
    double share = 0.0;     ///< of the activations of arrays in all these layers
    double alone = 0.0;     ///< mean divergence if only this layer is cut, nats
};

struct calibrated_precision {
    precision_plan plan;
    std::vector<layer_calibration> layers;  ///< in the order of the nodes
    double bound = 0.0;                     ///< mean divergence and its margin, nats
};

/// Finds the numbers of a precision plan: of each layer `drop`, `keep` or `thresholds`, such that
/// the average of the streamed planes, weighted by the arrays they drive, is least while the
/// network's outputs stay near those of the same integers without cutting.
///
/// **Divergence** Kullback-Leibler of softmax(output 0), nats, mean over the inputs. Numbers chosen
/// on some inputs do worse on others, and the mean of few inputs is itself uncertain: `margin`
/// times its standard error (of one input: the mean) is added before it is compared with the
/// budget. That covers chance, not other kinds of inputs: a classifier that is less sure of its
/// inputs diverges more on them.
///
/// **Search** (1) Layer by layer, alone: one setting after the other, coarser and coarser, until
/// the layer alone exceeds twice the budget. Settings are, by policy, drop = 0, 1, ...; for
/// `rescale` with every drop keep = bits left - 1 downwards; for `threshold` with every drop one
/// threshold that 1/4, 1/2 or 3/4 of the layer's groups reach. (2) What a setting adds when other
/// layers are cut as well is less than it costs alone: any change at all flips roundings behind it,
/// and that is paid once. Of rounding noise a quarter is left for every bit more, so the
/// expectation is the least that a coarser setting costs alone, over 4 to the power of the bits
/// between them. (3) For a price of a nat every layer takes the setting that is cheapest in bits
/// and price; the price is found by bisection on the real divergence. (4) Single layers then go on
/// a step at a time, cheapest expectation first, as long as the real divergence allows. (3) and (4)
/// are done for one setting of the heaviest layer after the other while that helps.
///
/// \code
///     nn::precision_goal goal;
///     goal.rule.policy = nn::precision_policy::lsb_drop;
///     net.precision = nn::calibrate_precision(net, groups, inputs, goal).plan;
/// \endcode
///
/// Throws core::user_error if there are no inputs, or rule or groups do not fit the network.
calibrated_precision calibrate_precision(const network& net, const network_groups& groups,
                                         const integer_set& inputs, const precision_goal& goal);

/// What the executor must know to follow a plan. Convolutions without groups use all bits.
network_precision follow(const network& net, const precision_plan& plan,
                         const network_groups& groups);

}  // namespace pimvp::nn
