// SPDX-License-Identifier: Apache-2.0
#include <platform/isaac_like/exact_work.h>

#include <support/random.h>

#include <pimvp/nn/executor.h>

#include <cmath>
#include <string>
#include <utility>

namespace isaac_like_test {
namespace {

using namespace pimvp;

class network_maker {
public:
    explicit network_maker(std::uint64_t seed)
        : m_random(seed) {
        m_net.name = "exact_work";
        m_net.weights = "synthetic";
    }

    nn::network residual() {
        const nn::value_id in = value({1, 3, 8, 8}, {8, false, 0.02F, 9});
        const nn::value_id maps = matrix(in, {1, 16, 8, 8}, positive, square(3, 1, 1));
        const nn::value_id pooled =
            append(nn::op_kind::max_pool, {maps}, {1, 16, 4, 4}, positive, square(2, 2, 0));
        const nn::value_id branch = matrix(pooled, {1, 16, 4, 4}, both, square(3, 1, 1));
        const nn::value_id sum =
            append(nn::op_kind::add, {pooled, branch}, {1, 16, 4, 4}, positive, {});
        const nn::value_id sampled = matrix(sum, {1, 16, 2, 2}, positive, square(1, 2, 0));
        const nn::value_id flat = append(nn::op_kind::reshape, {sampled}, {1, 64}, positive, {});
        const nn::value_id scores = matrix(flat, {1, 20}, both, {});
        return finish(in, scores);
    }

    nn::network gated() {
        const nn::value_id in = value({1, 3, 9, 9}, {8, false, 0.02F, 9});
        const nn::value_id maps =
            lookup(matrix(in, {1, 12, 9, 9}, both, square(3, 1, 1)), {1, 12, 9, 9}, positive);
        const nn::value_id mean =
            append(nn::op_kind::average_pool, {maps}, {1, 12, 1, 1}, positive, square(9, 1, 0));
        const nn::value_id gate =
            lookup(matrix(mean, {1, 12, 1, 1}, both, square(1, 1, 0)), {1, 12, 1, 1}, positive);
        const nn::value_id gated =
            append(nn::op_kind::multiply, {maps, gate}, {1, 12, 9, 9}, positive, {});
        const nn::value_id shuffled =
            append(nn::op_kind::select, {gated}, {1, 12, 9, 9}, positive, {});
        m_net.nodes.back().channels = {0, 6, 1, 7, 2, 8, 3, 9, 4, 5, 5, 11};
        nn::window cut = square(2, 2, 0);
        cut.pad_bottom = cut.pad_right = cut.overhang_bottom = cut.overhang_right = 1;
        const nn::value_id average =
            append(nn::op_kind::average_pool, {shuffled}, {1, 12, 5, 5}, positive, cut);
        m_net.nodes.back().count_include_pad = true;
        const nn::value_id squared =
            append(nn::op_kind::multiply, {average, average}, {1, 12, 5, 5}, both, {});
        const nn::value_id flat = append(nn::op_kind::reshape, {squared}, {1, 300}, both, {});
        return finish(in, matrix(flat, {1, 20}, both, {}));
    }

    nn::network narrowing() {
        const nn::tensor_type balanced{8, true, 0.03F, 0};
        const nn::value_id in = value({1, 3, 8, 8}, {8, false, 0.02F, 9});
        const nn::value_id a = matrix(in, {1, 12, 8, 8}, balanced, square(3, 1, 1));
        const nn::value_id b = matrix(a, {1, 8, 8, 8}, {6, true, 0.1F, 0}, square(3, 1, 1));
        const nn::value_id c = matrix(b, {1, 8, 8, 8}, {4, false, 0.2F, 0}, square(3, 1, 1), 8);
        const nn::value_id d = matrix(c, {1, 8, 4, 4}, {1, false, 0.5F, 0}, square(1, 2, 0));
        const nn::value_id e = matrix(d, {1, 8, 4, 4}, positive, square(3, 1, 1), 2);
        const nn::value_id f = matrix(e, {1, 8, 4, 4}, both, square(1, 1, 0));
        const nn::value_id flat = append(nn::op_kind::reshape, {f}, {1, 128}, both, {});
        return finish(in, matrix(flat, {1, 10}, both, {}));
    }

