// SPDX-License-Identifier: Apache-2.0
#include "random_network.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace onnx_test {

namespace {

namespace nn = pimvp::nn;

class network_maker {
public:
    network_maker(support::generator& random, int most_bits)
        : m_random(random),
          m_most_bits(most_bits) {}

    nn::network make() {
        m_net.name = "random";
        m_net.weights = "synthetic";
        const nn::value_id first = value({1, pick(1, 6), pick(6, 14), pick(6, 14)}, any_type());
        m_net.inputs = {first};
        m_maps = {first};
        const std::int64_t steps = pick(3, 9);
        for (std::int64_t i = 0; i < steps; ++i) map_node();
        const nn::value_id last = m_maps.back();
        const nn::shape dims = m_net.values[last].dims;
        const nn::value_id flat =
            append(nn::op_kind::reshape, {last}, {1, dims[1] * dims[2] * dims[3]}, type(last));
        const nn::value_id scores = matrix(flat);
        m_net.outputs = {scores};
        // What nobody reads is an output: nothing is dead.
        std::vector<bool> read(m_net.values.size(), false);
        read[scores] = true;
        for (const nn::node& n : m_net.nodes) {
            for (const nn::value_id id : n.inputs) read[id] = true;
        }
        for (std::size_t id = 0; id < read.size(); ++id) {
            if (!read[id]) m_net.outputs.push_back(static_cast<nn::value_id>(id));
        }
        if (m_random.chance(30)) {
            nn::host_step step;
            step.name = "probabilities";
            step.kind = m_random.chance(50) ? nn::host_step::operation::softmax
                                            : nn::host_step::operation::log_softmax;
            step.output = m_random.below(m_net.outputs.size());
            step.result = "probability";
            step.axis = 1;
            m_net.host_steps.push_back(step);
        }
        return std::move(m_net);
    }

private:
    std::int64_t pick(std::int64_t low, std::int64_t high) { return m_random.between(low, high); }
    int small(int low, int high) { return static_cast<int>(pick(low, high)); }

    nn::tensor_type any_type() {
        nn::tensor_type t;
        t.bits = m_random.chance(60) ? std::min(8, m_most_bits) : small(2, m_most_bits);
        t.is_signed = m_random.chance(40);
        t.scale = static_cast<float>(pick(1, 1 << 20)) / static_cast<float>(1 << 22);
        if (m_random.chance(50)) t.zero_point = small(t.lowest(), t.highest());
        return t;
    }
    const nn::tensor_type& type(nn::value_id id) const { return m_net.values[id].type; }

    nn::value_id value(nn::shape dims, const nn::tensor_type& t) {
        m_net.values.push_back({"v" + std::to_string(m_net.values.size()), std::move(dims), t});
        return static_cast<nn::value_id>(m_net.values.size() - 1);
    }

    nn::value_id append(nn::op_kind kind, std::vector<nn::value_id> inputs, nn::shape dims,
                        const nn::tensor_type& t, nn::node node = {}) {
        node.name = "node/" + std::to_string(m_net.nodes.size());
        node.kind = kind;
        node.inputs = std::move(inputs);
        node.output = value(std::move(dims), t);
        m_net.nodes.push_back(std::move(node));
        return m_net.nodes.back().output;
    }

    /// Window that fits the map; pools keep every window on at least one element.
    nn::shape window(nn::node& node, const nn::shape& in, bool pool) {
        nn::window& w = node.geometry;
        const auto axis = [&](std::int64_t extent, int& kernel, int& stride, int& before,
                              int& after, int& dilation) {
            kernel = small(1, static_cast<int>(std::min<std::int64_t>(extent, 4)));
            dilation = 2 * (kernel - 1) + 1 <= extent && m_random.chance(20) ? 2 : 1;
            stride = small(1, 3);
            // ONNX Runtime wants pool pads below the kernel.
            const int most = pool ? (dilation == 1 ? (kernel - 1) / 2 : 0) : 2;
            before = small(0, most);
            after = small(0, most);
            return std::int64_t{nn::window::extent(static_cast<int>(extent), kernel, stride,
                                                   before + after, dilation)};
        };
        const std::int64_t h =
            axis(in[2], w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom, w.dilation_h);
        const std::int64_t v =
            axis(in[3], w.kernel_w, w.stride_w, w.pad_left, w.pad_right, w.dilation_w);
        return {h, v};
    }

