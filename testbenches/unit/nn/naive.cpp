// SPDX-License-Identifier: Apache-2.0
#include "naive.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace naive {

using namespace pimvp::nn;

namespace {

int round_and_saturate(float v, const tensor_type& type) {
    const double rounded = std::nearbyint(static_cast<double>(v));
    const double shifted = rounded + type.zero_point;
    if (shifted < type.lowest()) return type.lowest();
    if (shifted > type.highest()) return type.highest();
    return static_cast<int>(shifted);
}

float real(int integer, const tensor_type& type) {
    const volatile float difference = static_cast<float>(integer - type.zero_point);
    return difference * type.scale;
}

/// Element (c, y, x) of a 1xCxHxW tensor, or `outside` off the map.
int at(const integer_tensor& t, std::int64_t c, std::int64_t y, std::int64_t x, int outside) {
    const shape& d = t.dims();
    if (y < 0 || y >= d[2] || x < 0 || x >= d[3]) return outside;
    return t.at(static_cast<std::size_t>((c * d[2] + y) * d[3] + x));
}

int convolve(const node& n, const integer_tensor& input, const tensor_type& type, std::int64_t o,
             std::int64_t oy, std::int64_t ox) {
    const shape& w = n.weights.dims();
    const int zero_point = input.type().zero_point;
    const std::int64_t group = o / (w[0] / n.groups);
    std::int64_t acc = n.bias.empty() ? 0 : n.bias[static_cast<std::size_t>(o)];
    for (std::int64_t c = 0; c < w[1]; ++c) {
        for (std::int64_t ky = 0; ky < w[2]; ++ky) {
            for (std::int64_t kx = 0; kx < w[3]; ++kx) {
                const std::int64_t y =
                    oy * n.geometry.stride_h - n.geometry.pad_top + ky * n.geometry.dilation_h;
                const std::int64_t x =
                    ox * n.geometry.stride_w - n.geometry.pad_left + kx * n.geometry.dilation_w;
                const int weight = n.weights.at(
                    static_cast<std::size_t>(((o * w[1] + c) * w[2] + ky) * w[3] + kx));
                const int pixel = at(input, group * w[1] + c, y, x, zero_point);
                acc += std::int64_t{weight} * (pixel - zero_point);
            }
        }
    }
    return requantise(acc, n.multipliers[static_cast<std::size_t>(o)], type);
}

int pool(const node& n, const integer_tensor& input, const tensor_type& type, std::int64_t c,
         std::int64_t oy, std::int64_t ox) {
    constexpr int outside = std::numeric_limits<int>::min();
    int largest = outside;
    std::int64_t sum = 0;
    int count = 0;
    for (int ky = 0; ky < n.geometry.kernel_h; ++ky) {
        for (int kx = 0; kx < n.geometry.kernel_w; ++kx) {
            const std::int64_t y =
                oy * n.geometry.stride_h - n.geometry.pad_top + ky * n.geometry.dilation_h;
            const std::int64_t x =
                ox * n.geometry.stride_w - n.geometry.pad_left + kx * n.geometry.dilation_w;
            const int pixel = at(input, c, y, x, outside);
            if (pixel == outside) continue;
            largest = std::max(largest, pixel);
            sum += pixel - input.type().zero_point;
            ++count;
        }
    }
    if (n.kind == op_kind::max_pool) return largest;
    if (n.count_include_pad) {
        // The map and its padding, without what ceil mode added behind.
        const auto inside = [](std::int64_t first, int kernel, int dilation, std::int64_t end) {
            int taps = 0;
            for (int k = 0; k < kernel; ++k) taps += first + k * dilation < end ? 1 : 0;
            return taps;
        };
        const window& w = n.geometry;
        const shape& in = input.dims();
        count = inside(oy * w.stride_h - w.pad_top, w.kernel_h, w.dilation_h,
                       in[2] + w.pad_bottom - w.overhang_bottom) *
                inside(ox * w.stride_w - w.pad_left, w.kernel_w, w.dilation_w,
                       in[3] + w.pad_right - w.overhang_right);
    }
    const volatile float mean = static_cast<float>(sum) / static_cast<float>(count);
    const volatile float ratio = type.scale / input.type().scale;
    const volatile float scaled = mean / ratio;
    return round_and_saturate(scaled, type);
}

}  // namespace

