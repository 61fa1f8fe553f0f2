// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/executor.h>
#include <pimvp/nn/network.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pimvp::nn {

/// How often each integer of a type occurs.
struct value_histogram {
    int lowest = 0;
    std::vector<std::uint64_t> counts;  ///< of lowest, lowest + 1, ...

    explicit value_histogram(const tensor_type& type = {});
    void add(const integer_tensor& values);
    [[nodiscard]] std::uint64_t total() const;
    /// Share of one integer; 0 if nothing was added.
    [[nodiscard]] double share(int value) const;
};

/// The weights of a matrix layer.
struct weight_profile {
    std::uint64_t count = 0, zeros = 0;
    std::size_t unique = 0;  ///< different weights in the layer
    /// Different weights that one output uses (a filter, a row of O x I): what UCNN factorises.
    double unique_per_output = 0.0;  ///< mean
    std::size_t most_per_output = 0;
    /// Different weights that one input meets (an im2col element, a column of O x I, over the
    /// outputs of its group): the products CREW computes once.
    double unique_per_input = 0.0;  ///< mean
    std::size_t most_per_input = 0;
    value_histogram values;
};
/// Precondition: n.is_matrix().
weight_profile profile_weights(const node& n);

/// How many bits the groups of inputs of a matrix layer need: a group is a slice of at most
/// `group_size` elements of an im2col window, channel by channel, kernel row by kernel row.
///
/// An unsigned integer needs the position of its highest set bit, 0 for 0; a signed one a sign bit
/// more, none for 0. A group needs as many as its greediest element.
struct group_profile {
    std::size_t group_size = 0;
    std::vector<std::uint64_t> counts;  ///< groups that need 0, 1, ... bits

    [[nodiscard]] std::uint64_t groups() const;
    [[nodiscard]] double mean_bits() const;
};

/// Gathers what a network's activations look like while the reference runs.
///
/// **Limits** Groups follow the layer's own convolution groups: how a mapper packs depthwise
/// channels into one array is not seen here.
///
/// **Example**
/// \code
///     nn::inspection seen(net, 128);
///     for (const auto& image : images) {
///         reference.run({image});
///         seen.add(reference);
///     }
///     const double bits = seen.inputs_of(layer).mean_bits();
/// \endcode
class inspection {
public:
    inspection(const network& net, std::size_t group_size);

    /// The values of a reference's last run; of this network.
    void add(const executor& reference);

    [[nodiscard]] std::size_t runs() const { return m_runs; }
    /// Per node: its output.
    [[nodiscard]] const value_histogram& outputs_of(std::size_t node) const {
        return m_outputs[node];
    }
    /// Per node, counts empty unless it is a matrix layer: its input.
    [[nodiscard]] const group_profile& inputs_of(std::size_t node) const { return m_inputs[node]; }

private:
    void add_groups(const node& n, const integer_tensor& input, group_profile& to);

    const network& m_network;
    std::size_t m_runs = 0;
    std::vector<value_histogram> m_outputs;
    std::vector<group_profile> m_inputs;
    std::vector<std::uint8_t> m_bits;  ///< of each element of the padded input
};

}  // namespace pimvp::nn
