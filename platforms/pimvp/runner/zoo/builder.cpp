// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/zoo/builder.h>

#include <pimvp/core/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace pimvp::runner::zoo {
namespace {

// What was measured on trained networks: docs/guide/networks.md, "Synthetic networks".
constexpr double weight_deviation = 37.0;    // of +-127, per output channel
constexpr double threshold = 0.25;           // a ReLU cuts off what is below it: 60 % zeros
constexpr double reach = 8.5;                // deviations between zero and the highest integer
constexpr double least_gain = 0.5;           // channels differ in range: gains of 0.5 to 1.5,
constexpr double gain_square = 13.0 / 12.0;  // whose mean is 1 and whose mean square is this
constexpr double related = 1.03;  // sums of inputs that depend on each other reach further

// Images are pixels 0 .. 255: real = (pixel / 255 - 0.449) / 0.226, the usual normalisation.
constexpr float pixel_scale = 1.0F / (255.0F * 0.226F);
constexpr int middle_grey = 114;

/// Point p of the logistic curve with deviation 1: bell-shaped, its tails a little heavier than
/// those of the normal curve.
double bell(double p) {
    constexpr double root3_over_pi = 0.55132889542179204;
    return root3_over_pi * core::portable_log(p / (1.0 - p));
}

template <std::size_t Points>
std::array<double, Points> bell_points() {
    std::array<double, Points> points{};
    for (std::size_t i = 0; i < Points; ++i) {
        points[i] = bell((static_cast<double>(i) + 0.5) / static_cast<double>(Points));
    }
    return points;
}

/// Weights by 16 random bits.
const std::vector<std::int8_t>& weight_table() {
    static const std::vector<std::int8_t> table = [] {
        constexpr std::size_t words = 1U << 16U;
        std::vector<std::int8_t> weights(words);
        for (std::size_t i = 0; i < words; ++i) {
            const double w = weight_deviation *
                             bell((static_cast<double>(i) + 0.5) / static_cast<double>(words));
            weights[i] = static_cast<std::int8_t>(std::lround(std::clamp(w, -127.0, 127.0)));
        }
        return weights;
    }();
    return table;
}

void draw_weights(core::random_stream& draws, std::vector<std::int8_t>& weights) {
    const std::int8_t* table = weight_table().data();
    std::array<std::uint32_t, 4096> words{};
    for (std::size_t at = 0; at < weights.size(); at += 2 * words.size()) {
        const std::size_t count = std::min(weights.size() - at, 2 * words.size());
        draws.fill(words.data(), (count + 1) / 2);
        std::int8_t* to = weights.data() + at;
        for (std::size_t i = 0; i < count / 2; ++i) {
            to[2 * i] = table[words[i] & 0xFFFFU];
            to[2 * i + 1] = table[words[i] >> 16U];
        }
        if (count % 2 != 0) to[count - 1] = table[words[count / 2] & 0xFFFFU];
    }
}

struct row_sums {
    double plain = 0.0, squares = 0.0;
};

row_sums sums_of(const std::int8_t* row, std::size_t count) {
    constexpr std::size_t block = 4096;  // 4096 * 127^2 fits 32 bits
    row_sums sums;
    for (std::size_t at = 0; at < count; at += block) {
        std::int32_t plain = 0;
        std::int32_t squares = 0;
        const std::size_t end = std::min(count, at + block);
        for (std::size_t i = at; i < end; ++i) {
            plain += row[i];
            squares += row[i] * row[i];
        }
        sums.plain += plain;
        sums.squares += squares;
    }
    return sums;
}

nn::tensor_type type_of(const spread& numbers, activation then) {
    nn::tensor_type type;
    switch (then) {
    case activation::relu:
        type.scale = static_cast<float>((numbers.mean + reach * numbers.deviation) / 255.0);
        break;
    case activation::relu6:
        type.scale = 6.0F / 255.0F;
        break;
    case activation::none:
        type.zero_point = 128;
        type.scale = static_cast<float>(reach * numbers.deviation / 127.0);
        break;
    }
    return type;
}

/// What a pool makes of neighbours, which resemble each other.
spread pooled(const spread& numbers, int kernel) {
    const double shift = kernel == 2 ? 0.64 : 0.96;
    const double narrowed = kernel == 2 ? 0.91 : 0.865;
    return {numbers.mean + shift * numbers.deviation, narrowed * numbers.deviation, numbers.cut};
}

nn::window window_of(const sliding& w) {
    nn::window geometry;
    geometry.kernel_h = geometry.kernel_w = w.kernel;
    geometry.stride_h = geometry.stride_w = w.stride;
    geometry.pad_top = geometry.pad_left = geometry.pad_bottom = geometry.pad_right = w.pad;
    return geometry;
}

}  // namespace

