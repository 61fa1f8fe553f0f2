// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/single_node.h>

#include <algorithm>
#include <utility>

namespace pimvp::nn::detail {

network single_node::cut(const network& net, const node& n, std::vector<value_id>& taken) {
    network single;
    single.name = n.name;
    node copy = n;
    for (value_id& id : copy.inputs) {
        const auto known = std::find(taken.begin(), taken.end(), id);
        const auto place = static_cast<value_id>(known - taken.begin());
        if (known == taken.end()) {
            taken.push_back(id);
            single.values.push_back(net.values[id]);
            single.inputs.push_back(place);
        }
        id = place;
    }
    copy.output = static_cast<value_id>(single.values.size());
    single.values.push_back(net.values[n.output]);
    single.outputs = {copy.output};
    single.nodes.push_back(std::move(copy));
    return single;
}

single_node::single_node(const network& net, const node& n)
    : m_network(cut(net, n, m_taken)),
      m_executor(m_network) {}

const integer_tensor& single_node::run(const std::function<integer_tensor(value_id)>& input_of) {
    std::vector<integer_tensor> inputs;
    inputs.reserve(m_taken.size());
    for (const value_id id : m_taken) inputs.push_back(input_of(id));
    m_executor.run(inputs);
    return m_executor.value(m_network.outputs[0]);
}

}  // namespace pimvp::nn::detail
