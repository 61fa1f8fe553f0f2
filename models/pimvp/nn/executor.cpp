// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/executor.h>

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/integer_matrix.h>
#include <pimvp/nn/pooling.h>

#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <variant>

namespace pimvp::nn {

namespace {

/// Identity on the reals: a copy where the types are equal, else dequantised and quantised.
template <class From, class To>
void convert(const From* from, std::size_t count, tensor_type from_type, tensor_type to_type,
             To* to) {
    for (std::size_t i = 0; i < count; ++i) {
        const int integer = from[i];
        to[i] = static_cast<To>(
            from_type == to_type ? integer : quantise(dequantise(integer, from_type), to_type));
    }
}

void run_convert(const integer_tensor& input, integer_tensor& output, std::size_t at) {
    std::visit(
        [&](const auto& from, auto& to) {
            convert(from.data(), from.size(), input.type(), output.type(), to.data() + at);
        },
        input.data(), output.data());
}

void run_concat(const node& n, const std::vector<integer_tensor>& values, integer_tensor& output) {
    std::size_t at = 0;
    for (const value_id id : n.inputs) {
        run_convert(values[id], output, at);
        at += values[id].size();
    }
}

void run_add(const integer_tensor& left, const integer_tensor& right, integer_tensor& output) {
    std::visit(
        [&](const auto& a, const auto& b, auto& to) {
            using element = typename std::decay_t<decltype(to)>::value_type;
            const tensor_type a_type = left.type();
            const tensor_type b_type = right.type();
            const tensor_type type = output.type();
            const std::size_t count = to.size();
            for (std::size_t i = 0; i < count; ++i) {
                to[i] = static_cast<element>(add(a[i], a_type, b[i], b_type, type));
            }
        },
        left.data(), right.data(), output.data());
}

void run_multiply(const integer_tensor& left, const integer_tensor& right, integer_tensor& output) {
    // One factor for each element, or for all elements of a channel.
    const std::size_t span = left.size() / right.size();
    std::visit(
        [&](const auto& a, const auto& b, auto& to) {
            using element = typename std::decay_t<decltype(to)>::value_type;
            const tensor_type a_type = left.type();
            const tensor_type b_type = right.type();
            const tensor_type type = output.type();
            for (std::size_t c = 0; c < b.size(); ++c) {
                const int factor = b[c];
                for (std::size_t i = c * span; i < (c + 1) * span; ++i) {
                    to[i] = static_cast<element>(multiply(a[i], a_type, factor, b_type, type));
                }
            }
        },
        left.data(), right.data(), output.data());
}

void run_lookup(const node& n, const integer_tensor& input, integer_tensor& output) {
    const std::int32_t* const table = n.table.data() - input.type().lowest();
    std::visit(
        [&](const auto& from, auto& to) {
            using element = typename std::decay_t<decltype(to)>::value_type;
            for (std::size_t i = 0; i < from.size(); ++i) {
                to[i] = static_cast<element>(table[from[i]]);
            }
        },
        input.data(), output.data());
}

void run_select(const node& n, const integer_tensor& input, integer_tensor& output) {
    const std::size_t plane = input.byte_count() / static_cast<std::size_t>(input.dims()[1]);
    std::uint8_t* to = output.bytes();
    for (const std::uint32_t channel : n.channels) {
        to = std::copy_n(input.bytes() + channel * plane, plane, to);
    }
}

template <class Element>
void max_pool(const node& n, const shape& in, const shape& out, int lowest, const Element* from,
              Element* to) {
    const std::int64_t out_width = out[3];
    for (std::int64_t c = 0; c < in[1]; ++c, from += in[2] * in[3], to += out[2] * out[3]) {
        Element* row = to;
        detail::walk_windows(
            n.geometry, in[2], in[3], out[2], out_width,
            [&](std::int64_t y) {
                row = to + y * out_width;
                std::fill_n(row, out_width, static_cast<Element>(lowest));
            },
            [&](std::int64_t y, const detail::tap_range& columns) {
                const Element* line = from + y * in[3] + columns.offset;
                for (std::int64_t x = columns.first; x < columns.last; ++x) {
                    row[x] = std::max(row[x], line[x * n.geometry.stride_w]);
                }
            });
    }
}

template <class From, class To>
void average_pool(const node& n, const value& input, const value& output, const From* from,
                  To* to) {
    const shape& in = input.dims;
    const shape& out = output.dims;
    const tensor_type type = output.type;
    const int zero_point = input.type.zero_point;
    const float ratio = output.type.scale / input.type.scale;
    const detail::padded_counts padded(n.geometry, in, out);
    std::vector<std::int64_t> sums(static_cast<std::size_t>(out[3]));
    std::vector<std::int64_t> counts(sums.size());
    for (std::int64_t c = 0; c < in[1]; ++c, from += in[2] * in[3]) {
        std::size_t row = 0;
        const auto finish_row = [&] {
            for (std::size_t x = 0; x < sums.size(); ++x) {
                const std::int64_t count =
                    n.count_include_pad ? padded.rows[row] * padded.columns[x] : counts[x];
                *to++ = static_cast<To>(average(sums[x], count, ratio, type));
            }
            ++row;
        };
        detail::walk_windows(
            n.geometry, in[2], in[3], out[2], out[3],
            [&](std::int64_t y) {
                if (y != 0) finish_row();
                std::fill(sums.begin(), sums.end(), 0);
                std::fill(counts.begin(), counts.end(), 0);
            },
            [&](std::int64_t y, const detail::tap_range& columns) {
                const From* line = from + y * in[3] + columns.offset;
                for (std::int64_t x = columns.first; x < columns.last; ++x) {
                    const auto i = static_cast<std::size_t>(x);
                    sums[i] += static_cast<int>(line[x * n.geometry.stride_w]) - zero_point;
                    ++counts[i];
                }
            });
        finish_row();
    }
}

void run_max_pool(const node& n, const integer_tensor& input, integer_tensor& output) {
    std::visit(
        [&](const auto& from, auto& to) {
            using from_element = typename std::decay_t<decltype(from)>::value_type;
            using to_element = typename std::decay_t<decltype(to)>::value_type;
            if constexpr (std::is_same_v<from_element, to_element>) {
                max_pool(n, input.dims(), output.dims(), input.type().lowest(), from.data(),
                         to.data());
            }
        },
        input.data(), output.data());
}

void run_average_pool(const node& n, const value& input_value, const value& output_value,
                      const integer_tensor& input, integer_tensor& output) {
    std::visit(
        [&](const auto& from, auto& to) {
            average_pool(n, input_value, output_value, from.data(), to.data());
        },
        input.data(), output.data());
}

}  // namespace

struct executor::prepared {
    /// What a node needs before it runs; none for those without weights.
    using matrix =
        std::variant<std::monostate, detail::integer_convolution, detail::integer_matrix>;
    std::vector<matrix> nodes;
};

struct executor::buffers : detail::scratch {
    struct cut_node {
        detail::input_cut cut;
        plane_counts counts{};
    };
    std::map<std::uint32_t, cut_node> cuts;
};

executor::executor(const network& net, const gemm::kernels& kernels)
    : m_network(&net),
      m_kernels(&kernels),
      m_buffers(std::make_unique<buffers>()) {
    net.validate();
    auto ready = std::make_shared<prepared>();
    ready->nodes.reserve(net.nodes.size());
    for (const node& n : net.nodes) {
        const nn::value& output = net.values[n.output];
        if (n.kind == op_kind::convolution) {
            ready->nodes.emplace_back(std::in_place_type<detail::integer_convolution>, n,
                                      net.values[n.inputs[0]], output);
        } else if (n.kind == op_kind::fully_connected) {
            ready->nodes.emplace_back(std::in_place_type<detail::integer_matrix>, n,
                                      net.values[n.inputs[0]], output);
        } else {
            ready->nodes.emplace_back();
        }
    }
    m_prepared = std::move(ready);
    m_values.reserve(net.values.size());
    for (const nn::value& v : net.values) m_values.emplace_back(v.dims, v.type);
}

executor::executor(const network& net, const network_precision& precision,
                   const gemm::kernels& kernels)
    : executor(net, kernels) {
    set_precision(precision);
}

executor::executor(const executor& other)
    : m_network(other.m_network),
      m_kernels(other.m_kernels),
      m_prepared(other.m_prepared),
      m_buffers(std::make_unique<buffers>()),
      m_values(other.m_values),
      m_counting(other.m_counting) {
    m_buffers->cuts = other.m_buffers->cuts;
}

executor::executor(executor&& other) noexcept = default;
executor::~executor() = default;

void executor::run(const std::vector<integer_tensor>& inputs) {
    const network& net = *m_network;
    if (inputs.size() != net.inputs.size()) {
        throw core::user_error("network '" + net.name + "' takes " +
                               std::to_string(net.inputs.size()) + " input(s), not " +
                               std::to_string(inputs.size()));
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const nn::value& wanted = net.values[net.inputs[i]];
        if (inputs[i].dims() != wanted.dims || inputs[i].type() != wanted.type) {
            throw core::user_error("input '" + wanted.name + "' is " + to_string(wanted.dims) +
                                   ", not " + to_string(inputs[i].dims()) +
                                   ", or differs in its integer type");
        }
        m_values[net.inputs[i]] = inputs[i];
    }
    run_from(0);
}

void executor::run_from(std::size_t first) {
    const network& net = *m_network;
    auto& cuts = m_buffers->cuts;
    for (std::size_t i = first; i < net.nodes.size(); ++i) {
        const node& n = net.nodes[i];
        const integer_tensor& input = m_values[n.inputs[0]];
        integer_tensor& output = m_values[n.output];
        switch (n.kind) {
        case op_kind::convolution: {
            const auto found = cuts.find(static_cast<std::uint32_t>(i));
            const bool is_cut = found != cuts.end();
            std::get<detail::integer_convolution>(m_prepared->nodes[i])
                .run(input, output, *m_kernels, *m_buffers, is_cut ? &found->second.cut : nullptr,
                     is_cut && m_counting ? &found->second.counts : nullptr);
            break;
        }
        case op_kind::fully_connected:
            std::get<detail::integer_matrix>(m_prepared->nodes[i])
                .run(input, output, *m_kernels, *m_buffers);
            break;
        case op_kind::add:
            run_add(input, m_values[n.inputs[1]], output);
            break;
        case op_kind::concat:
            run_concat(n, m_values, output);
            break;
        case op_kind::max_pool:
            run_max_pool(n, input, output);
            break;
        case op_kind::average_pool:
            run_average_pool(n, net.values[n.inputs[0]], net.values[n.output], input, output);
            break;
        case op_kind::requantise:
        case op_kind::reshape:
            run_convert(input, output, 0);
            break;
        case op_kind::lookup:
            run_lookup(n, input, output);
            break;
        case op_kind::multiply:
            run_multiply(input, m_values[n.inputs[1]], output);
            break;
        case op_kind::select:
            run_select(n, input, output);
            break;
        }
    }
}

void executor::set_precision(const network_precision& precision) {
    const network& net = *m_network;
    m_buffers->cuts.clear();
    for (const auto& [index, wanted] : precision) {
        if (index >= net.nodes.size() || net.nodes[index].kind != op_kind::convolution) {
            throw core::user_error("node " + std::to_string(index) + " of network '" + net.name +
                                   "' has a precision for its inputs, but is no convolution");
        }
        const node& n = net.nodes[index];
        const auto& ready = std::get<detail::integer_convolution>(m_prepared->nodes[index]);
        const tensor_type& type = net.values[n.inputs[0]].type;
        m_buffers->cuts.emplace(index, buffers::cut_node{{wanted, n, type, ready.windows()}, {}});
    }
}

const plane_counts& executor::planes(std::uint32_t node) const {
    return m_buffers->cuts.at(node).counts;
}

void executor::reset_planes() {
    for (auto& each : m_buffers->cuts) each.second.counts = {};
}

float_tensor executor::output(std::size_t index) const {
    return finish_output(*m_network, index, dequantise(value(m_network->outputs.at(index))));
}

const integer_tensor& executor::value(value_id id) const {
    return m_values.at(id);
}

}  // namespace pimvp::nn