int requantise(std::int64_t acc, float multiplier, const tensor_type& type) {
    const volatile float converted = static_cast<float>(acc);
    const volatile float product = converted * multiplier;
    return round_and_saturate(product, type);
}

std::vector<int> run(const network& net, const node& n, const std::vector<integer_tensor>& inputs) {
    const value& output = net.values[n.output];
    const tensor_type& type = output.type;
    const integer_tensor& input = inputs[0];
    std::vector<int> result;
    switch (n.kind) {
    case op_kind::convolution:
    case op_kind::max_pool:
    case op_kind::average_pool:
        for (std::int64_t c = 0; c < output.dims[1]; ++c) {
            for (std::int64_t y = 0; y < output.dims[2]; ++y) {
                for (std::int64_t x = 0; x < output.dims[3]; ++x) {
                    result.push_back(n.kind == op_kind::convolution
                                         ? convolve(n, input, type, c, y, x)
                                         : pool(n, input, type, c, y, x));
                }
            }
        }
        break;
    case op_kind::fully_connected: {
        const std::size_t depth = static_cast<std::size_t>(n.weights.dims()[1]);
        const std::size_t outputs = static_cast<std::size_t>(n.weights.dims()[0]);
        for (std::size_t row = 0; row < input.size() / depth; ++row) {
            for (std::size_t o = 0; o < outputs; ++o) {
                std::int64_t acc = n.bias.empty() ? 0 : n.bias[o];
                for (std::size_t k = 0; k < depth; ++k) {
                    acc += std::int64_t{n.weights.at(o * depth + k)} *
                           (input.at(row * depth + k) - input.type().zero_point);
                }
                result.push_back(requantise(acc, n.multipliers[o], type));
            }
        }
        break;
    }
    case op_kind::add:
        for (std::size_t i = 0; i < input.size(); ++i) {
            const volatile float a = real(input.at(i), input.type());
            const volatile float b = real(inputs[1].at(i), inputs[1].type());
            const volatile float sum = a + b;
            const volatile float scaled = sum / type.scale;
            result.push_back(round_and_saturate(scaled, type));
        }
        break;
    case op_kind::multiply:
        for (std::size_t i = 0; i < input.size(); ++i) {
            const bool per_channel = inputs[1].dims() != input.dims();
            const std::size_t plane = input.size() / static_cast<std::size_t>(input.dims()[1]);
            const volatile float a = real(input.at(i), input.type());
            const volatile float b =
                real(inputs[1].at(per_channel ? i / plane : i), inputs[1].type());
            const volatile float product = a * b;
            const volatile float scaled = product / type.scale;
            result.push_back(round_and_saturate(scaled, type));
        }
        break;
    case op_kind::lookup:
        for (std::size_t i = 0; i < input.size(); ++i) {
            const int index = input.at(i) - input.type().lowest();
            result.push_back(n.table[static_cast<std::size_t>(index)]);
        }
        break;
    case op_kind::select: {
        const std::size_t plane = input.size() / static_cast<std::size_t>(input.dims()[1]);
        for (const std::uint32_t channel : n.channels) {
            for (std::size_t i = 0; i < plane; ++i) result.push_back(input.at(channel * plane + i));
        }
        break;
    }
    case op_kind::concat:
    case op_kind::requantise:
        for (const integer_tensor& part : inputs) {
            for (std::size_t i = 0; i < part.size(); ++i) {
                const volatile float scaled = real(part.at(i), part.type()) / type.scale;
                result.push_back(part.type() == type ? part.at(i)
                                                     : round_and_saturate(scaled, type));
            }
        }
        break;
    case op_kind::reshape:
        for (std::size_t i = 0; i < input.size(); ++i) result.push_back(input.at(i));
        break;
    }
    return result;
}