    nn::network sampling(bool of_the_input) {
        const nn::value_id in = value({1, 4, 16, 16}, {8, false, 0.02F, 9});
        const nn::value_id map =
            of_the_input ? in : matrix(in, {1, 8, 16, 16}, positive, square(3, 1, 1));
        return finish(in, matrix(map, {1, 8, 1, 1}, both, square(1, 16, 0)));
    }

private:
    nn::network finish(nn::value_id input, nn::value_id output) {
        m_net.inputs = {input};
        m_net.outputs = {output};
        m_net.validate();
        return std::move(m_net);
    }
    static nn::window square(int kernel, int stride, int pad) {
        return {kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1};
    }
    nn::value_id value(nn::shape dims, const nn::tensor_type& type) {
        const auto id = static_cast<nn::value_id>(m_net.values.size());
        m_net.values.push_back({"v" + std::to_string(id), std::move(dims), type});
        return id;
    }
    nn::value_id append(nn::op_kind kind, std::vector<nn::value_id> inputs, nn::shape dims,
                        const nn::tensor_type& type, const nn::window& geometry) {
        nn::node n;
        n.name = "n" + std::to_string(m_net.nodes.size());
        n.kind = kind;
        n.inputs = std::move(inputs);
        n.output = value(std::move(dims), type);
        n.geometry = geometry;
        m_net.nodes.push_back(std::move(n));
        return m_net.nodes.back().output;
    }
    nn::value_id lookup(nn::value_id input, nn::shape dims, const nn::tensor_type& type) {
        const nn::value_id made = append(nn::op_kind::lookup, {input}, std::move(dims), type, {});
        const nn::tensor_type& from = m_net.values[input].type;
        for (int x = from.lowest(); x <= from.highest(); ++x) {
            m_net.nodes.back().table.push_back(
                static_cast<std::int32_t>(m_random.between(type.lowest(), type.highest())));
        }
        return made;
    }
    /// A convolution, or a fully connected layer behind a value of two dimensions.
    nn::value_id matrix(nn::value_id input, const nn::shape& dims, const nn::tensor_type& type,
                        const nn::window& geometry, int groups = 1) {
        const bool is_map = dims.size() == 4;
        const nn::value_id made =
            append(is_map ? nn::op_kind::convolution : nn::op_kind::fully_connected, {input}, dims,
                   type, geometry);
        nn::node& n = m_net.nodes.back();
        n.groups = groups;
        nn::shape weights{dims[1], m_net.values[input].dims[1] / groups};
        if (is_map) weights.insert(weights.end(), {geometry.kernel_h, geometry.kernel_w});
        n.weights = nn::integer_tensor(weights, {8, true, 0.01F, 0});
        for (std::size_t i = 0; i < n.weights.size(); ++i) {
            n.weights.set(i, static_cast<int>(m_random.between(-128, 127)));
        }
        n.weight_scales = {0.01F};
        // so that sums of random products spread over the output's range
        const auto outputs = static_cast<std::size_t>(dims[1]);
        const auto terms = static_cast<float>(n.weights.size() / outputs);
        n.multipliers.assign(outputs, 0.004F / std::sqrt(terms));
        for (std::size_t o = 0; o < outputs; ++o) n.bias.push_back(m_random.between(-9999, 9999));
        return made;
    }

    const nn::tensor_type positive{8, false, 0.05F, 0};
    const nn::tensor_type both{8, true, 0.04F, -3};
    support::generator m_random;
    nn::network m_net;
};

board::tensor_bytes bytes_of(const nn::integer_tensor& tensor) {
    return {tensor.bytes(), tensor.bytes() + tensor.byte_count()};
}

}  // namespace

nn::network residual_network(std::uint64_t seed) {
    return network_maker(seed).residual();
}

nn::network sampling_network(std::uint64_t seed, bool of_the_input) {
    return network_maker(seed).sampling(of_the_input);
}

nn::network gated_network(std::uint64_t seed) {
    return network_maker(seed).gated();
}

nn::network narrowing_network(std::uint64_t seed) {
    return network_maker(seed).narrowing();
}

exact_work::exact_work(nn::network of, std::size_t images, const nn::network_precision& precision)
    : network(std::move(of)) {
    support::generator random;
    nn::executor reference(network, precision);
    const nn::value& in = network.values[network.inputs[0]];
    for (std::size_t i = 0; i < images; ++i) {
        nn::integer_tensor image(in.dims, in.type);
        for (std::size_t e = 0; e < image.size(); ++e) {
            image.set(e, static_cast<int>(random.between(in.type.lowest(), in.type.highest())));
        }
        reference.run({image});
        inputs.push_back(bytes_of(image));
        outputs.push_back(bytes_of(reference.value(network.outputs[0])));
    }
}

}  // namespace isaac_like_test
