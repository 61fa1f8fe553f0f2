// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/float_executor.h>

#include <pimvp/nn/float_matrix.h>
#include <pimvp/nn/pooling.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

namespace pimvp::nn {

namespace {

void max_pool(const float_node& n, const float_tensor& input, float_tensor& output) {
    const shape& in = input.dims;
    const shape& out = output.dims;
    const float* from = input.data.data();
    float* to = output.data.data();
    for (std::int64_t c = 0; c < in[1]; ++c, from += in[2] * in[3], to += out[2] * out[3]) {
        float* row = to;
        detail::walk_windows(
            n.geometry, in[2], in[3], out[2], out[3],
            [&](std::int64_t y) {
                row = to + y * out[3];
                std::fill_n(row, out[3], -std::numeric_limits<float>::infinity());
            },
            [&](std::int64_t y, const detail::tap_range& columns) {
                const float* line = from + y * in[3] + columns.offset;
                for (std::int64_t x = columns.first; x < columns.last; ++x) {
                    row[x] = std::max(row[x], line[x * n.geometry.stride_w]);
                }
            });
    }
}

void average_pool(const float_node& n, const float_tensor& input, float_tensor& output) {
    const shape& in = input.dims;
    const shape& out = output.dims;
    const float* from = input.data.data();
    float* to = output.data.data();
    const detail::padded_counts padded(n.geometry, in, out);
    std::vector<float> sums(static_cast<std::size_t>(out[3]));
    std::vector<std::int64_t> counts(sums.size());
    for (std::int64_t c = 0; c < in[1]; ++c, from += in[2] * in[3]) {
        std::size_t row = 0;
        const auto finish_row = [&] {
            for (std::size_t x = 0; x < sums.size(); ++x) {
                const std::int64_t count =
                    n.count_include_pad ? padded.rows[row] * padded.columns[x] : counts[x];
                *to++ = sums[x] / static_cast<float>(count);
            }
            ++row;
        };
        detail::walk_windows(
            n.geometry, in[2], in[3], out[2], out[3],
            [&](std::int64_t y) {
                if (y != 0) finish_row();
                std::fill(sums.begin(), sums.end(), 0.0F);
                std::fill(counts.begin(), counts.end(), 0);
            },
            [&](std::int64_t y, const detail::tap_range& columns) {
                const float* line = from + y * in[3] + columns.offset;
                for (std::int64_t x = columns.first; x < columns.last; ++x) {
                    sums[static_cast<std::size_t>(x)] += line[x * n.geometry.stride_w];
                    ++counts[static_cast<std::size_t>(x)];
                }
            });
        finish_row();
    }
}

void add(const float_tensor& left, const float_tensor& right, float_tensor& output) {
    for (std::size_t i = 0; i < output.data.size(); ++i) {
        output.data[i] = left.data[i] + right.data[i];
    }
}

void multiply(const float_tensor& left, const float_tensor& right, float_tensor& output) {
    // One factor for each element, or for all elements of a channel.
    const std::size_t span = left.data.size() / right.data.size();
    for (std::size_t c = 0; c < right.data.size(); ++c) {
        for (std::size_t i = c * span; i < (c + 1) * span; ++i) {
            output.data[i] = left.data[i] * right.data[c];
        }
    }
}

void select(const float_node& n, const float_tensor& input, float_tensor& output) {
    const std::size_t plane = input.data.size() / static_cast<std::size_t>(input.dims[1]);
    float* to = output.data.data();
    for (const std::uint32_t channel : n.channels) {
        to = std::copy_n(input.data.data() + channel * plane, plane, to);
    }
}

void clip(const float_tensor& input, float low, float high, float_tensor& output) {
    for (std::size_t i = 0; i < output.data.size(); ++i) {
        output.data[i] = std::min(std::max(input.data[i], low), high);
    }
}

void concat(const float_node& n, const std::vector<float_tensor>& values, float_tensor& output) {
    auto to = output.data.begin();
    for (const value_id id : n.inputs) {
        to = std::copy(values[id].data.begin(), values[id].data.end(), to);
    }
}

}  // namespace

struct float_executor::prepared {
    using matrix = std::variant<std::monostate, detail::float_convolution, detail::float_matrix>;
    std::vector<matrix> nodes;
};

float_executor::float_executor(const float_network& net)
    : m_network(&net) {
    net.validate();
    auto ready = std::make_shared<prepared>();
    ready->nodes.reserve(net.nodes.size());
    for (const float_node& n : net.nodes) {
        const shape& input = net.values[n.inputs[0]].dims;
        if (n.kind == float_op::convolution) {
            ready->nodes.emplace_back(std::in_place_type<detail::float_convolution>, n, input,
                                      net.values[n.output].dims);
        } else if (n.kind == float_op::fully_connected) {
            ready->nodes.emplace_back(std::in_place_type<detail::float_matrix>, n, input);
        } else {
            ready->nodes.emplace_back();
        }
    }
    m_prepared = std::move(ready);
    m_values.reserve(net.values.size());
    for (const float_value& v : net.values) {
        m_values.push_back({v.dims, std::vector<float>(element_count(v.dims))});
    }
}

void float_executor::run(const std::vector<float_tensor>& inputs) {
    const float_network& net = *m_network;
    if (inputs.size() != net.inputs.size()) {
        throw core::user_error("network '" + net.name + "' takes " +
                               std::to_string(net.inputs.size()) + " input(s), not " +
                               std::to_string(inputs.size()));
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        float_tensor& input = m_values[net.inputs[i]];
        if (inputs[i].dims != input.dims || inputs[i].data.size() != input.data.size()) {
            throw core::user_error("input '" + net.values[net.inputs[i]].name + "' is " +
                                   to_string(input.dims) + ", not " + to_string(inputs[i].dims));
        }
        input.data = inputs[i].data;
    }
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
        const float_node& n = net.nodes[i];
        const float_tensor& input = m_values[n.inputs[0]];
        float_tensor& output = m_values[n.output];
        switch (n.kind) {
        case float_op::convolution:
            std::get<detail::float_convolution>(m_prepared->nodes[i])
                .run(input.data.data(), output.data.data(), m_padded, m_panels);
            break;
        case float_op::fully_connected:
            std::get<detail::float_matrix>(m_prepared->nodes[i])
                .run(input.data.data(), output.data.data());
            break;
        case float_op::add:
            add(input, m_values[n.inputs[1]], output);
            break;
        case float_op::concat:
            concat(n, m_values, output);
            break;
        case float_op::max_pool:
            max_pool(n, input, output);
            break;
        case float_op::average_pool:
            average_pool(n, input, output);
            break;
        case float_op::relu:
            clip(input, 0.0F, std::numeric_limits<float>::infinity(), output);
            break;
        case float_op::clip:
            clip(input, n.clip_low, n.clip_high, output);
            break;
        case float_op::reshape:
            output.data = input.data;
            break;
        case float_op::function:
            std::transform(input.data.begin(), input.data.end(), output.data.begin(),
                           [&](float x) { return evaluate(n.function, x); });
            break;
        case float_op::multiply:
            multiply(input, m_values[n.inputs[1]], output);
            break;
        case float_op::select:
            select(n, input, output);
            break;
        }
    }
}

float_tensor float_executor::output(std::size_t index) const {
    return finish_output(*m_network, index, value(m_network->outputs.at(index)));
}

const float_tensor& float_executor::value(value_id id) const {
    return m_values.at(id);
}

}  // namespace pimvp::nn
