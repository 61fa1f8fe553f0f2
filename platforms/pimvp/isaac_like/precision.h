// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>
#include <pimvp/nn/precision.h>
#include <pimvp/nn/tensor.h>
#include <pimvp/reram/group_rule.h>
#include <pimvp/reram/quantiser_params.h>

#include <cstdint>

/// From the tiles' words for cutting inputs to the networks' and back: blocks know no networks, so
/// each has its own.
namespace pimvp::isaac_like {

/// What the parameters of a quantiser ask of mapper and reference. Precondition: it is there.
[[nodiscard]] nn::precision_rule rule_of(const reram::quantiser_params& params);

/// What a tile's program says of a convolution.
[[nodiscard]] reram::group_rule rule_of(const nn::input_precision& precision,
                                        const nn::tensor_type& input);

/// The numbers of a convolution: those of the network's plan, or `uniform` without one.
[[nodiscard]] nn::layer_precision layer_precision_of(const nn::network& network,
                                                     const nn::node& convolution,
                                                     const nn::precision_rule& rule,
                                                     const nn::layer_precision& uniform);

/// Throws core::user_error that names what clashes if the network's plan was calibrated for another
/// policy, rounding, statistic or, where it matters, grouping than `rule`, if `rule` needs a plan
/// and there is none, or if groups are larger than crossbars of `rows`. A plan that nothing asks
/// for (msb_skip loses nothing) does no harm.
void check_plan(const nn::network& network, const nn::precision_rule& rule, std::uint32_t rows);

}  // namespace pimvp::isaac_like
