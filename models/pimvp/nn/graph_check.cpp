// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/graph_check.h>

#include <algorithm>
#include <numeric>

namespace pimvp::nn::detail {

namespace {

constexpr int max_extent = 1 << 20;  // of kernels, strides, pads, dilations: no overflow below

/// One axis of a sliding window.
struct axis {
    const char* name;
    std::int64_t input, output;
    int kernel, stride, pad_before, pad_after, dilation, overhang;
};

std::string axis_problem(const axis& a, bool pooling) {
    const std::string name = a.name;
    if (a.kernel < 1 || a.kernel > max_extent) return "kernel " + name + " must be 1 or more";
    if (a.stride < 1 || a.stride > max_extent) return "stride " + name + " must be 1 or more";
    if (a.dilation < 1 || a.dilation > max_extent) {
        return "dilation " + name + " must be 1 or more";
    }
    if (a.pad_before < 0 || a.pad_after < 0 || a.pad_before > max_extent ||
        a.pad_after > max_extent) {
        return "padding along the " + name + " must be 0 .. 2^20";
    }
    if (a.overhang < 0 || a.overhang > a.pad_after) {
        return "the overhang along the " + name + " is part of the padding behind the map";
    }
    const std::int64_t span = std::int64_t{a.dilation} * (a.kernel - 1) + 1;
    const std::int64_t padded = a.input + a.pad_before + a.pad_after;
    if (span > padded) {
        return "the window spans " + std::to_string(span) + " elements of the " + name +
               " but the padded map has only " + std::to_string(padded);
    }
    const std::int64_t extent = (padded - span) / a.stride + 1;
    if (extent != a.output) {
        return "output " + name + " is " + std::to_string(a.output) + " but the window gives " +
               std::to_string(extent);
    }
    if (!pooling) return {};
    for (std::int64_t o = 0; o < extent; ++o) {
        // The first tap at or behind the map's begin must lie inside the map.
        const std::int64_t start = o * a.stride - a.pad_before;
        const std::int64_t skipped = start >= 0 ? 0 : (-start + a.dilation - 1) / a.dilation;
        if (skipped >= a.kernel || start + skipped * a.dilation >= a.input) {
            return "a pooling window along the " + name +
                   " lies entirely in the padding; use smaller pads";
        }
    }
    return {};
}

std::string window_problem(const shape_view& view) {
    const shape& in = *view.inputs[0];
    const shape& out = *view.output;
    const window& w = view.geometry;
    const bool pooling = view.rule == shape_rule::pool;
    const axis axes[] = {{"height", in[2], out[2], w.kernel_h, w.stride_h, w.pad_top, w.pad_bottom,
                          w.dilation_h, w.overhang_bottom},
                         {"width", in[3], out[3], w.kernel_w, w.stride_w, w.pad_left, w.pad_right,
                          w.dilation_w, w.overhang_right}};
    for (const axis& a : axes) {
        std::string problem = axis_problem(a, pooling);
        if (!problem.empty()) return problem;
    }
    const auto padded = static_cast<std::uint64_t>(in[2] + w.pad_top + w.pad_bottom) *
                        static_cast<std::uint64_t>(in[3] + w.pad_left + w.pad_right);
    if (padded > max_tensor_elements / static_cast<std::uint64_t>(in[1])) {
        return "the padded input has more than 2^31 elements; use smaller pads";
    }
    return {};
}

bool is_map(const shape& dims) {
    return dims.size() == 4 && dims[0] == 1;
}

std::string convolution_problem(const shape_view& view) {
    const shape& in = *view.inputs[0];
    const shape& out = *view.output;
    const shape& weights = *view.weights;
    if (!is_map(in) || !is_map(out)) {
        return "a convolution takes and gives 1xCxHxW, not " + to_string(in) + " -> " +
               to_string(out) + "; use batch 1 and two spatial axes";
    }
    if (weights.size() != 4 || weights[2] != view.geometry.kernel_h ||
        weights[3] != view.geometry.kernel_w) {
        return "weights " + to_string(weights) + " do not fit a kernel of " +
               std::to_string(view.geometry.kernel_h) + "x" +
               std::to_string(view.geometry.kernel_w);
    }
    const int groups = view.groups;
    if (groups < 1 || in[1] % groups != 0 || out[1] % groups != 0) {
        return std::to_string(groups) + " groups do not divide " + std::to_string(in[1]) +
               " input and " + std::to_string(out[1]) + " output channels";
    }
    if (weights[0] != out[1] || weights[1] != in[1] / groups) {
        return "weights " + to_string(weights) + " do not fit " + std::to_string(in[1]) +
               " input and " + std::to_string(out[1]) + " output channels in " +
               std::to_string(groups) + " group(s)";
    }
    return window_problem(view);
}

std::string matrix_problem(const shape_view& view) {
    const shape& in = *view.inputs[0];
    const shape& out = *view.output;
    const shape& weights = *view.weights;
    if (weights.size() != 2) {
        return "weights of a fully connected node are outputs x inputs, not " + to_string(weights);
    }
    const bool same_rows =
        !in.empty() && in.size() == out.size() && std::equal(in.begin(), in.end() - 1, out.begin());
    if (!same_rows || in.back() != weights[1] || out.back() != weights[0]) {
        return "weights " + to_string(weights) + " do not map " + to_string(in) + " to " +
               to_string(out) + "; flatten the input to one row a sample";
    }
    return {};
}

std::string concat_problem(const shape_view& view) {
    const shape& out = *view.output;
    std::int64_t channels = 0;
    for (const shape* in : view.inputs) {
        if (in->size() != out.size() || in->size() < 2) {
            return "cannot concatenate " + to_string(*in) + " into " + to_string(out) +
                   " along axis 1";
        }
        for (std::size_t axis = 0; axis < out.size(); ++axis) {
            if (axis != 1 && (*in)[axis] != out[axis]) {
                return "cannot concatenate " + to_string(*in) + " into " + to_string(out) +
                       " along axis 1: another axis differs";
            }
        }
        if ((*in)[0] != 1) return "concat takes batch 1, not " + to_string(*in);
        channels += (*in)[1];
    }
    if (channels != out[1]) {
        return "the inputs have " + std::to_string(channels) + " channels, the output " +
               std::to_string(out[1]);
    }
    return {};
}

std::string multiply_problem(const shape_view& view) {
    const shape& first = *view.inputs[0];
    const shape& second = *view.inputs[1];
    const shape& out = *view.output;
    const bool per_channel = is_map(first) && second == shape{1, first[1], 1, 1};
    if (out == first && (second == first || per_channel)) return {};
    return "cannot multiply " + to_string(first) + " by " + to_string(second) + " into " +
           to_string(out) + "; the second factor has the shape of the first, or 1xCx1x1";
}

std::string select_problem(const shape_view& view) {
    const shape& in = *view.inputs[0];
    const shape& out = *view.output;
    bool fits = in.size() >= 2 && in.size() == out.size() && in[0] == 1;
    for (std::size_t axis = 0; fits && axis < in.size(); ++axis) {
        fits = axis == 1 || in[axis] == out[axis];
    }
    if (!fits) {
        return "cannot select channels of " + to_string(in) + " into " + to_string(out) +
               "; batch 1, and all axes but the second agree";
    }
    const std::vector<std::uint32_t>& channels = *view.channels;
    if (static_cast<std::int64_t>(channels.size()) != out[1]) {
        return "names " + std::to_string(channels.size()) + " channels for " +
               std::to_string(out[1]) + " output channels";
    }
    for (const std::uint32_t channel : channels) {
        if (channel >= in[1]) {
            return "selects channel " + std::to_string(channel) + " of " + std::to_string(in[1]);
        }
    }
    return {};
}

std::string pool_problem(const shape_view& view) {
    const shape& in = *view.inputs[0];
    const shape& out = *view.output;
    if (!is_map(in) || !is_map(out) || in[1] != out[1]) {
        return "pooling takes and gives 1xCxHxW with equal C, not " + to_string(in) + " -> " +
               to_string(out);
    }
    return window_problem(view);
}

}  // namespace

std::size_t axis_product(const shape& dims, std::size_t from, std::size_t to) {
    return std::accumulate(dims.begin() + static_cast<std::ptrdiff_t>(from),
                           dims.begin() + static_cast<std::ptrdiff_t>(to), std::size_t{1},
                           [](std::size_t product, std::int64_t dim) {
                               return product * static_cast<std::size_t>(dim);
                           });
}

std::string shape_problem(const shape_view& view) {
    const bool enough = view.rule == shape_rule::concat ? view.inputs.size() >= view.input_count
                                                        : view.inputs.size() == view.input_count;
    if (!enough) {
        return "takes " + std::to_string(view.input_count) + " input(s), has " +
               std::to_string(view.inputs.size());
    }
    switch (view.rule) {
    case shape_rule::convolution:
        return convolution_problem(view);
    case shape_rule::matrix:
        return matrix_problem(view);
    case shape_rule::concat:
        return concat_problem(view);
    case shape_rule::pool:
        return pool_problem(view);
    case shape_rule::elementwise:
        for (const shape* in : view.inputs) {
            if (*in != *view.output) {
                return "input " + to_string(*in) + " and output " + to_string(*view.output) +
                       " differ; broadcasting is not supported: repeat the smaller tensor";
            }
        }
        return {};
    case shape_rule::multiply:
        return multiply_problem(view);
    case shape_rule::select:
        return select_problem(view);
    case shape_rule::reshape:
        if (axis_product(*view.inputs[0], 0, view.inputs[0]->size()) !=
            axis_product(*view.output, 0, view.output->size())) {
            return "cannot reshape " + to_string(*view.inputs[0]) + " to " +
                   to_string(*view.output) + ": the element counts differ";
        }
        return {};
    }
    return {};
}

std::uint64_t matrix_macs(const shape& weights, const shape& output) {
    if (weights.size() < 2 || output.empty()) return 0;
    // Every output element uses the weights of one output channel.
    const std::uint64_t per_output = axis_product(weights, 1, weights.size());
    const std::uint64_t outputs = axis_product(output, 0, output.size());
    return per_output * outputs;
}

std::string node_path(const std::string& name, std::size_t index) {
    return name.empty() ? "node " + std::to_string(index) : "node '" + name + "'";
}

}  // namespace pimvp::nn::detail
