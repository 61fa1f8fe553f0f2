// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/executor.h>
#include <pimvp/nn/network.h>
#include <pimvp/nn/tensor.h>

#include <functional>
#include <vector>

/// One node of an integer network on inputs of one's own. Private to the room.
namespace pimvp::nn::detail {

/// Runs a node alone. Copies what it needs of the network.
class single_node {
public:
    single_node(const network& net, const node& n);
    single_node(const single_node&) = delete;
    single_node& operator=(const single_node&) = delete;

    /// `input_of` gives the integers of a value of the whole network.
    const integer_tensor& run(const std::function<integer_tensor(value_id)>& input_of);

private:
    static network cut(const network& net, const node& n, std::vector<value_id>& taken);

    std::vector<value_id> m_taken;  // the node's inputs, each once, by their id in the network
    network m_network;
    executor m_executor;
};

}  // namespace pimvp::nn::detail