spread::moments spread::of_numbers() const {
    if (!cut) return {mean, deviation * deviation};
    static const std::array<double, 256> points = bell_points<256>();
    double sum = 0.0;
    double squares = 0.0;
    for (const double point : points) {
        const double x = std::max(0.0, mean + deviation * point);
        sum += x;
        squares += x * x;
    }
    const double first = sum / static_cast<double>(points.size());
    return {first, squares / static_cast<double>(points.size()) - first * first};
}

builder::builder(std::string name, std::uint64_t seed, contents what)
    : m_seed(seed),
      m_contents(what) {
    m_net.name = std::move(name);
    m_net.weights = "synthetic";
}

value_id builder::make_value(const std::string& name, nn::shape dims, const nn::tensor_type& type,
                             const spread& numbers) {
    m_net.values.push_back({name, std::move(dims), type});
    m_spreads.push_back(numbers);
    return static_cast<value_id>(m_net.values.size() - 1);
}

nn::node& builder::make_node(const std::string& name, nn::op_kind kind,
                             std::vector<value_id> from) {
    nn::node& n = m_net.nodes.emplace_back();
    n.name = name;
    n.kind = kind;
    n.inputs = std::move(from);
    return n;
}

int builder::channels(value_id id) const {
    return static_cast<int>(m_net.values[id].dims[1]);
}

value_id builder::input(int channels, int extent) {
    nn::tensor_type pixels;
    pixels.scale = pixel_scale;
    pixels.zero_point = middle_grey;
    const value_id id =
        make_value("image", {1, channels, extent, extent}, pixels, {0.0, image_deviation, false});
    m_net.inputs.push_back(id);
    return id;
}

nn::shape builder::slide(value_id from, int outputs, const sliding& window,
                         nn::window& geometry) const {
    const nn::shape& in = m_net.values[from].dims;
    const auto extent = static_cast<int>(in[2]);
    geometry = window_of(window);
    if (window.ceil) {
        const int left = (extent + 2 * window.pad - window.kernel) % window.stride;
        if (left != 0) geometry.pad_bottom = geometry.pad_right = window.pad + window.stride - left;
    }
    const int out = nn::window::extent(extent, window.kernel, window.stride,
                                       geometry.pad_top + geometry.pad_bottom, 1);
    return {1, outputs, out, out};
}

value_id builder::conv(const std::string& name, value_id from, int outputs, const sliding& window,
                       activation then, int groups) {
    nn::window geometry;
    nn::shape output = slide(from, outputs, window, geometry);
    nn::node& n = make_node(name, nn::op_kind::convolution, {from});
    n.geometry = geometry;
    n.groups = groups;
    return finish_matrix(n, {outputs, channels(from) / groups, window.kernel, window.kernel},
                         std::move(output), then);
}

value_id builder::depthwise(const std::string& name, value_id from, int stride, activation then) {
    return conv(name, from, channels(from), {3, stride, 1}, then, channels(from));
}

value_id builder::fully_connected(const std::string& name, value_id from, int outputs,
                                  activation then) {
    const nn::value in = m_net.values[from];
    if (in.dims.size() > 2) {
        const auto features = static_cast<std::int64_t>(nn::element_count(in.dims));
        const value_id flat =
            make_value(name + "_flatten", {1, features}, in.type, m_spreads[from]);
        make_node(name + "_flatten", nn::op_kind::reshape, {from}).output = flat;
        from = flat;
    }
    nn::node& n = make_node(name, nn::op_kind::fully_connected, {from});
    return finish_matrix(n, {outputs, m_net.values[from].dims[1]}, {1, outputs}, then);
}

value_id builder::finish_matrix(nn::node& n, nn::shape weights, nn::shape output, activation then) {
    const spread target{then == activation::none ? 0.0 : -threshold, 1.0, then != activation::none};
    fill(n, std::move(weights), target);
    // The channels' gains widen the curve as a whole.
    spread numbers = target;
    numbers.deviation = std::sqrt(gain_square);
    const value_id id = make_value(n.name, std::move(output), type_of(target, then), numbers);
    n.output = id;
    const float input_scale = m_net.values[n.inputs[0]].type.scale;
    const float output_scale = m_net.values[id].type.scale;
    for (const float scale : n.weight_scales) {
        n.multipliers.push_back((input_scale * scale) / output_scale);
    }
    return id;
}