    void fill_weights(nn::node& node, nn::shape dims, nn::value_id in, const nn::tensor_type& out) {
        nn::tensor_type t;
        t.bits = m_random.chance(60) ? std::min(8, m_most_bits) : small(2, m_most_bits);
        t.is_signed = true;
        const std::int64_t outputs = dims[0];
        const auto inner =
            static_cast<double>(nn::element_count(dims) / static_cast<std::size_t>(outputs));
        // Outputs spread over about the whole range of the output type.
        const double span = std::ldexp(1.0, type(in).bits + t.bits) * std::sqrt(inner);
        const double wanted = std::ldexp(1.0, out.bits) / span;
        const bool per_output = m_random.chance(70);
        for (std::int64_t o = 0; o < (per_output ? outputs : 1); ++o) {
            const double spread = static_cast<double>(pick(500, 2000)) / 250.0;
            node.weight_scales.push_back(
                static_cast<float>(wanted * spread * static_cast<double>(out.scale) /
                                   static_cast<double>(type(in).scale)));
        }
        t.scale = *std::max_element(node.weight_scales.begin(), node.weight_scales.end());
        node.weights = nn::integer_tensor(std::move(dims), t);
        for (std::size_t i = 0; i < node.weights.size(); ++i) {
            node.weights.set(i, small(t.lowest(), t.highest()));
        }
        const bool with_bias = m_random.chance(70);
        for (std::int64_t o = 0; o < outputs; ++o) {
            const float scale = node.weight_scales[per_output ? static_cast<std::size_t>(o) : 0];
            node.multipliers.push_back((type(in).scale * scale) / out.scale);
            const auto reach =
                static_cast<std::int64_t>(std::min(span / 8.0, std::ldexp(1.0, 30))) + 1;
            if (with_bias) node.bias.push_back(pick(-reach, reach));
        }
    }

    nn::value_id matrix(nn::value_id in) {
        nn::node node;
        const nn::tensor_type out = any_type();
        const std::int64_t outputs = pick(1, 10);
        fill_weights(node, {outputs, m_net.values[in].dims[1]}, in, out);
        return append(nn::op_kind::fully_connected, {in}, {1, outputs}, out, std::move(node));
    }

    void convolution(nn::value_id in) {
        const nn::shape dims = m_net.values[in].dims;
        nn::node node;
        const std::int64_t channels = dims[1];
        const bool depthwise = m_random.chance(30);
        node.groups = depthwise ? static_cast<int>(channels) : 1;
        const std::int64_t outputs = depthwise ? channels * pick(1, 2) : pick(1, 8);
        const nn::shape map = window(node, dims, false);
        const nn::tensor_type out = any_type();
        fill_weights(
            node, {outputs, channels / node.groups, node.geometry.kernel_h, node.geometry.kernel_w},
            in, out);
        m_maps.push_back(append(nn::op_kind::convolution, {in}, {1, outputs, map[0], map[1]}, out,
                                std::move(node)));
    }

    void pool(nn::value_id in, bool average) {
        const nn::shape dims = m_net.values[in].dims;
        nn::node node;
        nn::shape map = window(node, dims, true);
        if (average) {
            nn::window& w = node.geometry;
            w.dilation_h = w.dilation_w = 1;
            map = {nn::window::extent(static_cast<int>(dims[2]), w.kernel_h, w.stride_h,
                                      w.pad_top + w.pad_bottom, 1),
                   nn::window::extent(static_cast<int>(dims[3]), w.kernel_w, w.stride_w,
                                      w.pad_left + w.pad_right, 1)};
            node.count_include_pad = m_random.chance(50);
            if (node.count_include_pad && m_random.chance(50)) overhang(node, dims, map);
        }
        const nn::op_kind kind = average ? nn::op_kind::average_pool : nn::op_kind::max_pool;
        nn::tensor_type out = type(in);
        if (average) {
            out = any_type();
            // A mean is representable: scales within a factor of a few, as calibration gives.
            out.scale = type(in).scale * static_cast<float>(pick(50, 400)) / 100.0F *
                        std::ldexp(1.0F, type(in).bits - out.bits);
        }
        m_maps.push_back(append(kind, {in}, {1, dims[1], map[0], map[1]}, out, std::move(node)));
    }

    /// Another value of the same shape, made on the spot where there is none.
    nn::value_id partner(nn::value_id of) {
        for (const nn::value_id id : m_maps) {
            if (id != of && m_net.values[id].dims == m_net.values[of].dims) return id;
        }
        return requantised(of);
    }

    nn::value_id requantised(nn::value_id in) {
        nn::tensor_type out = any_type();
        out.scale = type(in).scale * static_cast<float>(pick(40, 300)) / 100.0F;
        return append(nn::op_kind::requantise, {in}, m_net.values[in].dims, out);
    }

