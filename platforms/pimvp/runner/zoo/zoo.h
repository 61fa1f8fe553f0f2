// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>
#include <pimvp/nn/tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Well-known CNNs at their true shapes, born as integers: seeded synthetic weights of 8 bits, no
/// float network, no training. For everything that depends on shapes and on realistic ranges of
/// activations, never for accuracy.
///
/// **Numerics** Weights are bell-shaped integers; the scale of an output channel and its bias are
/// derived from its own weights and from the mean and deviation its input must have, so that
/// activations keep the sparsity and the range measured on trained networks
/// (docs/guide/networks.md). Nothing is run for that. The same name and seed give the same integers
/// on every host.
///
/// **Limits** Local response normalisation is left out, dropout and auxiliary classifiers have
/// nothing to do at inference, batch normalisation is part of the convolution before it.
///
/// **Example**
/// \code
///     const nn::network net = zoo::build("resnet18", 1);
///     nn::executor reference(net);
///     reference.run({nn::quantise(zoo::image(net, 1, 0), net.values[net.inputs[0]].type)});
/// \endcode
namespace pimvp::runner::zoo {

/// In the order of documents: by family, small ones first.
const std::vector<std::string>& names();
[[nodiscard]] bool is_member(std::string_view name);
/// Which variant it is: "torchvision, 224 x 224".
std::string_view variant(std::string_view name);

/// The network. Throws core::user_error for an unknown name.
nn::network build(std::string_view name, std::uint64_t seed);
/// The same shapes with all weights 0: for listing and placing, in no time.
nn::network outline(std::string_view name);

/// A picture for the network's input: coloured noise with the spectrum of photographs.
nn::float_tensor image(const nn::network& network, std::uint64_t seed, std::uint64_t index);

}  // namespace pimvp::runner::zoo