/// Weights, scales and biases: with inputs of mean m and variance v (in steps of their type, from
/// their zero point), independent of each other, sum(w x) has the mean m sum(w) and the variance
/// v sum(w^2). The bias moves the one to where `target` wants it, the scale stretches the other.
void builder::fill(nn::node& n, nn::shape dims, const spread& target) {
    const double step = m_net.values[n.inputs[0]].type.scale;
    const spread::moments input = m_spreads[n.inputs[0]].of_numbers();
    const double mean = input.mean / step;
    const double deviation = related * std::sqrt(input.variance) / step;
    std::vector<std::int8_t> weights(nn::element_count(dims));
    const auto outputs = static_cast<std::size_t>(dims[0]);
    const std::size_t row = weights.size() / outputs;
    core::random_stream draws(m_seed, "zoo/" + m_net.name + "/" + n.name);
    if (m_contents == contents::weights) draw_weights(draws, weights);
    for (std::size_t o = 0; o < outputs; ++o) {
        row_sums sums{0.0, weight_deviation * weight_deviation * static_cast<double>(row)};
        if (m_contents == contents::weights) sums = sums_of(weights.data() + o * row, row);
        const double sum_deviation = std::max(1.0, deviation * std::sqrt(sums.squares));
        const double gain = least_gain + draws.uniform();
        n.weight_scales.push_back(static_cast<float>(gain / (sum_deviation * step)));
        n.bias.push_back(std::llround(target.mean * sum_deviation - mean * sums.plain));
    }
    nn::tensor_type type;
    type.is_signed = true;
    type.scale = *std::max_element(n.weight_scales.begin(), n.weight_scales.end());
    n.weights = nn::integer_tensor(std::move(dims), type, std::move(weights));
}

value_id builder::max_pool(const std::string& name, value_id from, const sliding& window) {
    nn::window geometry;
    nn::shape output = slide(from, channels(from), window, geometry);
    const value_id id = make_value(name, std::move(output), m_net.values[from].type,
                                   pooled(m_spreads[from], window.kernel));
    nn::node& n = make_node(name, nn::op_kind::max_pool, {from});
    n.geometry = geometry;
    n.output = id;
    return id;
}

value_id builder::global_average(const std::string& name, value_id from) {
    const nn::shape in = m_net.values[from].dims;
    const spread::moments one = m_spreads[from].of_numbers();
    // The places of a channel resemble each other, so that their mean still varies.
    const spread numbers{one.mean, std::sqrt(one.variance / 4.0), false};
    const value_id id =
        make_value(name, {1, in[1], 1, 1}, type_of(numbers, activation::relu), numbers);
    nn::node& n = make_node(name, nn::op_kind::average_pool, {from});
    n.geometry.kernel_h = static_cast<int>(in[2]);
    n.geometry.kernel_w = static_cast<int>(in[3]);
    n.output = id;
    return id;
}

value_id builder::add(const std::string& name, value_id a, value_id b, activation then) {
    const spread::moments left = m_spreads[a].of_numbers();
    const spread::moments right = m_spreads[b].of_numbers();
    const spread numbers{left.mean + right.mean,
                         related * std::sqrt(left.variance + right.variance),
                         then != activation::none};
    const value_id id = make_value(name, m_net.values[a].dims, type_of(numbers, then), numbers);
    make_node(name, nn::op_kind::add, {a, b}).output = id;
    return id;
}

value_id builder::concat(const std::string& name, const std::vector<value_id>& from) {
    nn::shape dims = m_net.values[from[0]].dims;
    dims[1] = 0;
    spread numbers{0.0, 0.0, m_spreads[from[0]].cut};
    for (const value_id id : from) dims[1] += m_net.values[id].dims[1];
    for (const value_id id : from) {
        const double share =
            static_cast<double>(m_net.values[id].dims[1]) / static_cast<double>(dims[1]);
        numbers.mean += share * m_spreads[id].mean;
        numbers.deviation += share * m_spreads[id].deviation;
    }
    const value_id id = make_value(name, std::move(dims), m_net.values[from[0]].type, numbers);
    make_node(name, nn::op_kind::concat, from).output = id;
    return id;
}

nn::network builder::finish(value_id output) {
    m_net.outputs.push_back(output);
    return std::move(m_net);
}

}  // namespace pimvp::runner::zoo