    void lookup(nn::value_id in) {
        nn::node node;
        const nn::tensor_type out = any_type();
        for (int x = type(in).lowest(); x <= type(in).highest(); ++x) {
            node.table.push_back(small(out.lowest(), out.highest()));
        }
        m_maps.push_back(
            append(nn::op_kind::lookup, {in}, m_net.values[in].dims, out, std::move(node)));
    }

    /// By a map of the same shape, or by one factor a channel as squeeze-and-excite makes it.
    void multiply(nn::value_id in) {
        nn::value_id factor = partner(in);
        const nn::shape dims = m_net.values[in].dims;
        if (m_random.chance(60)) {
            nn::node node;
            node.geometry.kernel_h = static_cast<int>(dims[2]);
            node.geometry.kernel_w = static_cast<int>(dims[3]);
            factor = append(nn::op_kind::max_pool, {factor}, {1, dims[1], 1, 1}, type(factor),
                            std::move(node));
        }
        nn::tensor_type out = any_type();
        out.scale = type(in).scale * type(factor).scale * static_cast<float>(pick(1, 100));
        m_maps.push_back(append(nn::op_kind::multiply, {in, factor}, dims, out));
    }

    void select(nn::value_id in) {
        nn::node node;
        nn::shape dims = m_net.values[in].dims;
        const std::int64_t channels = dims[1];
        dims[1] = pick(1, 8);
        for (std::int64_t i = 0; i < dims[1]; ++i) {
            node.channels.push_back(static_cast<std::uint32_t>(pick(0, channels - 1)));
        }
        // As they are is no node: it would not come back.
        bool same = dims[1] == channels;
        for (std::size_t i = 0; same && i < node.channels.size(); ++i) same = node.channels[i] == i;
        if (same) node.channels[0] = static_cast<std::uint32_t>(channels - 1);
        if (same && channels == 1) return;
        m_maps.push_back(append(nn::op_kind::select, {in}, dims, type(in), std::move(node)));
    }

    /// Averages that count their padding, cut by ceil mode behind it.
    void overhang(nn::node& node, const nn::shape& in, nn::shape& map) {
        nn::window& w = node.geometry;
        const int padded = static_cast<int>(in[2]) + w.pad_top + w.pad_bottom;
        const int missing = (w.stride_h - (padded - w.kernel_h) % w.stride_h) % w.stride_h;
        const bool starts_inside =
            map[0] * w.stride_h < in[2] + w.pad_top;  // the window that is added
        if (missing == 0 || missing >= w.kernel_h || !starts_inside || w.pad_top == 0) return;
        w.overhang_bottom = missing;
        w.pad_bottom += missing;
        ++map[0];
        // ceil mode holds for both axes: the other one must not need it.
        const int across = static_cast<int>(in[3]) + w.pad_left + w.pad_right - w.kernel_w;
        w.stride_w = across == 0 || across % w.stride_w == 0 ? w.stride_w : 1;
        map[1] = across / w.stride_w + 1;
    }

    void map_node() {
        const nn::value_id in = m_maps[m_random.below(m_maps.size())];
        switch (m_random.below(10)) {
        case 0:
        case 1:
            convolution(in);
            return;
        case 2:
            pool(in, true);
            return;
        case 3:
            pool(in, false);
            return;
        case 4:
            m_maps.push_back(requantised(in));
            return;
        case 5: {
            nn::tensor_type out = any_type();
            const nn::value_id other = partner(in);
            out.scale =
                (type(in).scale + type(other).scale) * static_cast<float>(pick(30, 200)) / 100.0F;
            m_maps.push_back(append(nn::op_kind::add, {in, other}, m_net.values[in].dims, out));
            return;
        }
        case 6:
            lookup(in);
            return;
        case 7:
            multiply(in);
            return;
        case 8:
            select(in);
            return;
        default: {
            const nn::value_id other = partner(in);
            nn::shape dims = m_net.values[in].dims;
            dims[1] += m_net.values[other].dims[1];
            nn::tensor_type out = m_random.chance(50) ? type(in) : any_type();
            if (out != type(in)) out.scale = std::max(type(in).scale, type(other).scale);
            m_maps.push_back(append(nn::op_kind::concat, {in, other}, dims, out));
            return;
        }
        }
    }

    support::generator& m_random;
    int m_most_bits;
    nn::network m_net;
    std::vector<nn::value_id> m_maps;
};

}  // namespace

nn::network random_network(support::generator& random, int most_bits) {
    return network_maker(random, most_bits).make();
}

}  // namespace onnx_test
