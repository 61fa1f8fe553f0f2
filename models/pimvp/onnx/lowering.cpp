// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/lowering.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace pimvp::onnx::detail {

namespace {

/// Apart from what ceil mode added.
bool pads_zeros(const nn::window& w) {
    return (w.pad_top | w.pad_left | (w.pad_bottom - w.overhang_bottom) |
            (w.pad_right - w.overhang_right)) != 0;
}

/// The overhang matters only to an average that counts its padding; without padding such an
/// average divides by the elements inside the map.
void finish_overhang(nn::window& w, bool& count_include_pad) {
    const bool overhangs = (w.overhang_bottom | w.overhang_right) != 0;
    if (overhangs && !pads_zeros(w)) count_include_pad = false;
    if (!count_include_pad) w.overhang_bottom = w.overhang_right = 0;
}

}  // namespace

void merge_padding(const pending_pad& pad, bool zero_is_least, const operation& step,
                   nn::window& geometry, bool& count_include_pad, const reporter& report) {
    if (!pad.any()) {
        finish_overhang(geometry, count_include_pad);
        return;
    }
    if (step.kind == op::max_pool && !zero_is_least) {
        report.fail(step.where,
                    "reads zeros added by a Pad, and its input may be negative, so the "
                    "zeros could win; use the pads of the pool, or a Relu before");
    }
    if (step.kind == op::average_pool) {
        if (pads_zeros(geometry) && !count_include_pad) {
            report.fail(step.where,
                        "averages over zeros added by a Pad but not over its own "
                        "padding; use one kind of padding");
        }
        count_include_pad = true;
    }
    geometry.pad_top += pad.top;
    geometry.pad_left += pad.left;
    geometry.pad_bottom += pad.bottom;
    geometry.pad_right += pad.right;
}

std::vector<float> finite_reals(const operand& value, const operation& step, const char* what,
                                const reporter& report) {
    std::vector<float> reals = value.reals();
    for (std::size_t i = 0; i < reals.size(); ++i) {
        if (!std::isfinite(reals[i])) {
            report.fail(step.where, "element " + std::to_string(i) + " of its " + what + " (" +
                                        nn::to_string(value.dims()) +
                                        ") is NaN or infinite; train or export the model again");
        }
    }
    return reals;
}

namespace {

bool is_helper(const nn::network& net, nn::value_id id) {
    const std::string& name = net.values[id].name;
    return name.compare(0, std::strlen(helper_prefix), helper_prefix) == 0;
}

/// Removes values that no node, input or output names, keeping the order of the others.
void drop_unused_values(nn::network& net) {
    std::vector<bool> used(net.values.size(), false);
    for (const nn::node& n : net.nodes) {
        for (const nn::value_id id : n.inputs) used[id] = true;
        used[n.output] = true;
    }
    for (const nn::value_id id : net.inputs) used[id] = true;
    for (const nn::value_id id : net.outputs) used[id] = true;
    std::vector<nn::value_id> moved(net.values.size(), 0);
    std::vector<nn::value> kept;
    for (std::size_t i = 0; i < used.size(); ++i) {
        moved[i] = static_cast<nn::value_id>(kept.size());
        if (used[i]) kept.push_back(std::move(net.values[i]));
    }
    net.values = std::move(kept);
    for (nn::node& n : net.nodes) {
        for (nn::value_id& id : n.inputs) id = moved[id];
        n.output = moved[n.output];
    }
    for (nn::value_id& id : net.inputs) id = moved[id];
    for (nn::value_id& id : net.outputs) id = moved[id];
}

/// A convolution of single elements that maps rows of `in` to rows of `out`.
bool is_dense(const nn::node& n, const nn::shape& in, const nn::shape& out) {
    const nn::shape& weights = n.weights.dims();
    const nn::window& w = n.geometry;
    return n.kind == nn::op_kind::convolution && n.groups == 1 && w.kernel_h == 1 &&
           w.kernel_w == 1 && (w.pad_top | w.pad_left | w.pad_bottom | w.pad_right) == 0 &&
           !in.empty() && in.size() == out.size() && in.back() == weights[1] &&
           out.back() == weights[0] && std::equal(in.begin(), in.end() - 1, out.begin());
}

/// The integers and their zero point move by half the range; what they stand for stays.
bool is_sign_move(const nn::tensor_type& from, const nn::tensor_type& to) {
    constexpr int half = 128;
    return from.bits <= 8 && to.bits == 8 && from.is_signed != to.is_signed &&
           from.scale == to.scale &&
           to.zero_point == from.zero_point + (from.is_signed ? half : -half);
}

}  // namespace

void remove_helpers(nn::network& net) {
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::vector<std::size_t> producer(net.values.size(), none);
    std::vector<std::size_t> readers(net.values.size(), 0);
    std::vector<std::size_t> reader(net.values.size(), none);
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        producer[net.nodes[i].output] = i;
        for (const nn::value_id id : net.nodes[i].inputs) {
            ++readers[id];
            reader[id] = i;
        }
    }
    for (const nn::value_id id : net.outputs) ++readers[id];
    std::vector<bool> dropped(net.nodes.size(), false);
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        nn::node& n = net.nodes[i];
        if (!n.is_matrix()) continue;
        // Before it: a sign change, a reshape, or both.
        nn::value_id input = n.inputs[0];
        bool flat = false;
        std::vector<std::size_t> before;
        while (is_helper(net, input) && readers[input] == 1 && producer[input] != none) {
            const nn::node& from = net.nodes[producer[input]];
            const bool reshape = from.kind == nn::op_kind::reshape;
            const bool moves =
                from.kind == nn::op_kind::requantise &&
                is_sign_move(net.values[from.inputs[0]].type, net.values[input].type);
            if (!reshape && !moves) break;
            flat = flat || reshape;
            before.push_back(producer[input]);
            input = from.inputs[0];
        }
        if (flat) {
            // Behind it: the reshape back. Together they are a fully connected node.
            if (!is_helper(net, n.output) || readers[n.output] != 1) continue;
            const nn::node& behind = net.nodes[reader[n.output]];
            if (behind.kind != nn::op_kind::reshape ||
                !is_dense(n, net.values[input].dims, net.values[behind.output].dims)) {
                continue;
            }
            const nn::shape weights = n.weights.dims();
            n.kind = nn::op_kind::fully_connected;
            n.weights = n.weights.reshaped({weights[0], weights[1]});
            dropped[reader[n.output]] = true;
            n.output = behind.output;
        }
        for (const std::size_t from : before) dropped[from] = true;
        n.inputs[0] = input;
    }
    std::vector<nn::node> kept;
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        if (!dropped[i]) kept.push_back(std::move(net.nodes[i]));
    }
    net.nodes = std::move(kept);
    drop_unused_values(net);
}

}  // namespace pimvp::onnx::detail
