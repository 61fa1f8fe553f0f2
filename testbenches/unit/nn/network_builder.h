// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <support/random.h>

#include <pimvp/nn/calibration.h>
#include <pimvp/nn/float_network.h>

#include <memory>
#include <string>
#include <vector>

/// Small float networks with random weights, for tests.
namespace pimvp::nn::test {

/// Builds float networks node by node.
struct builder {
    std::unique_ptr<support::generator> random = std::make_unique<support::generator>(1);
    float_network net;

    value_id input(const shape& dims) {
        net.values.push_back({"x" + std::to_string(net.values.size()), dims});
        net.inputs.push_back(last());
        return last();
    }
    value_id add(float_op kind, const std::vector<value_id>& inputs, const shape& dims) {
        float_node n;
        n.kind = kind;
        n.name = std::string(to_string(kind)) + std::to_string(net.nodes.size());
        n.inputs = inputs;
        net.values.push_back({"v" + std::to_string(net.values.size()), dims});
        n.output = last();
        net.nodes.push_back(n);
        return last();
    }
    /// 3x3, pad 1.
    value_id convolution(value_id from, std::int64_t outputs) {
        const shape in = net.values[from].dims;
        const value_id to = add(float_op::convolution, {from}, {1, outputs, in[2], in[3]});
        float_node& n = net.nodes.back();
        n.geometry.kernel_h = n.geometry.kernel_w = 3;
        n.geometry.pad_top = n.geometry.pad_left = 1;
        n.geometry.pad_bottom = n.geometry.pad_right = 1;
        fill(n, {outputs, in[1], 3, 3});
        return to;
    }
    value_id same(float_op kind, value_id from) { return add(kind, {from}, net.values[from].dims); }
    void fill(float_node& n, const shape& dims) {
        n.weights = tensor(dims);
        n.bias = tensor({dims[0]}).data;
    }
    float_tensor tensor(const shape& dims) {
        float_tensor result{dims, std::vector<float>(element_count(dims))};
        for (float& x : result.data) {
            x = static_cast<float>(random->between(-1000, 1000)) / 1000.0F;
        }
        return result;
    }
    value_id last() const { return static_cast<value_id>(net.values.size() - 1); }

    /// On the first inputs; quality() is measured on them too, so that nothing saturates.
    calibration calibrate(const range_rule& rule = {}) {
        return nn::calibrate(net, input_sets(8), rule);
    }
    /// Always the same ones.
    input_set input_sets(int count) {
        random = std::make_unique<support::generator>(2);
        input_set all;
        for (int i = 0; i < count; ++i) all.push_back(inputs());
        return all;
    }
    std::vector<float_tensor> inputs() {
        std::vector<float_tensor> all;
        for (const value_id id : net.inputs) all.push_back(tensor(net.values[id].dims));
        return all;
    }
};

/// Residual block, concat of two branches, pools, classifier.
inline builder mixed_network() {
    builder b;
    const value_id x = b.input({1, 3, 8, 8});
    const value_id a = b.same(float_op::relu, b.convolution(x, 6));
    const value_id c = b.convolution(a, 6);
    const value_id sum = b.same(float_op::relu, b.add(float_op::add, {c, a}, b.net.values[a].dims));
    const value_id left = b.same(float_op::relu, b.convolution(sum, 4));
    const value_id right = b.same(float_op::relu, b.convolution(sum, 5));
    const value_id joined = b.add(float_op::concat, {left, right}, {1, 9, 8, 8});
    const value_id pooled = b.add(float_op::max_pool, {joined}, {1, 9, 4, 4});
    b.net.nodes.back().geometry.kernel_h = b.net.nodes.back().geometry.kernel_w = 2;
    b.net.nodes.back().geometry.stride_h = b.net.nodes.back().geometry.stride_w = 2;
    const value_id mean = b.add(float_op::average_pool, {pooled}, {1, 9, 1, 1});
    b.net.nodes.back().geometry.kernel_h = b.net.nodes.back().geometry.kernel_w = 4;
    const value_id flat = b.add(float_op::reshape, {mean}, {1, 9});
    const value_id y = b.add(float_op::fully_connected, {flat}, {1, 5});
    b.fill(b.net.nodes.back(), {5, 9});
    b.net.outputs = {y};
    return b;
}

}  // namespace pimvp::nn::test