tensor_type random_type(support::generator& random, int bits, bool is_signed, float scale) {
    tensor_type type;
    type.bits = bits;
    type.is_signed = is_signed;
    type.scale = scale * (0.5F + static_cast<float>(random.below(1000)) / 1000.0F);
    type.zero_point = static_cast<int>(random.between(type.lowest(), type.highest()));
    return type;
}

integer_tensor random_tensor(support::generator& random, shape dims, const tensor_type& type) {
    integer_tensor tensor(std::move(dims), type);
    for (std::size_t i = 0; i < tensor.size(); ++i) {
        tensor.set(i, static_cast<int>(random.between(type.lowest(), type.highest())));
    }
    return tensor;
}

network single(const node& n, const std::vector<value>& inputs, const value& output) {
    network net;
    net.name = "single";
    net.values = inputs;
    net.values.push_back(output);
    node only = n;
    only.name = "node";
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        only.inputs.push_back(static_cast<value_id>(i));
        net.inputs.push_back(static_cast<value_id>(i));
    }
    only.output = static_cast<value_id>(inputs.size());
    net.outputs = {only.output};
    net.nodes = {only};
    return net;
}

network random_convolution(support::generator& random, const convolution_limits& limits) {
    const auto pick = [&random](int low, int high) {
        return static_cast<int>(random.between(low, high));
    };
    for (;;) {
        node n;
        n.kind = op_kind::convolution;
        const int style = pick(0, 3);  // 0: depthwise, 1: grouped, else dense
        n.groups = style == 0 ? pick(1, 9) : style == 1 ? pick(2, 3) : 1;
        const std::int64_t per_group = style == 0 ? 1 : pick(1, 7);
        const std::int64_t outputs = n.groups * (style == 0 ? pick(1, 2) : pick(1, 9));
        window& w = n.geometry;
        w.kernel_h = pick(1, 4);
        w.kernel_w = pick(1, 4);
        w.stride_h = pick(1, 3);
        w.stride_w = pick(1, 3);
        w.dilation_h = pick(1, 2);
        w.dilation_w = pick(1, 3);
        w.pad_top = pick(0, 3);
        w.pad_left = pick(0, 3);
        w.pad_bottom = pick(0, 3);
        w.pad_right = pick(0, 3);
        const int height = pick(1, 14);
        const int width = pick(1, 23);
        const int out_h =
            window::extent(height, w.kernel_h, w.stride_h, w.pad_top + w.pad_bottom, w.dilation_h);
        const int out_w =
            window::extent(width, w.kernel_w, w.stride_w, w.pad_left + w.pad_right, w.dilation_w);
        const bool fits = height + w.pad_top + w.pad_bottom > w.dilation_h * (w.kernel_h - 1) &&
                          width + w.pad_left + w.pad_right > w.dilation_w * (w.kernel_w - 1);
        if (!fits) continue;

        const tensor_type in = random_type(random, limits.input_bits, random.chance(50), 0.1F);
        tensor_type weight;
        weight.bits = limits.weight_bits;
        weight.is_signed = true;
        weight.scale = 0.01F;
        n.weights = random_tensor(random, {outputs, per_group, w.kernel_h, w.kernel_w}, weight);
        const tensor_type out = random_type(random, limits.output_bits, random.chance(50), 0.1F);
        const double deviation =
            std::sqrt(static_cast<double>(per_group * w.kernel_h * w.kernel_w)) *
            std::pow(2.0, limits.input_bits + limits.weight_bits - 3);
        for (std::int64_t o = 0; o < outputs; ++o) {
            n.weight_scales.push_back(0.01F);
            const double spread = std::pow(2.0, limits.output_bits - 2) / deviation;
            n.multipliers.push_back(static_cast<float>(
                spread * (0.5 + static_cast<double>(random.below(1000)) / 1000.0)));
            const auto reach = static_cast<std::int64_t>(deviation);
            n.bias.push_back(random.between(-reach, reach));
        }
        if (random.chance(20)) n.bias.clear();
        return single(n, {{"in", {1, per_group * n.groups, height, width}, in}},
                      {"out", {1, outputs, out_h, out_w}, out});
    }
}

}  // namespace naive
